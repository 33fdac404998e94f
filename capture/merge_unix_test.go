//go:build unix

package capture

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
)

// Two pipes are merged by time as well, each as it is written.
func TestMergePipes(t *testing.T) {
	dir := t.TempDir()
	var paths []string
	for name, content := range map[string][]byte{"1": secondsPcap("a", 1, 4), "2": secondsPcap("b", 2, 3)} {
		path := filepath.Join(dir, name)
		if err := syscall.Mkfifo(path, 0o600); err != nil {
			t.Fatal(err)
		}
		paths = append(paths, path)
		go func() {
			if err := os.WriteFile(path, content, 0); err != nil {
				t.Error(err)
			}
		}()
	}
	slices.Sort(paths)
	s, err := OpenFiles(paths, nil)
	if err != nil {
		t.Fatal(err)
	}
	frames, err := readAll(t, s)
	if got := strings.Join(dataOf(frames), " "); got != "a1 b2 b3 a4" || err != nil {
		t.Errorf("%s, %v", got, err)
	}
}
