package capture

import (
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// followed collects what a Follower reads until it has n packets or its source ends.
func followed(t *testing.T, f *Follower, n int) string {
	t.Helper()
	var data []string
	var b Batch
	for len(data) < n {
		if err := f.ReadBatch(&b); err != nil {
			if err != io.EOF {
				t.Fatal(err)
			}
			break
		}
		for _, x := range b.Frames {
			data = append(data, string(x.Data))
		}
	}
	return strings.Join(data, " ")
}

// grow appends to a file.
func grow(t *testing.T, path string, b []byte) {
	t.Helper()
	f, err := os.OpenFile(path, os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	if _, err := f.Write(b); err != nil {
		t.Fatal(err)
	}
}

func wantFollowed(t *testing.T, f *Follower, want string) {
	t.Helper()
	if got := followed(t, f, len(strings.Fields(want))); got != want {
		t.Fatalf("%q, want %q", got, want)
	}
}

// A file is read as it grows, half a packet and half a header included, then the file that replaces it, then the one begun
// anew in its place.
func TestFollowFile(t *testing.T) {
	path := filepath.Join(t.TempDir(), "x")
	file := secondsPcap("a", 1, 2)
	grow(t, path, file[:10])
	f, err := Follow(path, nil)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	grow(t, path, file[10:len(file)-1])
	wantFollowed(t, f, "a1")
	grow(t, path, file[len(file)-1:])
	wantFollowed(t, f, "a2")
	grow(t, path, secondsPcap("a", 3)[pcapFileHeader:])
	if err := os.Rename(path, path+".1"); err != nil {
		t.Fatal(err)
	}
	grow(t, path, secondsPcap("b", 4, 5))
	wantFollowed(t, f, "a3 b4 b5")
	if err := os.WriteFile(path, secondsPcap("c", 6), 0o600); err != nil { // the same file, shorter
		t.Fatal(err)
	}
	wantFollowed(t, f, "c6")
	f.Stop()
	wantFollowed(t, f, "")
	if in := f.Inputs(); len(in) != 3 || in[0].Packets != 3 || in[1].Packets != 2 || in[2].Packets != 1 || len(f.Warnings()) > 0 {
		t.Errorf("%+v %q", in, f.Warnings())
	}
}

// A ring of files in a directory is read in the order of the packets, over the point where it begins anew.
func TestFollowDirectory(t *testing.T) {
	dir := t.TempDir()
	writeFiles(t, dir, map[string][]byte{"x0": secondsPcap("c", 5), "x1": secondsPcap("a", 1, 2), "x2": secondsPcap("b", 3), "notes": []byte("no capture")})
	f, err := Follow(dir, nil)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	wantFollowed(t, f, "a1 a2 b3 c5")
	grow(t, filepath.Join(dir, "x0"), secondsPcap("c", 6)[pcapFileHeader:])
	wantFollowed(t, f, "c6")
	writeFiles(t, dir, map[string][]byte{"x1": secondsPcap("d", 7)})
	wantFollowed(t, f, "d7")
	writeFiles(t, dir, map[string][]byte{"x3": secondsPcap("e")}) // no packet yet
	grow(t, filepath.Join(dir, "x1"), secondsPcap("d", 8)[pcapFileHeader:])
	wantFollowed(t, f, "d8")
	grow(t, filepath.Join(dir, "x3"), secondsPcap("e", 9)[pcapFileHeader:])
	wantFollowed(t, f, "e9")
	f.Stop()
	wantFollowed(t, f, "")
	wantLines(t, f.Warnings(), dir+": skipped: "+filepath.Join(dir, "notes")+": offset 0: not a capture file")
}

// Stop reads what there is, and ends also where there never was anything.
func TestFollowStop(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "x")
	grow(t, path, nil)
	f, err := Follow(path, nil)
	if err != nil {
		t.Fatal(err)
	}
	f.Stop()
	wantFollowed(t, f, "")
	grow(t, path, secondsPcap("a", 1, 2))
	if f, err = Follow(path, nil); err != nil {
		t.Fatal(err)
	}
	f.Stop()
	if got := followed(t, f, 9); got != "a1 a2" {
		t.Error(got)
	}
	if _, err := Follow(filepath.Join(dir, "missing"), nil); err == nil {
		t.Error("followed what is not there")
	}
}
