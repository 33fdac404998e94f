package dns

// svcKeys are the SvcParamKeys of RFC 9460 §14.3.2 and later ones, by number.
var svcKeys = [...]string{
	"mandatory", "alpn", "no-default-alpn", "port", "ipv4hint", "ech", "ipv6hint", "dohpath", "ohttp", "tls-supported-groups",
	"docpath",
}

// svcParams writes SvcParams as RFC 9460 §2.1 does: key=value, in increasing order of keys (§2.2).
func (r *rdata) svcParams() {
	last := -1
	for first := true; r.off < r.end && !r.bad; first = false {
		if !first {
			r.space()
		}
		key := int(r.uint(2))
		length := int(r.uint(2))
		if key <= last || length > r.end-r.off {
			r.bad = true
			return
		}
		last = key
		value := rdata{p: r.p, off: r.off, end: r.off + length}
		r.off = value.end
		r.p.text.svcKey(uint64(key))
		value.svcValue(key)
		if value.bad || value.off != value.end {
			r.bad = true
		}
	}
}

func (t *text) svcKey(key uint64) {
	if key < uint64(len(svcKeys)) {
		t.WriteString(svcKeys[key])
		return
	}
	t.WriteString("key")
	t.uint(key)
}

// svcValue writes "=" and the value of one parameter, or nothing for a key that has none. r covers the value alone.
func (r *rdata) svcValue(key int) {
	t := &r.p.text
	switch key {
	case 2, 8: // no-default-alpn, ohttp: the value must be empty
		return
	case 0:
		r.svcList(func() { t.svcKey(r.uint(2)) })
	case 1:
		r.alpns()
	case 3:
		t.WriteByte('=')
		t.uint(r.uint(2))
	case 4:
		r.svcList(func() { r.addr(4) })
	case 5:
		t.WriteByte('=')
		t.base64(r.rest())
	case 6:
		r.svcList(func() { r.addr(16) })
	case 7:
		t.WriteByte('=')
		t.quoted(r.rest())
	case 9:
		r.svcList(func() { t.uint(r.uint(2)) })
	case 10:
		if r.off < r.end { // RFC 9953 §3: the root path is no segment at all
			r.alpns()
		}
	default:
		if r.off < r.end {
			t.WriteByte('=')
			t.quoted(r.rest())
		}
	}
}

// svcList writes "=" and comma-separated items, at least one.
func (r *rdata) svcList(item func()) {
	sep := byte('=')
	for more := true; more; more = r.off < r.end && !r.bad {
		r.p.text.WriteByte(sep)
		item()
		sep = ','
	}
}

// alpns writes "=" and names in quotes, RFC 9460 §7.1.1: commas and backslashes in them are escaped first as list items (Appendix
// A.1) and then as a character-string, so that a backslash becomes four.
func (r *rdata) alpns() {
	t := &r.p.text
	t.WriteString(`="`)
	defer t.WriteByte('"')
	for more := true; more; more = r.off < r.end && !r.bad {
		id := r.sized(1)
		if len(id) == 0 {
			r.bad = true
			return
		}
		for _, c := range id {
			switch c {
			case ',':
				t.WriteString(`\\,`)
			case '\\':
				t.WriteString(`\\\\`)
			default:
				t.chars([]byte{c})
			}
		}
		if r.off < r.end {
			t.WriteByte(',')
		}
	}
}
