package troublelink

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/netip"
	"testing"
	"time"
)

const (
	megabyte = 1 << 20
	port     = 80
	ms       = time.Millisecond
)

// traffic is what the hosts do: the client is the left one. Everything is closed when it returns, or about to be.
type traffic func(t *testing.T, l *Link, s *scenario)

// server returns the address that the right host serves on.
func (s *scenario) server(l *Link) netip.AddrPort {
	if s.ipv6 {
		return netip.AddrPortFrom(l.Host[Right].Addr6, port)
	}
	return netip.AddrPortFrom(l.Host[Right].Addr4, port)
}

// serve serves HTTP on the right host: /N is N bytes, and POST takes everything.
func serve(t *testing.T, l *Link, at netip.AddrPort) {
	t.Helper()
	listener, err := l.Host[Right].Listen(at)
	if err != nil {
		t.Fatal(err)
	}
	content := bytes.Repeat([]byte("0123456789abcde\n"), megabyte/16)
	server := &http.Server{Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Method == http.MethodPost {
			n, _ := io.Copy(io.Discard, r.Body)
			fmt.Fprintln(w, n)
			return
		}
		var n int
		fmt.Sscanf(r.URL.Path, "/%d", &n)
		w.Header().Set("Content-Length", fmt.Sprint(n))
		w.Write(content[:n])
	})}
	go server.Serve(listener)
	t.Cleanup(func() { server.Close() })
}

// client returns an HTTP client on the left host.
func client(l *Link) *http.Client {
	transport := &http.Transport{DialContext: func(_ context.Context, _, address string) (net.Conn, error) {
		return l.Host[Left].Dial(netip.MustParseAddrPort(address))
	}}
	return &http.Client{Transport: transport, Timeout: 20 * time.Second}
}

// get asks for n bytes.
func get(t *testing.T, c *http.Client, server netip.AddrPort, n int) {
	t.Helper()
	r, err := c.Get(fmt.Sprintf("http://%s/%d", server, n))
	if err != nil {
		t.Fatal(err)
	}
	defer r.Body.Close()
	if got, err := io.Copy(io.Discard, r.Body); err != nil || got != int64(n) {
		t.Fatalf("%d bytes of %d: %v", got, n, err)
	}
}

func download(n int) traffic { return requests(1, n) }

// requests asks for n bytes, several times on one connection, and closes it.
func requests(times, n int) traffic {
	return func(t *testing.T, l *Link, s *scenario) {
		t.Helper()
		serve(t, l, s.server(l))
		c := client(l)
		for range times {
			get(t, c, s.server(l), n)
		}
		c.CloseIdleConnections()
	}
}

// upload sends n bytes.
func upload(n int) traffic {
	return func(t *testing.T, l *Link, s *scenario) {
		t.Helper()
		serve(t, l, s.server(l))
		c := client(l)
		r, err := c.Post(fmt.Sprintf("http://%s/", s.server(l)), "text/plain", bytes.NewReader(make([]byte, n)))
		if err != nil {
			t.Fatal(err)
		}
		defer r.Body.Close()
		if _, err := io.Copy(io.Discard, r.Body); err != nil {
			t.Fatal(err)
		}
		c.CloseIdleConnections()
	}
}

// accept returns the two ends of a connection.
func accept(t *testing.T, l *Link, at netip.AddrPort) (client, server *net.TCPConn) {
	t.Helper()
	listener, err := l.Host[Right].Listen(at)
	if err != nil {
		t.Fatal(err)
	}
	defer listener.Close()
	if client, err = l.Host[Left].Dial(at); err != nil {
		t.Fatal(err)
	}
	conn, err := listener.Accept()
	if err != nil {
		t.Fatal(err)
	}
	return client, conn.(*net.TCPConn)
}

// slowReader has the client read so slowly that its window closes.
func slowReader(t *testing.T, l *Link, sc *scenario) {
	c, s := accept(t, l, sc.server(l))
	defer c.Close()
	c.SetReadBuffer(20000)
	go func() {
		s.Write(make([]byte, 400000))
		s.Close()
	}()
	time.Sleep(700 * ms)
	b := make([]byte, 30000)
	for {
		if _, err := io.ReadFull(c, b); err != nil {
			return
		}
		time.Sleep(20 * ms)
	}
}

// pieces has the client write small pieces with Nagle's algorithm on.
func pieces(t *testing.T, l *Link, sc *scenario) {
	c, s := accept(t, l, sc.server(l))
	c.SetNoDelay(false)
	go func() {
		for i := range 100 {
			fmt.Fprintf(c, "piece %d\n", i)
			time.Sleep(2 * ms)
		}
		c.Close()
	}()
	io.Copy(io.Discard, s)
	s.Close()
}
