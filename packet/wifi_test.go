package packet

import (
	"encoding/binary"
	"testing"

	"github.com/google/gopacket/layers"

	"hanalyze"
)

// amsdu joins packets in a QoS data frame, IEEE 802.11-2020 §9.3.2.2.
func amsdu(t testing.TB, packets ...[]byte) []byte {
	frame := unhex(t, "88010000 020000000001 020000000002 020000000003 1000 8000")
	for _, p := range packets {
		for len(frame)%4 != 2 { // the header is two bytes more than a multiple of four
			frame = append(frame, 0)
		}
		frame = append(frame, unhex(t, "020000000001 020000000002")...)
		frame = binary.BigEndian.AppendUint16(frame, uint16(8+len(p)))
		frame = append(frame, unhex(t, "aaaa03000000 0800")...)
		frame = append(frame, p...)
	}
	return frame
}

func TestAMSDU(t *testing.T) {
	tcp4, udp4 := build(t, ip4(layers.IPProtocolTCP), tcp(), body), build(t, ip4(layers.IPProtocolUDP), udp(), body)
	tests := []struct {
		name         string
		link         hanalyze.LinkType
		head, behind string
	}{
		{"bare", hanalyze.LinkWiFi, "", ""},
		{"with a check sequence", hanalyze.LinkWiFi, "", "01020304"},
		{"with a check sequence that radiotap announces", hanalyze.LinkRadiotap, "00000900 02000000 10", "01020304"},
	}
	for _, tt := range tests {
		frame := append(unhex(t, tt.head), amsdu(t, tcp4, udp4, tcp4)...)
		frame = append(frame, unhex(t, tt.behind)...)
		var p, want Packet
		r := p.Parse(tt.link, frame, len(frame))
		for i, inner := range [][]byte{tcp4, udp4, tcp4} {
			want.Parse(hanalyze.LinkRaw, inner, len(inner))
			if r != OK || describe(&p) != describe(&want) {
				t.Fatalf("%s, packet %d: %s %s, want %s", tt.name, i, r, describe(&p), describe(&want))
			}
			if p.Joined == 0 {
				if i != 2 {
					t.Fatalf("%s: the last is packet %d", tt.name, i)
				}
				break
			}
			r = p.ParseJoined(frame, len(frame), p.Joined)
		}
	}
}

// A joined packet is read as far as the capture goes, and what follows a cut is not looked for.
func TestAMSDUCut(t *testing.T) {
	whole := amsdu(t, build(t, ip4(layers.IPProtocolTCP), tcp(), body), build(t, ip4(layers.IPProtocolUDP), udp(), body))
	for n := range whole {
		var p Packet
		p.Parse(hanalyze.LinkWiFi, whole[:n], len(whole))
		if p.Joined > 0 && p.Joined > n-14 {
			t.Fatalf("cut at %d: the next at %d", n, p.Joined)
		}
		if p.Joined > 0 {
			if r := p.ParseJoined(whole[:n], len(whole), p.Joined); r == OK && len(p.Payload) > p.PayloadLen {
				t.Errorf("cut at %d: %s", n, describe(&p))
			}
		}
	}
}

// A frame of nothing but headers of subframes ends.
func TestAMSDUOfNothing(t *testing.T) {
	frame := append(amsdu(t), make([]byte, 4096)...)
	var p Packet
	n := 1
	p.Parse(hanalyze.LinkWiFi, frame, len(frame))
	for ; p.Joined > 0; n++ {
		p.ParseJoined(frame, len(frame), p.Joined)
	}
	if n > 4096/14 {
		t.Errorf("%d subframes", n)
	}
}
