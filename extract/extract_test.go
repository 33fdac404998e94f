package extract

import (
	"encoding/json"
	"fmt"
	"net/netip"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"unicode/utf8"

	"hanalyze"
	"hanalyze/body"
)

// exchange is an exchange for a URL.
func exchange(host, path string) *hanalyze.HTTP {
	h := &hanalyze.HTTP{Authority: host, PathQuery: path, Method: "GET", Status: 200}
	h.Envelope = hanalyze.Envelope{Start: hanalyze.Meta{Packet: 1}, Last: hanalyze.Meta{Packet: 2}, Flow: &hanalyze.Flow{
		ID: 1, Client: netip.MustParseAddrPort("10.0.0.1:1000"), Server: netip.MustParseAddrPort("10.0.0.2:80"),
	}}
	return h
}

func open(t *testing.T, dir string, most int64) *Writer {
	t.Helper()
	w, err := Open(dir, most)
	if err != nil {
		t.Fatal(err)
	}
	return w
}

// put writes one body and returns the name of its file.
func put(w *Writer, h *hanalyze.HTTP, content string) string {
	m := w.Message(h, hanalyze.S2C, "10.0.0.2")
	m.Begin(&body.File{})
	m.Write([]byte(content))
	m.Done(true, "00")
	var c hanalyze.HTTPContent
	m.Tell(h, &c, nil, 0)
	return strings.Join(c.Files, " ")
}

// tree lists all files below dir with their contents.
func tree(t *testing.T, dir string) map[string]string {
	t.Helper()
	all := map[string]string{}
	err := filepath.WalkDir(dir, func(path string, d os.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		rel, _ := filepath.Rel(dir, path)
		if d.Type()&os.ModeSymlink != 0 {
			all[rel] = "symlink"
			return nil
		}
		b, err := os.ReadFile(path)
		all[rel] = string(b)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return all
}

// hostile are URLs that somebody may hope to get a file out of the directory with, or over another one.
var hostile = [][2]string{
	{"x", "/../../../etc/passwd"}, {"x", "/..%2f..%2f..%2fetc%2fpasswd"}, {"x", "/%2e%2e/%2e%2e/a"}, {"..", "/.."}, {"../..", "/a"},
	{"/etc/passwd", "/"}, {"x", "//etc/passwd"}, {"x", "/a\x00b"}, {"x", "/a%00.html"}, {`x`, `/..\..\windows\system32\a.dll`},
	{"x", `/C:\autoexec.bat`}, {"", ""}, {"", "*"}, {".", "/."}, {"-rf", "/-rf"}, {".bashrc", "/"}, {"con", "/"}, {"CON.example", "/a"},
	{"nul", "/a.txt"}, {"com1.x", "/a"}, {"x", "/" + strings.Repeat("a", 5000)}, {strings.Repeat("é", 400), "/" + strings.Repeat("漢", 400) + ".html"},
	{"x", "/a\r\nb\x1b[31mc"}, {"x", "/\xff\xfe"}, {"x", "/a\u202egnp.exe"}, {"x", "/a:stream"}, {"manifest", "/.ndjson"}, {"x", "/a. . ."},
	{"x", "/%zz"}, {"[2001:db8::1]:8080", "/a?../../b=c#d"}, {"$(reboot)", "/`id`;&|<>"}, {"x", "/aux"},
}

func TestNothingEscapes(t *testing.T) {
	above := t.TempDir()
	dir := filepath.Join(above, "files")
	w := open(t, dir, 1<<30)
	names := map[string]bool{}
	for i, u := range hostile {
		name := put(w, exchange(u[0], u[1]), fmt.Sprint(i))
		if name == "" || len(name) > maxName || strings.ContainsAny(name, `/\:*?"<>|`+"\x00") || strings.ContainsAny(name[:1], ".-") || !utf8.ValidString(name) {
			t.Errorf("%q: name %q", u, name)
		}
		if base, _, _ := strings.Cut(name, "."); isDevice(base) {
			t.Errorf("%q: %q is a device", u, name)
		}
		for _, r := range name {
			if r < ' ' || r == 0x7f || r == 0x202e {
				t.Errorf("%q: %q has a control in it", u, name)
			}
		}
		if names[strings.ToLower(name)] {
			t.Errorf("%q: %q for the second time", u, name)
		}
		names[strings.ToLower(name)] = true
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	all := tree(t, above)
	if len(all) != len(hostile)+1 {
		t.Errorf("%d files, want %d and the manifest", len(all), len(hostile))
	}
	for name := range all {
		if filepath.Dir(name) != "files" {
			t.Errorf("%s lies elsewhere", name)
		}
		st, err := os.Stat(filepath.Join(above, name))
		if err != nil || runtime.GOOS != "windows" && st.Mode().Perm() != 0o600 {
			t.Errorf("%s: %v, %v", name, st.Mode(), err)
		}
	}
}

// TestNothingIsOverwritten has what is there already in the way: files, and links that lead out.
func TestNothingIsOverwritten(t *testing.T) {
	above := t.TempDir()
	dir := filepath.Join(above, "files")
	outside := filepath.Join(above, "outside")
	for _, err := range []error{
		os.Mkdir(dir, 0o700),
		os.WriteFile(outside, []byte("precious"), 0o600),
		os.WriteFile(filepath.Join(dir, "x_a.txt"), []byte("mine"), 0o600),
		os.WriteFile(filepath.Join(dir, Manifest), []byte("mine"), 0o600),
		os.Symlink(outside, filepath.Join(dir, "x_a-2.txt")),
		os.Symlink(filepath.Join(above, "absent"), filepath.Join(dir, "x_a-3.txt")),
	} {
		if err != nil {
			t.Fatal(err)
		}
	}
	w := open(t, dir, 1<<30)
	for i := 4; i < 7; i++ {
		if got, want := put(w, exchange("x", "/a.txt"), "new"), fmt.Sprintf("x_a-%d.txt", i); got != want {
			t.Errorf("%s, want %s", got, want)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	all := tree(t, above)
	for name, want := range map[string]string{"outside": "precious", "files/x_a.txt": "mine", "files/" + Manifest: "mine", "files/x_a-2.txt": "symlink", "files/x_a-4.txt": "new"} {
		if all[name] != want {
			t.Errorf("%s holds %q, want %q", name, all[name], want)
		}
	}
	if _, there := all["absent"]; there {
		t.Error("a file was made behind a link")
	}
	if !strings.Contains(all["files/manifest-2.ndjson"], `"file":"x_a-4.txt"`) {
		t.Errorf("the manifest: %s", all["files/manifest-2.ndjson"])
	}
}

// TestManyAtOnce writes more files by turns than may be open.
func TestManyAtOnce(t *testing.T) {
	dir := t.TempDir()
	w := open(t, dir, 1<<30)
	var all []*Message
	for i := range 3 * maxOpen {
		m := w.Message(exchange("x", fmt.Sprintf("/%d", i)), hanalyze.S2C, "")
		m.Begin(&body.File{})
		all = append(all, m)
	}
	for round := range 3 {
		for i, m := range all {
			m.Write([]byte(fmt.Sprintf("%d.%d;", i, round)))
		}
		if len(w.open) > maxOpen {
			t.Fatalf("%d files are open", len(w.open))
		}
	}
	for _, m := range all {
		m.Done(true, "")
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	for i := range all {
		b, err := os.ReadFile(filepath.Join(dir, fmt.Sprintf("x_%d", i)))
		if want := fmt.Sprintf("%d.0;%d.1;%d.2;", i, i, i); err != nil || string(b) != want {
			t.Fatalf("%q, want %q (%v)", b, want, err)
		}
	}
}

// lines reads the manifest.
func lines(t *testing.T, dir string) (all []map[string]any) {
	t.Helper()
	b, err := os.ReadFile(filepath.Join(dir, Manifest))
	if err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(string(b)) {
		m := map[string]any{}
		if err := json.Unmarshal([]byte(line), &m); err != nil {
			t.Fatal(err)
		}
		all = append(all, m)
	}
	return all
}

func TestTotalIsLimited(t *testing.T) {
	dir := t.TempDir()
	w := open(t, dir, 10)
	put(w, exchange("x", "/a"), "123456")
	put(w, exchange("x", "/b"), "123456")
	put(w, exchange("x", "/c"), "123456")
	if w.Limits() != 2 {
		t.Errorf("%d were limited", w.Limits())
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	all := tree(t, dir)
	if all["x_a"] != "123456" || all["x_b"] != "1234" || len(all) != 3 {
		t.Errorf("%v", all)
	}
	for i, want := range []string{"x_a 6 true []", "x_b 4 false [limit]", "<nil> 0 false [limit]"} {
		m := lines(t, dir)[i]
		missing := m["missing"]
		if missing == nil {
			missing = []string{}
		}
		if got := fmt.Sprint(m["file"], " ", m["bytes"], " ", m["complete"], " ", missing); got != want {
			t.Errorf("line %d: %s, want %s", i, got, want)
		}
	}
}

func TestHoles(t *testing.T) {
	dir := t.TempDir()
	w := open(t, dir, 1<<20)
	h := exchange("x", "/a")
	m := w.Message(h, hanalyze.S2C, "")
	m.Begin(&body.File{})
	m.Hole(2)
	m.Write([]byte("abc"))
	m.Hole(3)
	m.Done(false, "")
	m.Tell(h, &hanalyze.HTTPContent{}, nil, hanalyze.MissingGap)
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	if got := tree(t, dir)["x_a"]; got != "\x00\x00abc\x00\x00\x00" {
		t.Errorf("%q", got)
	}
	if got := fmt.Sprint(lines(t, dir)[0]["holes"], lines(t, dir)[0]["missing"]); got != "[map[bytes:2 offset:0] map[bytes:3 offset:5]] [gap]" {
		t.Errorf("%s", got)
	}
}

func TestDiscard(t *testing.T) {
	dir := t.TempDir()
	w := open(t, dir, 10)
	m := w.Message(exchange("x", "/a"), hanalyze.S2C, "")
	m.Begin(&body.File{})
	m.Write([]byte("123456"))
	m.Discard()
	put(w, exchange("x", "/b"), "1234567890")
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	if all := tree(t, dir); all["x_b"] != "1234567890" || len(all) != 2 {
		t.Errorf("%v", all)
	}
}

func TestNames(t *testing.T) {
	for _, tc := range []struct{ host, path, suffix, media, want string }{
		{"www.example.com", "/", "", "text/html", "www.example.com_index.html"},
		{"www.example.com", "/a/b.js?v=1", "", "", "www.example.com_a_b.js"},
		{"www.example.com:8080", "/a%20b/c", "", "image/png", "www.example.com_8080_a_b_c.png"},
		{"x", "/api", "_request", "application/json", "x_api_request.json"},
		{"x", "/archive.tar.gz", "", "", "x_archive.tar.gz"},
		{"x", "/日本.html", "", "", "x_日本.html"},
		{"x", "/v1.2/thing", "", "", "x_v1.2_thing"},
		{"x", "/%41%2Fb", "", "", "x_A_b"},
		{"user:secret@x:80", "/a", "", "", "x_80_a"},
		{"x", "http://user:secret@x/a/b.txt", "", "", "x_a_b.txt"},
		{"x", "http://user:secret@x", "", "text/html", "x_index.html"},
		{"x", "/a?u=http://b", "", "", "x_a"},
		{"x", "://", "", "", "x_index"},
	} {
		stem, ext := name(tc.host, tc.path, tc.suffix, tc.media)
		if stem+ext != tc.want {
			t.Errorf("%s%s: %s, want %s", tc.host, tc.path, stem+ext, tc.want)
		}
	}
}

func FuzzName(f *testing.F) {
	for _, u := range hostile {
		f.Add(u[0], u[1], "text/html")
	}
	f.Fuzz(func(t *testing.T, host, path, media string) {
		stem, ext := name(host, path, "", media)
		s := stem + ext
		base, _, _ := strings.Cut(s, ".")
		if s == "" || len(s) > maxName || strings.ContainsAny(s, `/\:*?"<>|`+"\x00\n\x1b") || s[0] == '.' || s[0] == '-' || isDevice(base) ||
			strings.HasSuffix(s, ".") || !utf8.ValidString(s) {
			t.Errorf("%q %q: %q", host, path, s)
		}
	})
}

func TestFilesAreLimited(t *testing.T) {
	dir := t.TempDir()
	w := open(t, dir, 1<<20)
	w.files = maxFiles - 1
	put(w, exchange("x", "/last"), "1")
	put(w, exchange("x", "/more"), "2")
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	if all := tree(t, dir); w.Limits() != 1 || all["x_last"] != "1" || len(all) != 2 {
		t.Errorf("%d were limited: %q", w.Limits(), all)
	}
}
