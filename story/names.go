package story

import (
	"net/netip"
	"strings"

	"hanalyze"
)

const (
	// maxNames bounds the addresses whose names are remembered, oldest forgotten first. A resolver's busiest clients look
	// up a few thousand names an hour.
	maxNames = 1 << 16
	// maxAnswers bounds the answers remembered for one address and client: a name server of many web sites has more
	// names, but those a client uses at a time are few.
	maxAnswers = 4
	// maxTries bounds the connections remembered for one name and client. A host has a few addresses of each family, and
	// clients race two at a time (RFC 8305 §5).
	maxTries = 8
)

// Ways an answer can name an address, as printed.
const (
	viaAddress    = "address"
	viaHint       = "https_hint"
	viaAdditional = "additional"
)

// lookup is who asked and for which address the answer was.
type lookup struct{ client, server netip.Addr }

// clientName is who asked and for which name, in lower case.
type clientName struct {
	client netip.Addr
	name   string
}

// answer is what a lookup told of one address.
type answer struct {
	name, target string
	via          string
	at           hanalyze.Meta // of the answer
	conn         uint64
	rtt          hanalyze.Span
	ttl          uint32
	place, of    int
	used         bool // a connection has been ascribed to it: later ones came from the client's cache
}

// tries are a client's connections to the addresses of one name, oldest first.
type tries struct{ list []*try }

// try is one of them.
type try struct {
	server  netip.AddrPort
	conn    uint64
	start   hanalyze.Time
	outcome string // connected, refused or unanswered; "" as long as nothing is known
}

// answered remembers, for who asked, the names of the addresses in an answer: those asked for, the hints of HTTPS records, and what came
// along with other data, such as the addresses of name servers.
func (j *Joiner) answered(r *hanalyze.DNS, who netip.Addr) {
	of := len(r.Addresses)
	place := 0
	for i := range r.Answers {
		switch rr := &r.Answers[i]; rr.Type {
		case "A", "AAAA":
			place++
			j.remember(r, who, rr.Data, answer{target: rr.Name, via: viaAddress, ttl: chainTTL(r, rr), place: place, of: of})
		case "HTTPS", "SVCB":
			j.hints(r, who, rr)
		}
	}
	for i := range r.Additional {
		if rr := &r.Additional[i]; rr.Type == "A" || rr.Type == "AAAA" {
			j.remember(r, who, rr.Data, answer{name: rr.Name, via: viaAdditional, ttl: rr.TTL, place: 1, of: 1})
		}
	}
}

// chainTTL is how long an address may be used for the name in the question: the aliases to it count too.
func chainTTL(r *hanalyze.DNS, address *hanalyze.DNSRR) uint32 {
	ttl := address.TTL
	for i := range r.Answers {
		if rr := &r.Answers[i]; rr.Type == "CNAME" {
			ttl = min(ttl, rr.TTL)
		}
	}
	return ttl
}

// hints remembers the addresses that an HTTPS record gives ahead of the A and AAAA records (RFC 9460 §7.3).
func (j *Joiner) hints(r *hanalyze.DNS, who netip.Addr, rr *hanalyze.DNSRR) {
	for word := range strings.SplitSeq(rr.Data, " ") {
		key, list, _ := strings.Cut(word, "=")
		if key != "ipv4hint" && key != "ipv6hint" {
			continue
		}
		n := strings.Count(list, ",") + 1
		place := 0
		for addr := range strings.SplitSeq(list, ",") {
			place++
			j.remember(r, who, addr, answer{target: rr.Name, via: viaHint, ttl: rr.TTL, place: place, of: n})
		}
	}
}

// remember keeps what the answer r tells who asked of an address. What is certain is not replaced by a hint.
func (j *Joiner) remember(r *hanalyze.DNS, who netip.Addr, address string, a answer) {
	ip, err := netip.ParseAddr(address)
	if err != nil {
		return
	}
	if a.name == "" {
		a.name = r.Question.Name
	}
	if strings.EqualFold(a.target, a.name) {
		a.target = ""
	}
	a.at, a.conn, a.rtt = r.Last, r.Flow.ID, r.RTT
	k := lookup{who, ip}
	list := j.names.m[k]
	for i, old := range list {
		if !strings.EqualFold(old.name, a.name) {
			continue
		}
		if a.via != viaAddress && old.via == viaAddress && !old.expired(a.at.Time) {
			return
		}
		list = append(list[:i:i], list[i+1:]...) // flows may hold the old list
		break
	}
	if len(list) >= maxAnswers {
		list = list[1:]
	}
	j.names.put(k, append(list[:len(list):len(list)], &a))
	j.askers.put(ip, k.client)
}

// expired reports whether the answer's time to live is over at t.
func (a *answer) expired(t hanalyze.Time) bool {
	return t.Sub(a.at.Time).Seconds() > float64(a.ttl)
}

// found names the server of a flow that begins by what its client had looked up.
func (j *Joiner) found(f *hanalyze.Flow) {
	who := f.Client.Addr()
	list := j.names.m[lookup{who, f.Server.Addr()}]
	if len(list) == 0 {
		who, list = j.otherFamily(f)
	}
	a := best(list)
	if a == nil {
		return
	}
	f.ServerName, f.ServerNameSource = a.name, sourceDNS
	o := j.opening(f)
	o.found = list
	if age := f.First.Time.Sub(a.at.Time); !a.used && age >= 0 && age <= lookupAge {
		o.dns, a.used = a.rtt, true
	}
	if f.Transport == hanalyze.TCP {
		o.who, o.try = who, j.attempt(f, who, a.name)
	}
}

// otherFamily returns what somebody of the other address family was told of the server's address just now. A client with
// both asks its resolver over one and connects over the other, and nothing else shows that the two are the same machine.
func (j *Joiner) otherFamily(f *hanalyze.Flow) (who netip.Addr, list []*answer) {
	who, asked := j.askers.m[f.Server.Addr()]
	if !asked || who.Is4() == f.Client.Addr().Is4() {
		return who, nil
	}
	list = j.names.m[lookup{who, f.Server.Addr()}]
	if a := best(list); a == nil || f.First.Time.Sub(a.at.Time) > lookupAge {
		return who, nil
	}
	return who, list
}

// best returns the newest answer that was asked for, else the newest; nil when there is none.
func best(list []*answer) *answer {
	for i := len(list) - 1; i >= 0; i-- {
		if list[i].via == viaAddress {
			return list[i]
		}
	}
	if len(list) == 0 {
		return nil
	}
	return list[len(list)-1]
}

// attempt notes that a client tries an address of a name.
func (j *Joiner) attempt(f *hanalyze.Flow, who netip.Addr, name string) *try {
	k := clientName{who, strings.ToLower(name)}
	t := j.tries.m[k]
	if t == nil {
		t = new(tries)
		j.tries.put(k, t)
	}
	if len(t.list) >= maxTries {
		t.list = t.list[1:]
	}
	x := &try{server: f.Server, conn: f.ID, start: f.First.Time}
	t.list = append(t.list, x)
	return x
}

// lookup tells in a conn record which answer named the server to the client, and what was tried before.
func (j *Joiner) lookup(r *hanalyze.Conn, o *opening) {
	if o.try != nil && o.try.outcome == "" && r.TCP != nil {
		switch r.TCP.Handshake.Kind {
		case "refused":
			o.try.outcome = "refused"
		case "incomplete":
			o.try.outcome = "unanswered"
		default:
			o.try.outcome = "connected"
		}
	}
	if r.Path == "dns" {
		return // a client has its resolver's address from elsewhere
	}
	a := named(o.found, r.Flow.ServerName)
	age := r.Flow.First.Time.Sub(a.at.Time)
	r.Lookup = &hanalyze.ConnLookup{
		Name: a.name, Target: a.target, Via: a.via, Frame: a.at.Packet, Conn: a.conn, Place: uint64(a.place), Of: uint64(a.of),
		Age: hanalyze.Known(age), TTL: uint64(a.ttl), Expired: a.expired(r.Flow.First.Time), Basis: hanalyze.Inferred,
	}
	if o.try != nil {
		r.Lookup.Tried = j.failed(r.Flow, o.who, a.name)
	}
}

// named returns the answer for a name that the client has used since, else the best one.
func named(list []*answer, name string) *answer {
	for i := len(list) - 1; i >= 0; i-- {
		if strings.EqualFold(list[i].name, name) {
			return list[i]
		}
	}
	return best(list)
}

// failed returns the connections to other addresses of a name that a client tried in vain shortly before.
func (j *Joiner) failed(f *hanalyze.Flow, who netip.Addr, name string) (list []hanalyze.ConnAttempt) {
	t := j.tries.m[clientName{who, strings.ToLower(name)}]
	if t == nil {
		return nil
	}
	for _, x := range t.list {
		before := f.First.Time.Sub(x.start)
		if x.conn >= f.ID || before > lookupAge || x.server.Port() != f.Server.Port() || x.server == f.Server || x.outcome == "connected" {
			continue
		}
		outcome := x.outcome
		if outcome == "" {
			outcome = "unanswered"
		}
		list = append(list, hanalyze.ConnAttempt{IP: x.server.Addr().String(), Conn: x.conn, Before: hanalyze.Known(before), Outcome: outcome})
	}
	return list
}
