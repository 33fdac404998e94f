package capture

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"math"
	"slices"
	"strconv"

	"hanalyze"
)

// parser reads the records of one format. parse appends the complete records of the window to b, whose frames all point
// into the window's present slab. It returns how many bytes it must see at once to go on, or 0 if b is full, or where and
// why it stops.
type parser interface {
	parse(in *input, b *Batch) (need int, stop string)
}

// input is one file.
type input struct {
	index    int
	stats    hanalyze.StatsInput
	warnings warnings
	w        window
	parser   parser
	first    hanalyze.Time // of the first frame; startsFirst if it is not known
	late     bool          // it was told that the input is opened late
	last     hanalyze.Time // of the last frame
	ifaces   []*hanalyze.StatsInterface
	closers  []io.Closer // in the order in which they were opened
}

func newInput(index int, name string, warn func(string)) *input {
	return &input{index: index, first: startsFirst, stats: hanalyze.StatsInput{Name: name}, warnings: warnings{name: name, tell: warn}}
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

// detect finds the format of the input, through compression if need be, and reads the file header. Of a pipe it asks for no
// more than that.
func (in *input) detect(regular bool) error {
	w := &in.w
	w.more(maxMagic)
	if c := compressionOf(w.bytes()); c != nil {
		in.stats.Compression = c.name
		head := bytes.Clone(w.bytes())
		z := newInflater(c, io.MultiReader(bytes.NewReader(head), &rest{w.r, w.err}), !regular)
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
	case binary.LittleEndian.Uint32(b) == blockSection:
		return in.detectPcapng()
	}
	if f, big := pcapFormatOf(b); f != nil {
		return in.detectPcap(f, big, regular)
	}
	return in.formatError(notCapture(b))
}

func (in *input) detectPcapng() error {
	in.stats.Format = "pcapng"
	w := &in.w
	w.more(minSection)
	b := w.bytes()
	if len(b) < minSection {
		w.advance(len(b))
		return in.formatError("cut inside the section header")
	}
	p := &pcapngReader{}
	if reason := p.checkSection(b); reason != "" {
		return in.formatError(reason)
	}
	in.parser = p
	return nil
}

func (in *input) detectPcap(f *pcapFormat, big, regular bool) error {
	in.stats.Format = "pcap"
	w := &in.w
	w.more(f.file)
	b := w.bytes()
	if len(b) < f.file {
		w.advance(len(b))
		return in.formatError("cut inside the file header")
	}
	p, reason := newPcapReader(f, big, b)
	if reason != "" {
		return in.formatError(reason)
	}
	w.advance(f.file)
	if regular && len(f.heads) > 1 {
		w.more(probeSize) // of many files that is all there is
		p.chooseHeader(in, f, w.bytes(), w.err != nil)
	}
	in.parser = p
	return nil
}

// notCapture names formats that users try.
func notCapture(b []byte) string {
	switch m := binary.BigEndian.Uint32(b); {
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

// fill reads until b has something. It reports false at the end of the input.
func (in *input) fill(b *Batch) bool {
	w := &in.w
	for {
		need, stop := in.parser.parse(in, b)
		switch {
		case !b.empty():
			return true // the parser comes back to where it stopped
		case stop != "":
			in.stats.Error = stop
			in.warnings.finish(stop)
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
	in.stats.Truncated = cut || err == io.ErrUnexpectedEOF
	why := ""
	switch {
	case err == errTrailing:
		in.warn("%s", err)
	case err != io.EOF && err != io.ErrUnexpectedEOF:
		why = in.here(err.Error())
		in.stats.Error = why
	case cut:
		why = in.here("cut inside a packet or block")
	case err == io.ErrUnexpectedEOF:
		why = in.here("compressed data cut")
	}
	if why != "" {
		in.damagedAt(in.w.off)
	}
	if in.stats.Error == "" {
		in.stats.Error = why
	}
	in.warnings.finish(why)
}

// damagedAt remembers where the first damage is.
func (in *input) damagedAt(off int64) {
	if in.stats.DamagedAt == 0 {
		in.stats.DamagedAt = uint64(off)
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

// addInterface returns what is to be told of one more interface.
func (in *input) addInterface() *hanalyze.StatsInterface {
	s := new(hanalyze.StatsInterface)
	if len(in.ifaces) < hanalyze.MaxStatsInterfaces {
		in.ifaces = append(in.ifaces, s)
	}
	return s
}

// told returns what is told of the input.
func (in *input) told() hanalyze.StatsInput {
	s := in.stats
	s.Warnings = slices.Clone(in.warnings.odd)
	for _, f := range in.ifaces {
		s.Interfaces = append(s.Interfaces, *f)
	}
	return s
}

// warn tells a warning about the present offset.
func (in *input) warn(format string, args ...any) {
	in.warnings.add("%s", in.here(fmt.Sprintf(format, args...)))
}

// here says where something is.
func (in *input) here(what string) string { return fmt.Sprintf("offset %d: %s", in.w.off, what) }

func utoa(n uint32) string { return strconv.FormatUint(uint64(n), 10) }
