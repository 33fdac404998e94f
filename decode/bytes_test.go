package decode

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"io"
	"math/big"
	"net"
	"sync"
	"testing"
	"time"

	"golang.org/x/net/dns/dnsmessage"
	xhttp2 "golang.org/x/net/http2"
	"golang.org/x/net/http2/hpack"

	"hanalyze"
	"hanalyze/internal/convo"
)

// recorder notes what is written to a connection as steps.
type recorder struct {
	net.Conn
	dir   hanalyze.Dir
	mu    *sync.Mutex
	steps *[]convo.Step
}

func (r recorder) Write(b []byte) (int, error) {
	r.mu.Lock()
	*r.steps = append(*r.steps, convo.Step{Dir: r.dir, Data: bytes.Clone(b)})
	r.mu.Unlock()
	return r.Conn.Write(b)
}

// recordTLS lets crypto/tls shake hands, exchange a few bytes and close, and returns what both sent. maxVersion is one of
// crypto/tls.
func recordTLS(t testing.TB, maxVersion uint16) []convo.Step {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), DNSNames: []string{"tls.example"},
		NotBefore: time.Unix(0, 0), NotAfter: time.Unix(1<<33, 0),
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	if err != nil {
		t.Fatal(err)
	}
	var steps []convo.Step
	var mu sync.Mutex
	near, far := net.Pipe()
	client := tls.Client(recorder{near, hanalyze.C2S, &mu, &steps}, &tls.Config{
		ServerName: "tls.example", NextProtos: []string{"h2", "http/1.1"}, InsecureSkipVerify: true, MaxVersion: maxVersion,
	})
	server := tls.Server(recorder{far, hanalyze.S2C, &mu, &steps}, &tls.Config{
		Certificates: []tls.Certificate{{Certificate: [][]byte{der}, PrivateKey: key}}, NextProtos: []string{"http/1.1"},
	})
	var answered sync.WaitGroup
	answered.Go(func() {
		b := make([]byte, 4)
		if _, err := io.ReadFull(server, b); err == nil {
			if _, err := server.Write([]byte("pong")); err != nil {
				t.Error(err)
			}
		} else {
			t.Error(err)
		}
	})
	if _, err := client.Write([]byte("ping")); err != nil {
		t.Fatal(err)
	}
	if _, err := io.ReadFull(client, make([]byte, 4)); err != nil {
		t.Fatal(err)
	}
	answered.Wait()
	near.Close()
	far.Close()
	return steps
}

// h2Writer writes one direction of an HTTP/2 connection.
type h2Writer struct {
	t    testing.TB
	buf  bytes.Buffer
	fr   *xhttp2.Framer
	enc  *hpack.Encoder
	head bytes.Buffer
}

func newH2Writer(t testing.TB) *h2Writer {
	w := &h2Writer{t: t}
	w.fr = xhttp2.NewFramer(&w.buf, nil)
	w.enc = hpack.NewEncoder(&w.head)
	return w
}

func (w *h2Writer) check(err error) {
	if err != nil {
		w.t.Fatal(err)
	}
}

// headers writes a HEADERS frame with the fields given as name, value, name, value …
func (w *h2Writer) headers(stream uint32, end bool, fields ...string) {
	w.head.Reset()
	for i := 0; i < len(fields); i += 2 {
		w.check(w.enc.WriteField(hpack.HeaderField{Name: fields[i], Value: fields[i+1]}))
	}
	w.check(w.fr.WriteHeaders(xhttp2.HeadersFrameParam{StreamID: stream, BlockFragment: w.head.Bytes(), EndStream: end, EndHeaders: true}))
}

func (w *h2Writer) get(stream uint32, path string) {
	w.headers(stream, true, ":method", "GET", ":scheme", "https", ":authority", "h2.example", ":path", path, "user-agent", "test")
}

func (w *h2Writer) data(stream uint32, end bool, n int) {
	w.check(w.fr.WriteData(stream, end, bytes.Repeat([]byte{'.'}, n)))
}

// take returns what was written since the last call.
func (w *h2Writer) take() []byte {
	b := bytes.Clone(w.buf.Bytes())
	w.buf.Reset()
	return b
}

func dnsQuery(t testing.TB, id uint16, name string) []byte {
	b, err := (&dnsmessage.Message{
		Header:    dnsmessage.Header{ID: id, RecursionDesired: true},
		Questions: []dnsmessage.Question{{Name: dnsmessage.MustNewName(name), Type: dnsmessage.TypeA, Class: dnsmessage.ClassINET}},
	}).Pack()
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func dnsAnswer(t testing.TB, id uint16, name string, rcode dnsmessage.RCode, addrs ...[4]byte) []byte {
	m := dnsmessage.Message{
		Header:    dnsmessage.Header{ID: id, Response: true, RecursionDesired: true, RecursionAvailable: true, RCode: rcode},
		Questions: []dnsmessage.Question{{Name: dnsmessage.MustNewName(name), Type: dnsmessage.TypeA, Class: dnsmessage.ClassINET}},
	}
	for _, a := range addrs {
		m.Answers = append(m.Answers, dnsmessage.Resource{
			Header: dnsmessage.ResourceHeader{Name: dnsmessage.MustNewName(name), Type: dnsmessage.TypeA, Class: dnsmessage.ClassINET, TTL: 60},
			Body:   &dnsmessage.AResource{A: a},
		})
	}
	b, err := m.Pack()
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// framed puts DNS messages in the form of RFC 1035 §4.2.2, each after its length.
func framed(messages ...[]byte) (b []byte) {
	for _, m := range messages {
		b = append(b, byte(len(m)>>8), byte(len(m)))
		b = append(b, m...)
	}
	return b
}
