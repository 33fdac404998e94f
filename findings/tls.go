package findings

import (
	"fmt"
	"slices"
	"strings"

	"hanalyze"
)

func (e *Engine) tls(r *hanalyze.TLS) {
	for _, a := range r.Alerts {
		// close_notify is how a TLS connection properly ends.
		if a.Level == "fatal" || a.Description != "close_notify" {
			e.add(&r.Envelope, "tls.alert", alertTitle(a), "")
		}
	}
	e.tlsAgreed(r)
	e.certificates(r)
}

// alertTitle says who sent an alert, and what it means.
func alertTitle(a hanalyze.TLSAlert) string {
	title := fmt.Sprintf("The %s sent the alert %s", a.Dir.Sender(), a.Description)
	if why := alertMeanings[a.Description]; why != "" {
		title += ": " + why
	}
	return title
}

// alertMeanings are what the alerts of RFC 8446 §6.2 and RFC 5246 §7.2.2 say, from the sender's point of view.
var alertMeanings = map[string]string{
	"unexpected_message":              "a message came out of turn",
	"bad_record_mac":                  "a record could not be decrypted: the bytes were changed on the way, or the keys differ",
	"decryption_failed":               "a record could not be decrypted",
	"record_overflow":                 "a record was too long",
	"decompression_failure":           "a record could not be decompressed",
	"handshake_failure":               "the two have no cipher, group or version in common, or a certificate is lacking",
	"no_certificate":                  "it has no certificate to show",
	"bad_certificate":                 "the certificate is damaged or its signature is wrong",
	"unsupported_certificate":         "the certificate is of a kind it cannot use",
	"certificate_revoked":             "the certificate was revoked",
	"certificate_expired":             "the certificate has expired, or is not valid yet",
	"certificate_unknown":             "it does not accept the certificate",
	"illegal_parameter":               "a value in the handshake contradicts another",
	"unknown_ca":                      "it does not know the authority that issued the certificate",
	"access_denied":                   "the certificate is in order, but its owner may not come in",
	"decode_error":                    "a message could not be read",
	"decrypt_error":                   "a signature or a Finished is wrong",
	"export_restriction":              "export rules were broken",
	"protocol_version":                "it does not speak a version that was offered",
	"insufficient_security":           "what was offered is too weak for it",
	"internal_error":                  "it failed for reasons of its own",
	"inappropriate_fallback":          "the client came back with an older version although both know a newer one",
	"user_canceled":                   "somebody cancelled the handshake",
	"no_renegotiation":                "it will not renegotiate",
	"missing_extension":               "an extension is lacking that has to be there",
	"unsupported_extension":           "it got an extension it had not asked for",
	"unrecognized_name":               "it does not know the name that the client asked for",
	"bad_certificate_status_response": "the revocation status that came along is wrong",
	"unknown_psk_identity":            "it does not know the pre-shared key",
	"certificate_required":            "the client has to show a certificate and did not",
	"no_application_protocol":         "it speaks none of the application protocols that were offered (ALPN)",
	"ech_required":                    "the server could not read the encrypted hello; the client comes again with the server's current keys",
	"too_many_cids_requested":         "too many connection IDs were asked for",
}

// tlsAgreed judges what the two ends agreed on.
func (e *Engine) tlsAgreed(r *hanalyze.TLS) {
	switch r.Version {
	case "ssl2", "ssl3", "1.0", "1.1", "dtls1.0":
		e.add(&r.Envelope, "tls.old_version", "The two ends agreed on the obsolete version "+r.Version, "")
	}
	if r.ServerHello == nil {
		return
	}
	if d := r.ServerHello.Downgrade; d != "" && offers(r.ClientHello, d) {
		e.add(&r.Envelope, "tls.downgrade", fmt.Sprintf("The server speaks TLS %s and the client offered it, but they agreed on %s", d, r.Version), "")
	}
	for _, kind := range weakKinds {
		if weak := intersect(r.Weak, kind.weak); len(weak) > 0 {
			e.add(&r.Envelope, kind.id, fmt.Sprintf("%s: %s", kind.title, weakTitle(r, weak)), "")
		}
	}
}

// weakKinds say which finding tells which weakness.
var weakKinds = [...]struct {
	id, title string
	weak      []string
}{
	{"tls.weak_cipher", "The two ends agreed on a broken cipher", []string{"null_cipher", "export", "anonymous", "rc4", "rc2", "3des", "des", "idea", "md5_mac"}},
	{"tls.weak_key_exchange", "The key exchange is weak", []string{"small_dh", "md5_signature", "sha1_signature"}},
	{"tls.compression", "TLS compression is in use", []string{"compression"}},
	{"tls.no_forward_secrecy", "The key exchange has no forward secrecy", []string{"no_forward_secrecy"}},
	{"tls.insecure_renegotiation", "The server does not know secure renegotiation", []string{"insecure_renegotiation"}},
}

func intersect(have, want []string) (both []string) {
	for _, w := range have {
		if slices.Contains(want, w) {
			both = append(both, w)
		}
	}
	return both
}

// weakTitle tells the particulars.
func weakTitle(r *hanalyze.TLS, weak []string) string {
	switch weak[0] {
	case "small_dh":
		return "a group of " + strings.TrimPrefix(r.Group, "dh_") + " bits"
	case "md5_signature", "sha1_signature":
		return "the server signed it with " + r.Signature
	case "compression":
		return r.ServerHello.Compression
	case "insecure_renegotiation":
		return "no renegotiation_info in its hello"
	}
	if r.Cipher == nil {
		return strings.Join(weak, ", ")
	}
	return r.Cipher.Name
}

// offers reports whether a client offered a version.
func offers(h *hanalyze.ClientHello, version string) bool {
	return h != nil && (slices.Contains(h.Versions, version) || len(h.Versions) == 0 && h.Version == version)
}
