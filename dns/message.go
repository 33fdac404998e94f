package dns

import (
	"encoding/binary"
	"fmt"

	"hanalyze"
)

const (
	// headerLen is the length of the header, RFC 1035 §4.1.1.
	headerLen = 12

	// minQuestion and minRR are the shortest entries: a root name and the fixed fields (RFC 1035 §4.1.2, §4.1.3).
	minQuestion = 5
	minRR       = 11

	// MaxRRs bounds the entries of one section. 64 KiB hold 4,095 compressed A records, the smallest that say
	// something; more are empty ones, made to cost memory.
	MaxRRs = 4096

	// MaxText bounds the text made of one message. The densest honest content, TXT data in \DDD escapes, makes 256 KiB
	// of 64 KiB; compressed names and bitmaps can make megabytes. One name or one record of plain data may go over it.
	MaxText = 512 << 10

	// firstRRs is room for the entries of a usual section, so that a header's count alone cannot size an allocation.
	firstRRs = 16

	// firstText is room for the text of a usual message. A typical answer, names spelled out, needs twice its length.
	firstText = 4096
)

// Error says what is wrong with a message and where. The Codes are stable:
//
//	short_header          fewer than 12 bytes
//	question_truncated    the message ends in the question section
//	rr_truncated          the message ends in a resource record
//	rdata_malformed       a record's data does not have the form of its type; it is shown as RFC 3597 tells
//	option_malformed      an EDNS option does not have the form of its code, or overruns its record
//	opt_repeated          there is more than one OPT record (RFC 6891 §6.1.1)
//	tlv_truncated         the message ends in a TLV of a stateful operation
//	tlv_malformed         a TLV's data does not have the form of its type
//	name_truncated        a name runs over the end of the message or of the record's data
//	name_too_long         a name has more than 255 octets (RFC 1035 §2.3.4)
//	name_label_type       a label starts with the bits 01 or 10 (RFC 6891 §5)
//	name_pointer_forward  a compression pointer does not point backwards (RFC 1035 §4.1.4): this is what loops look like
//	name_pointer_header   a compression pointer points into the header
//	name_pointer_chain    more than MaxPointers pointers follow each other
//
// rdata_malformed, option_malformed, tlv_malformed and opt_repeated do not stop Parse; nor does a bad name inside a record's data.
type Error struct {
	Offset int    // in the message
	Code   string // lower_snake, see above
	Detail string // particulars, "" when the code says it all
}

// Error returns "dns: offset 29: name_pointer_forward: to 29".
func (e *Error) Error() string {
	if e.Detail == "" {
		return fmt.Sprintf("dns: offset %d: %s", e.Offset, e.Code)
	}
	return fmt.Sprintf("dns: offset %d: %s: %s", e.Offset, e.Code, e.Detail)
}

// Message is one DNS message. It owns its memory.
//
// The sections are named as in a query. In an UPDATE (RFC 2136 §2) Questions holds the zone, Answers the prerequisites and
// Authority the updates; in a NOTIFY (RFC 1996) Questions holds the zone and Answers its new SOA.
type Message struct {
	ID        uint16
	Response  bool
	Opcode    uint8
	Rcode     uint16 // with the upper bits of OPT, RFC 6891 §6.1.3
	Flags     hanalyze.DNSFlags
	Questions []hanalyze.DNSQuestion
	Answers   []hanalyze.DNSRR
	Authority []hanalyze.DNSRR

	// Additional lacks OPT, which is in EDNS. TSIG and SIG(0) records stay in it.
	Additional []hanalyze.DNSRR
	EDNS       *hanalyze.EDNS
	DSO        []hanalyze.DNSTLV // of a stateful operation, which has no sections

	TSIG bool // signed with a shared key, RFC 8945
	SIG0 bool // signed with a private key, RFC 2931

	// Trailing is the number of bytes after the last section.
	Trailing int

	// Err is the first fault, nil in a good message.
	Err *Error

	// Missing holds MissingLimit where MaxRRs or MaxText cut the message. The caller adds what else it knows,
	// MissingSnaplen for one; what Err says of a message with something missing is not held against its sender.
	Missing hanalyze.Missing
}

// Parse reads one message. b is borrowed. The Message is never nil: a malformed message gives the part that was readable
// together with an *Error, which is also Message.Err. Bytes after the last section are no error.
func Parse(b []byte) (*Message, error) { return parse(b, false) }

// ParseMDNS reads one message of multicast DNS, where the top bit of a class has a meaning of its own, else it is Parse.
func ParseMDNS(b []byte) (*Message, error) { return parse(b, true) }

func parse(b []byte, mdns bool) (*Message, error) {
	m := &Message{}
	p := parser{msg: b, mdns: mdns, m: m}
	p.message()
	if m.Err != nil {
		return m, m.Err
	}
	return m, nil
}

// parser reads one message. off is where it has got to.
type parser struct {
	msg  []byte
	off  int
	mdns bool
	text text
	seen names
	m    *Message
}

// fail notes a fault; the first one counts.
func (p *parser) fail(off int, code, detail string) {
	if p.m.Err == nil {
		p.m.Err = &Error{off, code, detail}
	}
}

// full reports whether a limit ends the parse.
func (p *parser) full(entries int) bool {
	if entries < MaxRRs && p.text.Len() < MaxText {
		return false
	}
	p.m.Missing |= hanalyze.MissingLimit
	return true
}

func (p *parser) message() {
	if len(p.msg) < headerLen {
		p.fail(0, "short_header", "")
		return
	}
	h := readHeader(p.msg)
	p.m.ID, p.m.Response, p.m.Opcode, p.m.Rcode = h.id, h.response(), h.opcode(), h.rcode()
	p.m.Flags = hanalyze.DNSFlags{
		AA: h.bits&0x0400 != 0, TC: h.bits&0x0200 != 0, RD: h.bits&0x0100 != 0,
		RA: h.bits&0x0080 != 0, AD: h.bits&0x0020 != 0, CD: h.bits&0x0010 != 0,
	}
	p.off = headerLen
	p.text.Grow(min(2*len(p.msg), firstText))
	if h.opcode() == opcodeDSO && h.counts == [4]int{} {
		p.stateful()
		return
	}
	ok := p.questions(h.counts[0]) &&
		p.section(&p.m.Answers, h.counts[1], false) &&
		p.section(&p.m.Authority, h.counts[2], false) &&
		p.section(&p.m.Additional, h.counts[3], true)
	if ok {
		p.m.Trailing = len(p.msg) - p.off
	}
}

// header is RFC 1035 §4.1.1 as it stands on the wire.
type header struct {
	id, bits uint16
	counts   [4]int // questions, answers, authority, additional
}

// readHeader reads the first headerLen bytes of b.
func readHeader(b []byte) (h header) {
	h.id, h.bits = binary.BigEndian.Uint16(b), binary.BigEndian.Uint16(b[2:])
	for i := range h.counts {
		h.counts[i] = int(binary.BigEndian.Uint16(b[4+2*i:]))
	}
	return h
}

func (h header) response() bool { return h.bits&0x8000 != 0 }
func (h header) opcode() uint8  { return uint8(h.bits >> 11 & 15) }
func (h header) rcode() uint16  { return h.bits & 15 }

// questions reads n questions and reports whether all could be read.
func (p *parser) questions(n int) bool {
	if n == 0 {
		return true
	}
	p.m.Questions = make([]hanalyze.DNSQuestion, 0, min(n, firstRRs, 1+len(p.msg)/minQuestion))
	for i := range n {
		if p.full(i) {
			return false
		}
		start := p.off
		if start == len(p.msg) {
			p.fail(start, "question_truncated", "")
			return false
		}
		name, at, ok := p.name(start, len(p.msg))
		if !ok {
			return false
		}
		if len(p.msg)-at < 4 {
			p.fail(start, "question_truncated", "")
			return false
		}
		typ, class := binary.BigEndian.Uint16(p.msg[at:]), binary.BigEndian.Uint16(p.msg[at+2:])
		p.off = at + 4
		class, unicast := p.topBit(class)
		p.m.Questions = append(p.m.Questions, hanalyze.DNSQuestion{
			Name: name, Type: TypeName(typ), Class: ClassName(class), UnicastResponse: unicast,
		})
	}
	return true
}

// topBit takes the top bit out of a class. It means something in mDNS only: of a question that the answer may be sent to
// the asker alone (RFC 6762 §5.4), of a record that it replaces what others said before (§10.2).
func (p *parser) topBit(class uint16) (rest uint16, set bool) {
	if !p.mdns {
		return class, false
	}
	return class &^ 0x8000, class&0x8000 != 0
}

// section reads n records into rrs and reports whether all could be read.
func (p *parser) section(rrs *[]hanalyze.DNSRR, n int, additional bool) bool {
	if n == 0 {
		return true
	}
	for i := range n {
		if p.full(i) {
			return false
		}
		start := p.off
		if start == len(p.msg) {
			p.fail(start, "rr_truncated", "")
			return false
		}
		owner, at, ok := p.name(start, len(p.msg))
		if !ok {
			return false
		}
		if len(p.msg)-at < 10 {
			p.fail(start, "rr_truncated", "")
			return false
		}
		f := p.msg[at : at+10]
		typ, class, ttl := binary.BigEndian.Uint16(f), binary.BigEndian.Uint16(f[2:]), binary.BigEndian.Uint32(f[4:])
		at += 10
		end := at + int(binary.BigEndian.Uint16(f[8:]))
		if end > len(p.msg) {
			p.fail(start, "rr_truncated", TypeName(typ))
			return false
		}
		p.off = end
		if additional && typ == typeOPT {
			p.opt(start, class, ttl, at, end)
			continue
		}
		class, flush := p.topBit(class)
		if *rrs == nil {
			*rrs = make([]hanalyze.DNSRR, 0, min(n-i, firstRRs, 1+(len(p.msg)-start)/minRR))
		}
		*rrs = append(*rrs, hanalyze.DNSRR{
			Name: owner, Type: TypeName(typ), Class: ClassName(class), TTL: ttl, CacheFlush: flush,
			Data: p.data(typ, class, at, end),
		})
		if additional {
			p.signature(typ, at, end)
		}
	}
	return true
}

// signature notes a TSIG, or a SIG that covers no type, which RFC 2931 §3 calls SIG(0).
func (p *parser) signature(typ uint16, at, end int) {
	switch {
	case typ == typeTSIG:
		p.m.TSIG = true
	case typ == typeSIG && end-at >= 2 && binary.BigEndian.Uint16(p.msg[at:]) == 0:
		p.m.SIG0 = true
	}
}
