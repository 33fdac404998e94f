package capture

import (
	"bufio"
	"compress/gzip"
	"errors"
	"io"
	"strings"

	"github.com/klauspost/compress/zstd"
	"github.com/pierrec/lz4/v4"
)

const (
	// maxMagic is how many bytes tell the compression of a file.
	maxMagic = 6

	// compressedReadSize is the size of reads of compressed data.
	compressedReadSize = 256 << 10

	// maxWindow bounds the memory in which a decompressor keeps what was, for zstd and xz, whose files choose it. It is
	// what zstd -d allows, and twice that of xz -9.
	maxWindow = 128 << 20
)

// errTrailing is the end of compressed data that something else follows, which gzip(1) ignores with a warning, too.
var errTrailing = errors.New("trailing garbage after the compressed data ignored")

// compression is one way in which files are compressed.
type compression struct {
	name  string
	magic string // what such files begin with
	// decompress writes all that r holds, all members or frames of it, to out. It returns io.EOF at its proper end and
	// io.ErrUnexpectedEOF where it is cut.
	decompress func(r *bufio.Reader, out *chunker) error
}

var compressions = [...]compression{
	{"gzip", "\x1f\x8b\x08", gunzip}, // RFC 1952 §2.3.1, with the only method there is
	{"zstd", "\x28\xb5\x2f\xfd", unzstd},
	{"lz4", "\x04\x22\x4d\x18", unlz4},
	{"xz", "\xfd7zXZ\x00", unxz},
}

// compressionOf returns how a file that begins with b is compressed, nil if it is not.
func compressionOf(b []byte) *compression {
	for i := range compressions {
		if c := &compressions[i]; strings.HasPrefix(string(b[:min(len(b), maxMagic)]), c.magic) {
			return c
		}
	}
	return nil
}

func gunzip(r *bufio.Reader, out *chunker) error {
	z, err := gzip.NewReader(r)
	if err != nil {
		return err
	}
	err = out.readFrom(z)
	if err == gzip.ErrHeader { // of a second member: the first one's stops NewReader
		return errTrailing
	}
	return err
}

func unzstd(r *bufio.Reader, out *chunker) error {
	z, err := zstd.NewReader(r, zstd.WithDecoderConcurrency(1), zstd.WithDecoderLowmem(true), zstd.WithDecoderMaxWindow(maxWindow))
	if err != nil {
		return err
	}
	defer z.Close()
	err = out.readFrom(z)
	if err == zstd.ErrMagicMismatch {
		return errTrailing
	}
	return err
}

// unlz4 lets the decompressor push: its Read fills what it is given even if that means to wait for the next block.
func unlz4(r *bufio.Reader, out *chunker) error {
	z := lz4.NewReader(r)
	_, err := z.WriteTo(out)
	switch {
	case err == nil:
		return io.EOF
	case errors.Is(err, lz4.ErrInvalidFrame) && out.any:
		return errTrailing
	}
	return err
}
