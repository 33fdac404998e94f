package body

import (
	"bytes"
	"strings"
	"testing"

	"hanalyze"
)

// TestBombs reads bodies that are made to break their reader, whole and in pieces: what comes out is limited, and the same.
func TestBombs(t *testing.T) {
	zeros := make([]byte, 32<<20)
	br, gz, zs := encode(t, "br", zeros), encode(t, "gzip", zeros), encode(t, "zstd", zeros)
	gzgz := encode(t, "gzip", gz)
	// Stored blocks of nothing: an inner coding that reads and reads, and gives nothing.
	hollow := encode(t, "gzip", bytes.Repeat([]byte{0, 0, 0, 0xff, 0xff}, 2<<20))
	for _, tc := range []struct {
		name    string
		codings []string
		wire    []byte
		problem string
	}{
		{"brotli", []string{"br"}, br, "limit_ratio"},
		{"zstd", []string{"zstd"}, zs, "limit_ratio"},
		{"gzip in gzip", []string{"gzip", "gzip"}, gzgz, "limit_ratio"},
		{"gzip of nothing", []string{"deflate", "gzip"}, hollow, "truncated"},
		{"nothing in gzip in gzip", []string{"deflate", "gzip", "gzip"}, encode(t, "gzip", hollow), "limit_ratio"},
		{"gzip cannot do it alone", []string{"gzip"}, gz, ""},
	} {
		t.Run(tc.name, func(t *testing.T) {
			r := NewReader(Options{})
			c, out := read(t, r, Head{Codings: tc.codings}, tc.wire, true, nil)
			if c.DecodeError != tc.problem {
				t.Errorf("%q after %d bytes", c.DecodeError, out.all.Len())
			}
			if most := int64(len(tc.wire))*maxRatio + ratioSlack; int64(out.all.Len()) > most {
				t.Errorf("%d bytes came out of %d", out.all.Len(), len(tc.wire))
			}
			if tc.problem == "limit_ratio" && r.Limits()["body_limit_ratio"] != 1 {
				t.Errorf("limits: %v", r.Limits())
			}
			again, out2 := read(t, NewReader(Options{}), Head{Codings: tc.codings}, tc.wire, true, func(i int) bool { return i%500 == 0 })
			if again.DecodeError != c.DecodeError || !bytes.Equal(out.all.Bytes(), out2.all.Bytes()) {
				t.Errorf("in pieces: %q after %d bytes, not %d", again.DecodeError, out2.all.Len(), out.all.Len())
			}
		})
	}
}

// A body whose beginning claims more than its bytes have earned is no bomb if the rest makes up for it.
func TestEarnedLater(t *testing.T) {
	want := append(make([]byte, 4<<20), sample(1<<20)...)
	wire := encode(t, "br", want)
	c, out := read(t, NewReader(Options{}), Head{Codings: []string{"br"}}, wire, true, func(i int) bool { return i%1460 == 0 })
	if !c.BodyWhole || !bytes.Equal(out.all.Bytes(), want) {
		t.Errorf("%q after %d bytes", c.DecodeError, out.all.Len())
	}
}

func TestSizeLimit(t *testing.T) {
	plain := sample(5000)
	for _, h := range []Head{{}, {Codings: []string{"gzip"}}} {
		wire := plain
		if h.Codings != nil {
			wire = encode(t, "gzip", plain)
		}
		r := NewReader(Options{MaxBytes: 1000})
		c, out := read(t, r, h, wire, true, nil)
		if c.DecodeError != "limit_size" || c.BodyWhole || !bytes.Equal(out.all.Bytes(), plain[:1000]) || r.Limits()["body_limit_size"] != 1 {
			t.Errorf("%v: %+v, %d bytes, %v", h, c, out.all.Len(), r.Limits())
		}
	}
}

func TestMemoryBudget(t *testing.T) {
	r := NewReader(Options{})
	wire := encode(t, "br", sample(100))
	wire[0] = wire[0]&^0xf | 0xf // WBITS 24: whatever follows, the window is claimed
	var open []*Body
	for range memoryBudget>>24 + 10 {
		b := r.Open(Head{Codings: []string{"br"}}, nil)
		b.Data(wire[:1])
		open = append(open, b)
	}
	if r.memory < 0 || r.memory >= 1<<25 {
		t.Errorf("%d bytes of the budget are left", r.memory)
	}
	for _, b := range open {
		b.End(false, &hanalyze.HTTPContent{})
	}
	if n := r.Limits()["body_limit_memory"]; n < 10 || r.memory != memoryBudget {
		t.Errorf("refused %d, %d left", n, r.memory)
	}
}

func TestZstdWindow(t *testing.T) {
	frame := []byte{0x28, 0xb5, 0x2f, 0xfd, 0x00, (24 - 10) << 3, 1, 0, 0} // a window of 16 MiB, an empty last block
	c, _ := read(t, NewReader(Options{}), Head{Codings: []string{"zstd"}}, append(frame, make([]byte, 20)...), true, nil)
	if c.DecodeError != "limit_window" {
		t.Errorf("a window of 16 MiB: %q", c.DecodeError)
	}
	small := encode(t, "zstd", []byte("small"))
	big := append(bytes.Clone(small), frame...)
	if c, _ = read(t, NewReader(Options{}), Head{Codings: []string{"zstd"}}, big, true, nil); c.DecodeError != "limit_window" {
		t.Errorf("in the second frame: %q", c.DecodeError)
	}
}

func TestBrotliWindowBits(t *testing.T) {
	want := map[byte]int{0: 16, 0x01: 17, 0x03: 18, 0x05: 19, 0x07: 20, 0x09: 21, 0x0b: 22, 0x0d: 23, 0x0f: 24, 0x21: 10, 0x31: 11, 0x71: 15}
	for b, bits := range want {
		if got := brotliWindowBits(b); got != bits {
			t.Errorf("%#x: %d, want %d", b, got, bits)
		}
	}
}

func TestKeepBudget(t *testing.T) {
	r := NewReader(Options{Keep: 1 << 20})
	r.kept = 10
	b := r.Open(Head{}, nil)
	b.Data(sample(100))
	var c hanalyze.HTTPContent
	b.End(true, &c)
	if len(c.Body) != 10 || !c.BodyTruncated || r.kept != 10 {
		t.Errorf("%+v, %d left", c, r.kept)
	}
}

func FuzzBody(f *testing.F) {
	for i, coding := range []string{"gzip", "deflate", "raw", "br", "zstd"} {
		f.Add(byte(i), uint16(3), encode(f, coding, sample(300)))
	}
	names := []string{"gzip", "deflate", "deflate", "br", "zstd", "", "compress"}
	f.Fuzz(func(t *testing.T, which byte, piece uint16, wire []byte) {
		h := Head{ContentType: "text/html; charset=utf-8"}
		for ; which > 0; which /= 7 {
			if n := names[which%7]; n != "" {
				h.Codings = append(h.Codings, n)
			}
		}
		size := int(piece)%1000 + 1
		c, out := read(t, NewReader(Options{Keep: 50, MaxBytes: 1 << 22}), h, wire, true, func(i int) bool { return i%size == 0 })
		if c.BodyWhole && c.DecodedBytes != nil && *c.DecodedBytes != uint64(out.all.Len()) {
			t.Errorf("%d bytes, %d told", out.all.Len(), *c.DecodedBytes)
		}
		whole, out2 := read(t, NewReader(Options{Keep: 50, MaxBytes: 1 << 22}), h, wire, true, nil)
		if whole.DecodeError != c.DecodeError || !bytes.Equal(out.all.Bytes(), out2.all.Bytes()) {
			t.Errorf("in pieces of %d: %q, %d bytes; whole: %q, %d", size, c.DecodeError, out.all.Len(), whole.DecodeError, out2.all.Len())
		}
	})
}

// FuzzForm reads forms whole and in pieces.
func FuzzForm(f *testing.F) {
	f.Add(byte(1), []byte("a=b&c=%20d&e"))
	f.Add(byte(0), []byte("--x\r\nX: "+strings.Repeat("x", 1000)+"\r\n\r\n1\r\n--x\r\n\r\n2\r\n--x\r\nX: y\r\n\r\n3\r\n--x--"))
	f.Add(byte(5), []byte("--x\r\nContent-Disposition: form-data; name=\"a\"; filename=\"b\"\r\n\r\ndata\r\n--x--\r\n"))
	f.Fuzz(func(t *testing.T, size byte, wire []byte) {
		for _, media := range []string{"application/x-www-form-urlencoded", "multipart/form-data; boundary=x"} {
			h := Head{Request: true, ContentType: media}
			c, out := read(t, NewReader(Options{Secrets: true}), h, wire, true, func(i int) bool { return i%(int(size)+1) == 0 })
			whole, out2 := read(t, NewReader(Options{Secrets: true}), h, wire, true, nil)
			if len(c.Form) != len(whole.Form) || !bytes.Equal(out.all.Bytes(), out2.all.Bytes()) || out.log.String() != out2.log.String() {
				t.Errorf("%s: %d fields and %d bytes, whole %d and %d", media, len(c.Form), out.all.Len(), len(whole.Form), out2.all.Len())
			}
		}
	})
}

func BenchmarkBody(b *testing.B) {
	plain := sample(50_000)
	for _, coding := range []string{"", "gzip", "br", "zstd"} {
		b.Run("coding="+coding, func(b *testing.B) {
			h, wire := Head{}, plain
			if coding != "" {
				h.Codings, wire = []string{coding}, encode(b, coding, plain)
			}
			r := NewReader(Options{})
			b.SetBytes(int64(len(plain)))
			b.ReportAllocs()
			for b.Loop() {
				body := r.Open(h, nil)
				for w := wire; len(w) > 0; w = w[min(len(w), 1460):] {
					body.Data(w[:min(len(w), 1460)])
				}
				var c hanalyze.HTTPContent
				if body.End(true, &c); !c.BodyWhole {
					b.Fatal(c.DecodeError)
				}
			}
		})
	}
}
