package decode

import (
	"hanalyze"
)

// record is the record of an HTTP exchange in one piece of memory with what nearly every exchange has: two messages. The
// rest is kept for the next exchange when the record is used again.
type record struct {
	hanalyze.HTTP
	messages [2]hanalyze.HTTPMessage
	declared [2]uint64
	headers  [2][]hanalyze.Header // HTTP/1: room for those of the messages
	meant    *meant
}

// meant is what the usual headers mean, in one piece of memory.
type meant struct {
	caching     hanalyze.HTTPCaching
	cookies     hanalyze.HTTPCookies
	negotiation hanalyze.HTTPNegotiation
	sent, vary  []string
}

const (
	// maxSpareRecords bounds the records that are kept to be used again. A batch of packets makes some hundred; with their
	// headers and the text that these stand in they take about a MiB.
	maxSpareRecords = 256
	// maxSpareHeaders and maxSpareNames bound the lists that are kept with them: nearly all are shorter.
	maxSpareHeaders, maxSpareNames = 64, 16
)

// reset clears the record for another exchange and keeps its lists.
func (r *record) reset() {
	headers, m := r.headers, r.meant
	*r = record{meant: m}
	for i, list := range headers {
		if cap(list) <= maxSpareHeaders {
			r.headers[i] = list[:0]
		}
	}
	if m == nil {
		return
	}
	sent, vary := m.sent, m.vary
	*m = meant{}
	if cap(sent) <= maxSpareNames {
		m.sent = sent[:0]
	}
	if cap(vary) <= maxSpareNames {
		m.vary = vary[:0]
	}
}

// Told holds the records that a Decoder made and whose memory it can use again, once nobody needs them any more.
type Told struct{ records []*record }

// Told moves what was told since the last call to t, which must be empty. It has records only if Config.Reuse is set.
func (d *Decoder) Told(t *Told) { t.records, d.told = d.told, t.records[:0] }

// Reuse takes back what Told gave: these records must not be looked at any more. It leaves t empty.
func (d *Decoder) Reuse(t *Told) {
	n := min(len(t.records), maxSpareRecords-len(d.spare))
	for _, r := range t.records[:n] {
		if d.cfg.Poison {
			r.poison()
		}
		d.spare = append(d.spare, r)
	}
	clear(t.records)
	t.records = t.records[:0]
}

// poison overwrites what somebody might still look at, so that tests see it.
func (r *record) poison() {
	const bad = "POISON"
	for i := range r.headers {
		list := r.headers[i][:cap(r.headers[i])]
		for j := range list {
			list[j] = hanalyze.Header{Name: bad, Value: bad}
		}
		r.messages[i] = hanalyze.HTTPMessage{Framing: bad, ContentType: bad, HeaderBytes: 666}
		r.declared[i] = 666
	}
	if m := r.meant; m != nil {
		for _, list := range [][]string{m.sent[:cap(m.sent)], m.vary[:cap(m.vary)]} {
			for j := range list {
				list[j] = bad
			}
		}
		m.caching.Storable, m.cookies.Sent, m.negotiation.Vary = bad, []string{bad}, []string{bad}
	}
	r.HTTP = hanalyze.HTTP{Method: bad, URL: bad, Status: 666, Request: &r.messages[0], Response: &r.messages[1]}
}

// record returns an empty record.
func (d *Decoder) record() *record {
	if n := len(d.spare); n > 0 {
		r := d.spare[n-1]
		d.spare[n-1], d.spare = nil, d.spare[:n-1]
		r.reset()
		return r
	}
	return new(record)
}

// lend notes that r was told: its memory can be used again once it is given back.
func (d *Decoder) lend(r *record) {
	if d.cfg.Reuse {
		d.told = append(d.told, r)
	}
}
