package tlsinfo

import (
	"crypto/sha256"
	"crypto/x509"
	"encoding/asn1"
	"encoding/hex"
	"math/bits"
	"net"
	"slices"
	"strings"
	"time"

	"golang.org/x/crypto/cryptobyte"
	casn1 "golang.org/x/crypto/cryptobyte/asn1"

	"hanalyze"
)

// readCertificate reads an X.509 certificate (RFC 5280 §4.1) as far as it can be read. crypto/x509 judges it: what it
// refuses is told in Error. The fields come from our own reader, for real chains have certificates that are wrong in one
// place (negative serial numbers, wrong string types, new algorithms) and are understood by everybody all the same.
func readCertificate(der []byte) (c certificate, more bool) {
	sum := sha256.Sum256(der)
	c.SHA256 = hex.EncodeToString(sum[:])
	more = c.fill(der)
	if _, err := x509.ParseCertificate(der); err != nil {
		c.Error = err.Error()
	}
	c.SelfSigned = c.subject != "" && c.subject == c.issuer
	return c, more
}

// certificate is a certificate with what is needed to judge it.
type certificate struct {
	hanalyze.Certificate
	notBefore, notAfter time.Time // zero when unreadable
	subject, issuer     string    // content of the names, DER
	dnsNames            []string  // of subjectAltName
	ips                 []net.IP  // of subjectAltName
	issuerURL           bool      // it says where its issuer's certificate is (RFC 5280 §4.2.2.1)
}

// fill walks through TBSCertificate and fills what it reaches. It reports whether names were left out.
func (c *certificate) fill(der []byte) (more bool) {
	s := cryptobyte.String(der)
	var cert, tbs, serial, alg, issuer, validity, subject, spki cryptobyte.String
	if !s.ReadASN1(&cert, casn1.SEQUENCE) || !cert.ReadASN1(&tbs, casn1.SEQUENCE) ||
		!tbs.SkipOptionalASN1(casn1.Tag(0).Constructed().ContextSpecific()) ||
		!tbs.ReadASN1(&serial, casn1.INTEGER) {
		return more
	}
	c.Serial = serialHex(serial)
	if !tbs.ReadASN1(&alg, casn1.SEQUENCE) {
		return more
	}
	c.SigAlg = algorithmName(alg)
	if !tbs.ReadASN1(&issuer, casn1.SEQUENCE) || !tbs.ReadASN1(&validity, casn1.SEQUENCE) {
		return more
	}
	c.Issuer, c.issuer = nameString(issuer), string(issuer)
	if t, ok := readTime(&validity); ok {
		c.notBefore, c.NotBefore = t, t.Format(time.RFC3339)
	}
	if t, ok := readTime(&validity); ok {
		c.notAfter, c.NotAfter = t, t.Format(time.RFC3339)
	}
	if !tbs.ReadASN1(&subject, casn1.SEQUENCE) || !tbs.ReadASN1(&spki, casn1.SEQUENCE) {
		return more
	}
	c.Subject, c.subject = nameString(subject), string(subject)
	c.Key = readKey(spki)
	var exts, list cryptobyte.String
	var present bool
	if tbs.SkipOptionalASN1(casn1.Tag(1).ContextSpecific()) && tbs.SkipOptionalASN1(casn1.Tag(2).ContextSpecific()) &&
		tbs.ReadOptionalASN1(&exts, &present, casn1.Tag(3).Constructed().ContextSpecific()) &&
		present && exts.ReadASN1(&list, casn1.SEQUENCE) {
		more = c.readExtensions(list)
	}
	return more
}

// readExtensions fills what the extensions of RFC 5280 §4.2 tell, and reports whether names were left out.
func (c *certificate) readExtensions(list cryptobyte.String) (more bool) {
	for !list.Empty() {
		var ext, value cryptobyte.String
		var oid asn1.ObjectIdentifier
		if !list.ReadASN1(&ext, casn1.SEQUENCE) || !ext.ReadASN1ObjectIdentifier(&oid) ||
			!ext.SkipOptionalASN1(casn1.BOOLEAN) || !ext.ReadASN1(&value, casn1.OCTET_STRING) {
			return more
		}
		switch oid.String() {
		case "2.5.29.17": // subjectAltName
			more = c.readSAN(value)
		case "2.5.29.19": // basicConstraints
			var constraints cryptobyte.String
			if value.ReadASN1(&constraints, casn1.SEQUENCE) && constraints.PeekASN1Tag(casn1.BOOLEAN) {
				constraints.ReadASN1Boolean(&c.CA)
			}
		case "1.3.6.1.5.5.7.1.1": // authorityInfoAccess
			c.issuerURL = namesIssuer(value)
		case "1.3.6.1.4.1.11129.2.4.2": // embedded SCTs, RFC 6962 §3.3
			var scts cryptobyte.String
			if value.ReadASN1(&scts, casn1.OCTET_STRING) {
				countSCTs(scts, &c.SCTs)
			}
		}
	}
	return more
}

// readSAN reads GeneralNames: DNS names, IP addresses, URIs and mail addresses.
func (c *certificate) readSAN(value cryptobyte.String) (more bool) {
	var names cryptobyte.String
	if !value.ReadASN1(&names, casn1.SEQUENCE) {
		return false
	}
	for !names.Empty() {
		var name cryptobyte.String
		var tag casn1.Tag
		if !names.ReadAnyASN1(&name, &tag) {
			return false
		}
		if len(c.SAN) == MaxSAN {
			return true
		}
		switch tag {
		case casn1.Tag(1).ContextSpecific(), casn1.Tag(6).ContextSpecific(): // rfc822Name, uniformResourceIdentifier
			c.SAN = append(c.SAN, string(name))
		case casn1.Tag(2).ContextSpecific(): // dNSName
			dns := string(name)
			c.SAN, c.dnsNames = append(c.SAN, dns), append(c.dnsNames, dns)
		case casn1.Tag(7).ContextSpecific(): // iPAddress
			if ip := net.IP(slices.Clone([]byte(name))); len(ip) == net.IPv4len || len(ip) == net.IPv6len {
				c.SAN = append(c.SAN, ip.String())
				c.ips = append(c.ips, ip)
			}
		}
	}
	return false
}

// namesIssuer reports whether AuthorityInfoAccessSyntax has an id-ad-caIssuers.
func namesIssuer(value cryptobyte.String) bool {
	var list, access cryptobyte.String
	if !value.ReadASN1(&list, casn1.SEQUENCE) {
		return false
	}
	for list.ReadASN1(&access, casn1.SEQUENCE) {
		var oid asn1.ObjectIdentifier
		if access.ReadASN1ObjectIdentifier(&oid) && oid.String() == "1.3.6.1.5.5.7.48.2" {
			return true
		}
	}
	return false
}

// serialHex prints the bytes of an INTEGER in lower-case hexadecimal, without the zero that only keeps it positive.
func serialHex(b []byte) string {
	if len(b) > 1 && b[0] == 0 {
		b = b[1:]
	}
	return hex.EncodeToString(b)
}

// readTime reads a Time (RFC 5280 §4.1.2.5). Years of UTCTime from 50 on are of the 20th century.
func readTime(s *cryptobyte.String) (time.Time, bool) {
	var t time.Time
	if s.PeekASN1Tag(casn1.UTCTime) {
		ok := s.ReadASN1UTCTime(&t)
		return t.UTC(), ok
	}
	ok := s.ReadASN1GeneralizedTime(&t)
	return t.UTC(), ok
}

// algorithmName names an AlgorithmIdentifier as the RFCs do, or by its number.
func algorithmName(alg cryptobyte.String) string {
	var oid asn1.ObjectIdentifier
	if !alg.ReadASN1ObjectIdentifier(&oid) {
		return ""
	}
	return oidName(oid.String())
}

func oidName(oid string) string {
	switch oid {
	case "1.2.840.113549.1.1.1":
		return "RSA"
	case "1.2.840.113549.1.1.2":
		return "md2WithRSAEncryption"
	case "1.2.840.113549.1.1.4":
		return "md5WithRSAEncryption"
	case "1.2.840.113549.1.1.5", "1.3.14.3.2.29":
		return "sha1WithRSAEncryption"
	case "1.2.840.113549.1.1.10":
		return "RSASSA-PSS"
	case "1.2.840.113549.1.1.11":
		return "sha256WithRSAEncryption"
	case "1.2.840.113549.1.1.12":
		return "sha384WithRSAEncryption"
	case "1.2.840.113549.1.1.13":
		return "sha512WithRSAEncryption"
	case "1.2.840.113549.1.1.14":
		return "sha224WithRSAEncryption"
	case "1.2.840.10040.4.1":
		return "DSA"
	case "1.2.840.10040.4.3":
		return "dsa-with-SHA1"
	case "2.16.840.1.101.3.4.3.2":
		return "dsa-with-SHA256"
	case "1.2.840.10046.2.1":
		return "DH"
	case "1.2.840.10045.2.1":
		return "ECDSA"
	case "1.2.840.10045.4.1":
		return "ecdsa-with-SHA1"
	case "1.2.840.10045.4.3.2":
		return "ecdsa-with-SHA256"
	case "1.2.840.10045.4.3.3":
		return "ecdsa-with-SHA384"
	case "1.2.840.10045.4.3.4":
		return "ecdsa-with-SHA512"
	case "1.3.101.110":
		return "X25519"
	case "1.3.101.112":
		return "Ed25519"
	case "1.3.101.113":
		return "Ed448"
	case "1.2.643.7.1.1.1.1":
		return "GOST R 34.10-2012"
	case "1.2.156.10197.1.501":
		return "SM2-with-SM3"
	case "2.16.840.1.101.3.4.3.17":
		return "ML-DSA-44"
	case "2.16.840.1.101.3.4.3.18":
		return "ML-DSA-65"
	case "2.16.840.1.101.3.4.3.19":
		return "ML-DSA-87"
	}
	return oid
}

// readKey reads SubjectPublicKeyInfo (RFC 5280 §4.1.2.7, RFC 3279 §2.3, RFC 5480).
func readKey(spki cryptobyte.String) (k hanalyze.CertKey) {
	var alg, key cryptobyte.String
	var oid asn1.ObjectIdentifier
	if !spki.ReadASN1(&alg, casn1.SEQUENCE) || !alg.ReadASN1ObjectIdentifier(&oid) {
		return k
	}
	k.Alg = oidName(oid.String())
	if !spki.ReadASN1(&key, casn1.BIT_STRING) || len(key) < 1 {
		return k
	}
	key = key[1:] // number of unused bits
	switch k.Alg {
	case "RSA", "RSASSA-PSS":
		var pair, n cryptobyte.String
		if key.ReadASN1(&pair, casn1.SEQUENCE) && pair.ReadASN1(&n, casn1.INTEGER) {
			k.Bits = bitLen(n)
		}
	case "DSA":
		var params, p cryptobyte.String
		if alg.ReadASN1(&params, casn1.SEQUENCE) && params.ReadASN1(&p, casn1.INTEGER) {
			k.Bits = bitLen(p)
		}
	case "ECDSA":
		var curve asn1.ObjectIdentifier
		if alg.ReadASN1ObjectIdentifier(&curve) {
			k.Curve, k.Bits = curveName(curve.String())
		}
	case "Ed25519", "X25519":
		k.Bits = 256
	case "Ed448":
		k.Bits = 456
	}
	return k
}

// bitLen is the length of an unsigned big-endian number in bits.
func bitLen(n []byte) uint64 {
	s := strings.TrimLeft(string(n), "\x00")
	if s == "" {
		return 0
	}
	return uint64(len(s)-1)*8 + uint64(bits.Len8(s[0]))
}

// curveName names a curve of RFC 5480 §2.1.1.1 as FIPS 186 does.
func curveName(oid string) (name string, size uint64) {
	switch oid {
	case "1.2.840.10045.3.1.1":
		return "P-192", 192
	case "1.3.132.0.33":
		return "P-224", 224
	case "1.2.840.10045.3.1.7":
		return "P-256", 256
	case "1.3.132.0.34":
		return "P-384", 384
	case "1.3.132.0.35":
		return "P-521", 521
	case "1.3.132.0.10":
		return "secp256k1", 256
	case "1.3.36.3.3.2.8.1.1.7":
		return "brainpoolP256r1", 256
	case "1.3.36.3.3.2.8.1.1.11":
		return "brainpoolP384r1", 384
	case "1.3.36.3.3.2.8.1.1.13":
		return "brainpoolP512r1", 512
	case "1.2.156.10197.1.301":
		return "curveSM2", 256
	}
	return oid, 0
}
