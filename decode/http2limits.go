package decode

import (
	"fmt"

	"hanalyze"
	"hanalyze/h2"
)

// maxInterim bounds the interim answers told of an exchange. Servers send one or two; 102 (Processing) comes every some seconds.
const maxInterim = 100

// maxHeld bounds the fields of the exchanges of a connection that are not told yet, in RFC 9113 §6.5.2 bytes. A browser has a
// hundred requests under way and each of them 17 KB of cookies, if it comes to the worst; a hostile end can make a megabyte
// out of 16 KB on each of a thousand streams.
const maxHeld = 8 << 20

// interim keeps an interim answer.
func (h *http2) interim(x *exchange2, e *h2.Event) {
	if len(x.interim) == maxInterim {
		x.Missing |= hanalyze.MissingLimit
		h.s.decoder.counters.add("h2_interim", 1)
		return
	}
	x.interim = append(x.interim, hanalyze.HTTPInterim{Status: e.Status, TS: h.now.Time, Headers: regular(e.Fields)})
}

// minBomb is how many times its length a field block must decode to, besides being too long, to be called a bomb. By the
// 32 bytes that each field counts, any index decodes to 33 times its length.
const minBomb = 100

// hold counts the fields of x as held, and looks whether they are a bomb.
func (h *http2) hold(x *exchange2, e *h2.Event) {
	n := min(e.ListBytes, h2.MaxHeaderList)
	x.held += n
	h.held += n
	if e.ListBytes > h2.MaxHeaderList && e.ListBytes/uint64(max(1, e.HeaderBytes)) >= minBomb && !h.bombed {
		h.bombed = true
		h.s.notice("h2.header_bomb", fmt.Sprintf("%d bytes of the %s decode to header fields of %d (stream %d)",
			e.HeaderBytes, e.Dir.Sender(), e.ListBytes, e.StreamID))
	}
}

// unasked takes an exchange without a method. Where the head of its request was seen, and all before it, it had none that could
// be read; elsewhere the request may be among what is missing.
func (h *http2) unasked(x *exchange2) {
	if x.headEnd.Packet != 0 && h.sure() {
		return
	}
	x.Missing |= h.reason(hanalyze.C2S)
	h.halves = true
}

// press tells exchanges before their end until those left hold no more than they may: the oldest that are open, then those
// that were given up.
func (h *http2) press() {
	for h.held > maxHeld {
		switch {
		case len(h.order) > 0:
			h.cutShort(h.open[h.order[0]])
		case len(h.resets[hanalyze.C2S]) > 0:
			h.cutWait(&h.resets[hanalyze.C2S])
		case len(h.resets[hanalyze.S2C]) > 0:
			h.cutWait(&h.resets[hanalyze.S2C])
		default:
			return
		}
	}
}

// cutShort tells an open exchange before its end.
func (h *http2) cutShort(x *exchange2) {
	x.Missing |= hanalyze.MissingLimit
	h.pressed++
	h.finish(x)
}

// cutWait tells the oldest exchange of w without waiting any longer for what it may lack.
func (h *http2) cutWait(w *withheld) {
	x := (*w)[0]
	*w = (*w)[1:]
	x.Missing |= hanalyze.MissingLimit
	h.pressed++
	h.settle(x)
}
