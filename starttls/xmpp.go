package starttls

import (
	"bytes"

	"hanalyze"
)

// xmpp is RFC 6120: elements are told apart by the names of their tags; what is inside them is passed over.
type xmpp struct {
	half [2]struct {
		inTag bool
		text  bool   // between tags, inside what is no white space: TLS begins behind a tag
		name  []byte // of the tag, up to maxTag
		named bool   // the name is complete
	}
}

// maxTag bounds the bytes kept of a tag's name; also the tags of IMAP, which are shorter.
const maxTag = 32

func (x *xmpp) boundary(d hanalyze.Dir) bool { return !x.half[d].inTag && !x.half[d].text }

func (x *xmpp) gap(d hanalyze.Dir) { x.half[d].inTag, x.half[d].text = false, false }

// feed takes bytes up to the end of a tag or to white space behind one, or all.
func (x *xmpp) feed(c *Conn, d hanalyze.Dir, b []byte) int {
	h := &x.half[d]
	for i, v := range b {
		switch {
		case !h.inTag && v == '<':
			h.inTag, h.text, h.named, h.name = true, false, false, h.name[:0]
		case !h.inTag && !h.text && space(v):
			return i + 1
		case !h.inTag:
			h.text = true
		case v == '>':
			h.inTag = false
			x.tag(c, d, string(h.name))
			return i + 1
		case space(v) || v == '/' && len(h.name) > 0:
			h.named = true
		case !h.named && len(h.name) < maxTag:
			h.name = append(h.name, v)
		}
	}
	return len(b)
}

// space reports whether v is white space of XML.
func space(v byte) bool { return v == ' ' || v == '\t' || v == '\r' || v == '\n' }

func (x *xmpp) tag(c *Conn, d hanalyze.Dir, name string) {
	switch {
	case d == hanalyze.C2S && name == "starttls":
		c.ask()
	case d == hanalyze.C2S && name == "auth":
		c.goOn()
		c.login(name)
	case d == hanalyze.S2C && name == "starttls":
		c.tell(Offered, "")
	case d == hanalyze.S2C && name == "proceed":
		c.answer(true)
	case d == hanalyze.S2C && name == "failure":
		c.answer(false)
	case d == hanalyze.C2S && (name == "iq" || name == "message" || name == "presence"):
		c.phase = passive
	}
}

// sniffXMPP looks for the stream's opening tag, with or without an XML declaration.
func sniffXMPP(c2s, s2c []byte) Verdict {
	const opening, declaration = "<stream:stream", "<?xml"
	b := bytes.TrimLeft(c2s, " \r\n\t")
	if len(c2s) == 0 {
		b = bytes.TrimLeft(s2c, " \r\n\t")
	}
	line := string(b[:min(len(b), 256)])
	switch {
	case !mayBegin(line, []string{opening, declaration}):
		return No
	case bytes.Contains([]byte(line), []byte(opening)):
		return Yes
	case len(line) == 256:
		return No
	}
	return Maybe
}
