package capture

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"math"
	"strconv"

	"hanalyze"
)

// parser reads the records of one format. parse appends the complete records of the window to b, whose frames all point
// into the window's present slab. It returns how many bytes it must see at once to go on, or 0 if b is full, or a reason to
// stop.
type parser interface {
	parse(in *input, b *Batch) (need int, reason string)
}

// input is one file.
type input struct {
	index    int
	stats    hanalyze.StatsInput
	warnings warnings
	w        window
	parser   parser
	last     hanalyze.Time // of the last frame
	closers  []io.Closer   // in the order in which they were opened
}

func newInput(index int, name string, warn func(string)) *input {
	return &input{index: index, stats: hanalyze.StatsInput{Name: name}, warnings: warnings{name: name, tell: warn}}
}

// close closes what was opened for the input. It can be opened again.
func (in *input) close() error {
	in.w.close()
	var err error
	for i := len(in.closers) - 1; i >= 0; i-- {
		err = errors.Join(err, in.closers[i].Close())
	}
	in.closers = nil
	return err
}

// detect finds the format of the input, through gzip if need be, and reads the file header.
func (in *input) detect(regular bool) error {
	w := &in.w
	w.more(4)
	if isGzip(w.bytes()) {
		head := bytes.Clone(w.bytes())
		z := newInflater(io.MultiReader(bytes.NewReader(head), &rest{w.r, w.err}), !regular)
		in.closers = append(in.closers, z)
		w.close()
		*w = window{r: z, pool: w.pool}
		w.more(4)
	}
	b := w.bytes()
	switch {
	case len(b) == 0 && w.err == io.EOF:
		return in.formatError("empty file")
	case len(b) == 0:
		return in.formatError(w.err.Error())
	case len(b) < 4:
		return in.formatError("not a capture file")
	case isPcap(b):
		in.stats.Format = "pcap"
		w.more(pcapFileHeader)
		if b = w.bytes(); len(b) < pcapFileHeader {
			w.advance(len(b))
			return in.formatError("cut inside the file header")
		}
		p, reason := newPcapReader(b)
		if reason != "" {
			return in.formatError(reason)
		}
		w.advance(pcapFileHeader)
		in.parser = p
	case binary.LittleEndian.Uint32(b) == blockSection:
		in.stats.Format = "pcapng"
		w.more(minSection)
		if b = w.bytes(); len(b) < minSection {
			w.advance(len(b))
			return in.formatError("cut inside the section header")
		}
		p := &pcapngReader{}
		if reason := p.checkSection(b); reason != "" {
			return in.formatError(reason)
		}
		in.parser = p
	default:
		return in.formatError(notCapture(b))
	}
	return nil
}

// notCapture names formats that users try.
func notCapture(b []byte) string {
	switch m := binary.BigEndian.Uint32(b); {
	case m == 0x28b52ffd:
		return "compressed with zstd; decompress it first (zstd -d)"
	case m == 0xfd377a58:
		return "compressed with xz; decompress it first (xz -d)"
	case m == 0x04224d18:
		return "compressed with lz4; decompress it first (lz4 -d)"
	case m>>8 == 0x425a68:
		return "compressed with bzip2; decompress it first (bzip2 -d)"
	case m == 0x736e6f6f:
		return "a snoop capture; convert it to pcapng first (editcap)"
	}
	return "not a capture file"
}

func (in *input) formatError(reason string) error {
	return &FormatError{File: in.stats.Name, Offset: in.w.off, Reason: reason}
}

// fill reads until b has frames. It reports false at the end of the input.
func (in *input) fill(b *Batch) bool {
	w := &in.w
	for {
		need, reason := in.parser.parse(in, b)
		switch {
		case len(b.Frames) > 0:
			return true // the parser comes back to the reason
		case reason != "":
			in.end(reason)
			return false
		case w.owed == 0 && len(w.bytes()) >= need:
			// The parser asked for bytes that it has by now, or skipped some.
		case w.err != nil:
			in.finish()
			return false
		default:
			w.more(need)
		}
	}
}

// finish tells how the input ended: the window holds an incomplete record or nothing.
func (in *input) finish() {
	err, cut := in.w.err, len(in.w.bytes()) > 0 || in.w.owed > 0
	switch {
	case cut:
		in.warn("cut inside a packet or block")
	case err == io.ErrUnexpectedEOF:
		in.warn("compressed data cut")
	}
	in.stats.Truncated = cut || err == io.ErrUnexpectedEOF
	switch err {
	case io.EOF, io.ErrUnexpectedEOF:
		in.end("")
	case errTrailing:
		in.warn("%s", err)
		in.end("")
	default:
		in.end(err.Error())
	}
}

// deliver appends a frame to b and corrects a length on the wire that is smaller than what was captured.
func (in *input) deliver(b *Batch, t hanalyze.Time, data []byte, wire uint32, link hanalyze.LinkType) {
	n := int(min(uint64(wire), math.MaxInt)) // int has 32 bits on some systems
	if n < len(data) {
		in.warn("packet of %d bytes claims to have had %d on the wire", len(data), n)
		n = len(data)
	}
	b.hold(in.w.slab)
	b.Frames = append(b.Frames, Frame{Time: t, Data: data, Len: n, Link: link, Input: in.index})
	in.stats.Packets++
	in.last = t
}

// warn tells a warning about the present offset.
func (in *input) warn(format string, args ...any) {
	in.warnings.add("offset %d: "+format, append([]any{in.w.off}, args...)...)
}

// end tells how reading ended: reason is empty at the proper end of the input.
func (in *input) end(reason string) {
	if reason != "" {
		in.stats.Error = fmt.Sprintf("offset %d: %s", in.w.off, reason)
	}
	in.warnings.finish(in.stats.Error)
}

func utoa(n uint32) string { return strconv.FormatUint(uint64(n), 10) }
