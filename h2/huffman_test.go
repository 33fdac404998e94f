package h2

import (
	"bytes"
	"math/rand/v2"
	"strings"
	"testing"

	"golang.org/x/net/http2/hpack"
)

// TestHuffman decodes what x/net encodes: each symbol by itself, each after each, and random strings.
func TestHuffman(t *testing.T) {
	check := func(s string) {
		t.Helper()
		got, err := appendHuffman([]byte("kept "), hpack.AppendHuffmanString(nil, s))
		if err != nil || string(got) != "kept "+s {
			t.Fatalf("%q: %q, %v", s, got, err)
		}
	}
	for a := range 256 {
		check(string([]byte{byte(a)}))
		for b := range 256 {
			check(string([]byte{byte(a), byte(b)}))
		}
	}
	r := rand.New(rand.NewPCG(1, 1))
	for range 2000 {
		b := make([]byte, r.IntN(100))
		for i := range b {
			b[i] = byte(r.IntN(256)) >> r.IntN(2) // one of 128 half of the time
		}
		check(string(b))
	}
	check(strings.Repeat("~", 100_000))
}

// TestHuffmanErrors is RFC 7541 §5.2: padding of more than seven bits, padding that is not the beginning of the end of the
// string, and the end of the string itself are errors.
func TestHuffmanErrors(t *testing.T) {
	for _, tt := range []struct{ name, hex, want string }{
		{"nothing", "", ""},
		{"0 and three ones", "07", "0"},
		{"0 and a zero among the padding", "06", "?"},
		{"a byte of padding", "ff", "?"},
		{"0, three ones and a byte more", "07ff", "?"},
		{"8 bits of a symbol, and none of padding", "f8", "&"},
		{"half of a long code", "fffe", "?"},
		{"end of the string", "fffffffc", "?"},
		{"end of the string, padded", "ffffffff", "?"},
		{"0, end of the string, 0", "07fffffff807", "?"},
	} {
		b := unhex(t, tt.hex)
		got, err := appendHuffman(nil, b)
		if (tt.want == "?") != (err != nil) || err == nil && string(got) != tt.want {
			t.Errorf("%s: %q, %v", tt.name, got, err)
		}
		if theirs, e := hpack.HuffmanDecodeToString(b); (e != nil) != (err != nil) || e == nil && theirs != tt.want {
			t.Errorf("%s: x/net says %q, %v", tt.name, theirs, e)
		}
	}
}

// FuzzHuffman wants what x/net says, of any bytes.
func FuzzHuffman(f *testing.F) {
	f.Add([]byte{0x07})
	f.Add([]byte{0xff, 0xff, 0xff, 0xfc})
	f.Add(hpack.AppendHuffmanString(nil, "/static/js/app.js?v=17\x00\xff{}"))
	f.Fuzz(func(t *testing.T, b []byte) {
		before := bytes.Clone(b)
		got, err := appendHuffman(nil, b)
		want, wrong := hpack.HuffmanDecodeToString(b)
		if (err != nil) != (wrong != nil) || err == nil && string(got) != want {
			t.Fatalf("%q, %v; x/net: %q, %v", got, err, want, wrong)
		}
		if !bytes.Equal(b, before) {
			t.Fatal("the input has changed")
		}
	})
}
