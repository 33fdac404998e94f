package output

import (
	"strconv"
	"strings"

	"hanalyze"
)

// unreachable adds the line that tells of ICMP errors about packets of the connection.
func (s *Story) unreachable(k *block, c *hanalyze.Conn) {
	u := c.Unreachable
	if u == nil {
		return
	}
	words := unreachableWords(u)
	if c.TCP != nil {
		s.line(k, &hanalyze.Meta{Packet: u.Frame, Time: u.TS}, " ", chunk{"icmp", yellow}, words)
		return
	}
	start := len(k.text)
	words = append(words, chunk{offset(u.TS.Sub(c.Flow.First.Time)), dim})
	k.text = s.page.wrap(append(k.text, spaces(compactIndent)...), compactIndent, compactIndent, words)
	k.lines = append(k.lines, line{frame: u.Frame, start: start, end: len(k.text)})
}

func unreachableWords(u *hanalyze.Unreachable) []chunk {
	c := yellow
	if u.Hard {
		c = red
	}
	words := []chunk{{saying(u), c}}
	if u.MTU > 0 {
		words = append(words, chunk{"at most " + strconv.FormatUint(uint64(u.MTU), 10) + " bytes", plain})
	}
	if u.Count > 1 {
		words = append(words, chunk{times(u.Count), dim})
	}
	return append(words, chunk{ordinals("packet", []uint64{u.Frame}), dim})
}

// saying returns "10.0.0.254 says: host unreachable".
func saying(u *hanalyze.Unreachable) string {
	return clip(u.From) + " says: " + strings.ReplaceAll(Printable(u.Reason), "_", " ")
}

// deniedByICMP reports whether it was an ICMP error that refused the connection: the server itself said nothing.
func deniedByICMP(c *hanalyze.Conn) bool {
	return c.Unreachable != nil && c.Unreachable.Hard && c.ServerSide.Packets == 0
}
