package privileges

import (
	"bufio"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"hanalyze/internal/testenv"
)

// role is the environment variable that makes the test binary a process to be confined: it holds the directory to write in.
const role = "PRIVILEGES_TEST_DIRECTORY"

// asUser is the environment variable that names the user it becomes first.
const asUser = "PRIVILEGES_TEST_USER"

func TestMain(m *testing.M) {
	if directory := os.Getenv(role); directory != "" {
		confined(directory)
		return
	}
	os.Exit(m.Run())
}

// confined gives up its privileges, says what it may still do, and waits for the end of standard input.
func confined(directory string) {
	for range 8 { // threads from before
		started := make(chan bool)
		go func() { runtime.LockOSThread(); started <- true; select {} }()
		<-started
	}
	if name := os.Getenv(asUser); name != "" {
		say("become", Become(name))
	}
	say("confine", Confine(directory))
	_, err := os.ReadFile("/etc/passwd")
	say("read /etc/passwd", err)
	_, err = os.ReadDir("/")
	say("list /", err)
	kept := filepath.Join(directory, "kept")
	say("write inside", os.WriteFile(kept, []byte("x"), 0o600))
	say("write outside", os.WriteFile(filepath.Join(filepath.Dir(directory), "stray"), []byte("x"), 0o600))
	_, err = os.ReadFile(kept)
	say("read inside", err)
	say("remove inside", os.Remove(kept))
	fmt.Println("done")
	bufio.NewReader(os.Stdin).ReadByte()
}

func say(what string, err error) {
	switch {
	case err == nil:
		fmt.Println(what + ": yes")
	case errors.Is(err, os.ErrPermission):
		fmt.Println(what + ": no")
	default:
		fmt.Printf("%s: %v\n", what, err)
	}
}

// static builds the test binary as the product is built. A binary with cgo says that it cannot be confined.
func static(t *testing.T) string {
	t.Helper()
	binary := filepath.Join(t.TempDir(), "confined")
	build := exec.Command("go", "test", "-c", "-o", binary, ".")
	build.Env = append(os.Environ(), "CGO_ENABLED=0")
	if out, err := build.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	return binary
}

// run runs the binary in its role and returns what it says and what the kernel says of each of its threads.
func run(t *testing.T, binary string, env ...string) (said, status []string) {
	t.Helper()
	cmd := exec.Command(binary)
	cmd.Env = append(os.Environ(), env...)
	in, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	cmd.Stderr = os.Stderr
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	for lines := bufio.NewScanner(out); lines.Scan() && lines.Text() != "done"; {
		said = append(said, lines.Text())
	}
	files, err := filepath.Glob(fmt.Sprintf("/proc/%d/task/*/status", cmd.Process.Pid))
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range files {
		if b, err := os.ReadFile(f); err == nil { // a thread may have ended
			status = append(status, string(b))
		}
	}
	in.Close()
	if err := cmd.Wait(); err != nil {
		t.Fatal(err)
	}
	return said, status
}

// fields picks the lines of a status that tell of rights.
func fields(status string) string {
	var out []string
	for line := range strings.Lines(status) {
		name, value, _ := strings.Cut(strings.TrimSpace(line), ":")
		switch name {
		case "CapInh", "CapPrm", "CapEff", "CapBnd", "CapAmb", "NoNewPrivs", "Uid":
			out = append(out, name+" "+strings.Join(strings.Fields(value), " "))
		}
	}
	return strings.Join(out, ", ")
}

const nothing = "CapInh 0000000000000000, CapPrm 0000000000000000, CapEff 0000000000000000, " +
	"CapBnd 0000000000000000, CapAmb 0000000000000000, NoNewPrivs 1"

// A confined process has no capability on any thread and can do nothing but write where it was told it might.
func TestConfine(t *testing.T) {
	testenv.Root(t)
	inside := filepath.Join(t.TempDir(), "inside")
	if err := os.Mkdir(inside, 0o700); err != nil {
		t.Fatal(err)
	}
	said, status := run(t, static(t), role+"="+inside)
	if len(status) < 8 {
		t.Errorf("%d threads", len(status))
	}
	for _, s := range status {
		if got := fields(s); got != "Uid 0 0 0 0, "+nothing {
			t.Errorf("a thread has %s", got)
		}
	}
	want := []string{"confine: yes"}
	if Landlock() {
		want = append(want, "read /etc/passwd: no", "list /: no", "write inside: yes", "write outside: no", "read inside: no",
			"remove inside: yes")
	}
	if got := said[:min(len(want), len(said))]; strings.Join(got, "\n") != strings.Join(want, "\n") {
		t.Errorf("said\n%s\nwant\n%s", strings.Join(said, "\n"), strings.Join(want, "\n"))
	}
}

// Another user's process has that user's groups only, and no capabilities to begin with.
func TestBecome(t *testing.T) {
	testenv.Root(t)
	said, status := run(t, static(t), role+"="+t.TempDir(), asUser+"=nobody")
	if len(said) == 0 || said[0] != "become: yes" {
		t.Fatalf("%q", said)
	}
	for _, s := range status {
		if got := fields(s); !strings.Contains(got, "Uid 65534 65534 65534 65534") || !strings.Contains(got, "CapEff 0000000000000000") {
			t.Errorf("a thread has %s", got)
		}
	}
	if err := Become("no-such-user"); err == nil || err.Error() != "no-such-user: no such user" {
		t.Error(err)
	}
}

// Each version of the interface is asked for what it knows, as kernels refuse the rest.
func TestRights(t *testing.T) {
	for version, want := range map[int]uint64{1: 0x1fff, 2: 0x3fff, 3: 0x7fff, 4: 0x7fff, 5: 0xffff, 99: 0xffff} {
		if got := rightsOf(version); got != want {
			t.Errorf("version %d: %x, want %x", version, got, want)
		}
	}
}
