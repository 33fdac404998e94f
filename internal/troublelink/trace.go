package troublelink

import (
	"bufio"
	"encoding/binary"
	"io"
	"time"
)

// Trace is what happened on the link, in the one order in which its goroutine did it.
type Trace struct {
	Packets []Packet
	Events  []Event
}

// Event is a packet that passed a capture point: it came in at its sender's, or a copy was delivered at the other.
type Event struct {
	Time   time.Time
	At     Side // capture point
	Packet int  // index into Trace.Packets
	Copy   int  // -1 when it came in, else the number of the copy delivered
}

// In tells that the packet came in rather than out.
func (e *Event) In() bool { return e.Copy < 0 }

// At returns what the capture point of a side saw, in order.
func (t *Trace) At(side Side) []Event {
	var seen []Event
	for _, e := range t.Events {
		if e.At == side {
			seen = append(seen, e)
		}
	}
	return seen
}

// WritePcap writes a capture file of the given events, in nanoseconds and with raw IP as the link type.
func (t *Trace) WritePcap(w io.Writer, events []Event) error {
	const (
		magicNanoseconds = 0xa1b23c4d
		linkRaw          = 101
		snapLen          = 65535
	)
	b := bufio.NewWriter(w)
	le := binary.LittleEndian
	h := le.AppendUint32(nil, magicNanoseconds)
	h = le.AppendUint16(h, 2) // version 2.4
	h = le.AppendUint16(h, 4)
	h = le.AppendUint64(h, 0) // no time zone, no accuracy
	h = le.AppendUint32(h, snapLen)
	h = le.AppendUint32(h, linkRaw)
	b.Write(h) // errors of a bufio.Writer stay
	for _, e := range events {
		data := t.Packets[e.Packet].Data
		h = le.AppendUint32(h[:0], uint32(e.Time.Unix()))
		h = le.AppendUint32(h, uint32(e.Time.Nanosecond()))
		h = le.AppendUint32(h, uint32(len(data)))
		h = le.AppendUint32(h, uint32(len(data)))
		b.Write(h)
		b.Write(data)
	}
	return b.Flush()
}
