package output

import (
	"bytes"
	"encoding/json"
	"iter"
	"math"
	"math/rand/v2"
	"strconv"
	"strings"
	"testing"
	"unicode/utf8"

	"hanalyze"
)

func TestAppendString(t *testing.T) {
	for in, want := range map[string]string{
		"":                           `""`,
		"plain text, no escape":      `"plain text, no escape"`,
		`say "hi" \ bye`:             `"say \"hi\" \\ bye"`,
		"<script>&amp;'":             `"<script>&amp;'"`,
		"a\nb\rc\td\be\x00f":         `"a\nb\rc\td\u0008e\u0000f"`,
		"esc \x1b[31m del \x7f":      `"esc \u001b[31m del \u007f"`,
		"é漢😀":                        `"é漢😀"`,
		"nel \u0085 ls \u2028\u2029": `"nel \u0085 ls \u2028\u2029"`,
		"latin-1 \xe9\xff":           `"latin-1 \u00e9\u00ff"`,
		"cut \xe6\xbc":               `"cut \u00e6\u00bc"`,
		"surrogate \xed\xa0\x80":     `"surrogate \u00ed\u00a0\u0080"`,
		"replacement \ufffd":         "\"replacement \ufffd\"",
	} {
		if got := string(appendString(nil, in)); got != want {
			t.Errorf("%q: got %s, want %s", in, got, want)
		}
	}
}

func TestAppendUint(t *testing.T) {
	for v := range uint64(12000) {
		for _, n := range []uint64{v, v * 1000003, math.MaxUint64 - v} {
			if got, want := string(appendUint(nil, n)), strconv.FormatUint(n, 10); got != want {
				t.Fatalf("got %s, want %s", got, want)
			}
		}
	}
}

// A byte that needs an escape is found at every place of every word of eight bytes, whatever its neighbours are: the result is
// that of going byte by byte.
func TestEveryByteEverywhere(t *testing.T) {
	for c := range 256 {
		for _, neighbour := range []byte{' ', 'a', '~', '!', '#', '[', ']'} {
			for n, at := range lengthsAndPlaces(19) {
				b := bytes.Repeat([]byte{neighbour}, n)
				b[at] = byte(c)
				got, want := appendEscaped([]byte("x"), string(b)), appendMixed([]byte("x"), string(b))
				if !bytes.Equal(got, want) {
					t.Fatalf("%q: %s, want %s", b, got, want)
				}
			}
		}
	}
}

// lengthsAndPlaces yields every length up to longest with every index into it.
func lengthsAndPlaces(longest int) iter.Seq2[int, int] {
	return func(yield func(n, at int) bool) {
		for n := range longest + 1 {
			for at := range n {
				if !yield(n, at) {
					return
				}
			}
		}
	}
}

func FuzzAppendString(f *testing.F) {
	f.Add("x\x1b[2J\u0085\u2028\xff\"\\")
	f.Add(strings.Repeat("a", 17) + "\xe2\x80")
	f.Fuzz(func(t *testing.T, s string) {
		b := appendString(nil, s)
		var back string
		if err := json.Unmarshal(b, &back); err != nil {
			t.Fatalf("%v: %s", err, b)
		}
		for _, r := range string(b) {
			if r < 0x20 || r >= 0x7f && r < 0xa0 || r == 0x2028 || r == 0x2029 {
				t.Fatalf("raw control %U in %q", r, b)
			}
		}
		if !utf8.Valid(b) {
			t.Fatalf("not UTF-8: %q", b)
		}
		if utf8.ValidString(s) && back != s {
			t.Fatalf("%q came back as %q", s, back)
		}
	})
}

func TestAppendTime(t *testing.T) {
	check := func(x hanalyze.Time) {
		t.Helper()
		if got, want := string(appendTime(nil, x)), x.String(); got != want {
			t.Fatalf("%d: got %s, want %s", int64(x), got, want)
		}
	}
	for _, x := range []hanalyze.Time{0, -1, 1, 1<<63 - 1, -1 << 63, exampleTime, 951782400e9, 951868800e9 - 1, 4107542400e9} {
		check(x)
	}
	rnd := rand.New(rand.NewPCG(3, 4))
	for range 100_000 {
		check(hanalyze.Time(rnd.Uint64()))
	}
}
