package output

import (
	"maps"
	"net/netip"
	"slices"

	"hanalyze"
)

// JSON renders records as NDJSON: one object and a newline per record, in the form of Schema. It keeps nothing between
// records and may be used from several goroutines at once if its Match may.
type JSON struct {
	showSecrets bool
	conns       Conns
	match       Match
}

// NewJSON returns a JSON renderer. Of the options ShowSecrets, Conns and Match matter.
func NewJSON(o Options) *JSON {
	return &JSON{showSecrets: o.ShowSecrets, conns: o.Conns, match: o.Match}
}

// Append appends r as one line. Notices are not printed. It allocates nothing but what b lacks, except for stats.
func (j *JSON) Append(b []byte, r hanalyze.Record) []byte {
	if !j.conns.tells(r) || !j.match.chooses(r) {
		return b
	}
	n := len(b)
	b = append(b, `{"type":"`...)
	b = append(b, r.RecordType()...)
	b = append(b, '"')
	if c, ok := r.(*hanalyze.Conn); ok {
		b = appendEnvelope(b, &c.Envelope, &c.ClientSide, &c.ServerSide)
	} else if e := r.Head(); e != nil {
		b = appendEnvelope(b, e, nil, nil)
	}
	b, printed := j.appendRecord(b, r)
	if !printed {
		return b[:n]
	}
	return append(b, '}', '\n')
}

// appendEnvelope appends the members that every record but stats begins with, after its type. A conn record gives the
// two sides of the flow, whose counts join the endpoints. Only findings about the capture as a whole have no flow.
func appendEnvelope(b []byte, e *hanalyze.Envelope, client, server *hanalyze.Side) []byte {
	b = append(b, `,"ts":"`...)
	b = appendTime(b, e.Start.Time)
	b = append(b, `","frame":`...)
	b = appendUint(b, e.Start.Packet)
	b = append(b, `,"last_frame":`...)
	b = appendUint(b, max(e.Start.Packet, e.Last.Packet))
	if f := e.Flow; f != nil {
		b = appendFlow(b, f, client, server)
	}
	if e.Path != "" {
		b = append(b, `,"path":`...)
		b = appendString(b, e.Path)
	}
	return b
}

func appendFlow(b []byte, f *hanalyze.Flow, client, server *hanalyze.Side) []byte {
	b = append(b, `,"conn":`...)
	b = appendUint(b, f.ID)
	b = append(b, `,"community_id":`...)
	b = appendString(b, f.CommunityID)
	b = append(b, `,"transport":"`...)
	b = append(b, f.Transport.String()...)
	b = append(b, `","client":{`...)
	b = appendEndpoint(b, f.Client)
	b = appendSide(b, client)
	b = append(b, `},"server":{`...)
	b = appendEndpoint(b, f.Server)
	if f.ServerName != "" {
		b = append(b, `,"name":`...)
		b = appendString(b, f.ServerName)
	}
	if f.ServerNameSource != "" {
		b = append(b, `,"name_source":`...)
		b = appendString(b, f.ServerNameSource)
	}
	b = appendSide(b, server)
	return append(b, '}')
}

func appendEndpoint(b []byte, a netip.AddrPort) []byte {
	b = append(b, `"ip":"`...)
	b = a.Addr().AppendTo(b)
	b = append(b, `","port":`...)
	return appendUint(b, uint64(a.Port()))
}

// appendSide appends the counts of one end of a conn record, nothing for nil.
func appendSide(b []byte, s *hanalyze.Side) []byte {
	if s == nil {
		return b
	}
	b = append(b, `,"packets":`...)
	b = appendUint(b, s.Packets)
	b = append(b, `,"bytes":`...)
	b = appendUint(b, s.Bytes)
	b = append(b, `,"payload_bytes":`...)
	b = appendUint(b, s.PayloadBytes)
	if s.State != "" {
		b = append(b, `,"state":`...)
		b = appendString(b, string(s.State))
	}
	return b
}

// appendMissing appends the two members a Missing stands for.
func appendMissing(b []byte, m hanalyze.Missing) []byte {
	if m == 0 {
		return append(b, `,"complete":true`...)
	}
	b = append(b, `,"complete":false,"missing":[`...)
	first := true
	for i, name := range hanalyze.MissingNames {
		if m&(1<<i) == 0 {
			continue
		}
		if !first {
			b = append(b, ',')
		}
		first = false
		b = append(b, '"')
		b = append(b, name...)
		b = append(b, '"')
	}
	return append(b, ']')
}

// appendHeader appends one header field, its value masked if need be.
func (j *JSON) appendHeader(b []byte, h *hanalyze.Header) []byte {
	b = append(b, `{"name":"`...)
	if h.Value == "" && !j.showSecrets {
		b = appendName(b, h.Name)
	} else {
		b = appendEscaped(b, h.Name)
	}
	b = append(b, `","value":"`...)
	if j.showSecrets {
		b = appendEscaped(b, h.Value)
	} else {
		b = appendMasked(b, h.Name, h.Value)
	}
	if h.Unresolved {
		return append(b, `","unresolved":true}`...)
	}
	return append(b, `"}`...)
}

// appendCounts appends a map as an object with its keys in order, so that the same counts give the same bytes.
func appendCounts(b []byte, m map[string]uint64) []byte {
	b = append(b, '{')
	for i, k := range slices.Sorted(maps.Keys(m)) {
		if i > 0 {
			b = append(b, ',')
		}
		b = appendString(b, k)
		b = append(b, ':')
		b = appendUint(b, m[k])
	}
	return append(b, '}')
}

// closeObject ends the object whose members begin at n, each with a comma before it: the first comma becomes the brace.
func closeObject(b []byte, n int) []byte {
	if len(b) == n {
		return append(b, '{', '}')
	}
	b[n] = '{'
	return append(b, '}')
}
