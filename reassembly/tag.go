package reassembly

import (
	"slices"
	"time"

	"hanalyze"
	"hanalyze/packet"
)

// Flows of different VLANs or tunnels never mix, though their addresses and ports be the same. But one conversation may well
// come with several tags: a router on a stick takes its two directions from different VLANs, an overlay's ends name different
// networks, and a mirror sees a packet before and after it was routed. So a packet with a tag that no flow of its addresses
// and ports has is asked whether it belongs to the one flow that there is with another tag. It does if its numbers prove it:
//
//   - it is the first from the end that was silent so far, and acknowledges what the other end sent;
//   - it goes on exactly where its end stopped, with new bytes or a new acknowledgment;
//   - it is the very packet with which the flow began, but with another TTL: it has passed a router.
//
// Its tag is then the flow's too. A tag under which copies of both directions come, with nothing that says they were routed,
// is a flow of its own, as is everything where there is more than one flow it might belong to.

const (
	// maxTags bounds the tags a flow takes on besides its first: a way there and a way back, each seen on both sides of a router.
	maxTags = 3
	// maxLag is how far what an end acknowledges may be from the last byte seen of the other: what is under way on a path of
	// 1 Gb/s and 8 ms. A stranger's number is that near once in 2,000 times, and his sequence number seldom at the same time.
	maxLag = 1 << 20
	// answerWithin is how late the first datagram back may be: few programs wait longer for an answer, and resolvers ask again
	// after 5 s (resolv.conf(5)).
	answerWithin = 10 * time.Second
)

// relatives counts the flows with tags that have the same addresses and ports.
type relatives struct {
	only *flow // nil once there was another
	n    int
}

// untagged is the key without its tag.
func (k key) untagged() key {
	k.tag = 0
	return k
}

// enlist puts f into the table.
func (t *Tracker) enlist(f *flow) {
	t.flows[f.key] = f
	if f.key.tag != 0 {
		u := f.key.untagged()
		r := relatives{n: t.tagged[u].n + 1}
		if r.n == 1 {
			r.only = f
		}
		t.tagged[u] = r
	}
}

// strike takes f out of the table, under all its tags.
func (t *Tracker) strike(f *flow) {
	delete(t.flows, f.key)
	k := f.key
	for _, k.tag = range f.tags {
		delete(t.flows, k)
	}
	if f.key.tag == 0 {
		return
	}
	u := f.key.untagged()
	if r := t.tagged[u]; r.n > 1 {
		t.tagged[u] = relatives{n: r.n - 1}
	} else {
		delete(t.tagged, u)
	}
}

// relative returns the one flow that has the addresses and ports of k, which is not in the table, under another tag. It is nil
// if there is none, or more than one.
func (t *Tracker) relative(k key) *flow {
	if k.tag == 0 && len(t.tagged) == 0 {
		return nil
	}
	u := k.untagged()
	r := t.tagged[u]
	bare := t.flows[u]
	switch {
	case r.n == 0:
		return bare
	case bare == nil || bare == r.only:
		return r.only
	}
	return nil
}

// adopt gives f the tag of k if p, which has it, belongs to f.
func (t *Tracker) adopt(f *flow, k key, d hanalyze.Dir, p *packet.Packet) bool {
	if len(f.tags) == maxTags || !t.belongs(f, d, p) {
		return false
	}
	f.tags = append(slices.Clip(f.tags), k.tag)
	t.flows[k] = f
	return true
}

// belongs reports whether p, which has a tag that f does not have, is surely of f.
func (t *Tracker) belongs(f *flow, d hanalyze.Dir, p *packet.Packet) bool {
	if p.Transport == hanalyze.UDP {
		return f.answeredBy(d, p)
	}
	if f.first != nil && f.first.routed(d, p) {
		return true
	}
	t.wake(f)
	h, peer := &f.tcp.half[d], &f.tcp.half[d.Reverse()]
	if f.side[d].Packets == 0 {
		return h.replies(peer, p)
	}
	return h.continues(peer, p)
}

// answeredBy reports whether p is the first datagram back from a server. The ports have to tell which end that is.
func (f *flow) answeredBy(d hanalyze.Dir, p *packet.Packet) bool {
	return d == hanalyze.S2C && f.side[d].Packets == 0 && f.info.Orientation == hanalyze.ByPort &&
		p.Meta.Time.Sub(f.since) <= answerWithin
}

// routed reports whether p is the packet s once more, behind a router or before it.
func (s *first) routed(d hanalyze.Dir, p *packet.Packet) bool {
	return d == s.dir && p.TTL != s.ttl && p.PayloadLen == 0 && s.payload == 0 &&
		p.Seq == s.seq && p.Ack == s.ack && p.Flags == s.flags && p.Window == s.window && p.IPID == s.ipID
}

// replies reports whether p is the first word of an end whose peer was heard.
func (h *half) replies(peer *half, p *packet.Packet) bool {
	switch {
	case !p.Flags.Has(hanalyze.ACK):
		return p.Flags.Has(hanalyze.RST) && h.known && h.offset(p.Seq) == h.acked
	case h.known && !near(h.offset(p.Seq), h.acked):
		return false
	}
	ack := peer.offset(p.Ack)
	if p.Flags.Has(hanalyze.SYN) {
		return ack > 0 && ack <= peer.reach()
	}
	return near(ack, peer.reach())
}

// continues reports whether p goes on where its end stopped, and is no copy of what came before.
func (h *half) continues(peer *half, p *packet.Packet) bool {
	if !h.known || h.hole != nil || h.offset(p.Seq) != h.next || p.Flags.Has(hanalyze.SYN) || p.Flags.Has(hanalyze.RST) {
		return false
	}
	fresh := p.PayloadLen > 0 || p.Flags.Has(hanalyze.FIN) && !h.finSeen
	if peer.known && p.Flags.Has(hanalyze.ACK) {
		ack := peer.offset(p.Ack)
		if ack < peer.acked || ack > peer.reach() {
			return false
		}
		fresh = fresh || ack > peer.acked
	}
	return fresh
}

func near(a, b int64) bool { return a-b <= maxLag && b-a <= maxLag }
