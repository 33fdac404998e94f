package capture

import (
	"bytes"
	"compress/gzip"
	"encoding/binary"
	"errors"
	"hash/crc32"
	"io"
	"runtime"
	"strings"
	"testing"

	"github.com/klauspost/compress/zstd"
	"github.com/pierrec/lz4/v4"
	"github.com/ulikunitz/xz"
	"github.com/ulikunitz/xz/lzma"
)

// flusher is what compressing writers can do.
type flusher interface {
	io.WriteCloser
	Flush() error
}

type compressor struct {
	name   string
	writer func(io.Writer) flusher
}

// compressors write what compressions read.
var compressors = []compressor{
	{"gzip", func(w io.Writer) flusher { return gzip.NewWriter(w) }},
	{"zstd", func(w io.Writer) flusher {
		z, err := zstd.NewWriter(w, zstd.WithEncoderConcurrency(1))
		if err != nil {
			panic(err)
		}
		return z
	}},
	{"lz4", func(w io.Writer) flusher { return lz4.NewWriter(w) }},
	{"xz", func(w io.Writer) flusher { return &xzFlusher{w: w} }},
}

// xzFlusher writes one xz block, each flush of which ends an LZMA2 chunk.
type xzFlusher struct {
	w     io.Writer
	lzma2 *lzma.Writer2
	err   error
}

func (x *xzFlusher) Write(p []byte) (int, error) {
	if x.lzma2 == nil {
		head := append([]byte(xzMagic), 0, 0) // no checks
		head = binary.LittleEndian.AppendUint32(head, crc32.ChecksumIEEE(head[6:]))
		_, x.err = x.w.Write(append(head, xzBlockHeader(18)...))
		var err error
		if x.lzma2, err = (lzma.Writer2Config{DictCap: 2 << 20}).NewWriter2(x.w); err != nil {
			return 0, err
		}
	}
	n, err := x.lzma2.Write(p)
	return n, errors.Join(x.err, err)
}

func (x *xzFlusher) Flush() error { return x.lzma2.Flush() }

func (x *xzFlusher) Close() error { return x.lzma2.Close() }

// xzBlockHeader makes a block header with the code of a dictionary size.
func xzBlockHeader(dict byte) []byte {
	h := []byte{2, 0, xzFilter, 1, dict, 0, 0, 0}
	return binary.LittleEndian.AppendUint32(h, crc32.ChecksumIEEE(h))
}

// compress compresses b, as a file of the kind that programs write.
func compress(t testing.TB, name string, b []byte) []byte {
	t.Helper()
	var z bytes.Buffer
	var w io.WriteCloser
	var err error
	for _, c := range compressors {
		if c.name == name {
			w = c.writer(&z)
		}
	}
	if name == "xz" {
		w, err = xz.NewWriter(&z)
	}
	if err != nil {
		t.Fatal(err)
	}
	_, err = w.Write(b)
	if err := errors.Join(err, w.Close()); err != nil {
		t.Fatal(err)
	}
	return z.Bytes()
}

func TestCompressed(t *testing.T) {
	file, frames, ends := smallPcapng()
	noise := make([]byte, 4<<10) // does not compress, so that a cut leaves most of it
	for i := range noise {
		noise[i] = byte(i * i >> 3)
	}
	for _, zip := range compressors {
		whole := compress(t, zip.name, file)
		parts := append(compress(t, zip.name, file[:ends[1]+3]), compress(t, zip.name, file[ends[1]+3:])...)
		large := compress(t, zip.name, append(bytes.Clone(file), ngBlock(nil, binary.BigEndian, 0x999, noise)...))
		for _, c := range []struct {
			name, warning string
			z             []byte
		}{
			{"one part", "", whole},
			{"several parts", "", parts},
			{"an empty part", "", append(bytes.Clone(parts), compress(t, zip.name, nil)...)},
			{"trailing garbage", "x: offset 176: trailing garbage after the compressed data ignored", append(bytes.Clone(whole), "garbage garbage"...)},
		} {
			t.Run(zip.name+" "+c.name, func(t *testing.T) {
				s := NewReader("x", bytes.NewReader(c.z))
				wantFrames(t, s, frames)
				var want []string
				if c.warning != "" {
					want = []string{c.warning}
				}
				wantLines(t, s.Warnings(), want...)
				if in := s.Inputs()[0]; in.Truncated || in.Compression != zip.name {
					t.Errorf("%+v", in)
				}
			})
		}
		t.Run(zip.name+" cut near the end", func(t *testing.T) {
			var z bytes.Buffer
			w := zip.writer(&z)
			w.Write(file)
			w.Flush()
			w.Write(ngBlock(nil, binary.BigEndian, 0x999, noise))
			w.Close()
			s := NewReader("x", bytes.NewReader(z.Bytes()[:z.Len()-5]))
			wantFrames(t, s, frames)
			if in := s.Inputs()[0]; !in.Truncated || in.DamagedAt < 176 {
				t.Errorf("%+v", in)
			}
		})
		t.Run(zip.name+" cut everywhere", func(t *testing.T) {
			for n := maxMagic; n < len(large); n += 1 + n/50 {
				s := NewReader("x", bytes.NewReader(large[:n]))
				got, err := readAll(t, s)
				if in := s.Inputs()[0]; err == nil && !in.Truncated || len(got) > len(frames) {
					t.Fatalf("cut at %d: %d frames, %v, %+v", n, len(got), err, in)
				}
			}
		})
	}
}

// A file of many megabytes comes out whole, and two goroutines share the work.
func TestCompressedLarge(t *testing.T) {
	const n = 4000
	file := manyRecords(n)
	for _, zip := range compressors {
		frames, err := readAll(t, NewReader("x", bytes.NewReader(compress(t, zip.name, file))))
		if err != nil || len(frames) != n {
			t.Errorf("%s: %d frames, %v", zip.name, len(frames), err)
		}
	}
}

// Zeros by the gigabyte in a small file are given up after some of them, in little memory.
func TestBomb(t *testing.T) {
	file, frames, ends := smallPcap()
	for _, zip := range compressors[:3] { // the writer of xz takes too long
		var z bytes.Buffer
		w := zip.writer(&z)
		w.Write(file)
		zeros := make([]byte, 1<<20)
		for range maxLost>>20 + 2 {
			w.Write(zeros)
		}
		w.Close()
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		s := NewReader("x", &z)
		wantFrames(t, s, frames)
		runtime.ReadMemStats(&after)
		in := s.Inputs()[0]
		if want := "zeros in place of a record header; nothing sound in the next"; !strings.Contains(in.Error, want) || in.DamagedAt != uint64(ends[3]) {
			t.Errorf("%s: %+v", zip.name, in)
		}
		if used := after.TotalAlloc - before.TotalAlloc; used > 32<<20 {
			t.Errorf("%s: %d MiB allocated", zip.name, used>>20)
		}
		s.Close()
	}
}

// The file chooses how much a decompressor must remember; too much is refused before it is allocated.
func TestWindowLimit(t *testing.T) {
	huge := append([]byte(xzMagic), 0, 0)
	huge = binary.LittleEndian.AppendUint32(huge, crc32.ChecksumIEEE(huge[6:]))
	huge = append(huge, xzBlockHeader(39)...)
	for _, c := range []struct {
		name, want string
		z          []byte
	}{
		{"xz", "xz: a dictionary of more than 134217728 bytes", huge},
		{"xz header", "xz: damaged", append([]byte(xzMagic), 0, 0, 1, 2, 3, 4)},
		{"zstd", "window size exceeded", []byte("\x28\xb5\x2f\xfd\x00\xa0\x01\x00\x00a")},
	} {
		_, err := readAll(t, NewReader("x", bytes.NewReader(c.z)))
		if err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v", c.name, err)
		}
	}
}
