package findings

import (
	"fmt"
	"strings"

	"hanalyze"
)

// unreachable judges what ICMP errors say of a flow.
func (e *Engine) unreachable(r *hanalyze.Conn) {
	u := r.Unreachable
	if u == nil {
		return
	}
	if u.Hard {
		e.add(&r.Envelope, "net.unreachable", fmt.Sprintf("%s says: %s", u.From, strings.ReplaceAll(u.Reason, "_", " ")), "", u.Frame)
	}
	if u.MTU > 0 {
		e.add(&r.Envelope, "net.mtu", fmt.Sprintf("%s lets packets of at most %d bytes through", u.From, u.MTU), "", u.Frame)
	}
}

// fragmentTitle tells how fragments contradicted each other.
func fragmentTitle(g *hanalyze.StatsFragments) string {
	var said []string
	if g.Differing > 0 {
		said = append(said, count(g.Differing, "IP fragment")+" brought other bytes than the fragments before")
	}
	if g.Contradictory > 0 {
		said = append(said, count(g.Contradictory, "datagram")+" came in fragments that cannot be of one")
	}
	return strings.Join(said, ", ")
}

// undelivered reports whether an ICMP error tells why nothing came back from the server.
func undelivered(r *hanalyze.Conn) bool {
	return r.Unreachable != nil && r.Unreachable.Hard && r.ServerSide.Packets == 0
}
