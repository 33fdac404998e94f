package tlsinfo

import (
	"encoding/asn1"
	"encoding/hex"
	"strings"
	"unicode/utf16"

	"golang.org/x/crypto/cryptobyte"
	casn1 "golang.org/x/crypto/cryptobyte/asn1"
)

// nameString prints a distinguished name as RFC 4514 does: most specific first, "CN=www.example.com,O=Example". name is
// the content of the RDNSequence. What cannot be read is left out.
func nameString(name cryptobyte.String) string {
	var rdns []string
	for !name.Empty() {
		var set cryptobyte.String
		if !name.ReadASN1(&set, casn1.SET) {
			break
		}
		var parts []string
		for !set.Empty() {
			part, ok := attribute(&set)
			if !ok {
				break
			}
			parts = append(parts, part)
		}
		rdns = append(rdns, strings.Join(parts, "+"))
	}
	for i, j := 0, len(rdns)-1; i < j; i, j = i+1, j-1 {
		rdns[i], rdns[j] = rdns[j], rdns[i]
	}
	return strings.Join(rdns, ",")
}

// attribute reads one AttributeTypeAndValue.
func attribute(set *cryptobyte.String) (string, bool) {
	var atv, value cryptobyte.String
	var oid asn1.ObjectIdentifier
	var tag casn1.Tag
	if !set.ReadASN1(&atv, casn1.SEQUENCE) || !atv.ReadASN1ObjectIdentifier(&oid) || !atv.ReadAnyASN1(&value, &tag) {
		return "", false
	}
	key := attributeKey(oid.String())
	text, ok := directoryString(value, tag)
	if !ok {
		return key + "=#" + hex.EncodeToString(value), true
	}
	return key + "=" + escapeDN(text), true
}

// attributeKey gives the short name of RFC 4514 §3 and RFC 4519, or the number.
func attributeKey(oid string) string {
	switch oid {
	case "2.5.4.3":
		return "CN"
	case "2.5.4.4":
		return "SN"
	case "2.5.4.5":
		return "SERIALNUMBER"
	case "2.5.4.6":
		return "C"
	case "2.5.4.7":
		return "L"
	case "2.5.4.8":
		return "ST"
	case "2.5.4.9":
		return "STREET"
	case "2.5.4.10":
		return "O"
	case "2.5.4.11":
		return "OU"
	case "2.5.4.12":
		return "title"
	case "2.5.4.15":
		return "businessCategory"
	case "2.5.4.17":
		return "POSTALCODE"
	case "2.5.4.42":
		return "GN"
	case "2.5.4.97":
		return "organizationIdentifier"
	case "0.9.2342.19200300.100.1.1":
		return "UID"
	case "0.9.2342.19200300.100.1.25":
		return "DC"
	case "1.2.840.113549.1.9.1":
		return "emailAddress"
	case "1.3.6.1.4.1.311.60.2.1.1":
		return "jurisdictionL"
	case "1.3.6.1.4.1.311.60.2.1.2":
		return "jurisdictionST"
	case "1.3.6.1.4.1.311.60.2.1.3":
		return "jurisdictionC"
	}
	return oid
}

// directoryString decodes the string types of RFC 5280 §4.1.2.4. Strings of one byte a character are passed on as they
// are; output escapes what is not UTF-8.
func directoryString(b []byte, tag casn1.Tag) (string, bool) {
	switch tag {
	case casn1.UTF8String, casn1.PrintableString, casn1.IA5String, casn1.T61String, asn1.TagNumericString, 26: // 26: VisibleString
		return string(b), true
	case asn1.TagBMPString:
		if len(b)%2 != 0 {
			return "", false
		}
		return string(utf16.Decode(uint16s(b))), true
	}
	return "", false
}

// escapeDN escapes as RFC 4514 §2.4 asks.
func escapeDN(s string) string {
	if !strings.ContainsAny(s, ",+\"\\<>;") && !strings.HasPrefix(s, "#") && strings.TrimSpace(s) == s {
		return s
	}
	var b strings.Builder
	for i := 0; i < len(s); i++ {
		c := s[i]
		if strings.IndexByte(",+\"\\<>;", c) >= 0 || i == 0 && (c == ' ' || c == '#') || i == len(s)-1 && c == ' ' {
			b.WriteByte('\\')
		}
		b.WriteByte(c)
	}
	return b.String()
}
