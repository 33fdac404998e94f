package decode

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"

	"hanalyze"
)

// upgraded opens a WebSocket connection, its messages' content wanted up to room bytes.
func upgraded(t *testing.T, room int) *player {
	p := newPlayer(t, hanalyze.TCP, 80)
	p.decoder.cfg.Payload = room
	p.data(hanalyze.C2S, []byte("GET / HTTP/1.1\r\nHost: a\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"))
	p.data(hanalyze.S2C, []byte("HTTP/1.1 101 S\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n\r\n"))
	return p
}

// messages are those told.
func (p *player) messages() (list []*hanalyze.WebSocketMessage) {
	for _, r := range p.records {
		if m, ok := r.(*hanalyze.WebSocketMessage); ok {
			list = append(list, m)
		}
	}
	return list
}

// serverFrame is a text frame of fewer than 2^16 bytes.
func serverFrame(s string) []byte {
	if len(s) < 126 {
		return append([]byte{0x81, byte(len(s))}, s...)
	}
	return append([]byte{0x81, 126, byte(len(s) >> 8), byte(len(s))}, s...)
}

// What is kept of a message is its beginning, at most as much as was asked for, and never more than maxPayload.
func TestPayloadLimits(t *testing.T) {
	for _, c := range []struct {
		room, fragments int
		kept            int
		more            bool
	}{
		{0, 1, 0, false}, {1, 1, 1, true}, {60_000, 1, 60_000, false}, {60_001, 1, 60_000, false}, {60_001, 2, 60_001, true},
		{maxPayload + 5, 20, maxPayload, true},
	} {
		p := upgraded(t, c.room)
		const size = 60_000
		for i := range c.fragments {
			f := serverFrame(strings.Repeat("x", size))
			if f[0] = 0; i == 0 {
				f[0] = 1
			}
			if i == c.fragments-1 {
				f[0] |= 0x80
			}
			p.data(hanalyze.S2C, f)
		}
		p.close("fin")
		list := p.messages()
		if len(list) != 1 || len(list[0].Kept) != c.kept || list[0].BodyTruncated != c.more || *list[0].Bytes != uint64(c.fragments*size) {
			t.Errorf("%+v: %d messages, %d bytes kept", c, len(list), len(list[0].Kept))
		}
	}
}

// Whatever is missing, what is kept is the beginning of a message that was sent.
func TestPayloadIsABeginning(t *testing.T) {
	kept := 0
	for seed := range uint64(300) {
		rnd := rand.New(rand.NewPCG(seed, 3))
		p := upgraded(t, 100)
		var wire []byte
		said := map[string]bool{}
		for i := range 40 {
			s := fmt.Sprintf("%d:%d ", seed, i) + strings.Repeat(string(rune('a'+i%26)), rnd.IntN(300))
			said[s] = true
			wire = append(wire, serverFrame(s)...)
		}
		for len(wire) > 0 {
			n := min(len(wire), 1+rnd.IntN(200))
			switch rnd.IntN(12) {
			case 0:
				p.gap(hanalyze.S2C, int64(n), hanalyze.MissingGap)
			case 1:
				p.gap(hanalyze.S2C, -1, hanalyze.MissingGap)
			default:
				p.data(hanalyze.S2C, wire[:n])
			}
			wire = wire[n:]
		}
		p.close("fin")
		for _, m := range p.messages() {
			kept += len(m.Kept)
			if len(m.Kept) > 0 && !beginsOne(said, m.Kept) {
				t.Fatalf("seed %d: nobody said %q", seed, m.Kept)
			}
		}
	}
	if kept < 10_000 {
		t.Errorf("only %d bytes were kept: the test hardly tests", kept)
	}
}

func beginsOne(said map[string]bool, b []byte) bool {
	for s := range said {
		if bytes.HasPrefix([]byte(s), b) {
			return true
		}
	}
	return false
}
