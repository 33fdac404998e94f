// Package testenv says what a test needs besides Go: root, or other programs. Where that is missing the test is skipped
// and says what it needs, unless HANALYZE_NO_SKIP is set: then it fails. It is the only place that skips.
package testenv

import (
	"os"
	"os/exec"
	"testing"
)

// Root needs the rights of root, for namespaces and packet sockets.
func Root(t testing.TB) {
	t.Helper()
	if os.Geteuid() != 0 {
		lack(t, "root")
	}
}

// Programs needs programs on the PATH.
func Programs(t testing.TB, names ...string) {
	t.Helper()
	for _, n := range names {
		if _, err := exec.LookPath(n); err != nil {
			lack(t, "the program "+n)
		}
	}
}

func lack(t testing.TB, what string) {
	t.Helper()
	if os.Getenv("HANALYZE_NO_SKIP") != "" {
		t.Fatalf("needs %s, and HANALYZE_NO_SKIP forbids skipping", what)
	}
	t.Skipf("needs %s", what)
}

// PythonModule needs a module of the system's Python.
func PythonModule(t testing.TB, name string) {
	t.Helper()
	if exec.Command("/usr/bin/python3", "-c", "import "+name).Run() != nil {
		lack(t, "the Python module "+name)
	}
}
