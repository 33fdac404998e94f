package grpc

import (
	"bytes"
	"encoding/base64"
	"encoding/binary"
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"hanalyze"
)

// frame puts a message behind its prefix.
func frame(flags byte, b []byte) []byte {
	out := binary.BigEndian.AppendUint32([]byte{flags}, uint32(len(b)))
	return append(out, b...)
}

// feed lends b to r in pieces and spoils each afterwards.
func feed(r *Reader, b []byte, piece int) {
	for len(b) > 0 {
		n := min(piece, len(b))
		lent := bytes.Clone(b[:n])
		r.Feed(lent)
		for i := range lent {
			lent[i] = 0xdb
		}
		b = b[n:]
	}
}

func TestReader(t *testing.T) {
	trailers := frame(flagTrailers, []byte("grpc-status: 5\r\nGrpc-Message:not%20there\r\n"))
	fields := []hanalyze.Header{{Name: "grpc-status", Value: "5"}, {Name: "grpc-message", Value: "not%20there"}}
	text := func(parts ...[]byte) (b []byte) {
		for _, p := range parts {
			b = append(b, base64.StdEncoding.EncodeToString(p)...)
		}
		return b
	}
	for _, tt := range []struct {
		name     string
		r        Reader
		body     []byte
		want     Counts
		trailers []hanalyze.Header
	}{
		{name: "nothing"},
		{name: "empty messages", body: append(frame(0, nil), frame(0, nil)...), want: Counts{Messages: 2, Sizes: []uint32{0, 0}}},
		{name: "messages", body: append(frame(0, []byte("abc")), frame(1, []byte("de"))...),
			want: Counts{Messages: 2, Bytes: 5, Compressed: 1, Sizes: []uint32{3, 2}}},
		{name: "cut in a message", body: frame(0, []byte("abc"))[:7], want: Counts{Messages: 1, Sizes: []uint32{3}, Cut: true}},
		{name: "cut in a prefix", body: append(frame(0, []byte("a")), 0, 0), want: Counts{Messages: 1, Bytes: 1, Sizes: []uint32{1}, Cut: true}},
		{name: "trailers in plain gRPC", body: trailers, want: Counts{Odd: true}},
		{name: "no gRPC", body: []byte("<html>..."), want: Counts{Odd: true}},
		{name: "web", r: Reader{Web: true}, body: append(frame(0, []byte("abc")), trailers...),
			want: Counts{Messages: 1, Bytes: 3, Sizes: []uint32{3}}, trailers: fields},
		{name: "web in text, each part padded by itself", r: Reader{Web: true, Base64: true}, body: text(frame(0, []byte("ab")), trailers),
			want: Counts{Messages: 1, Bytes: 2, Sizes: []uint32{2}}, trailers: fields},
		{name: "web in bad text", r: Reader{Web: true, Base64: true}, body: []byte("AAAA****"), want: Counts{Odd: true}},
	} {
		for _, piece := range []int{1 << 20, 1, 2, 3, 5, 7} {
			r := tt.r
			feed(&r, tt.body, piece)
			r.End(true)
			if d := cmp.Diff(tt.want, r.Counts) + cmp.Diff(tt.trailers, r.Trailers); d != "" {
				t.Errorf("%s in pieces of %d (-want +got):\n%s", tt.name, piece, d)
			}
		}
	}
}

// Whatever is missing: what is told of messages is right, and nothing is invented.
func TestReaderGaps(t *testing.T) {
	for seed := range uint64(2000) {
		rnd := rand.New(rand.NewPCG(seed, 3))
		var body []byte
		var sizes []uint32
		for range 1 + rnd.IntN(8) {
			n := rnd.IntN(300)
			sizes = append(sizes, uint32(n))
			body = append(body, frame(byte(rnd.IntN(2)), bytes.Repeat([]byte{byte(rnd.Uint32())}, n))...)
		}
		var r Reader
		lost := false
		for at := 0; at < len(body); {
			n := min(len(body)-at, 1+rnd.IntN(100))
			switch rnd.IntN(12) {
			case 0:
				r.Gap(int64(n))
				lost = true
			case 1:
				r.Gap(-1)
				lost = true
			default:
				r.Feed(body[at : at+n])
			}
			at += n
		}
		r.End(!lost)
		if int(r.Messages) > len(sizes) || fmt.Sprint(r.Sizes) != fmt.Sprint(sizes[:len(r.Sizes)]) || r.Odd || lost && r.Cut {
			t.Fatalf("seed %d: %+v of %v", seed, r.Counts, sizes)
		}
		if !r.Unread && int(r.Messages) != len(sizes) {
			t.Fatalf("seed %d: %d of %d messages, and nothing said", seed, r.Messages, len(sizes))
		}
	}
}

// What follows a hole in base64 begins anywhere in a group of four characters: that it makes no sense is not the sender's
// fault.
func TestReaderGapInBase64(t *testing.T) {
	text := strings.Repeat(base64.StdEncoding.EncodeToString(frame(0, []byte("0123456789a"))), 2)
	for at := range len(text) {
		for n := 1; n <= len(text)-at; n++ {
			r := Reader{Web: true, Base64: true}
			r.Feed([]byte(text[:at]))
			r.Gap(int64(n))
			r.Feed([]byte(text[at+n:]))
			r.End(false)
			if r.Odd || !r.Unread {
				t.Fatalf("%d characters missing at %d: %+v", n, at, r.Counts)
			}
		}
	}
}

// A prefix may claim anything: nothing is kept for it.
func TestReaderLimits(t *testing.T) {
	r := Reader{Web: true}
	r.Feed([]byte{flagTrailers, 0xff, 0xff, 0xff, 0xff})
	for range 64 {
		r.Feed(make([]byte, 1<<10))
	}
	if len(r.trailers) != maxTrailers || !r.Limited {
		t.Errorf("%d bytes of trailers", len(r.trailers))
	}
	r = Reader{}
	for range 100 {
		r.Feed(frame(0, nil))
	}
	if r.Messages != 100 || len(r.Sizes) != MaxSizes {
		t.Errorf("%d messages, %d sizes", r.Messages, len(r.Sizes))
	}
	b := frame(0, make([]byte, 1000))
	if n := testing.AllocsPerRun(100, func() { r.Feed(b) }); n != 0 {
		t.Errorf("%v allocations a message", n)
	}
}

// Of trailers that are too long or too many, those that are told are right.
func TestTrailerLimits(t *testing.T) {
	line := "x: " + strings.Repeat("v", 95) + "\r\n"
	lines := maxTrailers / len(line)
	for _, tt := range []struct {
		name   string
		text   string
		fields int
		want   bool
	}{
		{"as many fields as are kept", strings.Repeat("x: y\r\n", maxFields), maxFields, false},
		{"one more", strings.Repeat("x: y\r\n", maxFields+1), maxFields, true},
		{"few long lines, the last of which is cut", "grpc-status: 0\r\n" + "x: " + strings.Repeat("v", maxTrailers) + "\r\n", 1, true},
		{"a line that is no field, too long", strings.Repeat("v", maxTrailers+1), 0, true},
		{"all bytes that are kept", strings.Repeat("\n", maxTrailers-len(line)) + line, 1, false},
		{"one byte more", strings.Repeat("\n", maxTrailers-len(line)+1) + line, 0, true},
		{"too many bytes in too many fields", strings.Repeat(line, lines+1), maxFields, true},
	} {
		for _, piece := range []int{1 << 20, 1, 7, 1000} {
			r := Reader{Web: true}
			feed(&r, frame(flagTrailers, []byte(tt.text)), piece)
			r.End(true)
			if len(r.Trailers) != tt.fields || r.Limited != tt.want {
				t.Errorf("%s in pieces of %d: %d fields, limited %v", tt.name, piece, len(r.Trailers), r.Limited)
			}
			for _, f := range r.Trailers {
				if !strings.Contains(tt.text, f.Name+": "+f.Value+"\r") {
					t.Errorf("%s in pieces of %d: %+v was not sent", tt.name, piece, f)
				}
			}
		}
	}
}

func TestCallFields(t *testing.T) {
	for in, want := range map[string]string{"": "", "plain": "plain", "100%": "100%", "a%20b%e2%82%ac": "a b€", "%zz%2": "%zz%2"} {
		if got := Message(in); got != want {
			t.Errorf("Message(%q) = %q, want %q", in, got, want)
		}
	}
	for in, want := range map[string][2]string{"/a.B/C": {"a.B", "C"}, "/B/C?x=/y": {"B", "C"}, "/x/a.B/C": {"x/a.B", "C"}, "/": {}, "": {}, "/a/": {}, "a/b": {}} {
		if s, m, ok := Split(in); s != want[0] || m != want[1] || ok != (want[0] != "") {
			t.Errorf("Split(%q) = %q, %q, %v", in, s, m, ok)
		}
	}
	for in, want := range map[string]time.Duration{"1S": time.Second, "100m": 100 * time.Millisecond, "5u": 5000, "7n": 7, "2M": 2 * time.Minute,
		"1H": time.Hour, "99999999H": 1<<63 - 1, "": 0, "S": 0, "1": 0, "+1S": 0, "-1S": 0, "123456789S": 0, "1x": 0} {
		if d, ok := Timeout(in); d != want || ok != (want != 0) {
			t.Errorf("Timeout(%q) = %v, %v", in, d, ok)
		}
	}
	for in, want := range map[string]string{"0": "OK", "16": "UNAUTHENTICATED", "17": "", "4294967295": ""} {
		if code, ok := ParseStatus(in); !ok || StatusName(code) != want {
			t.Errorf("status %q: %d %q %v", in, code, StatusName(code), ok)
		}
	}
	for _, in := range []string{"", "+0", "-1", "4294967296", "x"} {
		if _, ok := ParseStatus(in); ok {
			t.Errorf("%q is taken for a status", in)
		}
	}
	for in, want := range map[string][3]bool{"application/grpc": {true}, "application/grpc+proto": {true}, "application/grpc-web": {true, true},
		"application/grpc-web-text+proto": {true, true, true}, "application/grpcx": {}, "application/json": {}, "application/grpc-webx": {}} {
		is, web, text := Media(in)
		if got := [3]bool{is, web, text}; got != want {
			t.Errorf("Media(%q) = %v", in, got)
		}
	}
}

func FuzzReader(f *testing.F) {
	f.Add(append(frame(0, []byte("abc")), frame(flagTrailers, []byte("grpc-status:0\r\n"))...), true, false, 3)
	f.Add([]byte("AAAAAAJhYg==gAAAAA8="), true, true, 5)
	f.Fuzz(func(t *testing.T, b []byte, web, text bool, piece int) {
		whole, cut := Reader{Web: web, Base64: text}, Reader{Web: web, Base64: text}
		whole.Feed(b)
		whole.End(true)
		feed(&cut, b, 1+(piece&0xff))
		cut.End(true)
		if d := cmp.Diff(whole.Counts, cut.Counts); d != "" {
			t.Fatalf("(-whole +cut)\n%s", d)
		}
	})
}
