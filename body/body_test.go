package body

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"math/rand/v2"
	"os/exec"
	"strings"
	"testing"

	"github.com/andybalholm/brotli"
	"github.com/google/go-cmp/cmp"
	"github.com/klauspost/compress/flate"
	"github.com/klauspost/compress/gzip"
	"github.com/klauspost/compress/zlib"
	"github.com/klauspost/compress/zstd"

	"hanalyze"
)

// encode applies a coding; "raw" is deflate without zlib's header.
func encode(t testing.TB, coding string, b []byte) []byte {
	t.Helper()
	var out bytes.Buffer
	var w io.WriteCloser
	var err error
	switch coding {
	case "gzip", "x-gzip":
		w = gzip.NewWriter(&out)
	case "deflate":
		w = zlib.NewWriter(&out)
	case "raw":
		w, err = flate.NewWriter(&out, 6)
	case "br":
		w = brotli.NewWriter(&out)
	case "zstd":
		w, err = zstd.NewWriter(&out, zstd.WithEncoderConcurrency(1))
	default:
		t.Fatalf("no encoder for %s", coding)
	}
	if err != nil {
		t.Fatal(err)
	}
	if _, err := w.Write(b); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

// files is an Out that collects.
type files struct {
	t     testing.TB
	log   strings.Builder
	all   bytes.Buffer
	open  bool
	whole bool
}

func (f *files) Begin(n *File) {
	if f.open {
		f.t.Error("a file begins inside another")
	}
	f.open = true
	fmt.Fprintf(&f.log, "begin %v %q %q %q\n", n.Upload, n.Field, n.Name, n.MediaType)
}

func (f *files) Write(b []byte) {
	if !f.open {
		f.t.Error("bytes of no file")
	}
	f.all.Write(b)
}

func (f *files) Hole(n int64) { fmt.Fprintf(&f.log, "hole %d at %d\n", n, f.all.Len()) }

func (f *files) Done(whole bool, sum string) {
	if !f.open {
		f.t.Error("the end of no file")
	}
	f.open, f.whole = false, whole
	fmt.Fprintf(&f.log, "done %v %v\n", whole, sum != "")
}

// read gives wire to a Body in pieces that end where cut says, each spoiled afterwards.
func read(t testing.TB, r *Reader, h Head, wire []byte, whole bool, cut func(i int) bool) (*hanalyze.HTTPContent, *files) {
	t.Helper()
	out := &files{t: t}
	b := r.Open(h, out)
	for from := 0; from < len(wire); {
		to := from + 1
		for to < len(wire) && (cut == nil || !cut(to)) {
			to++
		}
		lent := bytes.Clone(wire[from:to])
		b.Data(lent)
		for i := range lent {
			lent[i] = 0xdb
		}
		from = to
	}
	c := &hanalyze.HTTPContent{}
	b.End(whole, c)
	if b.err == errPanic {
		t.Error("a decoder panicked")
	}
	if r.memory != memoryBudget || r.kept != keepBudget {
		t.Errorf("budgets are not given back: %d, %d", memoryBudget-r.memory, keepBudget-r.kept)
	}
	if out.open {
		t.Error("the file has no end")
	}
	return c, out
}

func everyByte(int) bool { return true }

// sample is text with some repetition.
func sample(n int) []byte {
	rnd := rand.New(rand.NewPCG(1, 2))
	var b strings.Builder
	for b.Len() < n {
		fmt.Fprintf(&b, "<p id=%d>The quick brown fox %x</p>\n", rnd.IntN(100), rnd.Uint32())
	}
	return []byte(b.String()[:n])
}

func sumOf(b []byte) string {
	s := sha256.Sum256(b)
	return hex.EncodeToString(s[:])
}

func TestCodings(t *testing.T) {
	for _, codings := range [][]string{
		nil, {"gzip"}, {"x-gzip"}, {"deflate"}, {"raw"}, {"br"}, {"zstd"},
		{"gzip", "br"}, {"zstd", "deflate"}, {"br", "gzip", "zstd"}, {"gzip", "gzip", "gzip", "gzip", "gzip"},
	} {
		t.Run(strings.Join(codings, "+"), func(t *testing.T) {
			for _, n := range []int{1, 17, 5000, 300_000} {
				want := sample(n)
				wire := want
				var names []string
				for _, c := range codings {
					wire = encode(t, c, wire)
					names = append(names, strings.Replace(c, "raw", "deflate", 1))
				}
				cuts := map[string]func(int) bool{"whole": nil, "by 1460": func(i int) bool { return i%1460 == 0 }}
				if n <= 5000 {
					cuts["byte by byte"] = everyByte
				}
				for how, cut := range cuts {
					c, out := read(t, NewReader(Options{Keep: 100}), Head{Codings: names, ContentType: "text/plain"}, wire, true, cut)
					if !bytes.Equal(out.all.Bytes(), want) {
						t.Fatalf("%d bytes, %s: %d bytes came out", n, how, out.all.Len())
					}
					n := uint64(n)
					body := string(want[:min(len(want), 100)])
					exp := &hanalyze.HTTPContent{DecodedBytes: &n, SHA256: sumOf(want), BodyWhole: true, Sniffed: "text/plain",
						Charset: "utf-8", Body: body, BodyTruncated: n > 100}
					if d := cmp.Diff(exp, c); d != "" {
						t.Fatalf("%d bytes, %s (-want +got)\n%s", n, how, d)
					}
				}
			}
		})
	}
}

// TestRealPrograms reads what the usual programs write, where they are installed.
func TestRealPrograms(t *testing.T) {
	want := sample(200_000)
	for _, tc := range []struct {
		coding string
		cmd    []string
	}{
		{"gzip", []string{"gzip", "-c", "-1"}},
		{"gzip", []string{"gzip", "-c", "-9", "-N"}},
		{"br", []string{"brotli", "-c", "-q", "5"}},
		{"br", []string{"brotli", "-c", "-w", "24"}},
		{"zstd", []string{"zstd", "-c", "-q"}},
		{"zstd", []string{"zstd", "-c", "-q", "-19"}},
		{"zstd", []string{"zstd", "-c", "-q", "--format=zstd", "--no-check"}},
	} {
		if _, err := exec.LookPath(tc.cmd[0]); err != nil {
			t.Logf("no %s here", tc.cmd[0])
			continue
		}
		cmd := exec.Command(tc.cmd[0], tc.cmd[1:]...)
		cmd.Stdin = bytes.NewReader(want)
		wire, err := cmd.Output()
		if err != nil {
			t.Fatal(err)
		}
		c, out := read(t, NewReader(Options{}), Head{Codings: []string{tc.coding}}, wire, true, func(i int) bool { return i%1000 == 0 })
		if !c.BodyWhole || !bytes.Equal(out.all.Bytes(), want) {
			t.Errorf("%v: %d bytes, %q", tc.cmd, out.all.Len(), c.DecodeError)
		}
	}
}

// damaged flips the bits of a byte counted from the end.
func damaged(b []byte, fromEnd int) []byte {
	b = bytes.Clone(b)
	b[len(b)-fromEnd] ^= 0xff
	return b
}

func TestDamage(t *testing.T) {
	plain := sample(5000)
	gz, zl, br, zs := encode(t, "gzip", plain), encode(t, "deflate", plain), encode(t, "br", plain), encode(t, "zstd", plain)
	two := append(bytes.Clone(gz), gz...)
	for _, tc := range []struct {
		name    string
		codings string
		wire    []byte
		problem string
		bytes   int // that come out, -1: some, but not all
		whole   bool
	}{
		{"two members", "gzip", two, "", 2 * len(plain), true},
		{"second member cut", "gzip", two[:len(two)-100], "truncated", -2, false},
		{"gzip checksum", "gzip", damaged(gz, 8), "checksum", len(plain), false},
		{"gzip length", "gzip", damaged(gz, 1), "checksum", len(plain), false},
		{"gzip without its end", "gzip", gz[:len(gz)-8], "truncated", len(plain), false},
		{"zlib checksum", "deflate", damaged(zl, 1), "checksum", len(plain), false},
		{"zstd checksum", "zstd", damaged(zs, 1), "checksum", -1, false},
		{"gzip cut", "gzip", gz[:len(gz)/2], "truncated", -1, false},
		{"zlib cut", "deflate", zl[:len(zl)/2], "truncated", -1, false},
		{"brotli cut", "br", br[:len(br)/2], "truncated", -1, false},
		{"gzip header cut", "gzip", gz[:5], "truncated", 0, false},
		{"trailing bytes", "gzip", append(bytes.Clone(gz), "xyz"...), "trailing_bytes", len(plain), true},
		{"one trailing byte", "gzip", append(bytes.Clone(gz), 0), "trailing_bytes", len(plain), true},
		{"zlib with trailing bytes", "deflate", append(bytes.Clone(zl), 0), "trailing_bytes", len(plain), true},
		{"brotli with trailing bytes", "br", append(bytes.Clone(br), 0), "trailing_bytes", len(plain), true},
		{"zstd with trailing bytes", "zstd", append(bytes.Clone(zs), "some text"...), "trailing_bytes", len(plain), true},
		{"not gzip", "gzip", plain, "mislabelled", len(plain), true},
		{"not zstd", "zstd", plain, "mislabelled", len(plain), true},
		{"gzip once, not twice", "gzip gzip", gz, "mislabelled", len(plain), true},
		{"not brotli", "br", plain, "corrupt", 0, false},
		{"compress", "compress", plain, "unsupported", len(plain), false},
		{"too many", strings.Repeat("gzip ", maxLayers+1), gz, "limit_layers", len(gz), false},
	} {
		t.Run(tc.name, func(t *testing.T) {
			h := Head{Codings: strings.Fields(tc.codings)}
			c, out := read(t, NewReader(Options{}), h, tc.wire, true, nil)
			n := out.all.Len()
			switch {
			case c.DecodeError != tc.problem || c.BodyWhole != tc.whole:
				t.Errorf("%q, whole %v", c.DecodeError, c.BodyWhole)
			case tc.bytes >= 0 && n != tc.bytes, tc.bytes == -1 && (n >= len(plain) || n > 0 && !bytes.HasPrefix(plain, out.all.Bytes())), tc.bytes == -2 && n <= len(plain):
				t.Errorf("%d bytes came out", n)
			case tc.whole != (c.SHA256 != "") || tc.whole != out.whole:
				t.Errorf("sha256 %q, file %v", c.SHA256, out.whole)
			}
			again, out2 := read(t, NewReader(Options{}), h, tc.wire, true, everyByte)
			if d := cmp.Diff(c, again); d != "" || !bytes.Equal(out.all.Bytes(), out2.all.Bytes()) {
				t.Errorf("byte by byte (-whole +got)\n%s", d)
			}
		})
	}
}

func TestCutBodies(t *testing.T) {
	gz := encode(t, "gzip", sample(5000))
	c, out := read(t, NewReader(Options{}), Head{Codings: []string{"gzip"}}, gz[:len(gz)/2], false, nil)
	if c.DecodeError != "" || c.BodyWhole || c.SHA256 != "" || out.all.Len() == 0 {
		t.Errorf("a body that the capture cut: %+v", c)
	}
}

func TestGaps(t *testing.T) {
	plain := sample(9000)
	gz := encode(t, "gzip", plain)
	for _, tc := range []struct {
		name  string
		head  Head
		play  func(b *Body)
		log   string
		bytes int // -1: some
	}{
		{"identity, known", Head{}, func(b *Body) { b.Data(plain[:10]); b.Gap(5); b.Data(plain[15:20]) }, "hole 5 at 10\n", 20},
		{"identity, unknown", Head{}, func(b *Body) { b.Data(plain[:10]); b.Gap(-1); b.Data(plain[15:20]) }, "", 10},
		{"identity, huge", Head{}, func(b *Body) { b.Data(plain[:10]); b.Gap(1 << 61); b.Data(plain[15:20]) }, "", 10},
		{"coded", Head{Codings: []string{"gzip"}}, func(b *Body) { b.Data(gz[:len(gz)/2]); b.Gap(5); b.Data(gz[len(gz)/2+5:]) }, "", -1},
		{"unsupported", Head{Codings: []string{"compress"}}, func(b *Body) { b.Data(gz[:100]); b.Gap(5); b.Data(gz[105:]) }, "", 0},
	} {
		t.Run(tc.name, func(t *testing.T) {
			out := &files{t: t}
			r := NewReader(Options{Keep: 1 << 20})
			b := r.Open(tc.head, out)
			tc.play(b)
			var c hanalyze.HTTPContent
			b.End(false, &c)
			if !strings.Contains(out.log.String(), tc.log) || strings.Contains(out.log.String(), "hole") != (tc.log != "") {
				t.Errorf("log:\n%s", out.log.String())
			}
			if c.BodyWhole || c.SHA256 != "" {
				t.Error("a body with a gap is whole")
			}
			if !strings.HasPrefix(string(plain), c.Body) {
				t.Error("the text goes on behind the gap")
			}
			if r.memory != memoryBudget {
				t.Error("the budget is not given back")
			}
			var n int
			if c.DecodedBytes != nil {
				n = int(*c.DecodedBytes)
			}
			if tc.bytes >= 0 && n != tc.bytes || tc.bytes < 0 && (n == 0 || n >= len(plain)) {
				t.Errorf("%d bytes", n)
			}
		})
	}
}

func TestHeads(t *testing.T) {
	head := func(version string, missing hanalyze.Missing, status uint16, fields ...string) Head {
		r := &hanalyze.HTTP{Version: version, Status: status, Missing: missing}
		m := &hanalyze.HTTPMessage{}
		for _, f := range fields {
			name, value, _ := strings.Cut(f, ": ")
			m.Headers = append(m.Headers, hanalyze.Header{Name: name, Value: value, Unresolved: value == "?"})
		}
		return NewHead(r, hanalyze.S2C, m)
	}
	for _, tc := range []struct {
		name string
		got  Head
		want Head
	}{
		{"order", head("1.1", 0, 200, "Content-Encoding: GZip, br", "content-encoding: identity, zstd", "Transfer-Encoding: deflate, chunked"),
			Head{Codings: []string{"gzip", "br", "zstd", "deflate"}}},
		{"part", head("1.1", 0, 206, "Content-Range: bytes 100-199/2000"), Head{Partial: true}},
		{"first part", head("1.1", 0, 206, "Content-Range: bytes 0-199/2000"), Head{}},
		{"lost fields", head("2", hanalyze.MissingGap, 200), Head{Vague: true}},
		{"lost fields of HTTP/1 are of other messages", head("1.1", hanalyze.MissingGap, 200), Head{}},
		{"unresolved name", head("2", 0, 200, "?: ?"), Head{Vague: true}},
		{"unresolved value", head("2", 0, 200, "server: ?"), Head{}},
		{"unresolved coding", head("2", 0, 200, "content-encoding: ?"), Head{Vague: true}},
	} {
		if d := cmp.Diff(tc.want, tc.got); d != "" {
			t.Errorf("%s (-want +got)\n%s", tc.name, d)
		}
	}
}

func TestUnknownCodings(t *testing.T) {
	gz := encode(t, "gzip", sample(5000))
	for problem, h := range map[string]Head{
		"coding_unknown":  {Vague: true},
		"partial_content": {Partial: true, Codings: []string{"gzip"}},
	} {
		c, out := read(t, NewReader(Options{Keep: 10}), h, gz, true, nil)
		if c.DecodeError != problem || c.DecodedBytes != nil || c.BodyWhole || c.Body+c.BodyBase64 != "" || !bytes.Equal(out.all.Bytes(), gz) {
			t.Errorf("%s: %+v", problem, c)
		}
	}
}
