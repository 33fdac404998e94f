package capture

import (
	"bufio"
	"encoding/binary"
	"io"
	"math"

	"hanalyze"
)

const (
	// writeSize is the size of writes.
	writeSize = 256 << 10

	// maxName bounds an interface's name in a capture file: option lengths have 16 bits, and file names on Linux at most
	// 4,096 bytes.
	maxName = 4096

	// pastOffset is the if_tsoffset, in seconds, of interfaces for frames before 1970, which only damaged captures have:
	// timestamps in pcapng are not negative.
	pastOffset = math.MinInt64/1_000_000_000 + 1
)

// Writer writes frames as pcapng with times in nanoseconds: one section, and one interface for each pair of input and link
// type, described before its first packet. Reading the file gives the same frames in the same order, but for Input.
type Writer struct {
	w      *bufio.Writer
	names  []string
	ifaces map[ifaceKey]uint32
	began  bool
	buf    []byte // headers being made
}

// ifaceKey tells which frames share an interface of the file.
type ifaceKey struct {
	input int
	link  hanalyze.LinkType
	past  bool // times before 1970
}

// NewWriter writes to w. names are the if_names of the inputs by Frame.Input; where one is missing or empty none is
// written.
func NewWriter(w io.Writer, names ...string) *Writer {
	return &Writer{w: bufio.NewWriterSize(w, writeSize), names: names, ifaces: map[ifaceKey]uint32{}}
}

// WriteBatch writes all frames of b.
func (w *Writer) WriteBatch(b *Batch) error {
	for i := range b.Frames {
		if err := w.Write(&b.Frames[i]); err != nil {
			return err
		}
	}
	return nil
}

// Write writes one frame as an enhanced packet block (draft-ietf-opsawg-pcapng §4.3). f is borrowed.
func (w *Writer) Write(f *Frame) error {
	id, err := w.iface(f)
	if err != nil {
		return err
	}
	ticks := uint64(f.Time)
	if f.Time < 0 {
		ticks = uint64(max(0, f.Time-pastOffset*1e9))
	}
	n := len(f.Data)
	pad := -n & 3
	total := uint32(minPacket + n + pad)
	le := binary.LittleEndian
	h := le.AppendUint32(w.buf[:0], blockEnhanced)
	h = le.AppendUint32(h, total)
	h = le.AppendUint32(h, id)
	h = le.AppendUint32(h, uint32(ticks>>32))
	h = le.AppendUint32(h, uint32(ticks))
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
	if f.Input < len(w.names) && w.names[f.Input] != "" {
		name := w.names[f.Input]
		h = appendOption(h, optName, []byte(name[:min(len(name), maxName)]))
	}
	h = appendOption(h, optTSResol, []byte{9})
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

// Flush writes what is buffered.
func (w *Writer) Flush() error {
	if err := w.begin(); err != nil {
		return err
	}
	return w.w.Flush()
}

// Close flushes. It does not close the underlying writer. A capture without frames is a valid file.
func (w *Writer) Close() error { return w.Flush() }
