package story

import (
	"slices"
	"time"

	"hanalyze"
	"hanalyze/semantics"
)

// maxCopies bounds the answers that are remembered as what a client may have kept, oldest forgotten first. A page takes
// about a hundred.
const maxCopies = 1 << 14

// copies remembers what clients were given and could have kept.
type copies struct{ table[resource, kept] }

// kept is an answer that a client may have kept, or any other cache of its own.
type kept struct {
	frame, conn uint64
	at          hanalyze.Time // when it came
	age         time.Duration // how old it was then
	lifetime    time.Duration // 0 when nobody says
	check       bool          // it is to be checked before each use
	validator   uint64        // hash of ETag or Last-Modified
	vary        uint64        // hash of the request headers it depends on
}

// exchange tells whether a client asked for what it had, and remembers what it got.
func (t *copies) exchange(w *web, r *hanalyze.HTTP) {
	switch {
	case r.Method != "GET":
		t.invalidate(w, r)
		return
	case r.Status != 200 && r.Status != 304:
		return
	}
	if r.Caching == nil && t.len() == 0 {
		return
	}
	k := w.resource(r, r.URL)
	now := w.copy(r)
	old, ok := t.get(k)
	if ok && old.at <= r.Start.Time && (r.Status == 304 || old.vary == now.vary) {
		refetch(r, &old, &now)
	}
	switch {
	case r.Status == 304 && ok:
		// It renews what was stored, RFC 9111 §4.3.4.
		old.at, old.age = now.at, now.age
		if now.lifetime > 0 {
			old.lifetime = now.lifetime
		}
		t.put(k, old)
	case r.Status == 200 && storable(r):
		t.put(k, now)
	case r.Status == 200:
		t.delete(k)
	}
}

// invalidate forgets what a request changed, RFC 9111 §4.4.
func (t *copies) invalidate(w *web, r *hanalyze.HTTP) {
	switch r.Method {
	case "HEAD", "OPTIONS", "TRACE", "CONNECT":
		return
	}
	if t.len() > 0 && r.Status < 400 {
		t.delete(w.resource(r, r.URL))
	}
}

// storable reports whether a client's cache may keep an answer and use it later.
func storable(r *hanalyze.HTTP) bool {
	if r.Caching == nil || r.Caching.Storable == "none" || r.Caching.Storable == "" {
		return false
	}
	return r.Negotiation == nil || !slices.Contains(r.Negotiation.Vary, "*")
}

// copy returns what a client may keep of an exchange.
func (w *web) copy(r *hanalyze.HTTP) kept {
	k := kept{frame: r.Start.Packet, conn: r.Flow.ID, at: answerBegan(r)}
	if c := r.Caching; c != nil {
		k.age, _ = c.Age.Get()
		k.lifetime, _ = c.Lifetime.Get()
		k.check = c.Check
	}
	validator := header(r.Response.Headers, "etag")
	if validator == "" {
		validator = header(r.Response.Headers, "last-modified")
	}
	if validator != "" {
		k.validator = w.resource(r, validator).id
	}
	if n := r.Negotiation; n != nil && n.Vary != nil {
		values := make([]string, 0, len(n.Vary))
		for _, name := range n.Vary {
			values = append(values, header(r.Request.Headers, name))
		}
		k.vary = w.resource(r, values...).id
	}
	return k
}

// refetch tells that a client asked for what it had.
func refetch(r *hanalyze.HTTP, old, now *kept) {
	age := r.Start.Time.Sub(old.at) + old.age
	f := &hanalyze.HTTPRefetch{
		Frame: old.frame, Conn: old.conn, Age: hanalyze.Known(age), Fresh: !old.check && age < old.lifetime, Asked: "whole",
		Same: r.Status == 304 || now.validator != 0 && now.validator == old.validator, Basis: hanalyze.Inferred,
	}
	request := fields(r.Request)
	d := request.CacheDirectives()
	switch {
	case d.NoCache || d.HasMaxAge && d.MaxAge == 0:
		f.Asked = "reload"
	case request.Has(semantics.IfNoneMatch) || request.Has(semantics.IfModifiedSince):
		f.Asked = "check"
	}
	if r.Caching == nil {
		r.Caching = &hanalyze.HTTPCaching{}
	}
	r.Caching.Refetch = f
}
