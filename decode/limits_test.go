package decode

import (
	"bytes"
	"slices"
	"strings"
	"testing"

	"hanalyze"
)

const (
	client = hanalyze.C2S
	server = hanalyze.S2C
)

// waiting returns a player whose client has sent CONNECT and has got no answer, so that all it sends is queued.
func waiting(t *testing.T) *player {
	p := newPlayer(t, hanalyze.TCP, 3128)
	p.data(client, []byte(connect))
	return p
}

func TestQueueBytes(t *testing.T) {
	p := waiting(t)
	piece := bytes.Repeat([]byte{0xff}, 1<<10)
	const over = 10
	for range maxQueue/len(piece) + over {
		p.data(client, piece)
	}
	if p.stream.queued != maxQueue {
		t.Errorf("%d bytes queued", p.stream.queued)
	}
	p.data(server, []byte(connected))
	p.close("fin")
	if got := p.decoder.Counters().Limits()["stream_queue_bytes_dropped"]; got != over<<10 {
		t.Errorf("%d bytes dropped", got)
	}
	checkTold(t, p.records, "http http1 HTTP/1.1 #1 CONNECT tls.example:443 -> 200 OK certain complete")
}

func TestQueueSteps(t *testing.T) {
	p := waiting(t)
	const over = 10
	for range maxQueueSteps + over {
		p.data(client, []byte{0xff})
	}
	p.data(server, []byte(connected))
	p.close("fin")
	if got := p.decoder.Counters().QueueDropped; got != over {
		t.Errorf("%d bytes dropped", got)
	}
}

// What did not fit the queue is a gap for the decoder that gets it.
func TestQueueOverflowIsMissing(t *testing.T) {
	p := waiting(t)
	post := "POST /big HTTP/1.1\r\nHost: a\r\nContent-Length: 1000000\r\n\r\n"
	p.data(client, []byte(post))
	for range 1000 {
		p.data(client, bytes.Repeat([]byte{'.'}, 1000))
	}
	p.data(server, []byte(connected+"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"))
	p.close("fin")
	checkTold(t, p.records,
		"http http1 HTTP/1.1 #1 CONNECT tls.example:443 -> 200 OK certain complete",
		"http http1>http1 HTTP/1.1 #1 POST /big -> 200 OK certain missing=limit")
	if r := p.records[1].(*hanalyze.HTTP); r.Request.BodyBytes != 1000000 {
		t.Errorf("%d body bytes", r.Request.BodyBytes)
	}
}

// Any number of gaps waits in one step, and so do gaps and dropped bytes in turn. The player checks the bounds.
func TestQueueGaps(t *testing.T) {
	p := waiting(t)
	p.data(client, []byte{0xff})
	for range 20 * maxQueueSteps {
		p.gap(client, 100, hanalyze.MissingGap)
	}
	if len(p.stream.queue) != 2 || p.stream.queue[1].gap != 2000*maxQueueSteps {
		t.Errorf("%d steps", len(p.stream.queue))
	}
	for range 4 * maxQueueSteps {
		p.gap(client, 100, hanalyze.MissingGap)
		p.data(client, []byte{0xff})
	}
	p.gap(client, -1, hanalyze.MissingGap)
	p.data(client, []byte{0xff})
	p.end(client)
	p.close("reset")
	if p.decoder.Counters().QueueDropped == 0 {
		t.Error("nothing dropped")
	}
}

// Queued bytes that nobody wants leave the count, so that the queue is as large for what follows.
func TestQueueCountAfterLateProtocol(t *testing.T) {
	p := newPlayer(t, hanalyze.TCP, 1080)
	p.data(client, []byte{5, 1, 0})
	p.data(server, []byte{5, 0})
	p.data(client, []byte("GET / HTTP/1.1\r\nHost: a\r\n\r\n"))
	p.data(server, []byte("HTTP/1.1 204 No Content\r\n\r\n"))
	if p.stream.queued != 0 || len(p.stream.queue) != 0 {
		t.Errorf("%d bytes in %d steps", p.stream.queued, len(p.stream.queue))
	}
	p.close("fin")
	checkTold(t, p.records, "http http1 HTTP/1.1 #1 GET / -> 204 No Content certain complete")
}

func TestSniffLimit(t *testing.T) {
	for _, k := range []struct {
		urlBytes        int
		decoded, opaque uint64
	}{{maxSniff - 100, 1, 0}, {maxSniff, 0, 1}} {
		p := newPlayer(t, hanalyze.TCP, 80)
		request := "GET /" + strings.Repeat("x", k.urlBytes) + " HTTP/1.1\r\nHost: a\r\n\r\n"
		for b := range slices.Chunk([]byte(request), 1400) {
			p.data(client, b)
		}
		p.close("fin")
		if n := p.decoder.Counters(); n.Decoded != k.decoded || n.Opaque != k.opaque {
			t.Errorf("a URL of %d bytes: %d decoded, %d opaque", k.urlBytes, n.Decoded, n.Opaque)
		}
	}
}

// Up to maxDoubt bytes that nobody recognises wait for the other direction to explain them.
func TestDoubtLimit(t *testing.T) {
	const answer = "HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n"
	for _, k := range []struct {
		bytes   int
		explain bool
	}{{maxDoubt - 1, true}, {maxDoubt, false}} {
		p := newPlayer(t, hanalyze.TCP, 80)
		p.data(client, bytes.Repeat([]byte{0xff}, k.bytes))
		if p.stream.opaque == k.explain {
			t.Errorf("%d bytes: opaque is %v", k.bytes, p.stream.opaque)
		}
		p.data(server, []byte(answer))
		p.close("fin")
		explained := len(p.records) > 1 && p.records[0].RecordType() == "notice"
		if explained != k.explain || len(p.records) == 0 {
			t.Errorf("%d bytes: %v", k.bytes, told(p.records))
		}
	}
}

func TestResniffLimit(t *testing.T) {
	for _, k := range []struct{ garbage, records int }{{maxResniff - 1, 1}, {maxResniff + 1, 0}} {
		p := newPlayer(t, hanalyze.TCP, 80)
		p.data(client, bytes.Repeat([]byte{0xff}, maxDoubt))
		for range k.garbage {
			p.data(client, []byte{0xff, 0xff})
		}
		p.data(client, []byte("GET / HTTP/1.1\r\nHost: a\r\n\r\n"))
		p.close("fin")
		if len(p.records) != k.records {
			t.Errorf("after %d segments: %v", k.garbage, told(p.records))
		}
	}
}

func TestResniffLimitOfDatagrams(t *testing.T) {
	for _, k := range []struct{ garbage, records int }{{maxResniff - 1, 1}, {maxResniff, 0}} {
		p := newPlayer(t, hanalyze.UDP, 9000)
		for range k.garbage {
			p.data(client, []byte{0xff})
		}
		p.data(client, dnsQuery(t, 1, "late.example."))
		p.close("timeout")
		if len(p.records) != k.records {
			t.Errorf("after %d datagrams: %v", k.garbage, told(p.records))
		}
	}
}

// In order, an answer's body costs no allocation.
func TestAllocations(t *testing.T) {
	p := newPlayer(t, hanalyze.TCP, 80)
	p.data(client, []byte("GET / HTTP/1.1\r\nHost: a\r\n\r\n"))
	p.data(server, []byte("HTTP/1.1 200 OK\r\nContent-Length: 100000000\r\n\r\n"))
	body := bytes.Repeat([]byte{'.'}, 1400)
	if n := testing.AllocsPerRun(1000, func() { p.stream.Data(server, p.tick(), body) }); n != 0 {
		t.Errorf("%v allocations", n)
	}
}

// What is used again for the next exchange of a connection takes nothing of the last one's record along, nor changes it.
func TestExchangeUsedAgainLeavesRecordsAlone(t *testing.T) {
	p := newPlayer(t, hanalyze.TCP, 80)
	for _, path := range []string{"/first", "/second", "/third"} {
		p.data(client, []byte("POST "+path+" HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\n\r\nhi"))
		p.data(server, []byte("HTTP/1.1 200 OK\r\nX-Path: "+path+"\r\nContent-Length: 0\r\n\r\n"))
	}
	p.close("fin")
	var got []string
	for _, r := range p.records {
		if x, ok := r.(*hanalyze.HTTP); ok {
			got = append(got, x.PathQuery+" "+x.Response.Headers[0].Value+" "+x.Request.Framing+" "+x.Response.Framing)
		}
	}
	want := []string{"/first /first content_length none", "/second /second content_length none", "/third /third content_length none"}
	if !slices.Equal(got, want) {
		t.Errorf("got %q", got)
	}
}
