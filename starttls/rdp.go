package starttls

import (
	"encoding/binary"

	"hanalyze"
)

// rdp is the opening of the Remote Desktop Protocol (MS-RDPBCGR §2.2.1.1, §2.2.1.2): a connection request of X.224 (§13)
// in a TPKT (RFC 1006), in which the client names the security protocols it can, and a confirm in which the server chooses.
type rdp struct {
	half [2]struct {
		packet []byte // up to maxTPKT
	}
}

const (
	tpktHeader       = 4
	maxTPKT          = 512 // cookies are shorter than 256 bytes
	x224Request      = 0xe0
	x224Confirm      = 0xd0
	negotiationSize  = 8
	negotiationReq   = 1
	negotiationResp  = 2
	standardSecurity = 0 // RDP's own encryption
)

func (r *rdp) boundary(d hanalyze.Dir) bool { return len(r.half[d].packet) == 0 }

func (r *rdp) gap(d hanalyze.Dir) { r.half[d].packet = nil }

// feed takes bytes up to the end of a packet, or all.
func (r *rdp) feed(c *Conn, d hanalyze.Dir, b []byte) int {
	h := &r.half[d]
	want := tpktHeader
	if len(h.packet) >= tpktHeader {
		want = int(binary.BigEndian.Uint16(h.packet[2:]))
		if want <= tpktHeader || want > maxTPKT {
			c.phase = passive
			return len(b)
		}
	}
	n := min(want-len(h.packet), len(b))
	h.packet = append(h.packet, b[:n]...)
	if len(h.packet) > tpktHeader && len(h.packet) == want {
		r.negotiate(c, d, h.packet)
		h.packet = h.packet[:0]
	}
	return n
}

// negotiate takes a whole packet: the negotiation stands at its end.
func (r *rdp) negotiate(c *Conn, d hanalyze.Dir, packet []byte) {
	kind := packet[tpktHeader+1:]
	if len(kind) == 0 {
		return
	}
	var negotiation []byte
	if n := len(packet) - negotiationSize; n > tpktHeader+6 {
		negotiation = packet[n:]
	}
	switch {
	case d == hanalyze.C2S && kind[0] == x224Request:
		if negotiation != nil && negotiation[0] == negotiationReq && binary.LittleEndian.Uint32(negotiation[4:]) != standardSecurity {
			c.ask()
		}
	case d == hanalyze.S2C && kind[0] == x224Confirm:
		c.answer(negotiation != nil && negotiation[0] == negotiationResp && binary.LittleEndian.Uint32(negotiation[4:]) != standardSecurity)
	default:
		c.goOn()
		c.phase = passive
	}
}

// sniffRDP believes a connection request of X.224 in a TPKT whose two lengths agree, with a cookie or a negotiation behind it:
// others that use X.224 have neither.
func sniffRDP(c2s, _ []byte) Verdict {
	const fixed = tpktHeader + 7 // length, type, two references, class
	for i, want := range []byte{3, 0, 0} {
		if len(c2s) > i && c2s[i] != want {
			return No
		}
	}
	switch {
	case len(c2s) == 0:
		return No // the client speaks first
	case len(c2s) > 5 && (int(c2s[4]) != int(c2s[3])-tpktHeader-1 || c2s[5] != x224Request || c2s[3] <= fixed):
		return No
	case len(c2s) < fixed+4:
		return Maybe
	}
	if rest := c2s[fixed:]; string(rest[:4]) == "Cook" || rest[0] == negotiationReq && rest[2] == negotiationSize && rest[3] == 0 {
		return Yes
	}
	return No
}
