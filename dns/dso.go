package dns

import (
	"encoding/binary"
	"strings"

	"hanalyze"
)

// Types of IANA's "DSO Type Codes" whose data is read: RFC 8490 §10.3 and RFC 8765 §8.
const (
	dsoKeepalive   = 1
	dsoRetryDelay  = 2
	dsoPadding     = 3
	dsoSubscribe   = 0x40
	dsoPush        = 0x41
	dsoUnsubscribe = 0x42
	dsoReconfirm   = 0x43
)

var dsoNames = [...]string{
	dsoKeepalive: "KeepAlive", dsoRetryDelay: "RetryDelay", dsoPadding: "EncryptionPadding", dsoSubscribe: "SUBSCRIBE",
	dsoPush: "PUSH", dsoUnsubscribe: "UNSUBSCRIBE", dsoReconfirm: "RECONFIRM",
}

// TTLs of RFC 8765 §6.3.1 that take away.
const (
	ttlRemove    = 1<<32 - 1
	ttlRemoveAll = 1<<32 - 2
)

// stateful reads the TLVs of a DSO message, RFC 8490 §5.4.1. They begin right after a header that counts nothing.
func (p *parser) stateful() {
	for p.off < len(p.msg) {
		if p.full(len(p.m.DSO)) {
			return
		}
		start := p.off
		if len(p.msg)-start < 4 {
			p.fail(start, "tlv_truncated", "")
			return
		}
		code, length := binary.BigEndian.Uint16(p.msg[start:]), int(binary.BigEndian.Uint16(p.msg[start+2:]))
		name := nameOr(dsoNames[:], code, "DSO")
		if length > len(p.msg)-start-4 {
			p.fail(start, "tlv_truncated", name)
			return
		}
		tlv := hanalyze.DNSTLV{Code: code, Name: name, Response: p.m.Response}
		p.tlv(&tlv, start+4, start+4+length)
		p.m.DSO = append(p.m.DSO, tlv)
		p.off = start + 4 + length
	}
}

// tlv reads the data of one TLV, msg[off:end]; it is hexadecimal where it has not the form it should have.
func (p *parser) tlv(tlv *hanalyze.DNSTLV, off, end int) {
	r := rdata{p: p, off: off, end: end}
	start := p.text.Len()
	switch tlv.Code {
	case dsoPush:
		tlv.Changes = r.pushed()
	case dsoReconfirm:
		tlv.Data = r.reconfirmed()
	default:
		r.tlv(tlv.Code)
		tlv.Data = p.text.from(start)
	}
	if !r.bad && r.off == end {
		return
	}
	p.fail(off, "tlv_malformed", tlv.Name)
	start = p.text.Len()
	p.text.hex(p.msg[off:end])
	tlv.Data, tlv.Changes = p.text.from(start), nil
}

// tlv writes the data of a TLV that holds no record.
func (r *rdata) tlv(code uint16) {
	t := &r.p.text
	switch code {
	case dsoKeepalive:
		t.WriteString("inactivity ")
		t.uint(r.uint(4))
		t.WriteString("ms, interval ")
		t.uint(r.uint(4))
		t.WriteString("ms")
	case dsoRetryDelay:
		t.uint(r.uint(4))
		t.WriteString("ms")
	case dsoPadding:
		t.uint(uint64(len(r.rest())))
	case dsoSubscribe:
		r.nameTypeClass()
	case dsoUnsubscribe:
		t.WriteString("id ")
		t.uint(r.uint(2))
	default:
		t.hex(r.rest())
	}
}

// reconfirmed tells the record that a RECONFIRM doubts, RFC 8765 §6.5.1.
func (r *rdata) reconfirmed() string {
	start := r.p.text.Len()
	typ, class := r.nameTypeClass()
	which := r.p.text.from(start)
	data := r.p.data(typ, class, r.off, r.end)
	r.off = r.end
	return which + " " + data
}

// nameTypeClass writes "www.example.com A IN".
func (r *rdata) nameTypeClass() (typ, class uint16) {
	r.name()
	typ, class = uint16(r.uint(2)), uint16(r.uint(2))
	r.p.text.WriteString(" " + TypeName(typ) + " " + ClassName(class))
	return typ, class
}

// pushed tells the changes of a PUSH, RFC 8765 §6.3.1, in words: MaxDNSUpdateWords at most.
func (r *rdata) pushed() (changes []string) {
	for r.off < r.end && !r.bad && !r.p.full(0) {
		owner, at, ok := r.p.name(r.off, r.end)
		if !ok {
			r.bad = true
			break
		}
		r.off = at
		typ, class, ttl := uint16(r.uint(2)), uint16(r.uint(2)), r.uint(4)
		length := int(r.uint(2))
		if r.bad || length > r.end-r.off {
			r.bad = true
			break
		}
		rr := hanalyze.DNSRR{Name: owner, Type: TypeName(typ), Class: ClassName(class), TTL: uint32(ttl)}
		if ttl != ttlRemoveAll {
			rr.Data = r.p.data(typ, class, r.off, r.off+length)
		}
		r.off += length
		if len(changes) < hanalyze.MaxDNSUpdateWords {
			changes = append(changes, pushedChange(&rr))
		}
	}
	if r.p.m.Missing != 0 {
		r.off = r.end
	}
	return changes
}

func pushedChange(rr *hanalyze.DNSRR) string {
	switch {
	case rr.TTL == ttlRemoveAll && rr.Type == "ANY":
		return "remove all of " + rr.Name
	case rr.TTL == ttlRemoveAll:
		return "remove all " + rr.Type + " of " + rr.Name
	case rr.TTL == ttlRemove:
		return strings.TrimRight("remove "+rr.Name+" "+rr.Type+" "+rr.Data, " ")
	}
	return change(rr)
}
