package quic

import (
	"bytes"
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	crand "crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"io"
	"math/big"
	"net"
	"net/netip"
	"sync"
	"testing"
	"time"

	xquic "golang.org/x/net/quic"

	"hanalyze"
)

// relay stands between a client and a server on loopback. It keeps what passes, in order, and loses what it is told to.
type relay struct {
	socket *net.UDPConn
	server netip.AddrPort
	lose   func(n int) bool // the n-th datagram; it is captured, behind the capture it is lost

	mu     sync.Mutex
	client netip.AddrPort
	passed []step
}

func newRelay(t *testing.T, server netip.AddrPort, lose func(int) bool) *relay {
	socket, err := net.ListenUDP("udp", net.UDPAddrFromAddrPort(netip.MustParseAddrPort("127.0.0.1:0")))
	if err != nil {
		t.Fatal(err)
	}
	r := &relay{socket: socket, server: server, lose: lose}
	done := make(chan struct{})
	go func() {
		defer close(done)
		r.run()
	}()
	t.Cleanup(func() {
		socket.Close()
		<-done
	})
	return r
}

func (r *relay) addr() string { return r.socket.LocalAddr().String() }

// run forwards until the socket is closed.
func (r *relay) run() {
	buf := make([]byte, 65536)
	for {
		n, from, err := r.socket.ReadFromUDPAddrPort(buf)
		if err != nil {
			return
		}
		to, lost := r.keep(from, buf[:n])
		if !lost {
			r.socket.WriteToUDPAddrPort(buf[:n], to)
		}
	}
}

// keep notes a datagram and returns where it goes.
func (r *relay) keep(from netip.AddrPort, b []byte) (to netip.AddrPort, lost bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	x := step{sc, bytes.Clone(b)}
	to = r.client
	if from != r.server {
		x.dir, r.client, to = cs, from, r.server
	}
	r.passed = append(r.passed, x)
	return to, r.lose != nil && r.lose(len(r.passed))
}

// realServer starts a server that sends back what comes on streams.
func realServer(t *testing.T, retry bool) netip.AddrPort {
	key, err := ecdsa.GenerateKey(elliptic.P256(), crand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{SerialNumber: big.NewInt(1), DNSNames: []string{"real.example"}}
	der, err := x509.CreateCertificate(crand.Reader, template, template, &key.PublicKey, key)
	if err != nil {
		t.Fatal(err)
	}
	cert := tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key}
	e, err := xquic.Listen("udp", "127.0.0.1:0", &xquic.Config{
		TLSConfig:                &tls.Config{Certificates: []tls.Certificate{cert}, NextProtos: []string{"echo"}, MinVersion: tls.VersionTLS13},
		RequireAddressValidation: retry,
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { closeEndpoint(e) })
	go func() {
		for {
			c, err := e.Accept(context.Background())
			if err != nil {
				return
			}
			go echo(c)
		}
	}()
	return e.LocalAddr()
}

func echo(c *xquic.Conn) {
	for {
		s, err := c.AcceptStream(context.Background())
		if err != nil {
			return
		}
		if _, err := io.Copy(s, s); err != nil {
			return
		}
		s.CloseWrite()
	}
}

func closeEndpoint(e *xquic.Endpoint) {
	ctx, cancel := context.WithTimeout(context.Background(), time.Second)
	defer cancel()
	e.Close(ctx)
}

// converse opens n connections from one port, one beside the other, and sends size bytes on each forth and back.
func converse(t *testing.T, addr string, n, size int) {
	e, err := xquic.Listen("udp", "127.0.0.1:0", nil)
	if err != nil {
		t.Fatal(err)
	}
	defer closeEndpoint(e)
	ctx, cancel := context.WithTimeout(context.Background(), 20*time.Second)
	defer cancel()
	config := &xquic.Config{TLSConfig: &tls.Config{ServerName: "real.example", NextProtos: []string{"echo"}, InsecureSkipVerify: true, MinVersion: tls.VersionTLS13}}
	var all []*xquic.Conn
	for range n {
		c, err := e.Dial(ctx, "udp", addr, config)
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, c)
	}
	for _, c := range all {
		s, err := c.NewStream(ctx)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := s.Write(make([]byte, size)); err != nil {
			t.Fatal(err)
		}
		s.CloseWrite()
		if b, err := io.ReadAll(s); err != nil || len(b) != size {
			t.Fatalf("%d of %d bytes came back: %v", len(b), size, err)
		}
	}
	for _, c := range all {
		c.Abort(nil)
	}
}

// TestRealStack reads what the QUIC of golang.org/x/net says to itself, whose ClientHello takes two packets, also where a
// network behind the capture loses packets of the handshake.
func TestRealStack(t *testing.T) {
	for name, c := range map[string]struct {
		retry bool
		conns int
		lose  func(int) bool
	}{
		"plain":               {conns: 1},
		"retry":               {conns: 1, retry: true},
		"several connections": {conns: 5},
		"several with retry":  {conns: 3, retry: true},
		"first packet lost":   {conns: 1, lose: func(n int) bool { return n == 1 }},
		"answer lost":         {conns: 1, lose: func(n int) bool { return n == 3 || n == 4 }},
		"every third lost":    {conns: 1, lose: func(n int) bool { return n < 12 && n%3 == 0 }},
	} {
		t.Run(name, func(t *testing.T) {
			r := newRelay(t, realServer(t, c.retry), c.lose)
			converse(t, r.addr(), c.conns, 3000)
			r.mu.Lock()
			defer r.mu.Unlock()
			p := newPlayer(t)
			for _, x := range r.passed {
				p.play(x.dir, x.b)
			}
			records := p.close()
			if len(records) != c.conns || len(p.notices) > 0 {
				t.Fatalf("%d records of %d connections, notices %q", len(records), c.conns, p.notices)
			}
			datagrams := uint64(0)
			for _, q := range records {
				checkRecord(t, q)
				checkReal(t, q, c.retry)
				datagrams += q.Client.Datagrams + q.Server.Datagrams
			}
			if datagrams != uint64(len(r.passed)) {
				t.Errorf("%d of %d datagrams are told", datagrams, len(r.passed))
			}
		})
	}
}

// checkReal wants a whole record of one of the connections.
func checkReal(t *testing.T, q *hanalyze.QUIC, retry bool) {
	t.Helper()
	x := q.TLS
	if q.Missing != 0 || !q.Established || q.Version != "1" || q.Client.Undecipherable+q.Server.Undecipherable != 0 || x == nil {
		t.Fatalf("%s: %+v", line(q), q)
	}
	if x.SNI != "real.example" || x.ALPN.Offered[0] != "echo" || x.Cipher == nil || x.Group != "X25519MLKEM768" || x.JA4[0] != 'q' {
		t.Errorf("TLS %+v", x)
	}
	trips := uint64(1)
	if retry {
		trips = 2
	}
	if x.HandshakeRTTs != trips || q.Retry != retry || retry && q.RetryPacket.Integrity != integrityValid {
		t.Errorf("%d round trips, Retry %v %+v", x.HandshakeRTTs, q.Retry, q.RetryPacket)
	}
	for _, p := range q.Parameters {
		if p.Name == "initial_source_connection_id" && p.Data != q.SCID {
			t.Errorf("the client calls itself %s in its parameters, %s in its packets", p.Data, q.SCID)
		}
	}
}
