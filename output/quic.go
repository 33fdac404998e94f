package output

import (
	"strconv"
	"strings"

	"hanalyze"
)

// quic adds a QUIC connection: how it opened, the TLS handshake in it, what was out of the ordinary, how it ended.
func (s *Story) quic(k *block, q *hanalyze.QUIC) {
	s.line(k, &q.Start, " ", chunk{"quic", plain}, quicWords(q))
	if q.TLS != nil {
		s.more(k, nil, " ", chunk{"tls", plain}, quicTLSWords(q.TLS))
	}
	for _, n := range quicRemarks(q) {
		if n.text != "" {
			s.more(k, nil, " ", chunk{}, []chunk{n})
		}
	}
	if q.Spin != nil {
		for i, words := range quicSpinLines(q.Spin) {
			s.more(k, nil, " ", chunk{[...]string{"rtt", "", ""}[i], plain}, words)
		}
	}
	s.more(k, nil, " ", chunk{"packets", dim}, quicPackets(q))
	if q.Close != nil {
		s.more(k, nil, " ", chunk{"close", plain}, []chunk{quicClose(q.Close)})
	}
}

// quicWords tells the opening in one line.
func quicWords(q *hanalyze.QUIC) []chunk {
	return append([]chunk{{"version " + quicVersion(q), bold}, quicOpening(q), quicTrips(q)}, incomplete(quicMissing(q)))
}

func quicVersion(q *hanalyze.QUIC) string {
	if q.Version == "" {
		return "unknown"
	}
	return Printable(q.Version)
}

// quicMissing leaves out what the line says already: of a version whose packets nobody here reads no keys are missed.
func quicMissing(q *hanalyze.QUIC) hanalyze.Missing { return q.Missing &^ hanalyze.MissingNoKeys }

// quicOpening tells whether the connection was established.
func quicOpening(q *hanalyze.QUIC) chunk {
	d, known := q.Handshake.Get()
	switch {
	case q.Missing&hanalyze.MissingNoKeys != 0:
		return chunk{"only its name is known: what it says cannot be read", dim}
	case q.Established && known:
		return chunk{"handshake in " + lasting(d), plain}
	case q.Established:
		return chunk{"established", plain}
	case q.Server.Datagrams == 0 && q.Missing&hanalyze.MissingMidStream == 0:
		if q.Missing&hanalyze.MissingEndOfCapture != 0 {
			return chunk{"no answer yet when the capture ended", yellow}
		}
		return chunk{"the server never answered", red}
	case q.Close != nil && q.Close.Code != "NO_ERROR":
		return chunk{"refused by the " + Printable(q.Close.By), red}
	case q.VersionNegotiation && q.Server.Packets.Initial == 0:
		return chunk{"no version in common", red}
	}
	if q.Missing&hanalyze.MissingMidStream != 0 {
		return chunk{"its beginning was not captured", yellow}
	}
	return chunk{"handshake not finished", yellow}
}

// quicTrips splits the first round trip at the capture point.
func quicTrips(q *hanalyze.QUIC) chunk {
	server, known1 := q.ServerRTT.Get()
	client, known2 := q.ClientRTT.Get()
	if !known1 || !known2 {
		return chunk{}
	}
	return chunk{"server side " + lasting(server) + ", client side " + lasting(client), dim}
}

// quicTLSWords tells the handshake inside. Its time and its end are QUIC's.
func quicTLSWords(t *hanalyze.TLS) []chunk {
	inner := *t
	inner.Handshake, inner.NotDecrypted = hanalyze.Span{}, ""
	words := tlsWords(&inner)
	if t.ALPN != nil && len(t.ALPN.Offered) > 0 {
		offered := t.ALPN.Offered[:min(len(t.ALPN.Offered), maxShown)]
		words = append(words, chunk{"offers " + clip(strings.Join(offered, ", ")), plain})
	}
	if t.ClientHello != nil && t.ClientHello.ECH {
		words = append(words, chunk{"with an encrypted ClientHello (or one that pretends to be)", dim})
	}
	return words
}

// quicRemarks tells what is out of the ordinary, a sentence each.
func quicRemarks(q *hanalyze.QUIC) (list []chunk) {
	add := func(on bool, c color, text string) {
		if on {
			list = append(list, chunk{text, c})
		}
	}
	if l := q.LedBy; l != nil {
		what := map[string]string{"https_record": "an HTTPS record in DNS", "alt_svc": "an Alt-Svc header"}[l.Kind]
		add(true, dim, "that the server speaks HTTP/3 was told by "+what+" (#"+strconv.FormatUint(l.Conn, 10)+", packet "+strconv.FormatUint(l.Frame, 10)+")")
	}
	add(q.VersionNegotiation, yellow, "the server does not speak version "+quicOffered(q)+quicSupported(q))
	add(q.OfferedVersion != "" && !q.VersionNegotiation, cyan, "begun with version "+Printable(q.OfferedVersion)+", changed on the way")
	add(q.Retry, cyan, "the server asked the client to prove its address first (Retry): one more round trip")
	add(q.TokenFrom != "", dim, "the client showed a token of an earlier connection, so that its address needs no other proof")
	add(q.TokenBytes > 0 && q.TokenFrom == "", dim, "the client showed a token, so that its address needs no other proof: of an earlier connection, or of a Retry that is not in the capture")
	add(q.Packets.ZeroRTT > 0, cyan, "the client sent data before the handshake was over (0-RTT): "+count(q.Packets.ZeroRTT, "packet"))
	if a := q.Amplification; a != nil {
		wait, _ := a.Wait.Get()
		add(true, yellow, "before the client's address was proven the server had sent all it may, "+size(a.ServerBytes)+" for "+size(a.ClientBytes)+", and waited "+lasting(wait))
	}
	if n := q.Client.Retransmitted; n > 0 {
		add(true, yellow, "the client repeated "+count(n, "Initial packet"))
	}
	if n := q.Server.Retransmitted; n > 0 {
		add(true, yellow, "the server repeated "+count(n, "Initial packet"))
	}
	if r := q.StatelessReset; r != nil {
		what := "the last packet, of the " + Printable(r.By) + ", looks like a stateless reset"
		if r.Packets > 1 {
			what = count(r.Packets, "packet") + " of the " + Printable(r.By) + " end alike, as stateless resets do"
		}
		add(true, yellow, what+": it may no longer have known the connection")
	}
	if u := q.Unheard; u != nil {
		d, _ := u.Lasted.Get()
		add(true, yellow, "at the end the "+Printable(u.By)+" went on for "+lasting(d)+" and heard nothing: "+count(u.Datagrams, "datagram"))
	}
	return append(list, quicProbes("client", &q.Client), quicProbes("server", &q.Server))
}

// quicProbes tells of an end's path MTU probes.
func quicProbes(end string, e *hanalyze.QUICEnd) chunk {
	p := e.Probes
	if p == nil {
		return chunk{}
	}
	text := "the " + end + " seems to have tried whether the path carries larger datagrams, up to " + size(p.MaxBytes)
	if p.Used {
		text += ", and it does"
	}
	return chunk{text, dim}
}

// quicSupported tells what the server offered instead of the client's version.
func quicSupported(q *hanalyze.QUIC) string {
	if len(q.SupportedVersions) == 0 {
		return "; its answer is not in the capture"
	}
	return "; it offered " + clip(strings.Join(q.SupportedVersions[:min(len(q.SupportedVersions), maxShown)], ", "))
}

// quicSpinLines tells the round trips measured by the spin bit.
func quicSpinLines(x *hanalyze.QUICSpin) (list [][]chunk) {
	for _, part := range [...]struct {
		name string
		rtt  *hanalyze.RTT
	}{{"by the spin bit", &x.RTT}, {"to the server", &x.Server}, {"to the client", &x.Client}} {
		words := rttWords(part.rtt)
		words[0].text = part.name + ": " + words[0].text
		list = append(list, words)
	}
	return list
}

// quicOffered is the version the client began with.
func quicOffered(q *hanalyze.QUIC) string {
	if q.OfferedVersion != "" {
		return Printable(q.OfferedVersion)
	}
	return quicVersion(q)
}

// quicPackets counts packets by what protects them.
func quicPackets(q *hanalyze.QUIC) []chunk {
	var kinds []string
	for _, k := range [...]struct {
		n    uint64
		name string
	}{
		{q.Packets.VersionNegotiation, "Version Negotiation"}, {q.Packets.Retry, "Retry"}, {q.Packets.Initial, "Initial"},
		{q.Packets.ZeroRTT, "0-RTT"}, {q.Packets.Handshake, "Handshake"}, {q.Packets.OneRTT, "1-RTT"}, {q.Packets.Other, "of other kinds"},
	} {
		if k.n > 0 {
			kinds = append(kinds, strconv.FormatUint(k.n, 10)+" "+k.name)
		}
	}
	return []chunk{
		{strings.Join(kinds, ", "), dim},
		{"largest datagram " + size(q.Client.MaxDatagramBytes) + " up, " + size(q.Server.MaxDatagramBytes) + " down", dim},
	}
}

// quicClose tells a close in the clear.
func quicClose(x *hanalyze.QUICClose) chunk {
	text := "closed by the " + Printable(x.By) + ": " + Printable(x.Code)
	if x.Alert != "" {
		text += " (TLS alert " + Printable(x.Alert) + ")"
	}
	if x.Reason != "" {
		text += ", it says “" + clip(x.Reason) + "”"
	}
	if x.Code == "NO_ERROR" {
		return chunk{text, plain}
	}
	return chunk{text, red}
}

// liveQUIC tells a connection that is over, first what fits a narrow line.
func liveQUIC(q *hanalyze.QUIC) []chunk {
	words := []chunk{{"QUIC " + quicVersion(q), bold}, quicOpening(q)}
	if t := q.TLS; t != nil && t.SNI != "" && (q.Flow == nil || t.SNI != q.Flow.ServerName) {
		words = append(words, chunk{"SNI " + clip(t.SNI), plain})
	}
	if q.Close != nil {
		words = append(words, quicClose(q.Close))
	}
	words = append(words, quicPackets(q)...)
	return append(words, incomplete(quicMissing(q)))
}
