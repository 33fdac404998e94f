package pipeline

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"golang.org/x/net/http2"
	"golang.org/x/net/http2/hpack"

	"hanalyze"
	"hanalyze/capture"
	"hanalyze/output"
	"hanalyze/packet"
)

// h2Peer writes one direction of an HTTP/2 connection.
type h2Peer struct {
	t     testing.TB
	out   bytes.Buffer
	fr    *http2.Framer
	enc   *hpack.Encoder
	block bytes.Buffer
}

func newH2Peer(t testing.TB) *h2Peer {
	p := &h2Peer{t: t}
	p.fr = http2.NewFramer(&p.out, nil)
	p.enc = hpack.NewEncoder(&p.block)
	return p
}

func (p *h2Peer) check(err error) {
	if err != nil {
		p.t.Fatal(err)
	}
}

func (p *h2Peer) headers(stream uint32, end bool, fields ...string) {
	p.block.Reset()
	for i := 0; i < len(fields); i += 2 {
		p.check(p.enc.WriteField(hpack.HeaderField{Name: fields[i], Value: fields[i+1]}))
	}
	p.check(p.fr.WriteHeaders(http2.HeadersFrameParam{StreamID: stream, BlockFragment: p.block.Bytes(), EndStream: end, EndHeaders: true}))
}

// take returns what was written since the last call.
func (p *h2Peer) take() string {
	s := p.out.String()
	p.out.Reset()
	return s
}

// h2Trace is a connection with n exchanges whose answers come in pieces that take turns, as servers send them.
func h2Trace(t testing.TB, rnd *rand.Rand, n int) *trace {
	tr := newTrace()
	c := tr.tcp(1, 8080)
	c.mss = 1400
	c.open()
	client, server := newH2Peer(t), newH2Peer(t)
	client.out.WriteString(http2.ClientPreface)
	client.check(client.fr.WriteSettings())
	server.check(server.fr.WriteSettings())
	server.check(server.fr.WriteSettingsAck())
	c.say(hanalyze.C2S, client.take())
	c.say(hanalyze.S2C, server.take())
	left := map[uint32]int{}
	var open []uint32
	for next := uint32(1); next < uint32(2*n) || len(open) > 0; {
		for len(open) < 4 && next < uint32(2*n) {
			client.headers(next, true, ":method", "GET", ":scheme", "http", ":authority", "h2.example", ":path", fmt.Sprint("/", next),
				"user-agent", "thinned/1", "x-one", fmt.Sprint(next%5), "x-other", fmt.Sprint(rnd.IntN(1000)))
			c.say(hanalyze.C2S, client.take())
			size := 1 + rnd.IntN(200_000)
			server.headers(next, false, ":status", "200", "content-type", "text/plain", "content-length", fmt.Sprint(size),
				"etag", fmt.Sprint(rnd.IntN(1000)), "server", "thinned")
			left[next] = size
			open = append(open, next)
			next += 2
		}
		i := rnd.IntN(len(open))
		id := open[i]
		k := min(left[id], 16384)
		left[id] -= k
		server.check(server.fr.WriteData(id, left[id] == 0, bytes.Repeat([]byte{byte(id)}, k)))
		c.say(hanalyze.S2C, server.take())
		if left[id] == 0 {
			open = append(open[:i], open[i+1:]...)
		}
	}
	c.close()
	return tr
}

// h2Told is what is told of the HTTP/2 in a capture.
type h2Told struct {
	blocks []record // header blocks, as frame records
	bodies float64  // bytes
}

func readH2(t testing.TB, src capture.Source) (h h2Told) {
	defer src.Close()
	var out bytes.Buffer
	_, err := Run(Options{Source: src, Workers: 1, Render: output.NewJSON(output.Options{}), Out: &out, Events: map[string]bool{"http2_frame": true}})
	if err != nil {
		t.Fatal(err)
	}
	for _, r := range records(t, out.Bytes()) {
		switch {
		case r.text("type") == "http2_frame" && r["headers"] != nil:
			h.blocks = append(h.blocks, r)
		case r.text("type") == "http" && r.text("version") == "2":
			h.bodies += r.part("request").number("body_bytes") + r.part("response").number("body_bytes")
		}
	}
	return h
}

// kept compares what is told of a capture that lacks some packets with what is told of the whole one. A header block
// counts where it is told with all its fields, those that cannot be known marked as such; it was touched where one of its packets is missing.
func (h h2Told) kept(t testing.TB, whole h2Told, missing map[float64]bool) (blocks, resolved, untouched int) {
	told := map[string][]record{}
	for _, b := range h.blocks {
		told[b.key()+b.text("dir")] = append(told[b.key()+b.text("dir")], b)
	}
	for _, b := range whole.blocks {
		touched := false
		for n := b.number("frame"); n <= b.number("last_frame"); n++ {
			touched = touched || missing[n]
		}
		if touched {
			continue
		}
		untouched++
		key := b.key() + b.text("dir")
		fields := b["headers"].([]any)
		for i, c := range told[key] {
			if c.number("last_frame") != b.number("last_frame") {
				continue
			}
			got := c["headers"].([]any)
			if len(got) != len(fields) {
				t.Errorf("%d fields of %d: %v, want %v", len(got), len(fields), got, fields)
			}
			if d := (comparison{}).list("headers", got, fields); d != "" {
				t.Errorf("%s: %v, want %v", d, got, fields)
			}
			blocks++
			if !strings.Contains(fmt.Sprint(got), "unresolved") {
				resolved++
			}
			told[key] = append(told[key][:i:i], told[key][i+1:]...)
			break
		}
	}
	return blocks, resolved, untouched
}

// connection is a capture of HTTP/2 that can be read any number of times.
type connection struct {
	name string
	open func() capture.Source
}

func h2Connections(t testing.TB) (all []connection) {
	for seed := range uint64(10) {
		tr := h2Trace(t, rand.New(rand.NewPCG(seed, 11)), 40)
		all = append(all, connection{fmt.Sprint("made ", seed), func() capture.Source { return &source{frames: slices.Clone(tr.frames), size: 64} }})
	}
	for _, name := range captureFiles(t, *captures) {
		all = append(all, connection{filepath.Base(name), func() capture.Source { return openCapture(t, name) }})
	}
	return all
}

// Five packets that are missing from an HTTP/2 connection cost the header blocks in them, and no more than 5 % of the bytes
// of bodies.
func TestFivePacketsOfHTTP2(t *testing.T) {
	const runs, lost, share = 20, 5, 0.95
	const fewest = 200 // five of fewer packets are more than a few per cent
	tried := 0
	for _, c := range h2Connections(t) {
		whole := readH2(t, c.open())
		packets := 0
		readH2(t, &thinned{Source: c.open(), drop: func(*packet.Packet) bool { packets++; return false }})
		if whole.bodies == 0 || packets < fewest {
			continue
		}
		tried++
		blocks, resolved, untouched, least := 0, 0, 0, 1.0
		for seed := range uint64(runs) {
			n, chosen, missing := 0, rand.New(rand.NewPCG(seed, 13)).Perm(packets)[:lost], map[float64]bool{}
			src := &thinned{Source: c.open(), drop: func(p *packet.Packet) bool {
				n++
				if !slices.Contains(chosen, n-1) {
					return false
				}
				missing[float64(p.Meta.Packet)] = true
				return true
			}}
			got := readH2(t, src)
			b, r, u := got.kept(t, whole, missing)
			blocks, resolved, untouched = blocks+b, resolved+r, untouched+u
			bodies := (got.bodies - float64(src.bytes)) / whole.bodies
			if least = min(least, bodies); b < u || bodies < share {
				t.Errorf("%s, seed %d: %d of %d header blocks, %.1f %% of the body bytes", c.name, seed, b, u, 100*bodies)
			}
		}
		t.Logf("%s, %d packets: %d of %d header blocks, %d of them with all fields, at least %.1f %% of the body bytes",
			c.name, packets, blocks, untouched, resolved, 100*least)
	}
	if tried == 0 {
		t.Error("no connection was long enough: the test cannot fail")
	}
}
