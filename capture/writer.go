package capture

import (
	"bufio"
	"cmp"
	"encoding/binary"
	"io"
	"maps"
	"math"
	"slices"

	"hanalyze"
)

const (
	// writeSize is the size of writes.
	writeSize = 256 << 10

	// maxName bounds an interface's name in a capture file: file names on Linux have at most 4,096 bytes.
	maxName = 4096

	// maxText bounds a name, filter or program: option lengths have 16 bits.
	maxText = 32 << 10

	// filterIsText is the first byte of if_filter before an expression.
	filterIsText = "\x00"

	// pastOffset is the if_tsoffset, in seconds, of interfaces for frames before 1970, which only damaged captures have:
	// timestamps in pcapng are not negative.
	pastOffset = math.MinInt64/1_000_000_000 + 1
)

// Options that are written only (draft-ietf-opsawg-pcapng §4.1, §4.2).
const (
	optUserAppl = 4
	optFilter   = 11
)

// Writer writes frames as pcapng with times in nanoseconds: one section, and one interface for each pair of input and link
// type, described before its first packet. Reading the file gives the same frames in the same order, but for Input.
type Writer struct {
	WriterOptions
	w      *bufio.Writer
	ifaces map[ifaceKey]uint32
	last   hanalyze.Time // the latest time written, for statistics
	began  bool
	buf    []byte // headers being made
}

// WriterOptions says what a Writer tells of the capture besides its frames. The zero value tells nothing.
type WriterOptions struct {
	Names   []string                     // if_name of the inputs, by Frame.Input; empty: none
	Filter  string                       // the capture filter, in the syntax of pcap-filter(7)
	Program string                       // the program that writes, with its version
	Counts  func() []hanalyze.StatsInput // by Frame.Input, for the statistics at the end; nil: there are none
}

// ifaceKey tells which frames share an interface of the file.
type ifaceKey struct {
	input int
	link  hanalyze.LinkType
	past  bool // times before 1970
}

// NewWriter writes to w.
func NewWriter(w io.Writer, o WriterOptions) *Writer {
	return &Writer{WriterOptions: o, w: bufio.NewWriterSize(w, writeSize), ifaces: map[ifaceKey]uint32{}}
}

// WriteBatch writes all of b: its frames, and the names and secrets between them.
func (w *Writer) WriteBatch(b *Batch) error {
	x := extras{names: b.Names, secrets: b.Secrets}
	for i := range b.Frames {
		if err := x.write(w, i); err != nil {
			return err
		}
		if err := w.Write(&b.Frames[i]); err != nil {
			return err
		}
	}
	return x.write(w, len(b.Frames))
}

// Write writes one frame as an enhanced packet block (draft-ietf-opsawg-pcapng §4.3). f is borrowed.
func (w *Writer) Write(f *Frame) error {
	id, err := w.iface(f)
	if err != nil {
		return err
	}
	ticks := f.Time
	if f.Time < 0 {
		ticks = max(0, f.Time-pastOffset*1e9)
	}
	w.last = max(w.last, f.Time)
	n := len(f.Data)
	pad := -n & 3
	total := uint32(minPacket + n + pad)
	le := binary.LittleEndian
	h := le.AppendUint32(w.buf[:0], blockEnhanced)
	h = le.AppendUint32(h, total)
	h = le.AppendUint32(h, id)
	h = appendTime(h, ticks)
	h = le.AppendUint32(h, uint32(n))
	h = le.AppendUint32(h, uint32(min(int64(f.Len), math.MaxUint32)))
	w.buf = h
	w.w.Write(h) // errors of a bufio.Writer stay
	w.w.Write(f.Data)
	h = append(h[:0], 0, 0, 0)[:pad]
	_, err = w.w.Write(le.AppendUint32(h, total))
	return err
}

// iface returns the interface ID for f and describes the interface the first time.
func (w *Writer) iface(f *Frame) (uint32, error) {
	key := ifaceKey{f.Input, f.Link, f.Time < 0}
	if id, ok := w.ifaces[key]; ok {
		return id, nil
	}
	if err := w.begin(); err != nil {
		return 0, err
	}
	id := uint32(len(w.ifaces))
	w.ifaces[key] = id
	le := binary.LittleEndian
	h := le.AppendUint16(nil, uint16(f.Link))
	h = le.AppendUint16(h, 0)
	h = le.AppendUint32(h, 0) // no limit of length
	if f.Input < len(w.Names) {
		h = appendText(h, optName, "", w.Names[f.Input])
	}
	h = appendOption(h, optTSResol, []byte{9})
	h = appendText(h, optFilter, filterIsText, w.Filter)
	if key.past {
		past := int64(pastOffset)
		h = appendOption(h, optTSOffset, le.AppendUint64(nil, uint64(past)))
	}
	h = appendOption(h, optEnd, nil)
	return id, w.block(blockInterface, h)
}

// begin writes the section header once (§4.1). The section's length is not known.
func (w *Writer) begin() error {
	if w.began {
		return nil
	}
	w.began = true
	le := binary.LittleEndian
	h := le.AppendUint32(nil, byteOrderMagic)
	h = le.AppendUint16(h, 1)
	h = le.AppendUint16(h, 0)
	h = le.AppendUint64(h, math.MaxUint64)
	if w.Program != "" {
		h = appendText(h, optUserAppl, "", w.Program)
		h = appendOption(h, optEnd, nil)
	}
	return w.block(blockSection, h)
}

// block writes a block whose body is a multiple of 4 bytes long.
func (w *Writer) block(kind uint32, body []byte) error {
	le := binary.LittleEndian
	total := uint32(minBlock + len(body))
	h := le.AppendUint32(nil, kind)
	h = le.AppendUint32(h, total)
	h = append(h, body...)
	_, err := w.w.Write(le.AppendUint32(h, total))
	return err
}

// appendOption appends an option, padded to 4 bytes (§3.5).
func appendOption(b []byte, code uint16, v []byte) []byte {
	b = binary.LittleEndian.AppendUint16(b, code)
	b = binary.LittleEndian.AppendUint16(b, uint16(len(v)))
	b = append(b, v...)
	return append(b, 0, 0, 0)[:len(b)+(-len(v)&3)]
}

// appendText appends an option of text after a prefix, cut to maxText, or nothing if there is no text.
func appendText(b []byte, code uint16, prefix, text string) []byte {
	if text == "" {
		return b
	}
	return appendOption(b, code, []byte(prefix+text[:min(len(text), maxText)]))
}

// Flush writes what is buffered.
func (w *Writer) Flush() error {
	if err := w.begin(); err != nil {
		return err
	}
	return w.w.Flush()
}

// Close writes the statistics and flushes. It does not close the underlying writer. A capture without frames is a valid
// file.
func (w *Writer) Close() error {
	if err := w.statistics(); err != nil {
		return err
	}
	return w.Flush()
}

// statistics writes one interface statistics block (§4.6) for each interface whose kernel counts are known: as of the last
// packet, since the capture began.
func (w *Writer) statistics() error {
	if w.Counts == nil {
		return nil
	}
	counts := w.Counts()
	keys := slices.SortedFunc(maps.Keys(w.ifaces), func(a, b ifaceKey) int { return cmp.Compare(w.ifaces[a], w.ifaces[b]) })
	for _, k := range keys {
		if k.past || k.input >= len(counts) || counts[k.input].Received == nil {
			continue
		}
		in := &counts[k.input]
		le := binary.LittleEndian
		h := le.AppendUint32(nil, w.ifaces[k])
		h = appendTime(h, w.last)
		h = appendOption(h, optReceived, le.AppendUint64(nil, *in.Received))
		h = appendOption(h, optDropped, le.AppendUint64(nil, *in.Dropped))
		h = appendOption(h, optEnd, nil)
		if err := w.block(blockStatistics, h); err != nil {
			return err
		}
	}
	return nil
}

// appendTime appends a timestamp in nanoseconds, which is not negative, the upper half first.
func appendTime(b []byte, t hanalyze.Time) []byte {
	b = binary.LittleEndian.AppendUint32(b, uint32(uint64(t)>>32))
	return binary.LittleEndian.AppendUint32(b, uint32(t))
}
