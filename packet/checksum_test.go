package packet

import (
	"encoding/binary"
	"testing"

	"github.com/google/gopacket"
	"github.com/google/gopacket/layers"

	"hanalyze"
)

// summed serializes a segment with its right checksum over either IP.
func summed(t testing.TB, v6 bool, payload []byte) []byte {
	t.Helper()
	seg, b := tcp(), gopacket.NewSerializeBuffer()
	var link, ip gopacket.SerializableLayer = eth4, ip4(layers.IPProtocolTCP)
	if v6 {
		link, ip = eth6, ip6(layers.IPProtocolTCP)
	}
	if err := seg.SetNetworkLayerForChecksum(ip.(gopacket.NetworkLayer)); err != nil {
		t.Fatal(err)
	}
	o := gopacket.SerializeOptions{FixLengths: true, ComputeChecksums: true}
	if err := gopacket.SerializeLayers(b, o, link, ip, seg, gopacket.Payload(payload)); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func TestChecksum(t *testing.T) {
	payload := make([]byte, 1461)
	for i := range payload {
		payload[i] = byte(i * 31)
	}
	for _, v6 := range []bool{false, true} {
		for _, n := range []int{0, 1, 2, 3, 7, 8, 9, 63, 1460, 1461} {
			raw := summed(t, v6, payload[:n])
			head := 14 + 20
			if v6 {
				head = 14 + 40
			}
			end := head + 24 + n // of the segment: padding may follow
			check := func(what string, b []byte, want Checksum) {
				t.Helper()
				var p Packet
				if r := p.Parse(hanalyze.LinkEthernet, b, len(raw)); r != OK || p.Checksum() != want {
					t.Errorf("v6 %v, %d bytes, %s: %v, checksum %d, want %d", v6, n, what, r, p.Checksum(), want)
				}
			}
			check("whole", raw, ChecksumGood)
			if n > 0 {
				check("cut", raw[:end-1], ChecksumUnknown)
				raw[end-1] ^= 0x10
				check("a wrong bit", raw, ChecksumBad)
			}
			var p Packet
			p.Parse(hanalyze.LinkEthernet, raw, len(raw))
			pseudo := addAddr(addAddr(protoTCP, p.Src.Addr()), p.Dst.Addr())
			for _, left := range []uint16{0, fold(pseudo), fold(pseudo + uint64(24+n))} {
				binary.BigEndian.PutUint16(raw[head+16:], left)
				check("left to the hardware", raw, ChecksumLeft)
			}
		}
	}
}

func BenchmarkChecksum(b *testing.B) {
	raw := summed(b, false, make([]byte, 1460))
	var p Packet
	p.Parse(hanalyze.LinkEthernet, raw, len(raw))
	for b.Loop() {
		if p.Checksum() != ChecksumGood {
			b.Fatal("wrong")
		}
	}
}
