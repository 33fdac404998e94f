package troublelink

import (
	"bytes"
	"flag"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/netip"
	"path/filepath"
	"testing"
	"time"

	"hanalyze/internal/testenv"
)

var (
	keep    = flag.String("keep", "", "keep captures and their truth in this `folder`")
	replay  = flag.String("replay", "", "judge the captures kept in this `folder` rather than new ones")
	details = flag.Bool("details", false, "print every packet that is told wrong")
	seeds   = flag.Int("seeds", 1, "`number` of runs of each scenario")
)

// traffic is what the hosts do: the client is the left one.
type traffic func(t *testing.T, l *Link)

// scenario is a kind of trouble.
type scenario struct {
	name       string
	right      Plan // of what goes to the right
	left       Plan // of what goes to the left
	sysctl     map[string]string
	congestion string // "" is cubic
	do         traffic
}

const (
	megabyte = 1 << 20
	port     = 80
)

// with returns settings of TCP.
func with(settings ...string) map[string]string {
	m := map[string]string{}
	for i := 0; i < len(settings); i += 2 {
		m["ipv4/tcp_"+settings[i]] = settings[i+1]
	}
	return m
}

const ms = time.Millisecond

var scenarios = []scenario{
	{name: "clean", right: Plan{Delay: 5 * ms}, left: Plan{Delay: 5 * ms}, do: download(megabyte)},
	{name: "loss", right: Plan{Delay: 5 * ms}, left: Plan{Delay: 5 * ms, Drop: []Drop{DropShare(0.02)}}, do: download(megabyte)},
	{name: "loss-upload", right: Plan{Delay: 5 * ms, Drop: []Drop{DropShare(0.02)}}, left: Plan{Delay: 5 * ms}, do: upload(megabyte)},
	{name: "loss-both", right: Plan{Delay: 5 * ms, Drop: []Drop{DropShare(0.05)}}, left: Plan{Delay: 5 * ms, Drop: []Drop{DropShare(0.05)}}, do: download(megabyte)},
	{name: "loss-bbr", right: Plan{Delay: 5 * ms}, left: Plan{Delay: 5 * ms, Drop: []Drop{DropShare(0.02)}}, congestion: "bbr", do: download(megabyte)},
	{name: "loss-nosack", right: Plan{Delay: 5 * ms}, left: Plan{Delay: 5 * ms, Drop: []Drop{DropShare(0.02)}}, sysctl: with("sack", "0"), do: download(megabyte)},
	{name: "loss-nots", right: Plan{Delay: 5 * ms}, left: Plan{Delay: 5 * ms, Drop: []Drop{DropShare(0.02)}}, sysctl: with("timestamps", "0"), do: download(megabyte)},
	{name: "bursts", right: Plan{Delay: 5 * ms}, left: Plan{Delay: 5 * ms, Drop: []Drop{DropBursts(0.005, 8)}}, do: download(megabyte)},
	{name: "acks", right: Plan{Delay: 5 * ms, Drop: []Drop{DropAcks(0.3)}}, left: Plan{Delay: 5 * ms}, do: download(megabyte)},
	{name: "tails", right: Plan{Delay: 5 * ms}, left: Plan{Delay: 5 * ms, Drop: []Drop{DropShort(1448, 0.4)}}, do: requests(12, 9000)},
	{name: "reorder", right: Plan{Delay: 5 * ms}, left: Plan{Delay: 5 * ms, Reorder: 0.02, ReorderBy: 1 * ms}, do: download(megabyte)},
	{name: "reorder-far", right: Plan{Delay: 5 * ms}, left: Plan{Delay: 5 * ms, Reorder: 0.01, ReorderBy: 8 * ms}, do: download(megabyte)},
	{name: "duplicates", right: Plan{Delay: 5 * ms, Duplicate: 0.02}, left: Plan{Delay: 5 * ms, Duplicate: 0.02}, do: download(megabyte)},
	{name: "duplicates-late", right: Plan{Delay: 5 * ms}, left: Plan{Delay: 5 * ms, Duplicate: 0.02, DuplicateBy: 3 * ms}, do: download(megabyte)},
	{name: "queue", right: Plan{Delay: 5 * ms}, left: Plan{Delay: 5 * ms, Rate: 2e6, Queue: 30000}, do: download(megabyte)},
	{name: "long-fat", right: Plan{Delay: 25 * ms}, left: Plan{Delay: 25 * ms, Drop: []Drop{DropShare(0.005)}}, do: download(megabyte)},
	{name: "everything", right: Plan{Delay: 5 * ms, Jitter: 2 * ms, Drop: []Drop{DropShare(0.02)}, Reorder: 0.01, ReorderBy: 2 * ms},
		left: Plan{Delay: 5 * ms, Jitter: 2 * ms, Drop: []Drop{DropShare(0.02)}, Reorder: 0.01, ReorderBy: 2 * ms, Duplicate: 0.01}, do: download(megabyte)},
	{name: "blackout", right: Plan{Delay: 5 * ms}, left: Plan{Delay: 5 * ms, Drop: []Drop{DropBursts(0.01, 40)}}, do: download(megabyte)},
	{name: "delay-spike", right: Plan{Delay: 5 * ms}, left: Plan{Delay: 5 * ms, Reorder: 0.004, ReorderBy: 300 * ms}, do: requests(8, 9000)},
	{name: "syn", right: Plan{Delay: 5 * ms, Drop: []Drop{DropFlags(SYN, SYN, 1)}}, left: Plan{Delay: 5 * ms, Drop: []Drop{DropFlags(FIN, FIN, 1)}}, do: requests(2, 1000)},
	{name: "slow-reader", right: Plan{Delay: 2 * ms}, left: Plan{Delay: 2 * ms}, do: slowReader},
	{name: "pieces", right: Plan{Delay: 5 * ms}, left: Plan{Delay: 5 * ms}, do: pieces},
}

func TestTrouble(t *testing.T) {
	if *replay != "" {
		replayAll(t, *replay)
		return
	}
	testenv.Root(t)
	for _, s := range scenarios {
		for seed := range uint64(*seeds) {
			run := fmt.Sprintf("%s-%d", s.name, seed+1)
			t.Run(run, func(t *testing.T) {
				trace := s.run(t, seed+1)
				for _, at := range sights(t, run, trace) {
					if *keep != "" {
						at.save(t, *keep)
					}
					compare(t, at)
				}
			})
		}
	}
}

func replayAll(t *testing.T, dir string) {
	names, err := filepath.Glob(filepath.Join(dir, "*.json"))
	if err != nil || len(names) == 0 {
		t.Fatalf("nothing to replay in %s: %v", dir, err)
	}
	for _, name := range names {
		compare(t, load(t, name))
	}
}

// run makes the link, has the traffic cross it, and returns what happened.
func (s *scenario) run(t *testing.T, seed uint64) *Trace {
	t.Helper()
	o := Options{Seed: seed, Plan: [2]Plan{Left: s.right, Right: s.left}, Sysctl: s.sysctl, Congestion: "cubic"}
	if s.congestion != "" {
		o.Congestion = s.congestion
	}
	l, err := New(o)
	if err != nil {
		t.Fatal(err)
	}
	s.do(t, l)
	time.Sleep(100*ms + 2*(s.right.Delay+s.left.Delay)) // for the last ACKs
	var counters [2]map[string]int64
	for side := range counters {
		if counters[side], err = l.Host[side].Counters(); err != nil {
			t.Fatal(err)
		}
	}
	trace, err := l.Stop()
	if err != nil {
		t.Fatal(err)
	}
	for side, c := range counters {
		again := 0
		for _, p := range trace.Packets {
			if p.Again && p.From == Side(side) {
				again++
			}
		}
		fast := 0
		for _, f := range trace.Truths(Side(side)) {
			if f.From == Side(side) && f.Cause == Fast {
				fast++
			}
		}
		if c["TcpExtTCPFastRetrans"] != int64(fast) {
			t.Errorf("%s kernel resent %d segments in fast recovery, the link saw %d", Side(side), c["TcpExtTCPFastRetrans"], fast)
		}
		if c["TcpRetransSegs"] != int64(again) {
			t.Errorf("%s kernel resent %d segments, the link saw %d", Side(side), c["TcpRetransSegs"], again)
		}
	}
	return trace
}

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
