package tlsinfo

import (
	"time"

	"golang.org/x/crypto/cryptobyte"
	casn1 "golang.org/x/crypto/cryptobyte/asn1"

	"hanalyze"
)

// readStaple reads a CertificateStatus message (RFC 6066 §8, RFC 6961 §2.2): its first response.
func readStaple(body []byte) *hanalyze.OCSPStaple {
	s := cryptobyte.String(body)
	var kind uint8
	var response cryptobyte.String
	ok := s.ReadUint8(&kind)
	if ok && kind == 2 { // ocsp_multi
		ok = s.ReadUint24LengthPrefixed(&s)
	}
	if !ok || !s.ReadUint24LengthPrefixed(&response) {
		return nil
	}
	staple := &hanalyze.OCSPStaple{Bytes: uint64(len(response))}
	if single, ok := firstResponse(response); ok {
		fillStaple(staple, single)
	}
	return staple
}

// firstResponse goes from an OCSPResponse (RFC 6960 §4.2.1) down to its first SingleResponse.
func firstResponse(s cryptobyte.String) (single cryptobyte.String, ok bool) {
	var outer, tagged, bytes, octets, basic, data, list cryptobyte.String
	explicit0 := casn1.Tag(0).Constructed().ContextSpecific()
	ok = s.ReadASN1(&outer, casn1.SEQUENCE) && outer.SkipASN1(casn1.ENUM) &&
		outer.ReadASN1(&tagged, explicit0) && tagged.ReadASN1(&bytes, casn1.SEQUENCE) &&
		bytes.SkipASN1(casn1.OBJECT_IDENTIFIER) && bytes.ReadASN1(&octets, casn1.OCTET_STRING) &&
		octets.ReadASN1(&basic, casn1.SEQUENCE) && basic.ReadASN1(&data, casn1.SEQUENCE) &&
		data.SkipOptionalASN1(explicit0)
	var responder cryptobyte.String
	var tag casn1.Tag
	ok = ok && data.ReadAnyASN1(&responder, &tag) && data.SkipASN1(casn1.GeneralizedTime) &&
		data.ReadASN1(&list, casn1.SEQUENCE) && list.ReadASN1(&single, casn1.SEQUENCE)
	return single, ok
}

// fillStaple reads a SingleResponse.
func fillStaple(staple *hanalyze.OCSPStaple, s cryptobyte.String) {
	var status, next cryptobyte.String
	var tag casn1.Tag
	if !s.SkipASN1(casn1.SEQUENCE) || !s.ReadAnyASN1(&status, &tag) {
		return
	}
	switch tag {
	case casn1.Tag(0).ContextSpecific():
		staple.Status = "good"
	case casn1.Tag(1).Constructed().ContextSpecific():
		staple.Status = "revoked"
	case casn1.Tag(2).ContextSpecific():
		staple.Status = "unknown"
	}
	var t time.Time
	if !s.ReadASN1GeneralizedTime(&t) {
		return
	}
	staple.ThisUpdate = t.UTC().Format(time.RFC3339)
	if s.ReadASN1(&next, casn1.Tag(0).Constructed().ContextSpecific()) && next.ReadASN1GeneralizedTime(&t) {
		staple.NextUpdate = t.UTC().Format(time.RFC3339)
	}
}
