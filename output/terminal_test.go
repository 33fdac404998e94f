package output

import (
	"strings"
	"testing"
	"time"
	"unicode"
	"unicode/utf8"
)

func TestPrintable(t *testing.T) {
	for in, want := range map[string]string{
		"":                      "",
		"plain":                 "plain",
		"\x1b[2J\x07":           `\x1b[2J\x07`,
		"a\r\nb\tc":             `a\x0d\x0ab\x09c`,
		"latin \xe9":            `latin \xe9`,
		"c1 \u009b31m":          `c1 \u{9b}31m`,
		"bidi \u202eevil\u2066": `bidi \u{202e}evil\u{2066}`,
		"zero\u200bwidth\ufeff": `zero\u{200b}width\u{feff}`,
		"nbsp\u00a0":            `nbsp\u{a0}`,
		"tag \U000e0041":        `tag \u{e0041}`,
		"漢字 é 😀":                "漢字 é 😀",
		"replacement \ufffd":    "replacement \ufffd",
		"cut \xf0\x9f\x98":      `cut \xf0\x9f\x98`,
	} {
		if got := Printable(in); got != want {
			t.Errorf("%q: got %q, want %q", in, got, want)
		}
	}
}

func FuzzPrintable(f *testing.F) {
	f.Add("\x1b]0;x\x07\u202e\xff漢", 7)
	f.Add(strings.Repeat("漢a", 40), 20)
	f.Fuzz(func(t *testing.T, s string, n int) {
		p := Printable(s)
		for _, r := range p {
			if !unicode.IsPrint(r) {
				t.Fatalf("%q keeps %U", s, r)
			}
		}
		if !utf8.ValidString(p) || Printable(p) != p {
			t.Fatalf("%q: %q is not clean", s, p)
		}
		n = min(max(n, 0), 300)
		if short := shorten(p, n); textColumns(short) > n || !utf8.ValidString(short) {
			t.Fatalf("shorten(%q, %d) = %q of %d columns", p, n, short, textColumns(short))
		}
		text := string(page{width: 60}.wrap(nil, 0, 4, []chunk{{p, plain}, {clip(s), red}}))
		for line := range strings.Lines(text) {
			if textColumns(strings.TrimSuffix(line, "\n")) > 60 {
				t.Fatalf("%q is too wide", line)
			}
		}
		if whole := strings.Join(strings.Fields(p+clip(s)), ""); strings.Join(strings.Fields(text), "") != whole {
			t.Fatalf("wrap lost text: %q of %q", text, whole)
		}
	})
}

func TestShorten(t *testing.T) {
	for _, c := range []struct {
		in   string
		n    int
		want string
	}{
		{"short", 5, "short"}, {"abcdefghij", 7, "abc…hij"}, {"abcdefghij", 6, "abc…ij"}, {"abc", 1, "…"}, {"abc", 0, ""},
		{"漢字漢字漢字", 7, "漢…漢字"}, {"漢字漢字漢字", 8, "漢字…字"}, {"e\u0301e\u0301e\u0301", 3, "e\u0301e\u0301e\u0301"},
	} {
		if got := shorten(c.in, c.n); got != c.want {
			t.Errorf("shorten(%q, %d) = %q, want %q", c.in, c.n, got, c.want)
		}
	}
}

// The table of wide ranges is in order, as the search needs it.
func TestWideIsSorted(t *testing.T) {
	for i, r := range wide {
		if r[0] > r[1] || i > 0 && r[0] <= wide[i-1][1] {
			t.Errorf("range %d: %x", i, r)
		}
	}
}

// Captured text of any length costs no more than maxRawText to show.
func TestClip(t *testing.T) {
	s := strings.Repeat("a", maxRawText) + strings.Repeat("b", maxRawText)
	if got := clip(s); len(got) > maxRawText+len("…") || !strings.HasPrefix(got, "aaa") || !strings.HasSuffix(got, "bbb") {
		t.Errorf("%d bytes: %s", len(got), got)
	}
}

func TestSize(t *testing.T) {
	for n, want := range map[uint64]string{
		0: "0 B", 999: "999 B", 1000: "1 kB", 14210: "14.2 kB", 51002: "51 kB", 999_499: "999 kB", 999_500: "1 MB",
		1_234_567: "1.23 MB", 12_345_678_901: "12.3 GB", 1<<64 - 1: "18.4 EB",
	} {
		if got := size(n); got != want {
			t.Errorf("%d: got %s, want %s", n, got, want)
		}
	}
}

func TestLasting(t *testing.T) {
	for d, want := range map[time.Duration]string{
		0: "0 ns", 999: "999 ns", 1500: "1.5 µs", 999_499: "999 µs", 999_500: "1 ms", 52_400_000: "52.4 ms",
		999_600_000: "1 s", 1_204 * time.Millisecond: "1.2 s", 59_949 * time.Millisecond: "59.9 s", 59_950 * time.Millisecond: "1 min",
		123 * time.Second: "2 min 3 s", 3600 * time.Second: "1 h", 3700 * time.Second: "1 h 1 min", 90000 * time.Second: "1 d 1 h",
		-5 * time.Millisecond: "-5 ms", -1 << 63: "-106751 d 23 h",
	} {
		if got := lasting(d); got != want {
			t.Errorf("%d: got %s, want %s", int64(d), got, want)
		}
	}
}

func TestOffset(t *testing.T) {
	for d, want := range map[time.Duration]string{
		0: "+0.000 ms", 24300 * time.Microsecond: "+24.300 ms", 1204 * time.Millisecond: "+1.204 s", -1500: "-0.002 ms", -2 * time.Second: "-2.000 s",
	} {
		if got := offset(d); got != want {
			t.Errorf("%d: got %s, want %s", int64(d), got, want)
		}
	}
}

// However far a capture's clock jumps, its offsets fit the column of times.
func TestOffsetFitsItsColumn(t *testing.T) {
	for d := time.Duration(1); d > 0; d *= 2 {
		for _, x := range []time.Duration{d - 1, d, d + d/3, -d, -d - d/3} {
			if got := offset(x); textColumns(got) > timeColumns {
				t.Errorf("%d: %s takes %d columns", int64(x), got, textColumns(got))
			}
		}
	}
	if got := offset(-1 << 63); textColumns(got) > timeColumns {
		t.Errorf("%s takes %d columns", got, textColumns(got))
	}
}
