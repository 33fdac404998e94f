package tlsinfo

import "slices"

// entry is one row of a registry.
type entry struct {
	code uint16
	name string
}

// lookup finds the name of code in a table sorted by code; an unknown code is named 0x1a1a-style.
func lookup(table []entry, code uint16) string {
	if i, ok := find(table, code); ok {
		return table[i].name
	}
	return hex16(code)
}

func find(table []entry, code uint16) (int, bool) {
	return slices.BinarySearchFunc(table, code, func(e entry, code uint16) int { return int(e.code) - int(code) })
}

func hex16(v uint16) string {
	const digits = "0123456789abcdef"
	return string([]byte{'0', 'x', digits[v>>12], digits[v>>8&15], digits[v>>4&15], digits[v&15]})
}

// IsGREASE reports whether v is one of the values RFC 8701 reserves for testing that peers ignore what they do not know:
// 0x0a0a, 0x1a1a … 0xfafa.
func IsGREASE(v uint16) bool { return v&0x0f0f == 0x0a0a && v>>8 == v&0xff }

// CipherSuiteName returns the IANA name of a cipher suite, or 0x1a1a.
func CipherSuiteName(v uint16) string { return lookup(cipherSuites[:], v) }

// ExtensionName returns the IANA name of an extension, or 0x1a1a.
func ExtensionName(v uint16) string { return lookup(extensions[:], v) }

// GroupName returns the IANA name of a key exchange group, or 0x1a1a.
func GroupName(v uint16) string { return lookup(groups[:], v) }

// SignatureSchemeName returns the IANA name of a signature scheme, or 0x1a1a.
func SignatureSchemeName(v uint16) string { return lookup(signatureSchemes[:], v) }

// AlertName returns the IANA name of an alert description, or 0x00ff-style.
func AlertName(v uint8) string { return lookup(alerts[:], uint16(v)) }

// alertLevel returns "warning" or "fatal" (RFC 5246 §7.2).
func alertLevel(v uint8) string {
	switch v {
	case 1:
		return "warning"
	case 2:
		return "fatal"
	}
	return hex16(uint16(v))
}

// VersionName returns the name records use for a protocol version: "1.2", "ssl3", "dtls1.2", "1.3_draft20" or 0x1a1a.
func VersionName(v uint16) string {
	if v>>8 == draft13 {
		return "1.3_draft" + decimal2(v&0xff)
	}
	return lookup(versions[:], v)
}

// draft13 is the high byte of the versions of the drafts that became RFC 8446; the low byte is the draft's number.
const draft13 = 0x7f

func decimal2(v uint16) string {
	if v > 99 {
		return hex16(v)
	}
	return string([]byte{'0' + byte(v/10), '0' + byte(v%10)})
}

// is13 reports whether v is TLS 1.3, DTLS 1.3, or one of the drafts and experiments that already encrypted everything
// after ServerHello: IETF drafts (0x7fXX), Google's (0x7eXX) and Facebook's (0xfbXX).
func is13(v uint16) bool {
	return v == version13 || v == versionDTLS13 || v>>8 == draft13 || v>>8 == 0x7e || v>>8 == 0xfb
}

// namesAndMore is names for lists that Info cuts: it keeps one name more than is told.
func namesAndMore(codes []uint16, name func(uint16) string) []string {
	out, more := names(codes, name)
	if more {
		out = append(out, name(codes[MaxNames]))
	}
	return out
}

// names maps codes to names. Lists longer than MaxNames are cut; more reports that.
func names(codes []uint16, name func(uint16) string) (out []string, more bool) {
	if len(codes) > MaxNames {
		codes, more = codes[:MaxNames], true
	}
	if len(codes) == 0 {
		return nil, more
	}
	out = make([]string, len(codes))
	for i, c := range codes {
		out[i] = name(c)
	}
	return out, more
}
