package tcpstate

import "hanalyze"

// Segment is one TCP segment as it was captured.
type Segment struct {
	Meta hanalyze.Meta

	// Seq is the offset of the segment's first byte (of its SYN, if it has one) and Ack the offset the acknowledgment
	// field names in the other direction; Ack is valid iff Flags has ACK. Where no SYN was seen, any number will do as
	// the offset of a direction's first byte, as long as the direction keeps to it.
	Seq, Ack int64

	WireSeq uint32            // sequence number on the wire, for the ISN of the record
	WireAck uint32            // acknowledgment number on the wire, which the SACK blocks are near to
	Len     int64             // payload bytes, by the IP length rather than by what was captured
	Flags   hanalyze.TCPFlags // control bits
	Window  uint16            // window field, not scaled
	Options Options           // parsed options
	TTL     uint8             // IPv4 TTL or IPv6 hop limit
	IPID    uint16            // IPv4 identification, valid iff HasIPID
	HasIPID bool              // false for IPv6
	Sum     Sum               // what its checksum is worth
}

// end is the offset after the segment's last byte; SYN and FIN count one each (RFC 9293 §3.4).
func (s *Segment) end() int64 {
	n := s.Seq + s.Len
	if s.Flags&hanalyze.SYN != 0 {
		n++
	}
	if s.Flags&hanalyze.FIN != 0 {
		n++
	}
	return n
}

// Sum is what a segment's checksum is worth, as far as the caller looked at it.
type Sum uint8

// The kinds of checksums.
const (
	SumUnknown Sum = iota // not looked at, or left to the hardware
	SumGood
	SumBad
)

// Verdict is what one segment means.
type Verdict struct {
	Class Class
	Cause string // of a retransmission: rto, fast, tail_loss_probe or spurious as far as it shows at once, else ""

	// Changed tells that the segment took a step, or changed a state or the phase. Step is nil unless Changed, and
	// borrowed until the next segment; its Step field is empty where the segment opens or closes nothing, as the first
	// data segment does.
	Changed bool
	Step    *hanalyze.TCPStep
}

// Class is the kind of a segment, told from its place in the sequence space.
type Class uint8

// The classes of segments.
const (
	ClassNew             Class = iota // the next bytes of the stream, or a SYN, FIN or RST for the first time
	ClassAhead                        // new bytes behind a hole: something before them was lost, late or not captured
	ClassPureAck                      // no bytes, no SYN, FIN or RST
	ClassDuplicateAck                 // a pure ACK that repeats the last one while bytes are outstanding
	ClassRetransmission               // bytes, a SYN or a FIN sent before
	ClassOutOfOrder                   // bytes never seen before, overtaken by later ones
	ClassKeepAlive                    // a probe of an idle connection, RFC 9293 §3.8.4
	ClassWindowProbe                  // a probe of a closed window, RFC 9293 §3.8.6.1
	ClassDuplicatePacket              // the same packet captured twice
	ClassOldDuplicate                 // a segment of another incarnation, or so late that both ends ignore it
	ClassInvalid                      // a RST outside the window: a careful receiver ignores it, RFC 5961 §3.2
	numClasses
)

var classNames = [numClasses]string{
	"new", "ahead", "pure_ack", "duplicate_ack", "retransmission", "out_of_order", "keep_alive", "window_probe",
	"duplicate_packet", "old_duplicate", "invalid",
}

// String returns the lower_snake name.
func (c Class) String() string {
	if c < numClasses {
		return classNames[c]
	}
	return ""
}
