package output

import (
	"strings"

	"hanalyze"
)

// tlsWords tells a TLS handshake.
func tlsWords(t *hanalyze.TLS) []chunk {
	list := []chunk{tlsVersion(t)}
	add := func(on bool, text string, c color) {
		if on {
			list = append(list, chunk{text, c})
		}
	}
	if t.Cipher != nil {
		add(true, Printable(t.Cipher.Name), plain)
	}
	add(t.Group != "", Printable(t.Group), plain)
	add(t.SNI != "", "SNI "+clip(t.SNI), plain)
	if t.ALPN != nil {
		add(t.ALPN.Chosen != "", "ALPN "+clip(t.ALPN.Chosen), plain)
	}
	list = append(list, resumptionWords(t))
	list = append(list, took(t.Handshake))
	add(t.HandshakeRTTs > 0, count(t.HandshakeRTTs, "round trip"), dim)
	list = append(list, helloRetryWords(t), echWords(t))
	add(t.EarlyData != "not_offered" && t.EarlyData != "", "early data "+t.EarlyData, cyan)
	add(t.FalseStart, "false start", cyan)
	list = append(list, clientAuthWords(t))
	if len(t.Certificates) > 0 {
		list = append(list, certificateWords(&t.Certificates[0])...)
	}
	if k := t.ServerKey; k != nil {
		add(true, "no certificate: a raw "+Printable(k.Key.Alg)+" key", dim)
	}
	for i, a := range t.Alerts {
		if i < maxShown {
			list = append(list, alertWords(&a))
		}
	}
	add(t.Decrypted, "decrypted", green)
	return append(list, incomplete(t.Missing&^hanalyze.MissingNoKeys))
}

// tlsVersion returns what was negotiated, "TLS 1.3".
func tlsVersion(t *hanalyze.TLS) chunk {
	switch {
	case t.Version == "":
		return chunk{"TLS, no answer to the ClientHello", yellow}
	case t.Version[0] >= '0' && t.Version[0] <= '9':
		return chunk{"TLS " + Printable(t.Version), bold}
	}
	return chunk{strings.ToUpper(Printable(t.Version)), bold}
}

// resumptionWords tells whether the handshake went through, and whether it took up an earlier session.
func resumptionWords(t *hanalyze.TLS) chunk {
	switch {
	case t.Resumption.Kind != "none" && t.Resumption.Kind != "":
		return chunk{"resumed (" + Printable(t.Resumption.Kind) + ")", cyan}
	case t.Established:
		return chunk{"full handshake", plain}
	case t.Version != "":
		return chunk{"handshake not finished", yellow}
	}
	return chunk{}
}

// helloRetryWords tells why the client had to send its hello again.
func helloRetryWords(t *hanalyze.TLS) chunk {
	r := t.HelloRetry
	switch {
	case r == nil:
		return chunk{}
	case r.Group != "":
		return chunk{"hello sent again: the server wanted " + Printable(r.Group), yellow}
	case r.Cookie:
		return chunk{"hello sent again with the server's cookie", dim}
	}
	return chunk{"hello sent again", yellow}
}

// echWords tells what is known of Encrypted Client Hello. When it was offered in earnest, the SNI is not the name meant.
func echWords(t *hanalyze.TLS) chunk {
	switch t.ECH {
	case "rejected":
		return chunk{"encrypted hello rejected", yellow}
	case "accepted":
		return chunk{"encrypted hello accepted", cyan}
	}
	return chunk{} // most clients offer one for show
}

func clientAuthWords(t *hanalyze.TLS) chunk {
	switch {
	case len(t.ClientCerts) > 0:
		return chunk{"client certificate " + shorten(clip(t.ClientCerts[0].Subject), 50), plain}
	case t.ClientAuth.Sent:
		return chunk{"client certificate sent", plain}
	case t.ClientAuth.Requested:
		return chunk{"client certificate asked for", plain}
	}
	return chunk{}
}

func alertWords(a *hanalyze.TLSAlert) chunk {
	c := yellow
	switch {
	case a.Description == "close_notify":
		c = dim
	case a.Level == "fatal":
		c = red
	}
	return chunk{a.Dir.Sender() + " alert: " + Printable(a.Description), c}
}

func certificateWords(c *hanalyze.Certificate) []chunk {
	list := []chunk{{"certificate " + shorten(clip(c.Subject), 50), dim}}
	if c.DaysLeft != nil {
		switch n := *c.DaysLeft; {
		case n < 0:
			list = append(list, chunk{"expired", red})
		case n < 14:
			list = append(list, chunk{"expires in " + count(uint64(n), "day"), yellow})
		}
	}
	if c.NotYetValid {
		list = append(list, chunk{"not valid yet", red})
	}
	if c.MatchesSNI != nil && !*c.MatchesSNI {
		list = append(list, chunk{"not for this name", red})
	}
	return list
}
