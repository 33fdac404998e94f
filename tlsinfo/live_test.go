package tlsinfo

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"io"
	"math/big"
	"net"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"hanalyze"
	"hanalyze/internal/convo"
)

// wire records what two ends write, in order.
type wire struct {
	mu    sync.Mutex
	steps []convo.Step
}

// tap is one end of a connection; what is written to it is recorded.
type tap struct {
	net.Conn
	w *wire
	d hanalyze.Dir
}

func (t *tap) Write(b []byte) (int, error) {
	t.w.mu.Lock()
	t.w.steps = append(t.w.steps, convo.Step{Dir: t.d, Data: slices.Clone(b)})
	t.w.mu.Unlock()
	return t.Conn.Write(b)
}

// loopback returns two ends of a TCP connection. net.Pipe has no buffer, and TLS 1.3 lets both ends write at once.
func loopback(t *testing.T) (a, b net.Conn) {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	if a, err = net.Dial("tcp", l.Addr().String()); err == nil {
		b, err = l.Accept()
	}
	if err != nil {
		t.Fatal(err)
	}
	return a, b
}

// handshake lets crypto/tls talk to itself: the client sends "ping", the server answers "pong", both close. It returns
// what was on the wire and what the client knows of it.
func handshake(t *testing.T, client, server *tls.Config) (*convo.Conversation, tls.ConnectionState) {
	t.Helper()
	w := &wire{}
	a, b := loopback(t)
	done := make(chan struct{})
	go func() {
		defer close(done)
		s := tls.Server(&tap{b, w, hanalyze.S2C}, server)
		defer b.Close()
		buf := make([]byte, 4)
		if _, err := io.ReadFull(s, buf); err != nil {
			return
		}
		if _, err := s.Write([]byte("pong")); err != nil {
			return
		}
		s.Close()
	}()
	c := tls.Client(&tap{a, w, hanalyze.C2S}, client)
	if _, err := c.Write([]byte("ping")); err == nil {
		io.ReadAll(c) // tickets of TLS 1.3 come here too
	}
	state := c.ConnectionState()
	a.SetDeadline(time.Now().Add(time.Second))
	c.Close()
	a.Close()
	<-done
	conv := &convo.Conversation{Title: t.Name(), Steps: w.steps}
	for d := range 2 {
		conv.Steps = append(conv.Steps, convo.Step{Dir: hanalyze.Dir(d), End: true})
	}
	return conv, state
}

// info plays a conversation and returns the record and the kinds of events.
func info(t *testing.T, conv *convo.Conversation) (hanalyze.TLS, []string) {
	t.Helper()
	var kinds []string
	var c *Conn
	conv.Play(func(convo.Emit) convo.Parser {
		c = NewConn(func(e *Event) {
			if e.Kind == EventMalformed || e.Kind == EventLimit {
				t.Errorf("%s", line(e))
			}
			kinds = append(kinds, e.Dir.String()+" "+e.Kind.String())
		})
		return c
	}, nil)
	return c.Info(testNow), kinds
}

// identity makes a self-signed certificate for host.example.
func identity(t testing.TB, key crypto.Signer) tls.Certificate {
	t.Helper()
	template := &x509.Certificate{
		SerialNumber:          big.NewInt(0xabcdef),
		Subject:               pkix.Name{CommonName: "host.example", Organization: []string{"Example, Inc."}, Country: []string{"NL"}},
		NotBefore:             time.Date(2025, 1, 1, 0, 0, 0, 0, time.UTC),
		NotAfter:              time.Date(2035, 1, 1, 0, 0, 0, 0, time.UTC),
		DNSNames:              []string{"host.example", "*.wild.example"},
		IPAddresses:           []net.IP{net.IPv4(192, 0, 2, 1)},
		IsCA:                  true,
		BasicConstraintsValid: true,
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	if err != nil {
		t.Fatal(err)
	}
	return tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key}
}

func ecdsaIdentity(t testing.TB) tls.Certificate {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	return identity(t, key)
}

func rsaIdentity(t testing.TB) tls.Certificate {
	t.Helper()
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	return identity(t, key)
}

// facts are the fields of a record that the live tests look at.
type facts struct {
	Version, Cipher, Group, KX string
	FS                         bool
	Resumed                    string
	Retry                      string
	RTTs                       uint64
	Requested, Sent            bool
	Certs, ClientCerts         int
	Established                bool
}

func factsOf(r hanalyze.TLS) facts {
	f := facts{
		Version: r.Version, Group: r.Group, KX: r.KeyExchange, FS: r.ForwardSecrecy, Resumed: r.Resumption.Kind,
		RTTs: r.HandshakeRTTs, Requested: r.ClientAuth.Requested, Sent: r.ClientAuth.Sent,
		Certs: len(r.Certificates), ClientCerts: len(r.ClientCerts), Established: r.Established,
	}
	if r.Cipher != nil {
		f.Cipher = r.Cipher.Name
	}
	if r.HelloRetry != nil {
		f.Retry = r.HelloRetry.Group
	}
	return f
}

func TestLive(t *testing.T) {
	ec, rs := ecdsaIdentity(t), rsaIdentity(t)
	only := func(v uint16, suites ...uint16) *tls.Config {
		return &tls.Config{InsecureSkipVerify: true, ServerName: "host.example", MinVersion: v, MaxVersion: v, CipherSuites: suites,
			CurvePreferences: []tls.CurveID{tls.X25519, tls.CurveP384}}
	}
	for _, c := range []struct {
		name    string
		client  *tls.Config
		server  *tls.Config
		again   bool // with the session of a first connection
		want    facts
		version uint16
	}{
		{"1.0", only(tls.VersionTLS10, tls.TLS_ECDHE_ECDSA_WITH_AES_128_CBC_SHA), &tls.Config{Certificates: []tls.Certificate{ec}}, false,
			facts{Version: "1.0", Cipher: "TLS_ECDHE_ECDSA_WITH_AES_128_CBC_SHA", Group: "x25519", KX: "ecdhe", FS: true, Resumed: "none", RTTs: 2, Certs: 1, Established: true}, tls.VersionTLS10},
		{"1.1 rsa", only(tls.VersionTLS11, tls.TLS_RSA_WITH_AES_128_CBC_SHA), &tls.Config{Certificates: []tls.Certificate{rs}, CipherSuites: []uint16{tls.TLS_RSA_WITH_AES_128_CBC_SHA}}, false,
			facts{Version: "1.1", Cipher: "TLS_RSA_WITH_AES_128_CBC_SHA", KX: "rsa", Resumed: "none", RTTs: 2, Certs: 1, Established: true}, tls.VersionTLS11},
		{"1.2", only(tls.VersionTLS12, tls.TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256), &tls.Config{Certificates: []tls.Certificate{rs}}, false,
			facts{Version: "1.2", Cipher: "TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256", Group: "x25519", KX: "ecdhe", FS: true, Resumed: "none", RTTs: 2, Certs: 1, Established: true}, tls.VersionTLS12},
		{"1.2 ticket", only(tls.VersionTLS12, tls.TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256), &tls.Config{Certificates: []tls.Certificate{ec}}, true,
			facts{Version: "1.2", Cipher: "TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256", KX: "ecdhe", FS: true, Resumed: "ticket", RTTs: 1, Established: true}, tls.VersionTLS12},
		{"1.2 client certificate", &tls.Config{InsecureSkipVerify: true, MaxVersion: tls.VersionTLS12, Certificates: []tls.Certificate{rs}, CurvePreferences: []tls.CurveID{tls.CurveP256}},
			&tls.Config{Certificates: []tls.Certificate{ec}, ClientAuth: tls.RequireAnyClientCert, CipherSuites: []uint16{tls.TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384}}, false,
			facts{Version: "1.2", Cipher: "TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384", Group: "secp256r1", KX: "ecdhe", FS: true, Resumed: "none", RTTs: 2, Requested: true, Sent: true, Certs: 1, ClientCerts: 1, Established: true}, tls.VersionTLS12},
		{"1.2 client certificate refused", only(tls.VersionTLS12, tls.TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384), &tls.Config{Certificates: []tls.Certificate{ec}, ClientAuth: tls.RequestClientCert}, false,
			facts{Version: "1.2", Cipher: "TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384", Group: "x25519", KX: "ecdhe", FS: true, Resumed: "none", RTTs: 2, Requested: true, Certs: 1, Established: true}, tls.VersionTLS12},
		{"1.3", only(tls.VersionTLS13), &tls.Config{Certificates: []tls.Certificate{ec}}, false,
			facts{Version: "1.3", Cipher: "TLS_AES_128_GCM_SHA256", Group: "x25519", KX: "ecdhe", FS: true, Resumed: "none", RTTs: 1, Established: true}, tls.VersionTLS13},
		{"1.3 psk", only(tls.VersionTLS13), &tls.Config{Certificates: []tls.Certificate{ec}}, true,
			facts{Version: "1.3", Cipher: "TLS_AES_128_GCM_SHA256", Group: "x25519", KX: "ecdhe_psk", FS: true, Resumed: "psk", RTTs: 1, Established: true}, tls.VersionTLS13},
		{"1.3 retry", only(tls.VersionTLS13), &tls.Config{Certificates: []tls.Certificate{ec}, CurvePreferences: []tls.CurveID{tls.CurveP384}}, false,
			facts{Version: "1.3", Cipher: "TLS_AES_128_GCM_SHA256", Group: "secp384r1", KX: "ecdhe", FS: true, Resumed: "none", Retry: "secp384r1", RTTs: 2, Established: true}, tls.VersionTLS13},
		{"1.3 hybrid", &tls.Config{InsecureSkipVerify: true, CurvePreferences: []tls.CurveID{tls.X25519MLKEM768}}, &tls.Config{Certificates: []tls.Certificate{rs}}, false,
			facts{Version: "1.3", Cipher: "TLS_AES_128_GCM_SHA256", Group: "X25519MLKEM768", KX: "ecdhe", FS: true, Resumed: "none", RTTs: 1, Established: true}, tls.VersionTLS13},
	} {
		t.Run(c.name, func(t *testing.T) {
			c.server.MinVersion = tls.VersionTLS10
			if c.again {
				c.client.ClientSessionCache = tls.NewLRUClientSessionCache(1)
				handshake(t, c.client, c.server)
			}
			conv, state := handshake(t, c.client, c.server)
			if state.Version != c.version || !state.HandshakeComplete || state.DidResume != c.again {
				t.Fatalf("crypto/tls did something else: %#x complete %v resumed %v", state.Version, state.HandshakeComplete, state.DidResume)
			}
			r, kinds := info(t, conv)
			if d := cmp.Diff(c.want, factsOf(r)); d != "" {
				t.Errorf("(-want +got)\n%s\n%q", d, kinds)
			}
			if r.SNI != c.client.ServerName || CipherSuiteName(state.CipherSuite) != r.Cipher.Name {
				t.Errorf("SNI %q, cipher %v; crypto/tls has %q, %s", r.SNI, r.Cipher, c.client.ServerName, tls.CipherSuiteName(state.CipherSuite))
			}
			if r.Missing != 0 {
				t.Errorf("missing %b", r.Missing)
			}
			if !slices.Contains(kinds, "c2s finished") || !slices.Contains(kinds, "s2c finished") || !slices.Contains(kinds, "c2s application_data") {
				t.Errorf("events: %q", kinds)
			}
			conv.CheckCuts(t, newTold, conv.Play(newTold, nil))
		})
	}
}

func TestLiveALPN(t *testing.T) {
	id := ecdsaIdentity(t)
	client := &tls.Config{InsecureSkipVerify: true, MaxVersion: tls.VersionTLS12, NextProtos: []string{"h2", "http/1.1"}}
	conv, _ := handshake(t, client, &tls.Config{Certificates: []tls.Certificate{id}, NextProtos: []string{"http/1.1"}})
	r, _ := info(t, conv)
	if d := cmp.Diff(&hanalyze.ALPN{Offered: []string{"h2", "http/1.1"}, Chosen: "http/1.1"}, r.ALPN); d != "" {
		t.Error(d)
	}

	conv, _ = handshake(t, client, &tls.Config{Certificates: []tls.Certificate{id}, NextProtos: []string{"gopher"}})
	r, kinds := info(t, conv)
	want := []hanalyze.TLSAlert{{Dir: hanalyze.S2C, Level: "fatal", Description: "no_application_protocol"}}
	if d := cmp.Diff(want, r.Alerts); d != "" || r.Established {
		t.Errorf("%s established %v %q", d, r.Established, kinds)
	}
}

// A client that refuses the certificate of TLS 1.3 says so in an encrypted record. Its size gives it away.
func TestLiveCertificateRefused(t *testing.T) {
	conv, _ := handshake(t, &tls.Config{ServerName: "host.example"}, &tls.Config{Certificates: []tls.Certificate{ecdsaIdentity(t)}})
	r, kinds := info(t, conv)
	if r.Established || !slices.Contains(kinds, "c2s encrypted_alert") {
		t.Errorf("established %v, events %q", r.Established, kinds)
	}
}

func TestLiveCertificate(t *testing.T) {
	client := &tls.Config{InsecureSkipVerify: true, MaxVersion: tls.VersionTLS12, ServerName: "a.wild.example"}
	conv, state := handshake(t, client, &tls.Config{Certificates: []tls.Certificate{ecdsaIdentity(t)}})
	r, _ := info(t, conv)
	x := state.PeerCertificates[0]
	yes, days := true, int64(3287)
	want := []hanalyze.Certificate{{
		Subject: x.Subject.String(), Issuer: x.Issuer.String(), Serial: "abcdef",
		NotBefore: "2025-01-01T00:00:00Z", NotAfter: "2035-01-01T00:00:00Z",
		SAN: []string{"host.example", "*.wild.example", "192.0.2.1"},
		Key: hanalyze.CertKey{Alg: "ECDSA", Bits: 256, Curve: "P-256"}, SigAlg: "ecdsa-with-SHA256",
		SHA256: r.Certificates[0].SHA256, CA: true, SelfSigned: true, MatchesSNI: &yes, DaysLeft: &days,
	}}
	if d := cmp.Diff(want, r.Certificates); d != "" {
		t.Error(d)
	}
	client.ServerName = "a.b.wild.example"
	conv, _ = handshake(t, client, &tls.Config{Certificates: []tls.Certificate{ecdsaIdentity(t)}})
	if r, _ = info(t, conv); *r.Certificates[0].MatchesSNI {
		t.Error("a wildcard stands for one label")
	}
}
