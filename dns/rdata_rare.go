package dns

import (
	"encoding/binary"
	"net/netip"
)

// Forms of data that one or two types have for themselves.

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

// scheme writes the scheme of DSYNC; NOTIFY is the only one with a name (RFC 9859 §2.3).
func (r *rdata) scheme() {
	if n := r.uint(1); n != 1 {
		r.p.text.uint(n)
		return
	}
	r.p.text.WriteString(opcodes[opcodeNotify])
}

// atm writes an ATM address: an end system address in hexadecimal, or "+" and the digits of E.164.
func (r *rdata) atm() {
	switch format := r.uint(1); format {
	case 0:
		r.p.text.hex(r.rest())
	case 1:
		r.p.text.WriteByte('+')
		r.p.text.label(r.rest())
	default:
		r.bad = true
	}
}

// a6 writes the length of the prefix, the address behind it and the name of the prefix, RFC 2874 §3.1.
func (r *rdata) a6() {
	prefix := int(r.uint(1))
	if prefix > 128 {
		r.bad = true
		return
	}
	r.p.text.uint(uint64(prefix))
	if prefix < 128 {
		var b [16]byte
		copy(b[prefix/8:], r.bytes((128-prefix+7)/8))
		r.space()
		r.p.text.addr(netip.AddrFrom16(b))
	}
	if prefix > 0 {
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
