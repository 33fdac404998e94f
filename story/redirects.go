package story

import (
	"slices"
	"time"

	"hanalyze"
	"hanalyze/semantics"
)

// Limits of what is remembered of redirects.
const (
	// maxRedirects bounds the redirects that wait for their request, oldest forgotten first. A client follows at once, so
	// few wait at a time.
	maxRedirects = 4096
	// maxHops bounds the hops of a chain that are compared. Browsers give up after 20, curl after 50.
	maxHops = 64
	// followAge is how long after the answer the request may come. Programs follow at once; a form may ask first.
	followAge = 10 * time.Second
)

// redirects follows clients from where they were sent to where they went.
type redirects struct {
	pending table[resource, hop]
}

// hop is a redirect that has not been followed yet.
type hop struct {
	chain *chain
	from  uint64 // first packet of the exchange that sent the client
	at    hanalyze.Time
}

// chain is a sequence of redirects.
type chain struct {
	frame uint64 // first packet
	start hanalyze.Time
	hops  uint64
	edges []uint64 // hashes of the hops so far
}

// exchange tells whether a request follows a redirect, and remembers where its answer sends the client.
func (t *redirects) exchange(w *web, r *hanalyze.HTTP) {
	c := t.follow(w, r)
	if r.Redirect == nil || r.Redirect.Location == "" {
		return
	}
	if c == nil {
		c = &chain{frame: r.Start.Packet, start: r.Start.Time}
	}
	c.hops++
	method := r.Redirect.Method
	if method == "" {
		method = r.Method
	}
	edge := w.resource(r, r.Method, semantics.NormalURL(r.URL), r.Redirect.Location).id
	switch {
	case slices.Contains(c.edges, edge):
		r.Redirect.Loop, r.Redirect.Basis = true, hanalyze.Inferred
	case len(c.edges) < maxHops:
		c.edges = append(c.edges, edge)
	}
	t.pending.put(w.resource(r, method, r.Redirect.Location), hop{c, r.Start.Packet, answerBegan(r)})
}

// follow returns the chain that led to a request, nil if none did.
func (t *redirects) follow(w *web, r *hanalyze.HTTP) *chain {
	if t.pending.len() == 0 {
		return nil
	}
	k := w.resource(r, r.Method, semantics.NormalURL(r.URL))
	h, ok := t.pending.get(k)
	if age := r.Start.Time.Sub(h.at); !ok || age < 0 || age > followAge {
		return nil
	}
	t.pending.delete(k)
	if r.Redirect == nil {
		r.Redirect = &hanalyze.HTTPRedirect{}
	}
	d := r.Redirect
	d.Hop, d.From, d.Chain, d.Basis = h.chain.hops, h.from, h.chain.frame, hanalyze.Inferred
	d.Spent = hanalyze.Known(r.Start.Time.Sub(h.chain.start))
	return h.chain
}
