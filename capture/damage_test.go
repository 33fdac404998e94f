package capture

import (
	"bytes"
	"encoding/binary"
	"runtime"
	"slices"
	"strings"
	"testing"
)

// Lengths that a file only claims cost little memory and no time, and the reason is named.
func TestHostileLengths(t *testing.T) {
	le := binary.LittleEndian
	snap := pcapHead(le, pcapMagicMicro, 1)
	le.PutUint32(snap[16:], 1<<31)
	record := pcapRecord(nil, le, 1, 0, "a", 1, 0)
	claim := func(captured, wire uint32) []byte {
		b := pcapRecord(nil, le, 1, 0, "", 0, 0)
		le.PutUint32(b[8:], captured)
		le.PutUint32(b[12:], wire)
		return b
	}
	section := ngSection(nil, le)
	iface := func(resol byte) []byte {
		return ngInterface(bytes.Clone(section), le, 1, 1<<31, ngOption{optTSResol, []byte{resol}})
	}
	packet := ngPacket(nil, le, 0, 1, "a", 1)
	long := ngInterface(bytes.Clone(section), le, 1, 0, ngOption{optComment, []byte("text")})
	le.PutUint16(long[len(section)+18:], 0xffff) // the option's length
	for _, c := range []struct {
		name    string
		file    []byte
		packets uint64
		reason  string
	}{
		{"pcap, snapshot length 2^31", slices.Concat(snap, record), 1, ""},
		{"pcap, captured length 2^31", slices.Concat(snap, record, claim(1<<31, 1<<31), record), 2, "bad record header (captured length 2147483648): 16 bytes skipped"},
		{"pcap, captured length 2^31 at the end", slices.Concat(snap, record, claim(1<<31, 1<<31)), 1, "nothing sound"},
		{"pcap, length on the wire 2^31", slices.Concat(snap, claim(0, 1<<31), record), 2, ""},
		{"pcap, 60 MiB that are not there", slices.Concat(snap, record, claim(60<<20, 60<<20)), 1, "packet of 62914560 bytes skipped"},
		{"pcapng, snapshot length 2^31", slices.Concat(iface(6), packet), 1, ""},
		{"pcapng, resolution 2^-127", slices.Concat(iface(0xff), packet), 1, "units of 2^-127 s"},
		{"pcapng, resolution 10^-127", slices.Concat(iface(0x7f), packet), 1, "units of 10^-127 s"},
		{"pcapng, block of 2^32-16", slices.Concat(iface(6), packet, []byte("\x06\x00\x00\x00\xf0\xff\xff\xff"), packet), 2, "bad block of length 4294967280: 8 bytes skipped"},
		{"pcapng, option longer than its block", slices.Concat(long, packet), 1, ""},
		{"pcapng, secrets of 60 MiB that are not there", slices.Concat(iface(6), packet, []byte("\x0a\x00\x00\x00\x00\x00\xc0\x03")), 1, "cut"},
	} {
		t.Run(c.name, func(t *testing.T) {
			var before, after runtime.MemStats
			runtime.ReadMemStats(&before)
			s := NewReader("x", bytes.NewReader(c.file))
			var b Batch
			for s.ReadBatch(&b) == nil {
			}
			runtime.ReadMemStats(&after)
			in := s.Inputs()[0]
			if told := strings.Join(append(in.Warnings, in.Error), "\n"); in.Packets != c.packets || !strings.Contains(told, c.reason) || (c.reason == "") != (told == "") {
				t.Errorf("%+v", in)
			}
			if n := after.TotalAlloc - before.TotalAlloc; n > 3*slabSize {
				t.Errorf("%d bytes allocated", n)
			}
		})
	}
}

// However a byte of a file is damaged, all records but those near it are read.
func TestDamageAnywhere(t *testing.T) {
	le := binary.LittleEndian
	pcap := pcapHead(le, pcapMagicMicro, 1)
	ng := ngInterface(ngSection(nil, le), le, 1, 0)
	starts := map[string]int{"pcap": len(pcap), "pcapng": len(ng)}
	const packets = 12
	for i := range packets {
		data := strings.Repeat("packet", 5+i)
		pcap = pcapRecord(pcap, le, 1_500_000_000, uint32(i), data, len(data), 0)
		ng = ngPacket(ng, le, 0, 1_500_000_000_000_000+uint64(i), data, len(data))
	}
	for name, file := range map[string][]byte{"pcap": pcap, "pcapng": ng} {
		for at := starts[name]; at < len(file); at++ {
			for _, v := range []byte{0, 0xff} {
				bad := bytes.Clone(file)
				bad[at] = v
				frames, err := readAll(t, NewReader("x", bytes.NewReader(bad)))
				if err != nil {
					t.Fatal(err)
				}
				if len(frames) < packets-2 {
					t.Errorf("%s: byte %d of %d is %#x: %d of %d packets", name, at, len(file), v, len(frames), packets)
				}
			}
		}
	}
}
