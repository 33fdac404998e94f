//go:build linux

package main

import (
	"bytes"
	"fmt"
	"testing"

	"github.com/google/gopacket"
	"github.com/google/gopacket/layers"
)

// The frames are whole connections with right checksums, in every generation.
func TestFrames(t *testing.T) {
	all := frames()
	if len(all) != generation*perConnection {
		t.Fatalf("%d frames", len(all))
	}
	for generation := range 3 {
		connections := map[string]int{}
		for i, f := range all {
			if i%97 == 0 { // a sample of them
				check(t, f, byte(generation))
			}
			p := gopacket.NewPacket(f, layers.LayerTypeEthernet, gopacket.Lazy)
			ip := p.NetworkLayer().(*layers.IPv4)
			tcp := p.TransportLayer().(*layers.TCP)
			if tcp.SYN && !tcp.ACK {
				connections[fmt.Sprint(ip.SrcIP, tcp.SrcPort)]++
			}
			age(f)
		}
		if len(connections) != 4*together {
			t.Errorf("%d connections", len(connections))
		}
	}
}

func check(t *testing.T, f []byte, generation byte) {
	t.Helper()
	p := gopacket.NewPacket(f, layers.LayerTypeEthernet, gopacket.Default)
	ip, ok := p.NetworkLayer().(*layers.IPv4)
	if !ok {
		t.Fatal(p)
	}
	tcp := p.TransportLayer().(*layers.TCP)
	if err := tcp.SetNetworkLayerForChecksum(ip); err != nil {
		t.Fatal(err)
	}
	again := gopacket.NewSerializeBuffer()
	err := gopacket.SerializeLayers(again, gopacket.SerializeOptions{ComputeChecksums: true},
		p.LinkLayer().(*layers.Ethernet), ip, tcp, gopacket.Payload(tcp.Payload))
	if padded := append(again.Bytes(), make([]byte, frameSize)...)[:frameSize]; err != nil || !bytes.Equal(f, padded) {
		t.Fatalf("%v\n%x, want\n%x", err, f, padded)
	}
	if client := ip.SrcIP.To4(); client[0] == 10 && client[1] != generation {
		t.Fatalf("generation %d: client %v", generation, client)
	}
}

// The two sides of a connection say what the other acknowledges.
func TestSegments(t *testing.T) {
	var next [2]uint32 // by fromServer: the sequence number to come
	for step := range perConnection {
		s := segmentAt(step)
		me, peer := &next[side(s)], &next[1-side(s)]
		if s.seq != *me || s.flags&ack != 0 && s.ack != *peer {
			t.Errorf("step %d: %+v, want seq %d ack %d", step, s, *me, *peer)
		}
		*me += uint32(s.length)
		if s.flags&(syn|fin) != 0 {
			*me++
		}
	}
}

func side(s segment) int {
	if s.fromServer {
		return 1
	}
	return 0
}
