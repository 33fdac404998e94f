package tlsinfo

import (
	"crypto/x509"

	"hanalyze"
)

// chain is the certificates of one end, leaf first.
type chain struct {
	seen  bool // there was a Certificate message
	certs []certificate
}

// add reads one certificate and reports whether it has more than MaxSAN names.
func (c *chain) add(der []byte) (more bool) {
	cert, more := readCertificate(der)
	c.certs = append(c.certs, cert)
	return more
}

// matchLeaf notes whether the leaf is valid for the name the client asked for: its dNSNames and iPAddresses are compared
// (RFC 9525 §6), a wildcard stands for the whole leftmost label, and the Common Name counts for nothing.
func (c *chain) matchLeaf(sni string) {
	if len(c.certs) == 0 || sni == "" {
		return
	}
	leaf := &c.certs[0]
	x := x509.Certificate{DNSNames: leaf.dnsNames, IPAddresses: leaf.ips}
	matches := x.VerifyHostname(sni) == nil
	leaf.MatchesSNI = &matches
}

// plain returns the certificates without what depends on the time.
func (c *chain) plain() []hanalyze.Certificate {
	out := make([]hanalyze.Certificate, len(c.certs))
	for i := range c.certs {
		out[i] = c.certs[i].Certificate
	}
	return out
}

// told returns the certificates with the days they have left at now. The copies share what does not change.
func (c *chain) told(now hanalyze.Time) []hanalyze.Certificate {
	if len(c.certs) == 0 {
		return nil
	}
	out := c.plain()
	for i := range c.certs {
		cert := &c.certs[i]
		if !cert.notAfter.IsZero() {
			days := daysUntil(cert.notAfter.Unix(), now)
			out[i].DaysLeft = &days
		}
		out[i].NotYetValid = !cert.notBefore.IsZero() && cert.notBefore.Unix() > now.Std().Unix()
	}
	return out
}

// daysUntil rounds down, so that a certificate that expired an hour ago has -1 days left.
func daysUntil(unix int64, now hanalyze.Time) int64 { return floorDiv(unix-now.Std().Unix(), 24*60*60) }

func floorDiv(a, b int64) int64 {
	q := a / b
	if a%b != 0 && a < 0 {
		q--
	}
	return q
}

// judge says what is wrong with the chain, nil when nothing is. It follows the names of the issuers from the leaf upwards
// (RFC 8446 §4.4.2: each certificate should certify the one before it); signatures are not checked. A server may leave out
// the root, so a chain whose last issuer is not in it is in order. But a leaf that comes alone, and says where its issuer's
// certificate is to be had, comes from an authority with intermediates: clients that do not fetch these refuse it.
func (c *chain) judge() *hanalyze.CertChain {
	if len(c.certs) == 0 || c.certs[0].subject == "" {
		return nil
	}
	var j hanalyze.CertChain
	used := make([]bool, len(c.certs))
	at, n := 0, 1
	for used[0] = true; !c.certs[at].SelfSigned; n++ {
		next := c.issuerOf(at, used)
		if next < 0 {
			break
		}
		j.OutOfOrder = j.OutOfOrder || next != at+1
		used[next], at = true, next
	}
	leaf, last := &c.certs[0], &c.certs[at]
	j.RootSent = at > 0 && last.SelfSigned
	j.Unrelated = uint64(len(c.certs) - n)
	if at == 0 && !leaf.SelfSigned && leaf.issuerURL {
		j.MissingIssuer = leaf.Issuer
	}
	if j == (hanalyze.CertChain{}) {
		return nil
	}
	return &j
}

// issuerOf returns the certificate that is named as the issuer of the one at i and is not used yet, the next one if it can
// be; -1 if there is none.
func (c *chain) issuerOf(i int, used []bool) int {
	issuer := c.certs[i].issuer
	if next := i + 1; next < len(c.certs) && !used[next] && c.certs[next].subject == issuer {
		return next
	}
	for j := range c.certs {
		if !used[j] && c.certs[j].subject == issuer {
			return j
		}
	}
	return -1
}
