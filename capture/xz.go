package capture

import (
	"bufio"
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"io"

	"github.com/ulikunitz/xz/lzma"
)

// The container of xz files, .xz file format 1.2.1. It is read here rather than by a library because the size of the
// dictionary, up to 4 GiB, is the file's choice.
const (
	xzMagic      = "\xfd7zXZ\x00"
	xzHeader     = 12
	xzFooter     = 12
	xzFilter     = 0x21 // LZMA2
	xzDictCode40 = 40   // the largest code of a dictionary size
)

var (
	errXZ       = errors.New("xz: damaged")
	errXZFilter = errors.New("xz: a filter other than LZMA2")
)

// xzReader reads xz streams, one after the other.
type xzReader struct {
	r *countingReader
}

// countingReader counts what is read, for padding.
type countingReader struct {
	r *bufio.Reader
	n int64
}

func (c *countingReader) Read(p []byte) (int, error) {
	n, err := c.r.Read(p)
	c.n += int64(n)
	return n, err
}

func (c *countingReader) ReadByte() (byte, error) {
	b, err := c.r.ReadByte()
	if err == nil {
		c.n++
	}
	return b, err
}

// unxz decompresses all streams of a file (§2). Checks of the data are stepped over: LZMA finds nearly all damage, and a
// capture has sums of its own.
func unxz(r *bufio.Reader, out *chunker) error {
	x := &xzReader{&countingReader{r: r}}
	for first := true; ; first = false {
		check, err := x.streamHeader(first)
		if err != nil {
			return err // io.EOF after the last stream
		}
		if err := x.stream(out, check); err != nil {
			return unexpected(err)
		}
	}
}

// unexpected turns an end in the middle into what it is.
func unexpected(err error) error {
	if err == io.EOF {
		return io.ErrUnexpectedEOF
	}
	return err
}

// streamHeader reads the header of a stream (§2.1.1), with the padding before it (§2.2), and returns the size of the checks
// of blocks.
func (x *xzReader) streamHeader(first bool) (check int, err error) {
	var h [xzHeader]byte
	for {
		if _, err := io.ReadFull(x.r, h[:4]); err != nil {
			return 0, err
		}
		if first || h[0]|h[1]|h[2]|h[3] != 0 {
			break
		}
	}
	if !first && string(h[:4]) != xzMagic[:4] {
		return 0, errTrailing
	}
	if _, err := io.ReadFull(x.r, h[4:]); err != nil {
		return 0, unexpected(err)
	}
	if string(h[:6]) != xzMagic || crc32.ChecksumIEEE(h[6:8]) != binary.LittleEndian.Uint32(h[8:]) || h[6] != 0 || h[7] > 15 {
		return 0, errXZ
	}
	// §2.1.1.2: no check, then in threes 4, 8, 16, 32 and 64 bytes.
	if h[7] == 0 {
		return 0, nil
	}
	return 4 << ((h[7] - 1) / 3), nil
}

// stream reads the blocks, the index and the footer of a stream.
func (x *xzReader) stream(out *chunker, check int) error {
	for {
		size, err := x.r.ReadByte()
		if err != nil {
			return err
		}
		if size == 0 {
			return x.tail()
		}
		start := x.r.n - 1
		dict, err := x.blockHeader(size)
		if err != nil {
			return err
		}
		z, err := lzma.Reader2Config{DictCap: dict}.NewReader2(x.r)
		if err != nil {
			return err
		}
		if err := out.readFrom(&trickle{z, x.r.r, out.eager}); err != io.EOF {
			return err
		}
		pad := int64(-(x.r.n - start) & 3) // §3.3
		if _, err := io.CopyN(io.Discard, x.r, pad+int64(check)); err != nil {
			return err
		}
	}
}

// blockHeader reads the rest of a block header (§3.1) whose first byte is size, and returns the size of the dictionary.
func (x *xzReader) blockHeader(size byte) (dict int, err error) {
	h := make([]byte, (int(size)+1)*4)
	h[0] = size
	if _, err := io.ReadFull(x.r, h[1:]); err != nil {
		return 0, err
	}
	body, sum := h[:len(h)-4], h[len(h)-4:]
	if crc32.ChecksumIEEE(body) != binary.LittleEndian.Uint32(sum) {
		return 0, errXZ
	}
	flags, b := body[1], bytes.NewReader(body[2:])
	for _, present := range []byte{0x40, 0x80} { // the sizes of the block: the data tells them, too
		if flags&present != 0 {
			if _, err := binary.ReadUvarint(b); err != nil {
				return 0, errXZ
			}
		}
	}
	var filter [3]byte
	if _, err := io.ReadFull(b, filter[:]); err != nil || flags&0x3f != 0 || filter[0] != xzFilter || filter[1] != 1 {
		return 0, errXZFilter
	}
	if dict := xzDictionary(filter[2]); dict <= maxWindow {
		return max(int(dict), lzma.MinDictCap), nil
	}
	return 0, fmt.Errorf("xz: a dictionary of more than %d bytes", maxWindow)
}

// xzDictionary returns the size of the dictionary for its code (§5.3.1).
func xzDictionary(code byte) int64 {
	if code > xzDictCode40 {
		return 1 << 40
	}
	return int64(2|code&1) << (code/2 + 11)
}

// tail reads the index (§4), whose first byte has been read, and the footer (§2.1.2) of a stream.
func (x *xzReader) tail() error {
	start := x.r.n - 1
	records, err := binary.ReadUvarint(x.r)
	if err != nil {
		return err
	}
	for range records {
		for range 2 {
			if _, err := binary.ReadUvarint(x.r); err != nil {
				return err
			}
		}
	}
	pad := int64(-(x.r.n - start) & 3)
	_, err = io.CopyN(io.Discard, x.r, pad+4+xzFooter)
	return err
}

// trickle makes a reader that fills what it is given, whatever it must wait for, return what there is before it waits. The
// decompressor asks for compressed bytes only when it has nothing to give, so it is asked for one byte at a time.
type trickle struct {
	z     io.Reader
	raw   *bufio.Reader
	eager bool
}

func (t *trickle) Read(p []byte) (int, error) {
	if !t.eager {
		return t.z.Read(p)
	}
	n := 0
	for n < len(p) && (n == 0 || t.raw.Buffered() > 0) {
		m, err := t.z.Read(p[n : n+1])
		n += m
		if err != nil {
			return n, err
		}
	}
	return n, nil
}
