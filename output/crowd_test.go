package output

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"

	"hanalyze"
)

// attempt makes the conn record of a connection that came to nothing, of one packet.
func attempt(n int, client, server string) *hanalyze.Conn {
	s := newScene(uint64(n), 0, hanalyze.TCP, client, server, "", "")
	c := s.conn(0, &hanalyze.TCPConn{
		Handshake: hanalyze.TCPHandshake{Kind: "incomplete", TFO: "none"}, Close: hanalyze.TCPClose{Kind: "timeout"},
	})
	c.ServerSide = hanalyze.Side{}
	c.Start.Packet, c.Last.Packet = uint64(n), uint64(n)
	return c
}

// A flood is told a hundred times, then in one line; every connection is in one or the other.
func TestStoryFoldsFloods(t *testing.T) {
	const packets = 1000
	client := func(n int) string { return fmt.Sprintf("10.0.%d.%d:4000", n/250, n%250) }
	for _, c := range []struct {
		name           string
		client, server func(n int) string
		line           string
	}{
		{"SYN flood", client, func(int) string { return "192.0.2.1:80" }, "… 900 more connections to 192.0.2.1"},
		{"scan", func(int) string { return "192.0.2.9:4000" }, client, "… 900 more connections from 192.0.2.9"},
	} {
		s := NewStory(Options{Width: 120})
		var b []byte
		for n := 1; n <= packets; n++ {
			b = s.Append(b, attempt(n, c.client(n), c.server(n)))
		}
		b = s.Append(b, summary())
		text := string(b)
		if n := strings.Count("\n"+text, "\n#"); n != maxFruitless {
			t.Errorf("%s: %d blocks", c.name, n)
		}
		want := c.line + "  unanswered, refused, or heard from one end only  packets 101–1000\n"
		if !strings.Contains(text, want) {
			t.Errorf("%s: no line %q in\n%s", c.name, want, text[len(text)-1000:])
		}
	}
}

// A connection that was established, or has something to tell, is told however many there are.
func TestStoryFoldsNothingElse(t *testing.T) {
	s := NewStory(Options{})
	var b []byte
	for n := 1; n <= 3*maxFruitless; n++ {
		c := attempt(n, "10.0.0.1:4000", "192.0.2.1:80")
		switch n % 3 {
		case 0:
			c.TCP.Handshake.Kind = "three_way"
		case 1:
			c.TCP.Handshake.Kind, c.ClientSide.PayloadBytes = "mid_stream", 10
		case 2:
			b = s.Append(b, &hanalyze.DNS{Envelope: c.Envelope, Outcome: "unanswered"})
		}
		b = s.Append(b, c)
	}
	b = s.Append(b, summary())
	if text := string(b); strings.Contains(text, "…") || strings.Count(text, "192.0.2.1:80") != 3*maxFruitless {
		t.Errorf("%d told", strings.Count(text, "192.0.2.1:80"))
	}
}

// With both addresses forged the limit of all holds, and the addresses that are counted for are bounded.
func TestStoryFoldsForgedAddresses(t *testing.T) {
	s, r := NewStory(Options{}), rand.New(rand.NewPCG(1, 2))
	forged := func() string { return fmt.Sprintf("10.%d.%d.%d:80", r.IntN(256), r.IntN(256), r.IntN(256)) }
	const packets = 3 * maxFruitlessInAll
	var b []byte
	for n := 1; n <= packets; n++ {
		b = s.Append(b[:0], attempt(n, forged(), forged()))
		if len(s.fruitless.crowds) > maxCrowds {
			t.Fatalf("%d addresses", len(s.fruitless.crowds))
		}
	}
	b = s.Append(b[:0], summary())
	if want := fmt.Sprintf("… %d more connections  unanswered", packets-maxFruitlessInAll); !strings.Contains(string(b), want) {
		t.Errorf("no line %q in\n%s", want, b)
	}
}
