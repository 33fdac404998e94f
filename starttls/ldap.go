package starttls

import (
	"golang.org/x/crypto/cryptobyte"
	"golang.org/x/crypto/cryptobyte/asn1"

	"hanalyze"
)

// ldap is RFC 4511: messages in BER. StartTLS is an extended operation (§4.14).
type ldap struct {
	half [2]struct {
		head  []byte // what came of the message so far, up to maxLDAP
		left  int    // bytes of it still to come, behind head's header
		sized bool
	}
}

// Protocol operations (RFC 4511 §4.2 to §4.12).
const (
	ldapBind         = asn1.Tag(0x60)
	ldapSearch       = asn1.Tag(0x63)
	ldapExtended     = asn1.Tag(0x77)
	ldapExtendedResp = asn1.Tag(0x78)
	ldapStartTLS     = "1.3.6.1.4.1.1466.20037"
	maxLDAP          = 512 // bytes looked at of a message: what is read stands at its beginning
	maxMessage       = 1 << 24
)

func (l *ldap) boundary(d hanalyze.Dir) bool { return len(l.half[d].head) == 0 }

func (l *ldap) gap(d hanalyze.Dir) {
	h := &l.half[d]
	h.head, h.left, h.sized = nil, 0, false
}

// feed takes bytes up to the end of a message, or all.
func (l *ldap) feed(c *Conn, d hanalyze.Dir, b []byte) int {
	h := &l.half[d]
	if !h.sized {
		h.head = append(h.head, b[0])
		header, size, ok := berLength(h.head)
		switch {
		case !ok:
			c.phase = passive
		case header > 0:
			h.sized, h.left = true, size
		}
		if !h.sized || h.left > 0 {
			return 1
		}
	}
	n := min(h.left, len(b))
	if h.left == 0 { // an empty message
		n = 1
	}
	h.head = append(h.head, b[:min(n, maxLDAP-len(h.head))]...)
	if h.left -= n; h.left > 0 {
		return n
	}
	l.message(c, d, h.head)
	h.head, h.sized = h.head[:0], false
	return n
}

// berLength reads the header of a SEQUENCE: its length and that of the content. header is 0 while it is not whole.
func berLength(b []byte) (header, size int, ok bool) {
	switch {
	case b[0] != 0x30:
		return 0, 0, false
	case len(b) < 2:
		return 0, 0, true
	case b[1] < 0x80:
		return 2, int(b[1]), true
	}
	n := int(b[1] & 0x7f)
	if n == 0 || n > 4 {
		return 0, 0, false
	}
	if len(b) < 2+n {
		return 0, 0, true
	}
	for _, v := range b[2 : 2+n] {
		size = size<<8 | int(v)
	}
	return 2 + n, size, size <= maxMessage
}

// message takes the beginning of a message.
func (l *ldap) message(c *Conn, d hanalyze.Dir, head []byte) {
	op, body, ok := operation(head)
	switch {
	case !ok:
	case d == hanalyze.C2S && op == ldapExtended && extendedName(body) == ldapStartTLS:
		c.ask()
	case d == hanalyze.S2C && op == ldapExtendedResp:
		c.answer(len(body) > 2 && body[0] == byte(asn1.ENUM) && body[1] == 1 && body[2] == 0)
	case d == hanalyze.C2S && op == ldapBind && simplePassword(body):
		c.goOn()
		c.login("simple bind")
	case d == hanalyze.C2S && op == ldapSearch:
		c.goOn()
	}
}

// operation returns the tag of a message's operation and what there is of its content.
func operation(head []byte) (op asn1.Tag, body cryptobyte.String, ok bool) {
	header, _, ok := berLength(head)
	s := cryptobyte.String(head[min(header, len(head)):])
	if !ok || header == 0 || !s.SkipASN1(asn1.INTEGER) || len(s) < 2 {
		return 0, nil, false
	}
	op = asn1.Tag(s[0])
	skip := 2
	if s[1] >= 0x80 {
		skip += int(s[1] & 0x7f)
	}
	return op, s[min(skip, len(s)):], true
}

// extendedName returns the requestName of an ExtendedRequest.
func extendedName(body cryptobyte.String) string {
	var name cryptobyte.String
	body.ReadASN1(&name, asn1.Tag(0).ContextSpecific())
	return string(name)
}

// simplePassword reports whether a BindRequest has a password in the clear.
func simplePassword(body cryptobyte.String) bool {
	return body.SkipASN1(asn1.INTEGER) && body.SkipASN1(asn1.OCTET_STRING) && len(body) > 1 && body[0] == 0x80 && body[1] > 0
}

// sniffLDAP believes a client's first message that is a bind of version 3 or 2, or an extended request; both are small.
func sniffLDAP(c2s, _ []byte) Verdict {
	switch {
	case len(c2s) > 0 && c2s[0] != 0x30:
		return No
	case len(c2s) < 16:
		if len(c2s) == 0 {
			return No // the client speaks first
		}
		return Maybe
	}
	op, body, ok := operation(c2s[:min(len(c2s), maxLDAP)])
	switch {
	case !ok:
	case op == ldapBind && len(body) > 2 && body[0] == 2 && body[1] == 1 && (body[2] == 3 || body[2] == 2):
		return Yes
	case op == ldapExtended && len(body) > 2 && body[0] == 0x80 && body[2] == '1':
		return Yes
	}
	return No
}
