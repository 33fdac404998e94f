package decode

import (
	"slices"
	"strings"
	"time"

	"hanalyze"
	"hanalyze/semantics"
)

// meaning is one exchange while its meaning is read off its headers.
type meaning struct {
	x     *record
	t     *times
	c     *course
	asked *semantics.Section // of the request, empty unless its head is whole
	told  *semantics.Section // of the response
	at    hanalyze.Time      // when the answer came

	request, response bool // the head is there, to its end
	pair              bool // both are, and belong together for certain
	sure              bool // nothing of the connection is missing so far
}

// explain fills in what the exchange means. What the capture lacks makes it say less, never something else: what compares
// two messages wants both heads whole and the pair certain, and what counts exchanges wants the connection whole so far.
//
// r is room for it, lent for the call: one for all exchanges costs them no memory.
func (u *usage) explain(r *meaning, x *record, t *times, c *course, sure bool) {
	*r = meaning{x: x, t: t, c: c, asked: &noHead, told: &noHead, at: t.begin[hanalyze.S2C].Time, sure: sure}
	if x.Method != "" && x.Request != nil && !c.cut[hanalyze.C2S] {
		r.request, r.asked = true, &c.heads[hanalyze.C2S]
	}
	if x.Status != 0 && x.Response != nil && !c.cut[hanalyze.S2C] {
		r.response, r.told = true, &c.heads[hanalyze.S2C]
	}
	r.pair = r.request && r.response && x.Pairing == "certain"

	x.Persistence = r.persistence()
	x.Expect = r.expect()
	x.Range = r.ranges()
	x.Conditional = r.conditional()
	x.Caching = r.caching()
	x.Cookies = r.cookies()
	x.Redirect = r.redirect()
	x.Negotiation = r.negotiation()
	x.Auth = u.auth(r)
	x.Delivery = u.delivery(r)
	if r.told.Has(semantics.RetryAfter) {
		if d, ok := r.told.RetryAfter(r.at); ok {
			x.RetryAfter = hanalyze.Known(d)
		}
	}
	*r = meaning{} // nothing of the exchange is kept
}

// noHead stands for a head that is missing or cut.
var noHead semantics.Section

// room is where what is usual goes, made when it is needed.
func (r *meaning) room() *meant {
	if r.x.meant == nil {
		r.x.meant = new(meant)
	}
	return r.x.meant
}

// persistence tells why an HTTP/1 connection goes on or ends, unless it goes on by default.
func (r *meaning) persistence() *hanalyze.HTTPPersistence {
	x := r.x
	if !r.pair || x.StreamID != 0 || x.Upgrade != "" || x.Response.Framing == "tunnel" {
		return nil
	}
	if x.Persistent && x.Version != "1.0" && !r.told.Has(semantics.KeepAlive) {
		return nil
	}
	why := r.why()
	if why == "http10" && (x.Request.Cut || x.Response.Cut) || (x.Persistent || why == "http10") && !r.c.whole[hanalyze.S2C] {
		return nil // the end of the connection may have come in the middle: what was said of it does not count any more
	}
	p := &hanalyze.HTTPPersistence{Why: why, By: asker(r.asked, r.told, "close")}
	if x.Persistent {
		p.By = asker(r.asked, r.told, "keep_alive")
		k := r.told.KeepAliveParams()
		if k.HasTimeout {
			p.Timeout = hanalyze.Known(k.Timeout)
		}
		if k.HasMax {
			p.Max = &k.Max
		}
	}
	return p
}

// why says why the connection goes on, or why it does not.
func (r *meaning) why() string {
	switch {
	case r.x.Persistent:
		return "keep_alive"
	case r.asked.Asks() == "close" || r.told.Asks() == "close":
		return "connection_close"
	case r.x.Response.Framing == "until_close" && r.x.Version != "1.0":
		return "until_close"
	}
	return "http10"
}

// asker says who asks for something in Connection, "" when nobody does.
func asker(request, response *semantics.Section, what string) string {
	client, server := request.Asks() == what, response.Asks() == what
	switch {
	case client && server:
		return "both"
	case client:
		return "client"
	case server:
		return "server"
	}
	return ""
}

// expect tells whether the client that asked for a 100 got one before it sent the body.
func (r *meaning) expect() *hanalyze.HTTPExpect {
	if !r.sure || !r.request || !r.asked.HasToken(semantics.Expect, "100-continue") || r.x.Request.Framing == "none" {
		return nil // RFC 9110 §10.1.1: without a body there is nothing to wait with
	}
	from, body, final := r.c.headEnd, r.c.bodyBegin, r.t.begin[hanalyze.S2C]
	if at, ok := continued(&r.x.HTTP); ok && (body.Packet == 0 || at <= body.Time) {
		return &hanalyze.HTTPExpect{Answer: "100", Waited: hanalyze.Known(max(0, at.Sub(from.Time)))}
	}
	switch {
	case body.Packet != 0 && (final.Packet == 0 || body.Packet <= final.Packet):
		return &hanalyze.HTTPExpect{Answer: "none", Waited: span(from, body)}
	case r.x.Status == 417:
		return &hanalyze.HTTPExpect{Answer: "417", Waited: span(from, final)}
	case r.x.Status != 0:
		return &hanalyze.HTTPExpect{Answer: "final", Waited: span(from, final)}
	}
	return &hanalyze.HTTPExpect{Answer: "none"}
}

// continued returns when the first 100 (Continue) came.
func continued(x *hanalyze.HTTP) (hanalyze.Time, bool) {
	if x.Response != nil {
		for i := range x.Response.Interim {
			if in := &x.Response.Interim[i]; in.Status == 100 {
				return in.TS, true
			}
		}
	}
	return 0, false
}

// conditional tells what became of the conditions of a request.
func (r *meaning) conditional() *hanalyze.HTTPConditional {
	if !r.request {
		return nil
	}
	list := r.asked.Conditions()
	if list == nil {
		return nil
	}
	c := &hanalyze.HTTPConditional{Conditions: list}
	if !r.pair {
		return c
	}
	verdict := semantics.Unknown
	switch s := r.x.Status; {
	case s == 304:
		c.Outcome, verdict = "not_modified", semantics.NotModified(r.asked, r.told, r.at)
	case s == 412:
		c.Outcome = "precondition_failed"
	case s == 200 && len(list) == 1 && list[0] == "if_range":
		// Whether it was that condition that did not hold, or the range was not looked at, is not told.
	case s >= 200 && s < 300:
		c.Outcome = "sent"
		if r.x.Method == "GET" {
			verdict = semantics.Modified(r.asked, r.told)
		}
	}
	c.Validator = [...]string{semantics.Agrees: "agrees", semantics.Contradicts: "contradicts"}[verdict]
	return c
}

// explicit are the fields that say how long an answer is good; ageing are those and the one that lets it be guessed.
var (
	explicit = semantics.SetOf(semantics.CacheControl, semantics.Expires, semantics.Age)
	ageing   = explicit | semantics.SetOf(semantics.LastModified)
)

// caching tells what caches may do with an answer, where it or its Last-Modified says something about it.
func (r *meaning) caching() *hanalyze.HTTPCaching {
	x := r.x
	if !r.pair || x.Method != "GET" && x.Method != "HEAD" ||
		!r.told.HasAny(ageing) {
		return nil
	}
	asked, told := r.asked.CacheDirectives(), r.told.CacheDirectives()
	f := r.told.Fresh(x.Status, &told, r.at)
	if f.From == "" && !r.told.HasAny(explicit) {
		return nil
	}
	k := &r.room().caching
	k.Check = told.NoCache
	if x.Status != 304 {
		k.Storable = semantics.Storable(x.Method, x.Status, r.asked, r.told, &asked, &told)
	}
	if f.From != "" && k.Storable != "none" {
		k.Lifetime, k.From = hanalyze.Known(f.Lifetime), f.From
	}
	if f.HasAge {
		k.Age = hanalyze.Known(f.Age)
	}
	return k
}

// cookies tells the names of what was sent, and all but the value of what was set.
func (r *meaning) cookies() *hanalyze.HTTPCookies {
	if !r.asked.Has(semantics.Cookie) && !r.told.Has(semantics.SetCookie) {
		return nil
	}
	m := r.room()
	k := &m.cookies
	m.sent = m.sent[:0]
	for line := range r.asked.All(semantics.Cookie) {
		for name := range semantics.CookieNames(line) {
			if len(m.sent) < hanalyze.MaxHTTPCookies {
				m.sent = append(m.sent, name)
			}
		}
	}
	if len(m.sent) > 0 {
		k.Sent = m.sent
	}
	for line := range r.told.All(semantics.SetCookie) {
		if c, ok := semantics.ParseSetCookie(line, r.at); ok && len(k.Set) < hanalyze.MaxHTTPCookies {
			k.Set = append(k.Set, r.cookie(&c))
		}
	}
	if k.Sent == nil && k.Set == nil {
		return nil
	}
	return k
}

func (r *meaning) cookie(c *semantics.SetCookieField) hanalyze.HTTPCookie {
	k := hanalyze.HTTPCookie{
		Name: c.Name, Domain: c.Domain, Path: c.Path, SameSite: c.SameSite,
		Secure: c.Secure, HTTPOnly: c.HTTPOnly, Partitioned: c.Partitioned, Deleted: c.Deletes(r.at),
	}
	if c.Persistent && !k.Deleted {
		k.Expires = c.Expires.Std().Format(time.RFC3339)
	}
	if r.pair && r.x.Scheme != "" {
		k.Refused = c.Refused(semantics.Host(r.x.Authority), r.x.Scheme == "https")
	}
	return k
}

// maxLocation bounds a Location that is resolved. Servers refuse request targets above 8 KiB, so nobody could follow it.
const maxLocation = 8 << 10

// redirect tells where an answer sends the client.
func (r *meaning) redirect() *hanalyze.HTTPRedirect {
	location := r.told.Get(semantics.Location)
	if !r.pair || location == "" || len(location)+len(r.x.URL) > maxLocation || !semantics.Redirects(r.x.Status) {
		return nil
	}
	to := semantics.ResolveLocation(r.x.URL, location)
	if to == "" {
		return nil
	}
	d := &hanalyze.HTTPRedirect{Location: to}
	if m := semantics.RedirectMethod(r.x.Status, r.x.Method); m != r.x.Method {
		d.Method = m
	}
	return d
}

// negotiation tells what an answer depends on, and where it is not what the client would like best.
func (r *meaning) negotiation() *hanalyze.HTTPNegotiation {
	x := r.x
	if !r.pair || x.Status < 200 || x.Status > 299 {
		return nil
	}
	var vary []string
	if r.told.Has(semantics.Vary) {
		vary = r.vary()
	}
	choices := r.choices(vary)
	if vary == nil && choices == nil {
		return nil
	}
	n := &r.room().negotiation
	n.Vary, n.Choices = vary, choices
	return n
}

// vary lists the request headers that the answer depends on, nil for none.
func (r *meaning) vary() []string {
	m := r.room()
	m.vary = m.vary[:0]
	for e := range r.told.Elements(semantics.Vary) {
		if len(m.vary) < hanalyze.MaxHTTPVary {
			m.vary = append(m.vary, lowerName(e))
		}
	}
	if len(m.vary) == 0 {
		return nil
	}
	return m.vary
}

// lowerName returns the name of a header in lower case. The names of known ones are there already.
func lowerName(name string) string {
	if f := semantics.Lookup(name); f != semantics.Other {
		return f.String()
	}
	return strings.ToLower(name)
}

// choices tells where the answer is something that the client does not take, or, where the server says that it looked at the
// client's preference, not among what it likes best.
func (r *meaning) choices(vary []string) (list []hanalyze.HTTPChoice) {
	choose := func(of, chosen string, by semantics.Field, accepts func(string) (int, bool)) {
		q, asked := accepts(chosen)
		const best = 1000
		if asked && (q == 0 || q < best && slices.Contains(vary, by.String())) && len(list) < hanalyze.MaxHTTPVary {
			list = append(list, hanalyze.HTTPChoice{Of: of, Chosen: chosen, Permille: uint16(q)})
		}
	}
	m := r.x.Response
	// Nearly every client takes any type in the end: then only what the server says it looked at is worth a comparison.
	if a := r.asked.Get(semantics.Accept); m.ContentType != "" && a != "" && (vary != nil || !strings.Contains(a, "*/*")) {
		choose("type", m.ContentType, semantics.Accept, r.asked.AcceptsType)
	}
	for _, coding := range m.ContentEncoding {
		choose("coding", coding, semantics.AcceptEncoding, r.asked.AcceptsCoding)
	}
	for tag := range r.told.Elements(semantics.ContentLanguage) {
		choose("language", tag, semantics.AcceptLanguage, r.asked.AcceptsLanguage)
	}
	return list
}
