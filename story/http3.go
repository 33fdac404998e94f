package story

import (
	"net/netip"
	"slices"
	"strconv"
	"strings"

	"hanalyze"
)

// maxHints bounds the servers of which is remembered who was told that they speak HTTP/3, oldest forgotten first. Browsers
// keep a few thousand.
const maxHints = 1 << 14

// The ways to be told, as printed.
const (
	ledByHTTPS  = "https_record"
	ledByAltSvc = "alt_svc"
)

// origin is a server by the name that a client uses for it, and the port on which it was said to speak HTTP/3.
type origin struct {
	client netip.Addr
	name   string
	port   uint16
}

// tell remembers that a client was told of HTTP/3. The first time counts, or the first one after a header that took back what
// was told before.
func (j *Joiner) tell(o origin, by hanalyze.QUICLedBy) {
	if old, known := j.http3.m[o]; !known || j.takenBack(o, old, by.Frame) {
		j.http3.put(o, by)
	}
}

// ledByNothing is the kind of what is remembered of a header that takes alternatives back, under port 0.
const ledByNothing = ""

// takenBack reports whether a header between by and frame took back what was told by it.
func (j *Joiner) takenBack(o origin, by hanalyze.QUICLedBy, frame uint64) bool {
	o.port = 0
	clear, known := j.http3.m[o]
	return known && by.Kind == ledByAltSvc && by.Frame < clear.Frame && clear.Frame <= frame
}

// quic takes the server's name from the ClientHello in a QUIC connection, and finds what led the client there.
func (j *Joiner) quic(r *hanalyze.QUIC) {
	if r.TLS == nil || r.TLS.SNI == "" {
		return
	}
	r.Flow.ServerName, r.Flow.ServerNameSource = r.TLS.SNI, sourceSNI
	o := origin{r.Flow.Client.Addr(), strings.ToLower(r.TLS.SNI), r.Flow.Server.Port()}
	if by, told := j.http3.m[o]; told && by.Frame < r.Start.Packet && !j.takenBack(o, by, r.Start.Packet) {
		r.LedBy = &by
	}
}

// httpsRecord remembers the answers to a question for HTTPS records that offer HTTP/3 (RFC 9460 §9).
func (j *Joiner) httpsRecord(r *hanalyze.DNS) {
	if r.Question == nil || r.Question.Type != "HTTPS" || r.Outcome != "answered" {
		return
	}
	name, port := httpsOrigin(strings.ToLower(r.Question.Name))
	for i := range r.Answers {
		if port, ok := http3Service(r.Answers[i].Data, port); ok && r.Answers[i].Type == "HTTPS" {
			o := origin{r.Flow.Client.Addr(), name, port}
			j.tell(o, hanalyze.QUICLedBy{Kind: ledByHTTPS, Frame: r.Last.Packet, Conn: r.Flow.ID})
		}
	}
}

// httpsOrigin returns the name and the port of the origin that a name of HTTPS records stands for: example.com for port 443,
// _8443._https.example.com for others (RFC 9460 §9.1).
func httpsOrigin(name string) (host string, port uint16) {
	const defaultPort = 443
	number, host, ok := strings.Cut(name, "._https.")
	if n, err := strconv.ParseUint(strings.TrimPrefix(number, "_"), 10, 16); ok && err == nil && number[0] == '_' {
		return host, uint16(n)
	}
	return name, defaultPort
}

// http3Service reads an HTTPS record in presentation form: whether it offers HTTP/3, and on which port, which is the origin's
// unless it says otherwise.
func http3Service(data string, port uint16) (_ uint16, offers bool) {
	for _, param := range strings.Fields(data) {
		key, value, _ := strings.Cut(param, "=")
		value = strings.Trim(value, `"`)
		switch key {
		case "alpn":
			offers = slices.ContainsFunc(strings.Split(value, ","), http3Protocol)
		case "port":
			if n, err := strconv.ParseUint(value, 10, 16); err == nil {
				port = uint16(n)
			}
		}
	}
	return port, offers
}

// http3Protocol reports whether an ALPN protocol is HTTP/3 or one of its drafts: h3, h3-29.
func http3Protocol(id string) bool { return id == "h3" || strings.HasPrefix(id, "h3-") }

// altSvc remembers the alternatives of an answer's Alt-Svc header that are HTTP/3 (RFC 7838 §3).
func (j *Joiner) altSvc(r *hanalyze.HTTP) {
	if r.Response == nil {
		return
	}
	for i := range r.Response.Headers {
		h := &r.Response.Headers[i]
		if len(h.Name) != len("Alt-Svc") || !strings.EqualFold(h.Name, "Alt-Svc") {
			continue
		}
		name := strings.ToLower(hostName(r.Authority))
		if strings.TrimSpace(h.Value) == "clear" && name != "" {
			j.http3.put(origin{r.Flow.Client.Addr(), name, 0}, hanalyze.QUICLedBy{Kind: ledByNothing, Frame: r.Last.Packet})
		}
		for alternative := range strings.SplitSeq(h.Value, ",") {
			if port, ok := http3Alternative(alternative); ok && name != "" {
				o := origin{r.Flow.Client.Addr(), name, port}
				j.tell(o, hanalyze.QUICLedBy{Kind: ledByAltSvc, Frame: r.Last.Packet, Conn: r.Flow.ID})
			}
		}
	}
}

// http3Alternative reads one alternative, h3=":443"; ma=86400, and returns its port when it is HTTP/3.
func http3Alternative(s string) (port uint16, ok bool) {
	s, _, _ = strings.Cut(s, ";")
	protocol, authority, _ := strings.Cut(strings.TrimSpace(s), "=")
	authority = strings.Trim(authority, `"`)
	colon := strings.LastIndexByte(authority, ':')
	if !http3Protocol(protocol) || colon < 0 {
		return 0, false
	}
	n, err := strconv.ParseUint(authority[colon+1:], 10, 16)
	return uint16(n), err == nil && n > 0
}
