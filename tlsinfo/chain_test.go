package tlsinfo

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"math/big"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/crypto/ocsp"

	"hanalyze"
)

// authority is a certificate that can issue others.
type authority struct {
	cert *x509.Certificate
	key  *ecdsa.PrivateKey
}

// issue makes a certificate for name, signed by itself when the issuer is nil.
func issue(t *testing.T, name string, issuer *authority, change func(*x509.Certificate)) *authority {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: name}, NotBefore: time.Unix(0, 0), NotAfter: time.Unix(4e9, 0),
		IsCA: true, BasicConstraintsValid: true,
	}
	if change != nil {
		change(template)
	}
	parent, signer := template, key
	if issuer != nil {
		parent, signer = issuer.cert, issuer.key
	}
	der, err := x509.CreateCertificate(rand.Reader, template, parent, key.Public(), signer)
	if err != nil {
		t.Fatal(err)
	}
	cert, err := x509.ParseCertificate(der)
	if err != nil {
		t.Fatal(err)
	}
	return &authority{cert, key}
}

func TestChain(t *testing.T) {
	root := issue(t, "Root", nil, nil)
	middle := issue(t, "Middle", root, nil)
	lower := issue(t, "Lower", middle, nil)
	other := issue(t, "Other", nil, nil)
	leaf := issue(t, "leaf", lower, nil)
	public := issue(t, "public", lower, func(c *x509.Certificate) { c.IssuingCertificateURL = []string{"http://ca.example/lower.crt"} })
	for _, c := range []struct {
		name  string
		chain []*authority
		want  *hanalyze.CertChain
	}{
		{"in order", []*authority{leaf, lower, middle}, nil},
		{"with the root", []*authority{leaf, lower, middle, root}, &hanalyze.CertChain{RootSent: true}},
		{"out of order", []*authority{leaf, middle, lower}, &hanalyze.CertChain{OutOfOrder: true}},
		{"root in the middle", []*authority{leaf, root, middle, lower}, &hanalyze.CertChain{OutOfOrder: true, RootSent: true}},
		{"a stranger behind", []*authority{leaf, lower, other}, &hanalyze.CertChain{Unrelated: 1}},
		{"self-signed", []*authority{root}, nil},
		{"self-signed, then others", []*authority{root, middle}, &hanalyze.CertChain{Unrelated: 1}},
		{"alone", []*authority{leaf}, nil},
		{"alone, of a public authority", []*authority{public}, &hanalyze.CertChain{MissingIssuer: "CN=Lower"}},
		{"sent twice", []*authority{leaf, leaf, lower}, &hanalyze.CertChain{OutOfOrder: true, Unrelated: 1}},
		{"empty", nil, nil},
	} {
		var got chain
		for _, a := range c.chain {
			got.add(a.cert.Raw)
		}
		if d := cmp.Diff(c.want, got.judge()); d != "" {
			t.Errorf("%s (-want +got)\n%s", c.name, d)
		}
		if len(c.chain) > 0 && got.certs[0].SelfSigned != (c.chain[0] == root) {
			t.Errorf("%s: self-signed %v", c.name, got.certs[0].SelfSigned)
		}
	}
}

// Names are matched as crypto/x509 matches them, but for what the record shows: mail addresses and URIs are no host names.
func TestMatchLeaf(t *testing.T) {
	leaf := issue(t, "cn.example", nil, func(c *x509.Certificate) {
		c.DNSNames, c.EmailAddresses = []string{"a.example", "*.b.example", "192.0.2.9"}, []string{"mail.example"}
	})
	for _, name := range []string{"a.example", "A.EXAMPLE", "a.example.", "x.b.example", "b.example", "x.y.b.example", "cn.example", "mail.example", "192.0.2.9"} {
		var c chain
		c.add(leaf.cert.Raw)
		c.matchLeaf(name)
		if want := leaf.cert.VerifyHostname(name) == nil; *c.certs[0].MatchesSNI != want {
			t.Errorf("%s: %v, want %v", name, !want, want)
		}
	}
}

func TestValidity(t *testing.T) {
	var c chain
	c.add(issue(t, "later", nil, func(c *x509.Certificate) { c.NotBefore = time.Unix(100, 0) }).cert.Raw)
	if early, late := c.told(99e9)[0], c.told(100e9)[0]; !early.NotYetValid || late.NotYetValid {
		t.Errorf("not yet valid: %v, %v", early.NotYetValid, late.NotYetValid)
	}
}

func TestStaple(t *testing.T) {
	ca := issue(t, "CA", nil, nil)
	update := time.Date(2026, 1, 2, 3, 4, 0, 0, time.UTC)
	for status, name := range map[int]string{ocsp.Good: "good", ocsp.Revoked: "revoked", ocsp.Unknown: "unknown"} {
		der, err := ocsp.CreateResponse(ca.cert, ca.cert, ocsp.Response{Status: status, SerialNumber: big.NewInt(7), ThisUpdate: update, NextUpdate: update.Add(time.Hour), RevokedAt: update}, ca.key)
		if err != nil {
			t.Fatal(err)
		}
		n := len(der)
		list := append([]byte{byte(n >> 16), byte(n >> 8), byte(n)}, der...)
		m := len(list)
		want := &hanalyze.OCSPStaple{Bytes: uint64(n), Status: name, ThisUpdate: "2026-01-02T03:04:00Z", NextUpdate: "2026-01-02T04:04:00Z"}
		for kind, body := range [][]byte{1: append([]byte{1}, list...), 2: append([]byte{2, byte(m >> 16), byte(m >> 8), byte(m)}, list...)} {
			if kind == 0 {
				continue
			}
			if d := cmp.Diff(want, readStaple(body)); d != "" {
				t.Errorf("%s, kind %d (-want +got)\n%s", name, kind, d)
			}
			for cut := range body {
				readStaple(body[:cut])
			}
		}
	}
}
