package dns

import "net/netip"

// field is one part of a record's data and how it is written.
type field uint8

// The fields. Those marked rest take all that is left of the data, which may be nothing.
const (
	fName      field = iota // domain name
	fU8                     // decimal
	fU16                    // decimal
	fU32                    // decimal
	fU48                    // decimal
	fU64                    // decimal
	fTime                   // 32 bits, YYYYMMDDHHmmSS
	fType                   // RR type
	fRcode                  // 16 bits, response code of TSIG and TKEY
	fString                 // character-string
	fStrings                // character-strings, rest
	fText                   // quoted, rest
	fTag                    // length and text without quotes
	fHex                    // rest
	fBase64                 // rest
	fSized                  // 16-bit length and base64
	fIPv4                   // address
	fIPv6                   // address
	fQuads                  // 64 bits as 0014:4fff:ff20:ee64
	fEUI48                  // 00-00-5e-00-53-2a
	fEUI64                  // 00-00-5e-ef-10-00-00-2a
	fNSAP                   // 0x and hex, rest
	fSalt                   // length and hex, "-" when empty
	fHash                   // length and base32hex
	fTypes                  // type bitmap, rest
	fBits                   // type bitmap without windows, rest
	fPorts                  // port bitmap, rest
	fPrefixes               // address prefixes, rest
	fSvcParams              // SvcParams, rest
	fScheme                 // scheme of DSYNC
	fLocation               // all of LOC
	fIPSECKEY               // all of IPSECKEY
	fAMTRELAY               // all of AMTRELAY
	fHIP                    // all of HIP
	fATM                    // all of ATMA
	fA6                     // all of A6
)

// data returns the data of a record of type typ, msg[off:end], in presentation form.
func (p *parser) data(typ, class uint16, off, end int) string {
	if off == end && (class == classANY || class == classNONE) {
		return "" // RFC 2136 §2.4, §2.5: prerequisites and deletions have no data
	}
	form := lookup(typ).form
	if len(form) == 1 && form[0] == fName {
		if name, next, ok := p.name(off, end); ok && next == end {
			return name
		}
	} else if form != nil {
		start := p.text.Len()
		if p.fields(form, off, end) {
			return p.text.from(start)
		}
	}
	if form != nil {
		p.fail(off, "rdata_malformed", TypeName(typ))
	}
	start := p.text.Len()
	p.text.generic(p.msg[off:end])
	return p.text.from(start)
}

// fields writes msg[off:end] in the given form and reports whether the form fits.
func (p *parser) fields(form []field, off, end int) bool {
	r := rdata{p: p, off: off, end: end}
	for i, f := range form {
		if i > 0 && (r.off < r.end || f == fText) { // an empty rest is not written, but for quotes
			p.text.WriteByte(' ')
		}
		r.field(f)
		if r.bad {
			return false
		}
	}
	return r.off == r.end
}

// rdata reads a record's data. Reading beyond the end sets bad and gives zeros, so that bounds cannot be forgotten.
type rdata struct {
	p        *parser
	off, end int
	bad      bool
}

func (r *rdata) bytes(n int) []byte {
	if n > r.end-r.off {
		r.bad = true
		r.off = r.end
		return nil
	}
	b := r.p.msg[r.off : r.off+n]
	r.off += n
	return b
}

func (r *rdata) rest() []byte { return r.bytes(r.end - r.off) }

// uint reads n bytes, at most 8, as a number.
func (r *rdata) uint(n int) (v uint64) {
	for _, c := range r.bytes(n) {
		v = v<<8 | uint64(c)
	}
	return v
}

// sized reads a length of n bytes and as many bytes.
func (r *rdata) sized(n int) []byte { return r.bytes(int(r.uint(n))) }

// name appends the name to the text. RFC 3597 §4 forbids compression in newer types, but it is met and read.
func (r *rdata) name() {
	next, ok := r.p.appendName(r.off, r.end)
	if !ok {
		r.bad = true
		return
	}
	r.off = next
}

func (r *rdata) addr(n int) {
	if a, ok := netip.AddrFromSlice(r.bytes(n)); ok {
		r.p.text.addr(a)
	}
}

// space writes the blank between two parts.
func (r *rdata) space() { r.p.text.WriteByte(' ') }

func (r *rdata) field(f field) {
	t := &r.p.text
	switch f {
	case fName:
		r.name()
	case fU8:
		t.uint(r.uint(1))
	case fU16:
		t.uint(r.uint(2))
	case fU32:
		t.uint(r.uint(4))
	case fU48:
		t.uint(r.uint(6))
	case fU64:
		t.uint(r.uint(8))
	case fTime:
		t.time(uint32(r.uint(4)))
	case fType:
		t.WriteString(TypeName(uint16(r.uint(2))))
	case fRcode:
		t.WriteString(signatureRcode(uint16(r.uint(2))))
	case fString:
		t.quoted(r.sized(1))
	case fStrings:
		r.strings()
	case fText:
		t.quoted(r.rest())
	case fTag:
		t.label(r.sized(1))
	case fHex:
		t.hex(r.rest())
	case fBase64:
		t.base64(r.rest())
	case fSized:
		r.sizedBase64()
	case fIPv4:
		r.addr(4)
	case fIPv6:
		r.addr(16)
	case fQuads:
		r.groups(8, 2, ':')
	case fEUI48:
		r.groups(6, 1, '-')
	case fEUI64:
		r.groups(8, 1, '-')
	case fNSAP:
		t.WriteString("0x")
		t.hex(r.rest())
	case fSalt:
		r.salt()
	case fHash:
		t.base32(r.sized(1))
	case fTypes:
		r.types()
	case fBits:
		r.bits()
	case fPorts:
		r.ports()
	case fPrefixes:
		r.prefixes()
	case fSvcParams:
		r.svcParams()
	case fScheme:
		r.scheme()
	case fLocation:
		r.location()
	case fIPSECKEY:
		r.ipsecKey()
	case fAMTRELAY:
		r.amtRelay()
	case fHIP:
		r.hip()
	case fATM:
		r.atm()
	case fA6:
		r.a6()
	}
}

// signatureRcode names the error of a TSIG or TKEY record, where 16 is BADSIG (RFC 8945 §3).
func signatureRcode(code uint16) string {
	if code == 16 {
		return "BADSIG"
	}
	return RcodeName(code)
}

func (r *rdata) strings() {
	for first := true; r.off < r.end && !r.bad; first = false {
		if !first {
			r.space()
		}
		r.p.text.quoted(r.sized(1))
	}
}

// sizedBase64 writes the length too, as BIND does, so that an empty one can be seen.
func (r *rdata) sizedBase64() {
	b := r.sized(2)
	r.p.text.uint(uint64(len(b)))
	if len(b) > 0 {
		r.space()
		r.p.text.base64(b)
	}
}

// groups writes n bytes in hexadecimal, size bytes between separators.
func (r *rdata) groups(n, size int, sep byte) {
	b := r.bytes(n)
	for i := 0; i < len(b); i += size {
		if i > 0 {
			r.p.text.WriteByte(sep)
		}
		r.p.text.hex(b[i : i+size])
	}
}

func (r *rdata) salt() {
	b := r.sized(1)
	if len(b) == 0 {
		r.p.text.WriteByte('-') // RFC 5155 §3.3
	}
	r.p.text.hex(b)
}

// types writes the types of a bitmap, RFC 4034 §4.1.2: windows of 256 types, each with up to 32 octets of bits.
func (r *rdata) types() {
	for first := true; r.off < r.end && !r.bad; {
		window := uint16(r.uint(1)) << 8
		bits := r.sized(1)
		if len(bits) == 0 || len(bits) > 32 {
			r.bad = true
		}
		first = r.typesOf(window, bits, first)
	}
}

// bits writes the types of NXT, RFC 2535 §5.2: one bit for each type up to 127.
func (r *rdata) bits() {
	bits := r.rest()
	if len(bits) > 16 {
		r.bad = true
		return
	}
	r.typesOf(0, bits, true)
}

// typesOf writes the types from window on whose bits are set, and returns whether the next one will be the first.
func (r *rdata) typesOf(window uint16, bits []byte, first bool) bool {
	for i, octet := range bits {
		if r.p.full(0) {
			r.off = r.end
			return first
		}
		for bit := range 8 {
			if octet&(0x80>>bit) == 0 {
				continue
			}
			if !first {
				r.space()
			}
			first = false
			r.p.text.WriteString(TypeName(window | uint16(8*i+bit)))
		}
	}
	return first
}

// ports writes the ports of a bitmap, RFC 1035 §3.4.2. Bits beyond the last port mean nothing.
func (r *rdata) ports() {
	first := true
	for i, octet := range r.rest() {
		if i >= 1<<16/8 || r.p.full(0) {
			return
		}
		for bit := range 8 {
			if octet&(0x80>>bit) == 0 {
				continue
			}
			if !first {
				r.space()
			}
			first = false
			r.p.text.uint(uint64(8*i + bit))
		}
	}
}

// prefixes writes an address prefix list, RFC 3123 §4: "1:192.0.2.0/24 !2:2001:db8::/32".
func (r *rdata) prefixes() {
	for first := true; r.off < r.end && !r.bad; first = false {
		if !first {
			r.space()
		}
		family, bits, octet := r.uint(2), r.uint(1), r.uint(1)
		a, ok := prefixAddr(family, bits, r.bytes(int(octet&0x7f)))
		if !ok {
			r.bad = true
			return
		}
		if octet&0x80 != 0 {
			r.p.text.WriteByte('!')
		}
		r.p.text.uint(family)
		r.p.text.WriteByte(':')
		r.p.text.addr(a)
		r.p.text.WriteByte('/')
		r.p.text.uint(bits)
	}
}

// prefixAddr fills an address of IANA address family 1 or 2, cut after its last octet that is not zero, with zeros.
func prefixAddr(family, bits uint64, cut []byte) (netip.Addr, bool) {
	var b [16]byte
	switch {
	case family == 1 && bits <= 32 && len(cut) <= 4:
		copy(b[:], cut)
		return netip.AddrFrom4([4]byte(b[:4])), true
	case family == 2 && bits <= 128 && len(cut) <= 16:
		copy(b[:], cut)
		return netip.AddrFrom16(b), true
	}
	return netip.Addr{}, false
}
