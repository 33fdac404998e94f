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

// Two sections of different byte order, each with interfaces of its own, and every kind of block.
func TestPcapngBlocks(t *testing.T) {
	for _, o := range []order{binary.LittleEndian, binary.BigEndian} {
		other := order(binary.BigEndian)
		if o == other {
			other = binary.LittleEndian
		}
		file := ngSection(nil, o)
		file = ngInterface(file, o, hanalyze.LinkEthernet, 4)
		file = ngInterface(file, o, hanalyze.LinkRaw, 0,
			ngOption{optName, []byte("eth1x")}, ngOption{optTSResol, []byte{9}}, ngOption{optTSOffset, o.AppendUint64(nil, 100)})
		file = ngPacket(file, o, 0, 1_000_001, "abc", 60)
		file = ngPacket(file, o, 1, 5, "defgh", 5, ngOption{1, []byte("comment")}, ngOption{2, []byte{0, 0, 0, 1}})
		file = ngBlock(file, o, 4, bytes.Repeat([]byte{0}, 4))                                            // names
		file = ngBlock(file, o, 5, make([]byte, 12))                                                      // statistics
		file = ngBlock(file, o, 10, append(o.AppendUint32(o.AppendUint32(nil, TLSKeyLog), 4), "abcd"...)) // secrets
		file = ngBlock(file, o, 0xbad, make([]byte, 8))                                                   // custom
		file = ngBlock(file, o, 0x7777, bytes.Repeat([]byte{7}, 3<<20))                                   // unknown and large
		file = ngBlock(file, o, blockSimple, append(o.AppendUint32(nil, 9), "0123"...))
		file = ngBlock(file, o, blockSimple, append(o.AppendUint32(nil, 3), "0123"...))
		old := o.AppendUint16(nil, 1)
		old = o.AppendUint16(old, 0xffff)
		old = o.AppendUint32(old, 1)
		old = o.AppendUint32(old, 0)
		old = o.AppendUint32(old, 2)
		old = o.AppendUint32(old, 2)
		file = ngBlock(file, o, blockPacket, append(old, "zz"...))
		file = ngSection(file, other)
		file = ngInterface(file, other, hanalyze.LinkSLL2, 0)
		file = ngPacket(file, other, 0, 2_000_000, "second", 6)
		s := NewReader("x", bytes.NewReader(file))
		wantFrames(t, s, []got{
			{1_000_001_000, "abc", 60, hanalyze.LinkEthernet},
			{100e9 + 5, "defgh", 5, hanalyze.LinkRaw},
			{100e9 + 5, "0123", 9, hanalyze.LinkEthernet},
			{100e9 + 5, "012", 3, hanalyze.LinkEthernet},
			{100e9 + 1<<32, "zz", 2, hanalyze.LinkRaw},
			{2e9, "second", 6, hanalyze.LinkSLL2},
		})
		wantLines(t, s.Warnings())
		want := hanalyze.StatsInput{Name: "x", Format: "pcapng", Packets: 6, Secrets: 1, Comments: 1, Interfaces: []hanalyze.StatsInterface{
			{Link: 1, Snaplen: 4, Packets: 3}, {Name: "eth1x", Link: 101, Packets: 2}, {Link: 276, Packets: 1},
		}}
		if d := cmp.Diff([]hanalyze.StatsInput{want}, s.Inputs()); d != "" {
			t.Error(d)
		}
	}
}

// everyBlock is a file with a block of each type, the last packet after one whose length is damaged.
func everyBlock(o order) []byte {
	file := ngInterface(ngSection(nil, o), o, 1, 64, ngOption{optName, []byte("eth0")}, ngOption{optTSResol, []byte{0x94}},
		ngOption{optTSOffset, o.AppendUint64(nil, 1000)}, ngOption{optComment, []byte("comment")})
	file = ngBlock(file, o, blockNames, ngOptions(nil, o, []ngOption{{namesIPv4, []byte("\x01\x02\x03\x04host\x00")}, {namesIPv6, make([]byte, 20)}}))
	file = ngBlock(file, o, blockSecrets, append(o.AppendUint32(o.AppendUint32(nil, TLSKeyLog), 4), "abcd"...))
	file = ngPacket(file, o, 0, 1, "abc", 60, ngOption{optComment, []byte("here")})
	file = ngBlock(file, o, blockSimple, append(o.AppendUint32(nil, 4), "0123"...))
	old := append(make([]byte, 12), o.AppendUint32(o.AppendUint32(nil, 2), 2)...)
	file = ngBlock(file, o, blockPacket, append(old, "zz"...))
	file = ngBlock(file, o, blockStatistics, ngOptions(make([]byte, 12), o, []ngOption{{optReceived, make([]byte, 8)}, {optDropped, make([]byte, 8)}}))
	file = ngBlock(file, o, blockCustom, []byte("\x00\x00\x7e\xd9...."))
	bad := len(file)
	file = ngPacket(file, o, 0, 2, "damaged", 7)
	o.PutUint32(file[bad+4:], 0x10001)
	return ngPacket(file, o, 0, 3, "last", 4)
}

// A simple packet block holds no more than the interface's snapshot length, padding aside.
func TestPcapngSimpleSnaplen(t *testing.T) {
	le := binary.LittleEndian
	file := ngInterface(ngSection(nil, le), le, 1, 2)
	file = ngBlock(file, le, blockSimple, append(le.AppendUint32(nil, 9), "01__"...))
	wantFrames(t, NewReader("x", bytes.NewReader(file)), []got{{0, "01", 9, 1}})
}

func TestClock(t *testing.T) {
	const most = 1<<63 - 1
	for _, c := range []struct {
		resol  uint8
		offset int64
		ticks  uint64
		want   hanalyze.Time
	}{
		{0, 0, 3, 3e9},
		{0, 0, 1 << 62, most},
		{3, 0, 1500, 1.5e9},
		{6, 0, 1<<64 - 1, most},
		{6, 0, most / 1000, most / 1000 * 1000},
		{9, 0, most, most},
		{9, 0, most + 1, most},
		{9, -1, 5, -1e9 + 5},
		{12, 0, 1_999, 1},
		{19, 0, 1<<64 - 1, 1844674407},
		{28, 0, 1<<64 - 1, 1},
		{29, 0, 1<<64 - 1, 0},
		{127, 0, 1<<64 - 1, 0},
		{0x80, 0, 2, 2e9},
		{0x80 | 1, 0, 3, 1.5e9},
		{0x80 | 10, 0, 1, 976562},
		{0x80 | 32, 7, 1<<32 + 1<<31, 8.5e9},
		{0x80 | 63, 0, 1<<64 - 1, 1_999_999_999},
		{0x80 | 64, 0, 1<<64 - 1, 999_999_999},
		{0x80 | 65, 0, 1<<64 - 1, 499_999_999},
		{0x80 | 127, 0, 1<<64 - 1, 0},
		{0x80, 0, 1<<64 - 1, most},
		{6, 1 << 62, 0, most},
		{6, 9223372036, 1 << 40, most},
		{6, -1 << 63, 0, -1 << 63},
		{9, -1 << 63, 7, -1<<63 + 7},
	} {
		k := newClock(c.resol, c.offset)
		if got := k.time(c.ticks); got != c.want {
			t.Errorf("if_tsresol %#x, if_tsoffset %d: %d is %d, want %d", c.resol, c.offset, c.ticks, got, c.want)
		}
	}
}

// Each bad block is skipped by its length; the packet after it is read.
func TestPcapngBadBlocks(t *testing.T) {
	le := binary.LittleEndian
	head := ngInterface(ngSection(nil, le), le, 1, 0)
	claim := func(captured, wire uint32, rest int) []byte {
		b := le.AppendUint32(make([]byte, 12), captured)
		return append(le.AppendUint32(b, wire), make([]byte, rest)...)
	}
	huge := strings.Repeat("h", MaxFrame)
	mismatch := ngPacket(nil, le, 0, 0, "m", 1)
	mismatch[len(mismatch)-4]++
	last := got{1000, "z", 1, 1}
	for _, c := range []struct {
		name string
		bad  []byte
		warn string
		more []got
	}{
		{"unknown interface", ngPacket(nil, le, 7, 0, "a", 1), "packet skipped: no interface 7 is described", nil},
		{"longer than its block", ngBlock(nil, le, blockEnhanced, claim(5, 5, 4)), "packet block of 36 bytes skipped: it claims 5 bytes of packet", nil},
		{"2^32-1 bytes", ngBlock(nil, le, blockEnhanced, claim(1<<32-1, 5, 4)), "packet block of 36 bytes skipped: it claims 4294967295 bytes of packet", nil},
		{"short enhanced", ngBlock(nil, le, blockEnhanced, make([]byte, 16)), "packet block of 28 bytes skipped: too short", nil},
		{"short obsolete", ngBlock(nil, le, blockPacket, make([]byte, 16)), "packet block of 28 bytes skipped: too short", nil},
		{"short simple", ngBlock(nil, le, blockSimple, nil), "packet block of 12 bytes skipped: too short", nil},
		{"large simple", ngBlock(nil, le, blockSimple, append(le.AppendUint32(nil, MaxFrame+1), make([]byte, MaxFrame+1)...)), "packet of 263169 bytes skipped: more than 263168", nil},
		{"too large", ngPacket(nil, le, 0, 0, huge+"h", MaxFrame+1), "packet of 263169 bytes skipped: more than 263168", nil},
		{"far too large", ngPacket(nil, le, 0, 0, strings.Repeat(huge, 9), 1), "packet of 2368512 bytes skipped: more than 263168", nil},
		{"lengths differ", mismatch, "block lengths 36 and 37 differ: the first one is used", []got{{0, "m", 1, 1}}},
		{"just fits", ngPacket(nil, le, 0, 0, huge, MaxFrame), "", []got{{0, huge, MaxFrame, 1}}},
		{"huge options", ngPacket(nil, le, 0, 0, huge, MaxFrame, manyOptions()...), "", []got{{0, huge, MaxFrame, 1}}},
		{"length 0", []byte{6, 0, 0, 0, 0, 0, 0, 0}, "bad block of length 0: 8 bytes skipped", nil},
		{"length 13", []byte{6, 0, 0, 0, 13, 0, 0, 0, 1}, "bad block of length 13: 9 bytes skipped", nil},
	} {
		t.Run(c.name, func(t *testing.T) {
			file := ngPacket(append(bytes.Clone(head), c.bad...), le, 0, 1, "z", 1)
			s := NewReader("x", bytes.NewReader(file))
			wantFrames(t, s, append(c.more, last))
			var want []string
			if c.warn != "" {
				want = []string{fmt.Sprintf("x: offset %d: %s", len(head), c.warn)}
			}
			wantLines(t, s.Warnings(), want...)
			if in := s.Inputs()[0]; (in.Error != "") != (in.SkippedBytes > 0) || in.SkippedBytes > 9 || in.Truncated {
				t.Errorf("%+v", in)
			}
		})
	}
}

func manyOptions() []ngOption {
	var out []ngOption
	for range 20 {
		out = append(out, ngOption{1, make([]byte, 0xffff)})
	}
	return out
}

// What cannot be gone on with ends the input with an error; the packets before it are kept.
func TestPcapngStops(t *testing.T) {
	le := binary.LittleEndian
	good := ngPacket(ngInterface(ngSection(nil, le), le, 1, 0), le, 0, 1, "z", 1)
	noMagic := ngSection(nil, le)
	noMagic[8] = 0
	version := ngSection(nil, le)
	version[12] = 9
	for _, c := range []struct {
		name string
		tail []byte
		want string
	}{
		{"section without magic", noMagic, "section header without byte-order magic; nothing sound in the next 28 bytes"},
		{"section of another version", version, "pcapng of unknown version 9; nothing sound in the next 28 bytes"},
		{"garbage", bytes.Repeat([]byte{0xee}, 5000), "bad block of length 4008636142; nothing sound in the next 5000 bytes"},
	} {
		t.Run(c.name, func(t *testing.T) {
			s := NewReader("x", bytes.NewReader(append(bytes.Clone(good), c.tail...)))
			wantFrames(t, s, []got{{1000, "z", 1, 1}})
			want := fmt.Sprintf("offset %d: %s", len(good), c.want)
			wantLines(t, s.Warnings(), "x: "+want)
			if in := s.Inputs()[0]; in.Error != want {
				t.Errorf("error %q, want %q", in.Error, want)
			}
		})
	}
}

func TestPcapngInterfaceLimit(t *testing.T) {
	le := binary.LittleEndian
	file := ngSection(nil, le)
	for range maxInterfaces + 5 {
		file = ngInterface(file, le, 1, 0)
	}
	file = ngPacket(file, le, maxInterfaces-1, 1, "a", 1)
	file = ngPacket(file, le, maxInterfaces, 1, "b", 1)
	s := NewReader("x", bytes.NewReader(file))
	wantFrames(t, s, []got{{1000, "a", 1, 1}})
	wantLines(t, s.Warnings(), fmt.Sprintf("x: offset %d: packet of interface 65536 skipped: more than 65536 interfaces", len(file)-36))
}

// Warnings are bounded however many a file deserves, and those not told are counted.
func TestWarningLimit(t *testing.T) {
	le := binary.LittleEndian
	file := ngSection(nil, le)
	for range maxWarnings + 3 {
		file = ngPacket(file, le, 0, 1, "a", 1)
	}
	s := NewReader("x", bytes.NewReader(file))
	wantFrames(t, s, nil)
	w := s.Warnings()
	if len(w) != maxWarnings+1 || w[maxWarnings] != "x: 3 more warnings" {
		t.Errorf("%d warnings: %q", len(w), w)
	}
}
