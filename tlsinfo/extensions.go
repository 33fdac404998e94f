package tlsinfo

import (
	"slices"

	"golang.org/x/crypto/cryptobyte"

	"hanalyze"
)

// extension reads one extension of a ClientHello and reports whether it is well-formed.
func (h *ClientHello) extension(typ uint16, b cryptobyte.String) bool {
	switch typ {
	case extServerName:
		return readServerName(b, &h.SNI)
	case extALPN:
		return readALPN(b, &h.ALPN)
	case extSupportedVersions:
		return readList8(b, &h.Versions)
	case extSupportedGroups:
		return readList16(b, &h.Groups)
	case extSignatureAlgorithms:
		return readList16(b, &h.SignatureAlgorithms)
	case extPointFormats:
		var list cryptobyte.String
		if !b.ReadUint8LengthPrefixed(&list) || !b.Empty() {
			return false
		}
		h.PointFormats = slices.Clone([]byte(list))
	case extKeyShare:
		return readKeyShares(b, &h.KeyShares)
	case extSessionTicket:
		h.Ticket = len(b) > 0
		h.More.TicketBytes = uint64(len(b))
	case extPreSharedKey:
		h.PSK = true
		return readPSKs(b, &h.More.PSKs)
	case extEarlyData:
		h.EarlyData = true
	case extECH:
		h.ECH = true
		return readECH(b, &h.More)
	case extRenegotiation:
		h.SecureRenegotiation = true
	case extQUICParameters, extQUICParametersDraft:
		h.QUICParameters = slices.Clone([]byte(b))
	default:
		return readMore(&h.More, typ, b)
	}
	return true
}

// readMore reads the extensions of a ClientHello that are told and concluded nothing from.
func readMore(o *hanalyze.ClientHello, typ uint16, b cryptobyte.String) bool {
	switch typ {
	case extPadding:
		o.PaddingBytes = uint64(len(b))
	case extSignatureAlgorithmsCert:
		return readNames16(b, &o.CertSignatures, SignatureSchemeName)
	case extDelegatedCredential:
		return readNames16(b, &o.DelegatedCredential, SignatureSchemeName)
	case extPSKModes:
		return readNames8(b, &o.PSKModes, pskModeName)
	case extClientCertType:
		return readNames8(b, &o.ClientCertTypes, certTypeName)
	case extServerCertType:
		return readNames8(b, &o.ServerCertTypes, certTypeName)
	case extALPS, extALPSOld:
		return readALPN(b, &o.ALPS)
	case extCompressCertificate:
		return readCertCompression(b, &o.CertCompression)
	case extStatusRequest, extStatusRequestV2:
		return readStatusRequest(typ, b, &o.StatusRequest)
	case extCookie:
		var cookie cryptobyte.String
		ok := b.ReadUint16LengthPrefixed(&cookie) && b.Empty()
		o.CookieBytes = uint64(len(cookie))
		return ok
	case extRecordSizeLimit:
		return readNumber16(b, &o.RecordSizeLimit)
	case extMaxFragmentLength:
		return readFragmentLength(b, &o.MaxFragmentLength)
	case extHeartbeat:
		return readHeartbeat(b, &o.Heartbeat)
	case extTokenBinding:
		return readTokenBinding(b, &o.TokenBinding)
	case extUseSRTP:
		return readSRTP(b, &o.SRTPProfiles)
	case extConnectionID:
		return readConnectionID(b, &o.ConnectionIDBytes)
	case extTrustedCAKeys:
		return countAuthorities(b, &o.Authorities)
	case extCertificateAuthorities:
		return countNames(b, &o.Authorities)
	}
	return true
}

// extension reads one extension of a ServerHello or EncryptedExtensions and reports whether it is well-formed.
func (h *ServerHello) extension(typ uint16, b cryptobyte.String) bool {
	o := &h.More
	switch typ {
	case extALPN:
		var list []string
		if !readALPN(b, &list) || len(list) != 1 { // RFC 7301 §3.1: exactly one
			return false
		}
		h.ALPN = list[0]
	case extSupportedVersions:
		return b.ReadUint16(&h.Selected) && b.Empty()
	case extKeyShare:
		// A HelloRetryRequest names the group alone, a ServerHello has the key after it (RFC 8446 §4.2.8).
		h.HasKeyShare = b.ReadUint16(&h.KeyShare)
		return h.HasKeyShare
	case extPreSharedKey:
		h.PSK = true
		var n uint64
		o.PSK = &n
		return readNumber16(b, &n)
	case extSessionTicket:
		h.Ticket = true
	case extCookie:
		h.Cookie = true
	case extECH:
		h.ECH = true
	case extEarlyData:
		h.EarlyData = true
	case extRenegotiation:
		h.SecureRenegotiation = true
	case extQUICParameters, extQUICParametersDraft:
		h.QUICParameters = slices.Clone([]byte(b))
	case extSCT:
		return countSCTs(b, &o.SCTs)
	case extNPN:
		return readProtocols(b, &o.NPN)
	case extRecordSizeLimit:
		return readNumber16(b, &o.RecordSizeLimit)
	case extMaxFragmentLength:
		return readFragmentLength(b, &o.MaxFragmentLength)
	case extHeartbeat:
		return readHeartbeat(b, &o.Heartbeat)
	case extUseSRTP:
		var chosen []string
		if !readSRTP(b, &chosen) || len(chosen) != 1 { // RFC 5764 §4.1.1: exactly one
			return false
		}
		o.SRTPProfile = chosen[0]
	case extClientCertType:
		return readCertType(b, &o.ClientCertType)
	case extServerCertType:
		return readCertType(b, &o.ServerCertType)
	case extConnectionID:
		return readConnectionID(b, &o.ConnectionIDBytes)
	}
	return true
}
