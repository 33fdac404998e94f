package capture

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"hanalyze"
)

func TestPcapHeaders(t *testing.T) {
	for _, o := range []order{binary.LittleEndian, binary.BigEndian} {
		for _, c := range []struct {
			name  string
			magic uint32
			unit  hanalyze.Time
			extra int
		}{
			{"microseconds", pcapMagicMicro, 1000, 0},
			{"nanoseconds", pcapMagicNano, 1, 0},
			{"modified", pcapMagicModified, 1000, 8},
		} {
			t.Run(fmt.Sprint(c.name, o), func(t *testing.T) {
				file := pcapHead(o, c.magic, hanalyze.LinkRaw)
				file = pcapRecord(file, o, 1, 999999, "abc", 1500, c.extra)
				file = pcapRecord(file, o, 1<<32-1, 7, "", 0, c.extra)
				s := NewReader("x", bytes.NewReader(file))
				wantFrames(t, s, []got{
					{1e9 + 999999*c.unit, "abc", 1500, hanalyze.LinkRaw},
					{(1<<32-1)*1e9 + 7*c.unit, "", 0, hanalyze.LinkRaw},
				})
				want := hanalyze.StatsInput{Name: "x", Format: "pcap", Packets: 2}
				if d := cmp.Diff([]hanalyze.StatsInput{want}, s.Inputs()); d != "" {
					t.Error(d)
				}
				if w := s.Warnings(); len(w) > 0 {
					t.Error(w)
				}
			})
		}
	}
}

// The upper half of the link type field tells of checksums.
func TestPcapLinkType(t *testing.T) {
	file := pcapRecord(pcapHead(binary.LittleEndian, pcapMagicMicro, 0x24000001), binary.LittleEndian, 1, 0, "a", 1, 0)
	wantFrames(t, NewReader("x", bytes.NewReader(file)), []got{{1e9, "a", 1, hanalyze.LinkEthernet}})
}

// Before version 2.3 the lengths stood the other way round; in 2.3 the captured one is the smaller one.
func TestPcapOldVersions(t *testing.T) {
	le := binary.LittleEndian
	for minor, swapped := range map[uint16]bool{2: true, 3: true, 4: false} {
		file := pcapHeadVersion(le, pcapMagicMicro, minor, hanalyze.LinkEthernet)
		captured, wire := uint32(3), uint32(9)
		if swapped {
			captured, wire = wire, captured
		}
		file = le.AppendUint64(file, 0)
		file = le.AppendUint32(file, captured)
		file = le.AppendUint32(file, wire)
		file = append(file, "abc"...)
		wantFrames(t, NewReader("x", bytes.NewReader(file)), []got{{0, "abc", 9, hanalyze.LinkEthernet}})
	}
}

// A packet cannot have been shorter on the wire than what was captured of it.
func TestPcapWireLength(t *testing.T) {
	le := binary.LittleEndian
	file := pcapRecord(pcapHead(le, pcapMagicMicro, 1), le, 0, 0, "abc", 2, 0)
	s := NewReader("x", bytes.NewReader(file))
	wantFrames(t, s, []got{{0, "abc", 3, 1}})
	wantLines(t, s.Warnings(), "x: offset 24: packet of 3 bytes claims to have had 2 on the wire")
}

func wantLines(t *testing.T, got []string, want ...string) {
	t.Helper()
	if d := cmp.Diff(want, got); d != "" {
		t.Errorf("lines (-want +got):\n%s", d)
	}
}

func TestPcapOversizedPacketSkipped(t *testing.T) {
	le := binary.LittleEndian
	big := strings.Repeat("x", 3<<20)
	file := pcapRecord(pcapHead(le, pcapMagicMicro, 1), le, 100, 0, "a", 1, 0)
	file = pcapRecord(file, le, 100, 1, big, len(big), 0)
	file = pcapRecord(file, le, 100, 2, big[:MaxFrame], MaxFrame, 0)
	file = pcapRecord(file, le, 100, 3, big[:MaxFrame+1], MaxFrame+1, 0)
	file = pcapRecord(file, le, 100, 4, "b", 1, 0)
	s := NewReader("x", bytes.NewReader(file))
	wantFrames(t, s, []got{{100e9, "a", 1, 1}, {100e9 + 2000, big[:MaxFrame], MaxFrame, 1}, {100e9 + 4000, "b", 1, 1}})
	wantLines(t, s.Warnings(),
		"x: offset 41: packet of 3145728 bytes skipped: more than 263168",
		"x: offset 3408969: packet of 263169 bytes skipped: more than 263168")
}

func TestPcapResync(t *testing.T) {
	le := binary.LittleEndian
	good := pcapRecord(pcapHead(le, pcapMagicMicro, 1), le, 100, 0, "a", 1, 0)
	next := pcapRecord(pcapRecord(nil, le, 100, 5, "bb", 2, 0), le, 100, 6, "ccc", 3, 0)
	last := pcapRecord(nil, le, 100, 7, "dddd", 4, 0)
	garbage := bytes.Repeat([]byte{0xff}, 1000)
	far := bytes.Repeat([]byte{0xff}, maxResync)
	a := got{100e9, "a", 1, 1}
	bc := []got{a, {100e9 + 5000, "bb", 2, 1}, {100e9 + 6000, "ccc", 3, 1}}
	for _, c := range []struct {
		name     string
		tail     []byte
		want     []got
		warnings string
	}{
		{"two records", append(garbage[:999:999], next...), bc, "x: offset 41: bad record header (captured length 4294967295): 999 bytes skipped"},
		{"the last record", append(garbage[:17:17], last...), []got{a, {100e9 + 7000, "dddd", 4, 1}}, "x: offset 41: bad record header (captured length 4294967295): 17 bytes skipped"},
		{"nothing", garbage, []got{a}, "x: offset 41: no record header: captured length 4294967295"},
		{"at the limit", append(far[:maxResync:maxResync], next...), bc, "x: offset 41: bad record header (captured length 4294967295): 262144 bytes skipped"},
		{"too far", append(append(far, 0xff), next...), []got{a}, "x: offset 41: no record header: captured length 4294967295"},
	} {
		t.Run(c.name, func(t *testing.T) {
			s := NewReader("x", bytes.NewReader(append(bytes.Clone(good), c.tail...)))
			wantFrames(t, s, c.want)
			wantLines(t, s.Warnings(), c.warnings)
			stopped := strings.Contains(c.warnings, "no record")
			if in := s.Inputs()[0]; (in.Error != "") != stopped || in.Truncated {
				t.Errorf("%+v", in)
			}
		})
	}
}
