package capture

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"os"
	"path/filepath"
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
	for minor, swapped := range map[uint16]bool{0: true, 2: true, 3: true, 4: false} {
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
	far := bytes.Repeat([]byte{0xff}, maxLost)
	a := got{100e9, "a", 1, 1}
	bc := []got{a, {100e9 + 5000, "bb", 2, 1}, {100e9 + 6000, "ccc", 3, 1}}
	const bad = "offset 41: bad record header (captured length 4294967295)"
	for _, c := range []struct {
		name    string
		tail    []byte
		want    []got
		error   string
		skipped uint64
	}{
		{"two records", append(garbage[:999:999], next...), bc, bad + ": 999 bytes skipped", 999},
		{"the last record", append(garbage[:17:17], last...), []got{a, {100e9 + 7000, "dddd", 4, 1}}, bad + ": 17 bytes skipped", 17},
		{"nothing", garbage, []got{a}, bad + "; nothing sound in the next 1000 bytes", 0},
		{"megabytes", append(far[:5<<20:5<<20], next...), bc, bad + ": 5242880 bytes skipped", 5 << 20},
		{"too much", append(bytes.Repeat(garbage[:1], maxLost+1<<20), next...), []got{a}, bad + "; nothing sound in the next 67", 0},
		{"a page of zeros", append(make([]byte, 4096), next...), bc, "offset 41: zeros in place of a record header: 4096 bytes skipped", 4096},
		{"zeros to the end", make([]byte, 4096), []got{a}, "offset 41: zeros in place of a record header; nothing sound in the next 4096 bytes", 0},
	} {
		t.Run(c.name, func(t *testing.T) {
			s := NewReader("x", bytes.NewReader(append(bytes.Clone(good), c.tail...)))
			wantFrames(t, s, c.want)
			in := s.Inputs()[0]
			if !strings.HasPrefix(in.Error, c.error) || in.DamagedAt != 41 || in.SkippedBytes != c.skipped || in.Truncated {
				t.Errorf("%+v", in)
			}
			if (in.Resynchronised == 1) != (c.skipped > 0) {
				t.Errorf("%+v", in)
			}
			wantLines(t, s.Warnings(), "x: "+in.Error)
		})
	}
}

// A record that is odd is believed if something like a record follows it.
func TestPcapOddRecords(t *testing.T) {
	le := binary.LittleEndian
	head := pcapHead(le, pcapMagicMicro, 1)
	le.PutUint32(head[16:], 4) // snapshot length
	sound := pcapRecord(nil, le, 1.5e9, 1, "zz", 2, 0)
	z := got{15e17 + 1000, "zz", 2, 1}
	bad := pcapRecord(nil, le, 1.5e9, 3, "longer", 6, 0)
	le.PutUint32(bad[8:], 9)
	for _, c := range []struct {
		name, warning string
		record        []byte
		want          []got
	}{
		{"more than the snapshot length", "", pcapRecord(nil, le, 1.5e9, 0, "longer", 6, 0), []got{{15e17, "longer", 6, 1}, z}},
		{"more captured than there was", "packet of 2 bytes claims to have had 1 on the wire", pcapRecord(nil, le, 1.5e9, 0, "ab", 1, 0), []got{{15e17, "ab", 2, 1}, z}},
		{"nothing on the wire", "packet of 2 bytes claims to have had 0 on the wire", pcapRecord(nil, le, 1.5e9, 0, "ab", 0, 0), []got{{15e17, "ab", 2, 1}, z}},
		{"an empty packet", "", pcapRecord(nil, le, 1.5e9, 0, "", 0, 0), []got{{15e17, "", 0, 1}, z}},
		{"nanoseconds for microseconds", "packet with a fraction of a second of 1000000/1000000", pcapRecord(nil, le, 1.5e9, 1e6, "a", 1, 0), []got{{15e17 + 1e9, "a", 1, 1}, z}},
		{"a wrong length", "bad record header (lengths 9 and 6): 22 bytes skipped", bad, []got{z}},
	} {
		t.Run(c.name, func(t *testing.T) {
			file := append(append(bytes.Clone(head), c.record...), sound...)
			s := NewReader("x", bytes.NewReader(append(file, pcapRecord(nil, le, 1.5e9, 1, "zz", 2, 0)...)))
			wantFrames(t, s, append(c.want, z))
			var want []string
			if c.warning != "" {
				want = []string{"x: offset 24: " + c.warning}
			}
			wantLines(t, s.Warnings(), want...)
		})
	}
	alone := NewReader("x", bytes.NewReader(append(bytes.Clone(head), pcapRecord(nil, le, 1.5e9, 0, "longer", 6, 0)...)))
	wantFrames(t, alone, []got{{15e17, "longer", 6, 1}})
}

// Under one magic number there are record headers of several lengths; files are looked at to find which.
func TestPcapVariants(t *testing.T) {
	for _, o := range []order{binary.LittleEndian, binary.BigEndian} {
		for _, c := range []struct {
			name        string
			magic       uint32
			file, extra int
			unit        hanalyze.Time
		}{
			{"standard", pcapMagicMicro, 0, 0, 1000},
			{"standard, headers of ss990417", pcapMagicMicro, 0, 8, 1000},
			{"standard, headers of Nokia", pcapMagicMicro, 0, 4, 1000},
			{"modified", pcapMagicModified, 0, 8, 1000},
			{"modified, headers of ss990915", pcapMagicModified, 0, 12, 1000},
			{"Mesquita", pcapMagicMesquita, 0, 8, 1000},
			{"Navtel", pcapMagicNavtel, 0, 0, 1},
			{"Ixia, hardware", pcapMagicIxiaHW, 4, 0, 1},
			{"Ixia, software", pcapMagicIxiaSW, 4, 0, 1000},
		} {
			t.Run(fmt.Sprint(c.name, o), func(t *testing.T) {
				file := append(pcapHead(o, c.magic, 1), make([]byte, c.file)...)
				file = pcapRecord(file, o, 1, 5, "abcdef", 60, c.extra)
				file = pcapRecord(file, o, 1, 6, "gh", 2, c.extra)
				path := filepath.Join(t.TempDir(), "x")
				if err := os.WriteFile(path, file, 0o600); err != nil {
					t.Fatal(err)
				}
				s, err := OpenFiles([]string{path}, nil)
				if err != nil {
					t.Fatal(err)
				}
				wantFrames(t, s, []got{{1e9 + 5*c.unit, "abcdef", 60, 1}, {1e9 + 6*c.unit, "gh", 2, 1}})
				wantLines(t, s.Warnings())
			})
		}
	}
}
