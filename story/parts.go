package story

import (
	"slices"

	"hanalyze"
)

// Limits of what is remembered of resources that came in parts.
const (
	// maxParts bounds the resources whose parts are put together, for all clients, oldest forgotten first.
	maxParts = 1024
	// maxPieces bounds the separate pieces of one resource. A client that downloads over several connections has some
	// dozen; one that asks here and there is told of what fits.
	maxPieces = 256
)

// parts puts together what clients got of resources in several answers.
type parts struct {
	table[resource, *part]
	dropped uint64
}

// part is what a client has of one version of a resource.
type part struct {
	answers uint64
	total   uint64    // 0 while nobody says
	pieces  []stretch // in order, none touches the next
}

// stretch is a range of bytes, end exclusive.
type stretch struct{ from, to uint64 }

// exchange adds what an answer carried, and tells what there is by now.
func (t *parts) exchange(w *web, r *hanalyze.HTTP) {
	s, total, ok := carried(r)
	if !ok {
		return
	}
	told := fields(r.Response)
	validator := told.Validator()
	if validator == "" {
		return
	}
	k := w.resource(r, r.URL, validator)
	p, known := t.get(k)
	if !known {
		p = &part{}
		t.put(k, p)
	}
	if !p.add(s) {
		t.dropped++
		return
	}
	p.answers++
	if total != 0 {
		p.total = total
	}
	if r.Range != nil && p.answers > 1 {
		r.Range.Joined = p.joined()
	}
}

// carried returns which bytes an answer brought whole: a part that is what it says, or the beginning of an answer that was
// cut short.
func carried(r *hanalyze.HTTP) (s stretch, total uint64, ok bool) {
	m := r.Response
	switch {
	case r.Method != "GET" || m == nil || m.BodyBytes == 0:
		return s, 0, false
	case r.Range != nil && r.Range.Outcome == "partial" && r.Range.Mismatch == "":
		if r.Range.Total != nil {
			total = *r.Range.Total
		}
		from := *r.Range.First
		return stretch{from, from + min(m.BodyBytes, *r.Range.Last-from+1)}, total, true
	case r.Status == 200 && m.DeclaredBytes != nil && m.BodyBytes < *m.DeclaredBytes:
		return stretch{0, m.BodyBytes}, *m.DeclaredBytes, true
	}
	return s, 0, false
}

// add joins a stretch to the pieces. It reports false when there are too many.
func (p *part) add(s stretch) bool {
	// The pieces from i on to before n touch it.
	i, _ := slices.BinarySearchFunc(p.pieces, s.from, func(q stretch, from uint64) int {
		if q.to < from {
			return -1
		}
		return 1
	})
	n := i
	for n < len(p.pieces) && p.pieces[n].from <= s.to {
		s.from, s.to = min(s.from, p.pieces[n].from), max(s.to, p.pieces[n].to)
		n++
	}
	if i == n && len(p.pieces) >= maxPieces {
		return false
	}
	p.pieces = slices.Replace(p.pieces, i, n, s)
	return true
}

func (p *part) joined() *hanalyze.HTTPJoined {
	j := &hanalyze.HTTPJoined{Parts: p.answers, Pieces: uint64(len(p.pieces)), Basis: hanalyze.Inferred}
	for _, s := range p.pieces {
		j.Bytes += s.to - s.from
	}
	j.Complete = p.total != 0 && j.Bytes >= p.total
	return j
}
