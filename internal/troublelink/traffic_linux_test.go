package troublelink

import (
	"bytes"
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
type traffic func(t *testing.T, l *Link)

// serve serves HTTP on the right host: /N is N bytes, and POST takes everything.
func serve(t *testing.T, l *Link) {
	t.Helper()
	listener, err := l.Host[Right].Listen(l.Host[Right].Addr4, port)
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
func client(t *testing.T, l *Link) *http.Client {
	transport := &http.Transport{Dial: func(_, address string) (net.Conn, error) {
		return l.Host[Left].Dial(netip.MustParseAddrPort(address))
	}}
	return &http.Client{Transport: transport, Timeout: 20 * time.Second}
}

func url(l *Link, n int) string { return fmt.Sprintf("http://%s:%d/%d", l.Host[Right].Addr4, port, n) }

// get asks for n bytes.
func get(t *testing.T, c *http.Client, l *Link, n int) {
	t.Helper()
	r, err := c.Get(url(l, n))
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
	return func(t *testing.T, l *Link) {
		serve(t, l)
		c := client(t, l)
		for range times {
			get(t, c, l, n)
		}
		c.CloseIdleConnections()
	}
}

// upload sends n bytes.
func upload(n int) traffic {
	return func(t *testing.T, l *Link) {
		serve(t, l)
		c := client(t, l)
		r, err := c.Post(url(l, 0), "text/plain", bytes.NewReader(make([]byte, n)))
		if err != nil {
			t.Fatal(err)
		}
		io.Copy(io.Discard, r.Body)
		r.Body.Close()
		c.CloseIdleConnections()
	}
}

// accept returns the two ends of a connection.
func accept(t *testing.T, l *Link) (client, server net.Conn) {
	t.Helper()
	listener, err := l.Host[Right].Listen(l.Host[Right].Addr4, port)
	if err != nil {
		t.Fatal(err)
	}
	defer listener.Close()
	if client, err = l.Host[Left].Dial(netip.AddrPortFrom(l.Host[Right].Addr4, port)); err == nil {
		server, err = listener.Accept()
	}
	if err != nil {
		t.Fatal(err)
	}
	return client, server
}

// slowReader has the client read so slowly that its window closes.
func slowReader(t *testing.T, l *Link) {
	c, s := accept(t, l)
	defer c.Close()
	c.(*net.TCPConn).SetReadBuffer(20000)
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
func pieces(t *testing.T, l *Link) {
	c, s := accept(t, l)
	c.(*net.TCPConn).SetNoDelay(false)
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
