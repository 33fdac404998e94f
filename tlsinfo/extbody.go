package tlsinfo

import (
	"slices"

	"golang.org/x/crypto/cryptobyte"

	"hanalyze"
)

// The readers of extension bodies, in the order of their structure: each takes a whole body, sets what it tells and reports
// whether it is well-formed. Lists may have one element more than is told, so that Info can say that there are.

// readServerName reads the ServerNameList of RFC 6066 §3 and sets sni to the first host_name.
func readServerName(b cryptobyte.String, sni *string) bool {
	var list cryptobyte.String
	if !b.ReadUint16LengthPrefixed(&list) || !b.Empty() || list.Empty() {
		return false
	}
	for !list.Empty() {
		var typ uint8
		var name cryptobyte.String
		if !list.ReadUint8(&typ) || !list.ReadUint16LengthPrefixed(&name) {
			return false
		}
		if typ == 0 && *sni == "" {
			*sni = string(name)
		}
	}
	return true
}

// readALPN reads the ProtocolNameList of RFC 7301 §3.1.
func readALPN(b cryptobyte.String, out *[]string) bool {
	var list cryptobyte.String
	if !b.ReadUint16LengthPrefixed(&list) || !b.Empty() {
		return false
	}
	return readProtocols(list, out)
}

// readProtocols reads protocol names, each with a byte of length, to the end.
func readProtocols(list cryptobyte.String, out *[]string) bool {
	for !list.Empty() {
		var name cryptobyte.String
		if !list.ReadUint8LengthPrefixed(&name) || name.Empty() {
			return false
		}
		*out = append(*out, string(name))
	}
	return true
}

// readKeyShares reads the groups of KeyShareClientHello (RFC 8446 §4.2.8).
func readKeyShares(b cryptobyte.String, out *[]uint16) bool {
	var list cryptobyte.String
	if !b.ReadUint16LengthPrefixed(&list) || !b.Empty() {
		return false
	}
	for !list.Empty() {
		var group uint16
		var key cryptobyte.String
		if !list.ReadUint16(&group) || !list.ReadUint16LengthPrefixed(&key) {
			return false
		}
		*out = append(*out, group)
	}
	return true
}

// readList8 reads a vector of uint16 whose length has one byte; readList16 one whose length has two.
func readList8(b cryptobyte.String, out *[]uint16) bool {
	var list cryptobyte.String
	if !b.ReadUint8LengthPrefixed(&list) || !b.Empty() || len(list)%2 != 0 {
		return false
	}
	*out = uint16s(list)
	return true
}

func readList16(b cryptobyte.String, out *[]uint16) bool {
	var list cryptobyte.String
	if !b.ReadUint16LengthPrefixed(&list) || !b.Empty() || len(list)%2 != 0 {
		return false
	}
	*out = uint16s(list)
	return true
}

// uint16s reads all of b, whose length is even.
func uint16s(b []byte) []uint16 {
	if len(b) == 0 {
		return nil
	}
	out := make([]uint16, len(b)/2)
	for i := range out {
		out[i] = uint16(b[2*i])<<8 | uint16(b[2*i+1])
	}
	return out
}

// readNames16 is readList16 for names.
func readNames16(b cryptobyte.String, out *[]string, name func(uint16) string) bool {
	var codes []uint16
	ok := readList16(b, &codes)
	*out = namesAndMore(codes, name)
	return ok
}

// readNames8 reads a vector of single bytes and names them.
func readNames8(b cryptobyte.String, out *[]string, name func(uint8) string) bool {
	var list cryptobyte.String
	if !b.ReadUint8LengthPrefixed(&list) || !b.Empty() {
		return false
	}
	for _, v := range list {
		*out = append(*out, name(v))
	}
	return true
}

// readNumber16 reads a uint16.
func readNumber16(b cryptobyte.String, out *uint64) bool {
	var v uint16
	ok := b.ReadUint16(&v) && b.Empty()
	*out = uint64(v)
	return ok
}

// readFragmentLength reads the exponent of RFC 6066 §4 as bytes; an undefined one tells nothing.
func readFragmentLength(b cryptobyte.String, out *uint64) bool {
	var v uint8
	if !b.ReadUint8(&v) || !b.Empty() {
		return false
	}
	if v >= 1 && v <= 4 {
		*out = 256 << v
	}
	return true
}

// readHeartbeat reads the HeartbeatMode of RFC 6520 §2.
func readHeartbeat(b cryptobyte.String, out *string) bool {
	var v uint8
	if !b.ReadUint8(&v) || !b.Empty() {
		return false
	}
	switch v {
	case 1:
		*out = "allowed"
	case 2:
		*out = "not_allowed"
	}
	return true
}

// readCertType reads the one certificate type that a server chose (RFC 7250 §3).
func readCertType(b cryptobyte.String, out *string) bool {
	var v uint8
	if !b.ReadUint8(&v) || !b.Empty() {
		return false
	}
	*out = certTypeName(v)
	return true
}

// readPSKs reads OfferedPsks (RFC 8446 §4.2.11); the binders prove something to the server alone.
func readPSKs(b cryptobyte.String, out *[]hanalyze.OfferedPSK) bool {
	var list, binders cryptobyte.String
	if !b.ReadUint16LengthPrefixed(&list) || !b.ReadUint16LengthPrefixed(&binders) || !b.Empty() || list.Empty() {
		return false
	}
	for !list.Empty() {
		var identity cryptobyte.String
		var age uint32
		if !list.ReadUint16LengthPrefixed(&identity) || !list.ReadUint32(&age) {
			return false
		}
		if len(*out) <= MaxPSKs {
			*out = append(*out, hanalyze.OfferedPSK{IdentityBytes: uint64(len(identity)), ObfuscatedAge: uint64(age)})
		}
	}
	return true
}

// readECH reads ECHClientHello (RFC 9849 §5): the outer one, or the mark of an inner one that a front end passed on.
func readECH(b cryptobyte.String, h *hanalyze.ClientHello) bool {
	var typ, config uint8
	var kdf, aead uint16
	var enc, payload cryptobyte.String
	if !b.ReadUint8(&typ) {
		return false
	}
	if typ == 1 {
		h.ECHOffer = &hanalyze.ECHOffer{Type: "inner"}
		return b.Empty()
	}
	if typ != 0 || !b.ReadUint16(&kdf) || !b.ReadUint16(&aead) || !b.ReadUint8(&config) ||
		!b.ReadUint16LengthPrefixed(&enc) || !b.ReadUint16LengthPrefixed(&payload) || !b.Empty() {
		return false
	}
	id := uint64(config)
	h.ECHOffer = &hanalyze.ECHOffer{Type: "outer", KDF: hpkeKDFName(kdf), AEAD: hpkeAEADName(aead), KEM: hpkeKEMOf(len(enc)),
		ConfigID: &id, EncBytes: uint64(len(enc)), PayloadBytes: uint64(len(payload))}
	return true
}

// readCertCompression reads the algorithms of RFC 8879 §3.
func readCertCompression(b cryptobyte.String, out *[]string) bool {
	var codes []uint16
	ok := readList8(b, &codes)
	*out = namesAndMore(codes, certCompressionName)
	return ok
}

// readStatusRequest reads what is asked for by status_request (RFC 6066 §8) or its version 2 (RFC 6961 §2.2).
func readStatusRequest(typ uint16, b cryptobyte.String, out *[]string) bool {
	list, ok := b, !b.Empty()
	if typ == extStatusRequestV2 {
		ok = b.ReadUint16LengthPrefixed(&list) && b.Empty()
	}
	for ok && !list.Empty() {
		var kind uint8
		ok = list.ReadUint8(&kind)
		var request cryptobyte.String
		if typ == extStatusRequestV2 {
			ok = ok && list.ReadUint16LengthPrefixed(&request)
		} else {
			list = nil // what follows the kind depends on it
		}
		if name := statusTypeName(kind); ok && !slices.Contains(*out, name) {
			*out = append(*out, name)
		}
	}
	return ok
}

// readTokenBinding reads the key parameters of RFC 8472 §2.
func readTokenBinding(b cryptobyte.String, out *[]string) bool {
	var version uint16
	return b.ReadUint16(&version) && readNames8(b, out, tokenBindingName)
}

// readSRTP reads UseSRTPData (RFC 5764 §4.1.1).
func readSRTP(b cryptobyte.String, out *[]string) bool {
	var list, mki cryptobyte.String
	if !b.ReadUint16LengthPrefixed(&list) || !b.ReadUint8LengthPrefixed(&mki) || !b.Empty() || len(list)%2 != 0 {
		return false
	}
	*out = namesAndMore(uint16s(list), srtpProfileName)
	return true
}

// readConnectionID reads the length of the ID the sender wants to get (RFC 9146 §3); 0 means that it wants none.
func readConnectionID(b cryptobyte.String, out **uint64) bool {
	var id cryptobyte.String
	ok := b.ReadUint8LengthPrefixed(&id) && b.Empty()
	n := uint64(len(id))
	*out = &n
	return ok
}

// countAuthorities counts TrustedAuthorities (RFC 6066 §6): a type, and nothing, a hash or a name.
func countAuthorities(b cryptobyte.String, n *uint64) bool {
	var list cryptobyte.String
	if !b.ReadUint16LengthPrefixed(&list) || !b.Empty() {
		return false
	}
	const sha1Bytes = 20
	for ; !list.Empty(); *n++ {
		var kind uint8
		var name cryptobyte.String
		list.ReadUint8(&kind)
		switch {
		case kind == 0:
		case kind == 2 && list.ReadUint16LengthPrefixed(&name):
		case (kind == 1 || kind == 3) && list.Skip(sha1Bytes):
		default:
			return false
		}
	}
	return true
}

// countNames counts the DistinguishedNames of a vector (RFC 8446 §4.2.4, RFC 5246 §7.4.4).
func countNames(b cryptobyte.String, n *uint64) bool { return countVectors(b, n) }

// countSCTs counts the timestamps of a SignedCertificateTimestampList (RFC 6962 §3.3).
func countSCTs(b cryptobyte.String, n *uint64) bool { return countVectors(b, n) }

func countVectors(b cryptobyte.String, n *uint64) bool {
	var list cryptobyte.String
	if !b.ReadUint16LengthPrefixed(&list) || !b.Empty() {
		return false
	}
	return countList(list, n)
}

// countList counts vectors whose length has two bytes, to the end.
func countList(list cryptobyte.String, n *uint64) bool {
	var one cryptobyte.String
	for ; !list.Empty(); *n++ {
		if !list.ReadUint16LengthPrefixed(&one) {
			return false
		}
	}
	return true
}
