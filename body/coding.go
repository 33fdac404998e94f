package body

import (
	"bufio"
	"bytes"
	"errors"
	"io"

	"github.com/andybalholm/brotli"
	"github.com/klauspost/compress/flate"
	"github.com/klauspost/compress/gzip"
	"github.com/klauspost/compress/zlib"
	"github.com/klauspost/compress/zstd"
)

// What ends a coding early, or is odd about it.
var (
	errUnsupported = errors.New("unsupported")
	errTrailing    = errors.New("trailing_bytes")
	errMislabelled = errors.New("mislabelled")
)

// bufferBytes is how much is read from a layer at a time.
const bufferBytes = 4 << 10

// layer returns a reader of what is below a coding, and what its memory costs. The reader of a body that is not in the
// coding at all, as its first bytes tell, is r itself, with errMislabelled.
func layer(coding string, r *bufio.Reader, room int64) (io.Reader, int64, error) {
	open := openers[coding]
	if open == nil {
		return nil, 0, errUnsupported
	}
	return open(r, room)
}

// openers are the codings of IANA's registry that are undone (RFC 9110 §8.4.1, RFC 7932, RFC 8878), by their names in lower
// case. compress is named only: nobody has sent it for decades.
var openers = map[string]func(r *bufio.Reader, room int64) (io.Reader, int64, error){
	"gzip": openGzip, "x-gzip": openGzip, "deflate": openDeflate, "br": openBrotli, "zstd": openZstd,
}

func openGzip(r *bufio.Reader, room int64) (io.Reader, int64, error) {
	if room < flateCost {
		return nil, 0, errMemory
	}
	if !begins(r, "\x1f\x8b") {
		return r, 0, errMislabelled
	}
	z, err := gzip.NewReader(r)
	if err != nil {
		return nil, 0, err
	}
	z.Multistream(false)
	return &members{z, r}, flateCost, nil
}

// begins reports whether r begins with magic, as far as there are bytes.
func begins(r *bufio.Reader, magic string) bool {
	b, _ := r.Peek(len(magic))
	return bytes.HasPrefix([]byte(magic), b)
}

// members reads the members of a gzip file one after the other (RFC 1952 §2.2).
type members struct {
	z *gzip.Reader
	r *bufio.Reader
}

// Read reads from the current member, then from the next.
func (m *members) Read(p []byte) (int, error) {
	for {
		n, err := m.z.Read(p)
		if err != io.EOF || n > 0 {
			return n, ignoreEOF(n, err)
		}
		if next, _ := m.r.Peek(2); len(next) == 0 {
			return 0, io.EOF
		} else if string(next) != "\x1f\x8b" {
			return 0, errTrailing
		}
		if err := m.z.Reset(m.r); err != nil {
			return 0, cut(err)
		}
		m.z.Multistream(false)
	}
}

// ignoreEOF leaves an end that comes with bytes to the next Read.
func ignoreEOF(n int, err error) error {
	if n > 0 && err == io.EOF {
		return nil
	}
	return err
}

// cut calls an end unexpected.
func cut(err error) error {
	if err == io.EOF {
		return io.ErrUnexpectedEOF
	}
	return err
}

// openDeflate reads zlib's format, as RFC 9110 §8.4.1.2 wants, or deflate alone, as many servers send. A header of zlib is no
// beginning of deflate alone: its low four bits say "a stored block", and then the bits up to the next byte would have to be
// zero, where no encoder writes anything else.
func openDeflate(r *bufio.Reader, room int64) (io.Reader, int64, error) {
	if room < flateCost {
		return nil, 0, errMemory
	}
	const deflateMethod, presetDictionary = 8, 0x20
	head, _ := r.Peek(2)
	if len(head) == 2 && head[0]&0x0f == deflateMethod && (int(head[0])<<8|int(head[1]))%31 == 0 && head[1]&presetDictionary == 0 {
		z, err := zlib.NewReader(r)
		if err != nil {
			return nil, 0, err
		}
		return &single{z, r}, flateCost, nil
	}
	return &single{flate.NewReader(r), r}, flateCost, nil
}

// single reads a stream after which nothing may follow.
type single struct {
	z io.Reader
	r *bufio.Reader
}

// Read reads to the end of the stream and says whether something follows it.
func (s *single) Read(p []byte) (int, error) {
	n, err := s.z.Read(p)
	if err == io.EOF && n == 0 {
		if more, _ := s.r.Peek(1); len(more) > 0 {
			return 0, errTrailing
		}
	}
	return n, ignoreEOF(n, err)
}

// openBrotli takes the window from the first byte (RFC 7932 §9.1).
func openBrotli(r *bufio.Reader, room int64) (io.Reader, int64, error) {
	head, err := r.Peek(1)
	if err != nil {
		return nil, 0, cut(err)
	}
	const tables = 256 << 10 // Huffman tables and input, at most about this
	cost := int64(1)<<brotliWindowBits(head[0]) + tables
	if room < cost {
		return nil, 0, errMemory
	}
	return &brotliReader{brotli.NewReader(&steady{r})}, cost, nil
}

// steady reads in steps of one size, whatever the pieces that come: the Brotli decoder forgets what it decoded of a step in which
// it meets an error.
type steady struct{ r io.Reader }

// Read reads a step, less only at the end.
func (s *steady) Read(p []byte) (int, error) {
	const step = 512
	n, err := io.ReadFull(s.r, p[:min(len(p), step)])
	if err == io.ErrUnexpectedEOF {
		err = nil // the next Read meets the end
	}
	return n, err
}

// brotliWindowBits reads WBITS, 10 to 24.
func brotliWindowBits(b byte) int {
	switch {
	case b&1 == 0:
		return 16
	case b>>1&7 != 0:
		return 17 + int(b>>1&7)
	case b>>4&7 == 0:
		return 17
	case b>>4&7 == 1:
		return 24 // the larger windows of other formats; the decoder refuses them
	}
	return 8 + int(b>>4&7)
}

// brotliReader gives the errors of the Brotli decoder names.
type brotliReader struct{ z *brotli.Reader }

// Read reads from the decoder, which has no exported error for bytes behind the end.
func (b *brotliReader) Read(p []byte) (int, error) {
	n, err := b.z.Read(p)
	if err != nil && err.Error() == "brotli: excessive input" {
		if n > 0 {
			return n, nil // it says so again
		}
		return 0, errTrailing
	}
	return n, err
}

// openZstd takes the window from the header of the first frame; further frames must not need more.
func openZstd(r *bufio.Reader, room int64) (io.Reader, int64, error) {
	if !begins(r, "\x28\xb5\x2f\xfd") && !skippable(r) {
		return r, 0, errMislabelled
	}
	head, _ := r.Peek(zstd.HeaderMaxSize)
	var h zstd.Header
	if err := h.Decode(head); err != nil {
		return nil, 0, cut(err)
	}
	window := h.WindowSize
	if h.SingleSegment {
		window = h.FrameContentSize
	}
	if h.Skippable {
		window = maxZstdWindow // the frame to come is not known yet
	}
	if window > maxZstdWindow {
		return nil, 0, zstd.ErrWindowSizeExceeded
	}
	window = max(window, zstd.MinWindowSize)
	const blocks = 512 << 10 // a block of 128 KiB, its literals and its tables
	cost := 2*int64(window) + blocks
	if room < cost {
		return nil, 0, errMemory
	}
	z, err := zstd.NewReader(r, zstd.WithDecoderConcurrency(1), zstd.WithDecoderLowmem(true), zstd.WithDecoderMaxWindow(window))
	if err != nil {
		return nil, 0, err
	}
	return &frames{z: z}, cost, nil
}

// skippable reports whether r begins with a skippable frame (RFC 8878 §3.1.2).
func skippable(r *bufio.Reader) bool {
	b, _ := r.Peek(4)
	return len(b) == 4 && b[0]&0xf0 == 0x50 && string(b[1:]) == "\x2a\x4d\x18"
}

// frames reads Zstandard frames.
type frames struct {
	z   *zstd.Decoder
	out bool // something was read
}

// Read reads from the decoder. What is no frame behind a frame is trailing.
func (f *frames) Read(p []byte) (int, error) {
	n, err := f.z.Read(p)
	f.out = f.out || n > 0
	if n > 0 {
		return n, nil
	}
	if err == zstd.ErrMagicMismatch && f.out {
		err = errTrailing
	}
	return 0, err
}

// reason names what ended decoding.
func reason(err error) string {
	switch {
	case err == nil || errors.Is(err, io.EOF):
		return ""
	case errors.Is(err, io.ErrUnexpectedEOF):
		return "truncated"
	case errors.Is(err, gzip.ErrChecksum), errors.Is(err, zlib.ErrChecksum), errors.Is(err, zstd.ErrCRCMismatch):
		return "checksum"
	case errors.Is(err, zstd.ErrWindowSizeExceeded), errors.Is(err, zstd.ErrDecoderSizeExceeded):
		return "limit_window"
	}
	for _, e := range []error{errUnsupported, errTrailing, errMislabelled, errPartial, errVague, errRatio, errSize, errMemory, errLayers} {
		if errors.Is(err, e) {
			return e.Error()
		}
	}
	return "corrupt"
}
