package output

import (
	"strconv"
	"strings"
	"time"

	"hanalyze"
)

// longIdle is how long a connection must have lain unused before a request for it to be told: connections are dropped by
// servers and firewalls after seconds to minutes.
const longIdle = time.Second

// feltIdle is how long the longest pause between exchanges must have been for a connection's summary to tell it.
const feltIdle = 100 * time.Millisecond

// meaning adds what an exchange means, where there is something to say beyond its request and status.
func (s *Story) meaning(k *block, h *hanalyze.HTTP) {
	var list []chunk
	list = append(list, redirectWords(h.Redirect)...)
	list = append(list, rangeWords(h.Range)...)
	list = append(list, cacheWords(h)...)
	list = append(list, cookieWords(h.Cookies)...)
	list = append(list, authWords(h.Auth)...)
	list = append(list, deliveryWords(h.Delivery)...)
	list = append(list, courseWords(h)...)
	if len(list) > 0 {
		s.more(k, nil, " ", chunk{}, list)
	}
}

// redirectWords tell where an exchange sends the client, or what brought it here.
func redirectWords(d *hanalyze.HTTPRedirect) (list []chunk) {
	if d == nil {
		return nil
	}
	if d.Hop > 0 {
		text := count(d.Hop, "redirect") + " led here"
		if spent, ok := d.Spent.Get(); ok {
			text += " in " + lasting(spent)
		}
		list = append(list, chunk{text, dim})
	}
	if d.Location != "" {
		text := "go to " + clip(d.Location)
		if d.Method != "" {
			text += " with " + clip(d.Method)
		}
		list = append(list, chunk{text, cyan})
	}
	if d.Loop {
		list = append(list, chunk{"as it did before: a circle", red})
	}
	return list
}

// rangeWords tell which part of a resource came.
func rangeWords(g *hanalyze.HTTPRange) (list []chunk) {
	if g == nil {
		return nil
	}
	switch {
	case g.First != nil && g.Last != nil:
		text := "bytes " + strconv.FormatUint(*g.First, 10) + "–" + strconv.FormatUint(*g.Last, 10)
		if g.Total != nil {
			text += " of " + strconv.FormatUint(*g.Total, 10)
		}
		list = append(list, chunk{text, plain})
	case g.Outcome == "several":
		list = append(list, chunk{"several parts in one body", plain})
	case g.Outcome == "whole":
		list = append(list, chunk{"all of it, not only the part asked for", dim})
	case g.Total != nil:
		list = append(list, chunk{"there are only " + strconv.FormatUint(*g.Total, 10) + " bytes", yellow})
	}
	if j := g.Joined; j != nil && j.Complete {
		list = append(list, chunk{"with the other parts it is complete", green})
	} else if j != nil {
		list = append(list, chunk{count(j.Parts, "part") + " make " + size(j.Bytes) + " so far", dim})
	}
	return list
}

// cacheWords tell of a request for what the client had, and of an answer that it has the right copy.
func cacheWords(h *hanalyze.HTTP) (list []chunk) {
	if h.Status == 304 {
		list = append(list, chunk{"the client's copy is still good", green})
	}
	if c := h.Conditional; c != nil && c.Outcome == "precondition_failed" {
		list = append(list, chunk{"the client's condition does not hold", yellow})
	}
	if h.Caching == nil || h.Caching.Refetch == nil {
		return list
	}
	f := h.Caching.Refetch
	age, _ := f.Age.Get()
	text := "had it " + lasting(age) + " ago on #" + strconv.FormatUint(f.Conn, 10)
	switch {
	case f.Fresh && f.Asked != "reload":
		text += ", still fresh"
	case f.Same && f.Asked == "whole":
		text += ", unchanged"
	}
	return append(list, chunk{text, dim})
}

// cookieWords tell the names of cookies that are set, or missed. Those that come back as they should are no news.
func cookieWords(c *hanalyze.HTTPCookies) (list []chunk) {
	if c == nil {
		return nil
	}
	var set, deleted, refused []string
	for i := range c.Set {
		switch k := &c.Set[i]; {
		case k.Refused != "":
			refused = append(refused, k.Name)
		case k.Deleted:
			deleted = append(deleted, k.Name)
		default:
			set = append(set, k.Name)
		}
	}
	for _, w := range []struct {
		what  string
		names []string
		color color
	}{
		{"sets ", set, plain}, {"takes back ", deleted, plain}, {"sets what browsers refuse: ", refused, yellow},
		{"sent without ", c.NotSent, yellow},
	} {
		if len(w.names) > 0 {
			list = append(list, chunk{w.what + nameList(w.names), w.color})
		}
	}
	return list
}

// nameList tells the first names of cookies and how many more there are.
func nameList(names []string) string {
	var b strings.Builder
	b.WriteString("cookie")
	if len(names) > 1 {
		b.WriteByte('s')
	}
	b.WriteByte(' ')
	for i, n := range names[:min(len(names), maxShown)] {
		if i > 0 {
			b.WriteString(", ")
		}
		if n == "" {
			n = "(no name)"
		}
		b.WriteString(shorten(clip(n), 24))
	}
	if more := len(names) - maxShown; more > 0 {
		b.WriteString(" and " + strconv.Itoa(more) + " more")
	}
	return b.String()
}

// authWords tell how the client showed who it is, or how it is asked to.
func authWords(a *hanalyze.HTTPAuth) (list []chunk) {
	if a == nil {
		return nil
	}
	to := ""
	if a.Proxy {
		to = " to the proxy"
	}
	scheme := "credentials"
	if a.Scheme != "" {
		scheme = clip(a.Scheme) + " credentials"
	}
	switch {
	case a.Outcome == "accepted":
		list = append(list, chunk{scheme + to + " accepted", green})
	case a.Outcome == "refused":
		list = append(list, chunk{scheme + to + " refused", red})
	case a.Scheme != "":
		list = append(list, chunk{scheme + " shown" + to, plain})
	}
	if len(a.Challenges) == 0 {
		return list
	}
	var names []string
	for _, c := range a.Challenges[:min(len(a.Challenges), maxShown)] {
		names = append(names, clip(c.Scheme))
	}
	return append(list, chunk{"asks for " + strings.Join(names, " or "), yellow})
}

// deliveryWords tell of an answer that did not come at once.
func deliveryWords(d *hanalyze.HTTPDelivery) []chunk {
	if d == nil {
		return nil
	}
	text := map[string]string{"sse": "event stream (SSE)", "stream": "streamed piece by piece", "long_poll": "held back until there was news (long poll)"}[d.Kind]
	if pause, ok := d.MaxPause.Get(); ok {
		text += ", " + count(d.Pauses, "pause") + " of up to " + lasting(pause)
	}
	return []chunk{{text, cyan}}
}

// courseWords tell what happened around an exchange on its connection.
func courseWords(h *hanalyze.HTTP) (list []chunk) {
	if idle, _ := h.Timing.Idle.Get(); idle >= longIdle {
		list = append(list, chunk{"after " + lasting(idle) + " unused", dim})
	}
	if blocked, ok := h.Timing.Blocked.Get(); ok && h.BlockedBy != 0 {
		list = append(list, chunk{"waited " + lasting(blocked) + " behind " + strconv.FormatUint(h.BlockedBy, 10) + ".", yellow})
	}
	if x := h.Expect; x != nil && x.Answer != "100" {
		waited, known := x.Waited.Get()
		switch {
		case x.Answer != "none":
			list = append(list, chunk{"no permission to send the body", yellow})
		case known && waited > 0:
			list = append(list, chunk{"waited " + lasting(waited) + " for 100 in vain", yellow})
		}
	}
	if wait, ok := h.RetryAfter.Get(); ok {
		list = append(list, chunk{"asks to wait " + lasting(wait), yellow})
	}
	return append(list, persistenceWords(h.Persistence)...)
}

// persistenceWords tell why the connection goes on or ends.
func persistenceWords(p *hanalyze.HTTPPersistence) []chunk {
	if p == nil {
		return nil
	}
	who := map[string]string{"client": "the client", "server": "the server", "both": "both ends"}[p.By]
	switch p.Why {
	case "connection_close":
		return []chunk{{"last on this connection: " + who + " said so", dim}}
	case "http10":
		return []chunk{{"last on this connection, as HTTP/1.0 has it", dim}}
	case "until_close":
		return []chunk{{"last on this connection: its end is the end of the body", dim}}
	}
	text := "the connection stays open"
	if d, ok := p.Timeout.Get(); ok {
		text += " for " + lasting(d)
	}
	if p.Max != nil {
		text += ", " + strconv.FormatUint(*p.Max, 10) + " more requests"
	}
	return []chunk{{text, dim}}
}

// useWords tell what HTTP used a connection for; nothing for a single request, which tells it all.
func useWords(u *hanalyze.HTTPUse) []chunk {
	if u == nil || u.Exchanges < 2 {
		return nil
	}
	list := []chunk{{count(u.Exchanges, "exchange"), plain}}
	if u.PipelineDepth > 1 {
		list = append(list, chunk{"up to " + strconv.FormatUint(u.PipelineDepth, 10) + " at once, pipelined", plain})
	}
	if idle, _ := u.MaxIdle.Get(); idle >= feltIdle {
		list = append(list, chunk{"unused for up to " + lasting(idle) + " between them", plain})
	}
	switch u.End {
	case "idle":
		if d, ok := u.LastIdle.Get(); ok && u.By != "" {
			list = append(list, chunk{"the " + u.By + " closed it " + lasting(d) + " after the last", plain})
		}
	case "aborted":
		if u.By != "" {
			list = append(list, chunk{"the " + u.By + " ended it in the middle of the last", yellow})
		}
	}
	return list
}

// webTally counts what several exchanges tell together.
type webTally struct {
	chains, hops, loops uint64
	refetched, checked  uint64
}

// add counts an exchange.
func (t *webTally) add(h *hanalyze.HTTP) {
	if d := h.Redirect; d != nil {
		if d.Hop == 0 && d.Location != "" {
			t.chains++
		}
		t.hops = max(t.hops, d.Hop)
		if d.Loop {
			t.loops++
		}
	}
	if h.Caching == nil || h.Caching.Refetch == nil || !h.Caching.Refetch.Fresh {
		return
	}
	switch h.Caching.Refetch.Asked {
	case "whole":
		t.refetched++
	case "check":
		t.checked++
	}
}

// words tell the counts of the summary.
func (t *webTally) words() (list []chunk) {
	if t.chains > 0 {
		text := count(t.chains, "chain") + " of redirects"
		if t.hops > 1 {
			text += ", the longest with " + strconv.FormatUint(t.hops, 10)
		}
		list = append(list, chunk{text, plain})
	}
	if t.loops > 0 {
		list = append(list, chunk{strconv.FormatUint(t.loops, 10) + " in a circle", red})
	}
	if t.refetched > 0 {
		list = append(list, chunk{strconv.FormatUint(t.refetched, 10) + " fetched again while fresh", yellow})
	}
	if t.checked > 0 {
		list = append(list, chunk{strconv.FormatUint(t.checked, 10) + " checked while fresh", plain})
	}
	return list
}
