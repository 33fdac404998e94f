package story

import (
	"hash/maphash"
	"net/netip"
	"strings"

	"hanalyze"
	"hanalyze/semantics"
)

// web remembers what clients did with HTTP, so that exchanges on several connections can be seen together. A client is an
// address and a User-Agent: programs behind one address are told apart as far as they can be.
//
// It looks at complete exchanges and certain pairs only, and what it concludes says basis inferred: what a client keeps, and
// why it asks, is not seen.
type web struct {
	seed      maphash.Seed // keys are hashes, so that a table's memory does not depend on the length of URLs
	redirects redirects
	copies    copies
	jars      jars
	parts     parts
}

// resource is something of one client, known by the hash of its names.
type resource struct {
	client netip.Addr
	id     uint64
}

func newWeb() web {
	return web{
		seed:      maphash.MakeSeed(),
		redirects: redirects{pending: table[resource, hop]{limit: maxRedirects}},
		copies:    copies{table[resource, kept]{limit: maxCopies}},
		jars:      jars{table[resource, *jar]{limit: maxJars}, 0},
		parts:     parts{table[resource, *part]{limit: maxParts}, 0},
	}
}

// exchange looks at one exchange after the other.
func (w *web) exchange(r *hanalyze.HTTP) {
	if r.Missing != 0 || r.Request == nil || r.URL == "" || r.Response != nil && r.Pairing != "certain" {
		return
	}
	w.redirects.exchange(w, r)
	w.copies.exchange(w, r)
	w.jars.exchange(w, r)
	w.parts.exchange(w, r)
}

// resource returns the key of something of the exchange's client.
func (w *web) resource(r *hanalyze.HTTP, names ...string) resource {
	var h maphash.Hash
	h.SetSeed(w.seed)
	_, _ = h.WriteString(header(r.Request.Headers, "user-agent"))
	for _, name := range names {
		_ = h.WriteByte(0)
		_, _ = h.WriteString(name)
	}
	return resource{r.Flow.Client.Addr(), h.Sum64()}
}

// header returns the value of the first header of a name in lower case, "" if there is none.
func header(hs []hanalyze.Header, name string) string {
	for i := range hs {
		if len(hs[i].Name) == len(name) && strings.EqualFold(hs[i].Name, name) {
			return hs[i].Value
		}
	}
	return ""
}

// answerBegan returns when the answer began to arrive, as well as the record tells.
func answerBegan(r *hanalyze.HTTP) hanalyze.Time {
	total, ok1 := r.Timing.Total.Get()
	receive, ok2 := r.Timing.Receive.Get()
	if !ok1 || !ok2 {
		return r.Last.Time
	}
	return r.Start.Time.Add(total - receive)
}

// fields reads the request's known headers.
func fields(m *hanalyze.HTTPMessage) semantics.Section {
	if m == nil {
		return semantics.Section{}
	}
	return semantics.ReadSection(m.Headers)
}

// limits adds how often each limit was reached.
func (w *web) limits(m map[string]uint64) {
	m["redirects_forgotten"] += w.redirects.pending.forgotten
	m["http_copies_forgotten"] += w.copies.forgotten
	m["cookies_forgotten"] += w.jars.forgotten + w.jars.dropped
	m["http_parts_forgotten"] += w.parts.forgotten + w.parts.dropped
}
