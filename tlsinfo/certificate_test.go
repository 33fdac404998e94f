package tlsinfo

import (
	"crypto/rsa"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/asn1"
	"strings"
	"testing"

	"golang.org/x/crypto/cryptobyte"
	casn1 "golang.org/x/crypto/cryptobyte/asn1"

	"hanalyze"
)

// A certificate that crypto/x509 refuses is told as far as it can be read.
func TestReadCertificateCut(t *testing.T) {
	der := rsaIdentity(t).Certificate[0]
	whole, _ := readCertificate(der)
	if whole.Error != "" || whole.Key != (hanalyze.CertKey{Alg: "RSA", Bits: 2048}) || whole.SigAlg != "sha256WithRSAEncryption" {
		t.Errorf("%+v", whole)
	}
	bad := strings.Replace(string(der), "host.example", "host\xff\xfexample", 1) // not a PrintableString
	got, _ := readCertificate([]byte(bad))
	if got.Error == "" || got.Serial != "abcdef" || got.Key.Bits != 2048 || len(got.SAN) != 3 {
		t.Errorf("%+v", got)
	}
	for n := range der {
		if got, _ := readCertificate(der[:n]); got.Error == "" || len(got.SHA256) != 64 {
			t.Fatalf("%d bytes: %+v", n, got)
		}
	}
}

// A certificate of version 1 has no extensions: what stands in their place is read if it can be, and is no fault.
func TestReadCertificateVersion1(t *testing.T) {
	der := strings.Replace(string(ecdsaIdentity(t).Certificate[0]), "\xa0\x03\x02\x01\x02", "\xa0\x03\x02\x01\x00", 1)
	got, _ := readCertificate([]byte(der))
	if got.Error != "" || len(got.SAN) != 3 {
		t.Errorf("%+v", got)
	}
	tagged := strings.Index(der, "\x30\x0f\x06\x03\x55\x1d\x13") - 4 // before basicConstraints, the first: [3] and SEQUENCE
	broken := []byte(der)
	broken[tagged+1]++ // reaches beyond TBSCertificate
	got, _ = readCertificate(broken)
	if der[tagged] != '\xa3' || got.Error != "" || got.Key.Curve != "P-256" || got.SAN != nil {
		t.Errorf("%+v", got)
	}
}

func TestNameString(t *testing.T) {
	for _, name := range []pkix.Name{
		{CommonName: "host", Organization: []string{"A, B+C"}, Country: []string{"NL"}},
		{CommonName: " #x ", SerialNumber: `"1;2"`, Locality: []string{"<a>"}, Province: []string{`b\`}, PostalCode: []string{"1"}, StreetAddress: []string{"#s"}},
		{},
	} {
		c := hanalyze.Certificate{Subject: nameString(rdnContent(t, name))}
		if want := name.String(); c.Subject != want {
			t.Errorf("%s, want %s", c.Subject, want)
		}
	}
}

func TestFloorDiv(t *testing.T) {
	for _, c := range [][3]int64{{1, 10, 0}, {-1, 10, -1}, {-10, 10, -1}, {-11, 10, -2}, {20, 10, 2}} {
		if got := floorDiv(c[0], c[1]); got != c[2] {
			t.Errorf("%d / %d = %d, want %d", c[0], c[1], got, c[2])
		}
	}
}

// What crypto/x509 accepts, our reader reads the same.
func FuzzCertificate(f *testing.F) {
	f.Add(ecdsaIdentity(f).Certificate[0])
	f.Add(rsaIdentity(f).Certificate[0])
	f.Fuzz(func(t *testing.T, der []byte) {
		c, more := readCertificate(der)
		x, err := x509.ParseCertificate(der)
		if err != nil {
			return
		}
		key, isRSA := x.PublicKey.(*rsa.PublicKey)
		if !x.NotAfter.Equal(c.notAfter) || strings.TrimLeft(c.Serial, "0") != strings.TrimLeft(x.SerialNumber.Text(16), "0") ||
			isRSA && uint64(key.N.BitLen()) != c.Key.Bits {
			t.Fatalf("%+v differs from %v", c, x)
		}
		// x509 looks for extensions in version 3 only, and judges no others.
		names := len(x.DNSNames) + len(x.EmailAddresses) + len(x.IPAddresses) + len(x.URIs)
		if x.Version == 3 && (x.IsCA != c.CA || len(c.SAN) != min(names, MaxSAN) || more != (names > MaxSAN)) {
			t.Fatalf("%+v differs from %v", c, x)
		}
	})
}

// rdnContent is the content of the SEQUENCE that name encodes to.
func rdnContent(t *testing.T, name pkix.Name) cryptobyte.String {
	t.Helper()
	der, err := asn1.Marshal(name.ToRDNSequence())
	if err != nil {
		t.Fatal(err)
	}
	var content cryptobyte.String
	s := cryptobyte.String(der)
	if !s.ReadASN1(&content, casn1.SEQUENCE) {
		t.Fatal("no sequence")
	}
	return content
}
