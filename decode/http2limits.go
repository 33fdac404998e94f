package decode

import (
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
