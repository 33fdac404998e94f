// Package story tells what only several flows together tell: which name the client had looked up before it connected, and
// how long lookup, handshake and TLS took before the first request of a connection could be sent.
package story

import (
	"net/netip"
	"strings"
	"time"

	"hanalyze"
)

// Limits of what is remembered.
const (
	// maxHosts bounds the names that the capture itself gives. A program writes those of the addresses in its file.
	maxHosts = 1 << 16
	// lookupAge is how long before a connection a lookup may have been answered and still count as its cause. Browsers
	// resolve ahead by seconds.
	lookupAge = 10 * time.Second
)

// Name sources, as printed.
const (
	sourceCapture = "capture"
	sourceDNS     = "dns"
	sourceHost    = "host"
	sourceSNI     = "sni"
)

// A Joiner sees every record in capture order and completes it. It is not safe for concurrent use.
type Joiner struct {
	names     recent[lookup, []*answer]
	askers    recent[netip.Addr, netip.Addr] // who was told of an address last
	tries     recent[clientName, *tries]
	questions recent[question, *asked]
	asked     recent[groupQuestion, askedOfAll]
	wanted    recent[rrset, []asker] // of a group
	origins   recent[rrset, uint32]  // time to live as the owner of the name told it
	forgotten uint64                 // names of hosts
	hosts     map[netip.Addr]string  // names that the capture itself gives
	flows     map[*hanalyze.Flow]*opening
	quicIDs   recent[string, quicEnd]            // by connection ID
	quicStill recent[quicPair, still]            // connections that may have gone on at another port
	http3     recent[origin, hanalyze.QUICLedBy] // the first time each was told
	web       web
}

// opening collects the times of a connection before its first exchange.
type opening struct {
	dns, connect, tls hanalyze.Span
	found             []*answer // that named the server's address, newest last
	try               *try
	who               netip.Addr // who asked for the name
	told              bool       // the first exchange has them
	use               use
	unanswered        string // what the client asked last and got no answer to: "client_hello", "request", or ""
}

// New returns an empty Joiner.
func New() *Joiner {
	return &Joiner{
		names: newRecent[lookup, []*answer](maxNames), askers: newRecent[netip.Addr, netip.Addr](maxNames), tries: newRecent[clientName, *tries](maxNames),
		questions: newRecent[question, *asked](maxQuestions), asked: newRecent[groupQuestion, askedOfAll](maxGroupQuestions), wanted: newRecent[rrset, []asker](maxGroupQuestions), origins: newRecent[rrset, uint32](maxQuestions),
		hosts: map[netip.Addr]string{}, flows: map[*hanalyze.Flow]*opening{}, quicIDs: newRecent[string, quicEnd](maxQUICIDs), quicStill: newRecent[quicPair, still](maxStill),
		http3: newRecent[origin, hanalyze.QUICLedBy](maxHints), web: newWeb(),
	}
}

// Name is called where the capture gives a name to an address. It counts for flows whose server is known by no other name.
func (j *Joiner) Name(a netip.Addr, name string) {
	if _, known := j.hosts[a]; !known && len(j.hosts) == maxHosts {
		j.forgotten++
		return
	}
	j.hosts[a] = name
}

// Begin is called for every flow, in the order of first packets, before its first record.
func (j *Joiner) Begin(f *hanalyze.Flow) {
	j.host(f)
	j.found(f)
}

// host gives a server without a name the one that the capture gives it.
func (j *Joiner) host(f *hanalyze.Flow) {
	if len(j.hosts) == 0 || f.ServerName != "" {
		return
	}
	if name := j.hosts[f.Server.Addr()]; name != "" {
		f.ServerName, f.ServerNameSource = name, sourceCapture
	}
}

// opening returns what is known of a flow's opening. Most flows of a flood never need one.
func (j *Joiner) opening(f *hanalyze.Flow) *opening {
	o := j.flows[f]
	if o == nil {
		o = new(opening)
		j.flows[f] = o
	}
	return o
}

// End is called after a flow's conn record.
func (j *Joiner) End(f *hanalyze.Flow) { delete(j.flows, f) }

// Record completes one record and remembers what later ones need. It may set fields of r and the names of r's flow.
func (j *Joiner) Record(r hanalyze.Record) {
	if h := r.Head(); h != nil && h.Flow != nil {
		j.host(h.Flow)
	}
	switch r := r.(type) {
	case *hanalyze.DNS:
		j.dns(r)
		j.group(r)
		j.httpsRecord(r)
	case *hanalyze.TCPEvent:
		j.tcp(r)
	case *hanalyze.TLS:
		if r.SNI != "" {
			r.Flow.ServerName, r.Flow.ServerNameSource = r.SNI, sourceSNI
		}
		j.tls(r)
	case *hanalyze.QUIC:
		j.quic(r)
		j.rememberIDs(r)
		j.rememberStill(r)
	case *hanalyze.QUICPath:
		j.quicPath(r)
	case *hanalyze.HTTP:
		j.http(r)
		j.altSvc(r)
	case *hanalyze.Conn:
		j.conn(r)
	}
}

// tcp takes the time of the TCP handshake from its last step.
func (j *Joiner) tcp(r *hanalyze.TCPEvent) {
	if r.Phase != "handshake" || r.Flow.MidStream || r.ClientState != hanalyze.Established {
		return
	}
	o := j.opening(r.Flow)
	if o.connect.IsZero() {
		o.connect = hanalyze.Known(r.Last.Time.Sub(r.Flow.First.Time))
	}
	if o.try != nil {
		o.try.outcome = "connected"
	}
}

// tls takes the time of the TLS handshake, or notes that the ClientHello got no answer.
func (j *Joiner) tls(r *hanalyze.TLS) {
	switch {
	case r.Established:
		j.opening(r.Flow).tls = r.Handshake
	case r.ClientHello != nil && r.ServerHello == nil:
		j.opening(r.Flow).unanswered = "client_hello"
	}
}

// conn names what a reset came after, where the bytes before it were one message: a ClientHello or a request without
// answer says more than their number.
func (j *Joiner) conn(r *hanalyze.Conn) {
	o := j.flows[r.Flow]
	if o == nil {
		return
	}
	r.HTTP = o.use.tell(r)
	if len(o.found) > 0 {
		j.lookup(r, o)
	}
	if o.unanswered == "" || r.TCP == nil || r.TCP.Close.Reset == nil {
		return
	}
	switch x := r.TCP.Close.Reset; x.After {
	case "data", "unread_data", "acknowledgment":
		x.After = o.unanswered
	}
}

// http takes the server's name from the Host header and gives the connection's own times to its first exchange.
func (j *Joiner) http(r *hanalyze.HTTP) {
	if name := hostName(r.Authority); name != "" && r.Method != "CONNECT" && r.Flow.ServerNameSource != sourceSNI {
		if r.Flow.ServerName != name {
			r.Flow.ServerName = strings.Clone(name) // the flow lives longer than the text it stands in
		}
		r.Flow.ServerNameSource = sourceHost
	}
	o := j.opening(r.Flow)
	if r.Request != nil && r.Response == nil {
		o.unanswered = "request"
	}
	if !o.told && r.IndexOnConn == 1 {
		o.told = true
		r.Timing.DNS, r.Timing.Connect, r.Timing.TLS = o.dns, o.connect, o.tls
	}
	o.use.exchange(r)
	j.web.exchange(r)
}

// hostName returns the host of an authority when it is a name, "" when it is an address or nothing.
func hostName(authority string) string {
	host := authority[strings.LastIndexByte(authority, '@')+1:] // it has no business with a user's name
	for i := len(host) - 1; i >= 0 && (host[i] == ':' || host[i] >= '0' && host[i] <= '9'); i-- {
		if host[i] == ':' {
			host = host[:i]
			break
		}
	}
	if host == "" || host[0] == '[' || strings.ContainsAny(host, " \t") {
		return "" // a folded line, perhaps
	}
	if _, err := netip.ParseAddr(host); err == nil {
		return ""
	}
	return host
}

// Limits adds how often each limit was reached.
func (j *Joiner) Limits(m map[string]uint64) {
	m["names_forgotten"] += j.forgotten + j.names.forgotten
	m["questions_forgotten"] += j.questions.forgotten + j.origins.forgotten + j.asked.forgotten + j.wanted.forgotten
	j.web.limits(m)
	if n := j.quicIDs.forgotten; n > 0 {
		m["quic_ids_forgotten"] += n
	}
	if n := j.quicStill.forgotten; n > 0 {
		m["quic_connections_forgotten"] += n
	}
	if n := j.http3.forgotten; n > 0 {
		m["http3_servers_forgotten"] += n
	}
}
