package findings

import (
	"fmt"
	"strings"

	"hanalyze"
)

// minRSABits is the least RSA key that authorities may certify (CA/Browser Forum Baseline Requirements §6.1.5).
const minRSABits = 2048

// certificates judges the server's chain as its client would, but for the trust in its root, which only the client knows.
func (e *Engine) certificates(r *hanalyze.TLS) {
	if len(r.Certificates) == 0 {
		return
	}
	add := func(id, format string, args ...any) { e.add(&r.Envelope, id, fmt.Sprintf(format, args...), "") }
	leaf := &r.Certificates[0]
	switch {
	case leaf.DaysLeft != nil && *leaf.DaysLeft < 0:
		add("tls.certificate_expired", "The server's certificate expired on %s", leaf.NotAfter)
	case leaf.NotYetValid:
		add("tls.certificate_not_yet_valid", "The server's certificate is valid from %s", leaf.NotBefore)
	}
	if leaf.MatchesSNI != nil && !*leaf.MatchesSNI {
		add("tls.certificate_name", "The server's certificate is not for %s%s", r.SNI, commonNameOnly(leaf, r.SNI))
	}
	if leaf.SelfSigned {
		add("tls.self_signed", "The server's certificate is signed by nobody else (%s)", leaf.Subject)
	}
	if weak := weakCertificate(leaf); weak != "" {
		add("tls.weak_certificate", "The server's certificate %s", weak)
	}
	if leaf.Error != "" {
		add("tls.certificate_malformed", "The server's certificate breaks the rules: %s", leaf.Error)
	}
	e.chain(r)
	if r.OCSP != nil && r.OCSP.Status == "revoked" {
		add("tls.certificate_revoked", "The server itself says that its certificate was revoked")
	}
}

// chain tells what is wrong with what came with the leaf.
func (e *Engine) chain(r *hanalyze.TLS) {
	c := r.Chain
	switch {
	case c == nil:
	case c.MissingIssuer != "":
		e.add(&r.Envelope, "tls.chain", "The server sent its certificate without that of its issuer, "+c.MissingIssuer, hanalyze.Inferred)
	case c.OutOfOrder:
		e.add(&r.Envelope, "tls.chain", "The server's certificates are out of order", "")
	case c.Unrelated > 0:
		e.add(&r.Envelope, "tls.chain", fmt.Sprintf("%d of the server's certificates do not belong to its chain", c.Unrelated), "")
	}
	if c != nil && c.RootSent {
		e.add(&r.Envelope, "tls.root_sent", "The server sent the root certificate along", "")
	}
}

// commonNameOnly says so when a certificate has the name only where clients no longer look.
func commonNameOnly(leaf *hanalyze.Certificate, name string) string {
	for _, part := range strings.Split(leaf.Subject, ",") {
		if cn, ok := strings.CutPrefix(part, "CN="); ok && strings.EqualFold(cn, name) {
			return ": its Common Name is, but clients look at the subject alternative names alone"
		}
	}
	return ""
}

// weakCertificate says what of a certificate is too weak, "" for nothing. The signature of a self-signed one proves nothing
// anyway.
func weakCertificate(c *hanalyze.Certificate) string {
	switch {
	case c.Key.Alg == "RSA" && c.Key.Bits > 0 && c.Key.Bits < minRSABits:
		return fmt.Sprintf("has an RSA key of %d bits", c.Key.Bits)
	case c.SelfSigned:
	case strings.HasPrefix(c.SigAlg, "md"), strings.Contains(strings.ToLower(c.SigAlg), "sha1"):
		return "is signed with " + c.SigAlg
	}
	return ""
}
