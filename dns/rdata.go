package dns

import (
	"encoding/binary"
	"net/netip"
)

// field is one part of a record's data and how it is written.
type field uint8

// The fields. Those marked rest take all that is left of the data, which may be nothing.
const (
	fName      field = iota // domain name
	fU8                     // decimal
	fU16                    // decimal
	fU32                    // decimal
	fU48                    // decimal
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
	fPorts                  // port bitmap, rest
	fPrefixes               // address prefixes, rest
	fSvcParams              // SvcParams, rest
	fLocation               // all of LOC
	fIPSECKEY               // all of IPSECKEY
	fAMTRELAY               // all of AMTRELAY
	fHIP                    // all of HIP
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
	case fPorts:
		r.ports()
	case fPrefixes:
		r.prefixes()
	case fSvcParams:
		r.svcParams()
	case fLocation:
		r.location()
	case fIPSECKEY:
		r.ipsecKey()
	case fAMTRELAY:
		r.amtRelay()
	case fHIP:
		r.hip()
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
		for i, octet := range bits {
			if r.p.full(0) {
				r.off = r.end
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
				r.p.text.WriteString(TypeName(window | uint16(8*i+bit)))
			}
		}
	}
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

// gateway writes the gateway of IPSECKEY and the relay of AMTRELAY (RFC 4025 §2.5, RFC 8777 §4.2.3).
func (r *rdata) gateway(kind uint64) {
	switch kind {
	case 0:
		r.p.text.WriteByte('.')
	case 1:
		r.addr(4)
	case 2:
		r.addr(16)
	case 3:
		r.name()
	default:
		r.bad = true
	}
}

// ipsecKey writes precedence, gateway type, algorithm, gateway and key, RFC 4025 §3.1.
func (r *rdata) ipsecKey() {
	h := r.bytes(3)
	if r.bad {
		return
	}
	for _, c := range h {
		r.p.text.uint(uint64(c))
		r.space()
	}
	r.gateway(uint64(h[1]))
	if key := r.rest(); len(key) > 0 {
		r.space()
		r.p.text.base64(key)
	}
}

// amtRelay writes precedence, the discovery bit, relay type and relay, RFC 8777 §4.3.1.
func (r *rdata) amtRelay() {
	precedence, kind := r.uint(1), r.uint(1)
	r.p.text.uint(precedence)
	r.space()
	r.p.text.uint(kind >> 7)
	r.space()
	r.p.text.uint(kind & 0x7f)
	r.space()
	r.gateway(kind & 0x7f)
}

// hip writes algorithm, host identity tag, key and rendezvous servers, RFC 8005 §6.
func (r *rdata) hip() {
	hitLen, algorithm, keyLen := r.uint(1), r.uint(1), r.uint(2)
	hit, key := r.bytes(int(hitLen)), r.bytes(int(keyLen))
	r.p.text.uint(algorithm)
	r.space()
	r.p.text.hex(hit)
	r.space()
	r.p.text.base64(key)
	for r.off < r.end && !r.bad {
		if r.p.full(0) {
			r.off = r.end
			return
		}
		r.space()
		r.name()
	}
}

// location writes LOC as RFC 1876 §3 does: latitude, longitude, altitude, size and the two precisions.
func (r *rdata) location() {
	b := r.bytes(16)
	if r.bad || b[0] != 0 { // §2: the meaning of other versions is not defined
		r.bad = true
		return
	}
	r.angle(binary.BigEndian.Uint32(b[4:]), 'N', 'S')
	r.space()
	r.angle(binary.BigEndian.Uint32(b[8:]), 'E', 'W')
	r.space()
	altitude := int64(binary.BigEndian.Uint32(b[12:])) - 100_000_00 // from 100 km below the reference, in cm
	if altitude < 0 {
		r.p.text.WriteByte('-')
		altitude = -altitude
	}
	r.metres(uint64(altitude))
	for _, c := range b[1:4] {
		r.space()
		r.metres(r.power(c))
	}
}

// angle writes thousandths of a second of arc, counted from 2^31, as degrees, minutes and seconds.
func (r *rdata) angle(v uint32, positive, negative byte) {
	side, n := positive, int64(v)-1<<31
	if n < 0 {
		side, n = negative, -n
	}
	t := &r.p.text
	t.uint(uint64(n / 3_600_000))
	r.space()
	t.uint(uint64(n / 60_000 % 60))
	r.space()
	t.uint(uint64(n / 1000 % 60))
	t.WriteByte('.')
	t.WriteByte('0' + byte(n/100%10))
	t.WriteByte('0' + byte(n/10%10))
	t.WriteByte('0' + byte(n%10))
	r.space()
	t.WriteByte(side)
}

func (r *rdata) metres(cm uint64) {
	t := &r.p.text
	t.uint(cm / 100)
	t.WriteByte('.')
	t.WriteByte('0' + byte(cm/10%10))
	t.WriteByte('0' + byte(cm%10))
	t.WriteByte('m')
}

// power reads four bits of base and four bits of power of ten, each 0 to 9, RFC 1876 §2.
func (r *rdata) power(c byte) uint64 {
	v, exp := uint64(c>>4), c&15
	if v > 9 || exp > 9 {
		r.bad = true
		return 0
	}
	for range exp {
		v *= 10
	}
	return v
}
