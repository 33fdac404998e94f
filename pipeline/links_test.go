package pipeline

import (
	"encoding/binary"
	"encoding/hex"
	"slices"
	"testing"

	"hanalyze"
	"hanalyze/capture"
	"hanalyze/output"
)

// Link types nobody reads are told by their number, however many there are; a frame that was captured inside of another counts
// by its own.
func TestUnknownLinks(t *testing.T) {
	inPPI := binary.LittleEndian.AppendUint32([]byte{0, 0, 8, 0}, 148)
	frames := []capture.Frame{{Link: 147, Data: []byte{1}, Len: 1}, {Link: 147}, {Link: hanalyze.LinkPPI, Data: inPPI, Len: len(inPPI)}}
	for i := range 100 {
		frames = append(frames, capture.Frame{Link: hanalyze.LinkType(1000 + i)})
	}
	_, stats := runSource(t, &source{frames: frames, size: 10}, 1, output.NewJSON(output.Options{}))
	got := stats.Packets.Skipped
	if got["link_type_147"] != 2 || got["link_type_148"] != 1 || got["link_type_1000"] != 1 || len(got) != maxUnknownLinks+1 || got["unknown_link"] != 102-maxUnknownLinks {
		t.Errorf("%v", got)
	}
}

// wifi is an 802.11 data frame that joins IP packets.
func wifi(t *testing.T, packets ...[]byte) []byte {
	head := func(s string) []byte {
		b, err := hex.DecodeString(s)
		if err != nil {
			t.Fatal(err)
		}
		return b
	}
	b := head("880100000200000000010200000000020200000000031000" + "8000")
	for _, p := range packets {
		for len(b)%4 != 2 {
			b = append(b, 0)
		}
		b = append(b, head("020000000001020000000002")...)
		b = binary.BigEndian.AppendUint16(b, uint16(8+len(p)))
		b = append(append(b, head("aaaa030000000800")...), p...)
	}
	return b
}

// One frame may begin several flows: their order is the same for any number of workers, and the frame counts once.
func TestJoinedPackets(t *testing.T) {
	tr := newTrace()
	var conns []*tcp
	for i := range 20 {
		conns = append(conns, tr.tcp(1+i, 80))
	}
	rounds := [][][]byte{}
	for _, c := range conns {
		from := len(tr.frames)
		c.open()
		c.get("/joined", ok)
		for i, f := range tr.frames[from:] {
			if i == len(rounds) {
				rounds = append(rounds, nil)
			}
			rounds[i] = append(rounds[i], f.Data[14:])
		}
	}
	joined := newTrace()
	for _, packets := range rounds {
		joined.frame(wifi(t, packets...))
		joined.frames[len(joined.frames)-1].Link = hanalyze.LinkWiFi
	}
	want, stats := runSource(t, &source{frames: joined.frames, size: 2}, 1, output.NewJSON(output.Options{}))
	if stats.Connections.TCP != 20 || stats.Packets.Decoded != uint64(len(rounds)) {
		t.Errorf("%+v %+v", stats.Connections, stats.Packets)
	}
	urls := 0
	for _, l := range lines(t, want) {
		if l.Type == "http" && l.Status == 200 {
			urls++
		}
	}
	if urls != 20 {
		t.Errorf("%d exchanges", urls)
	}
	for _, workers := range []int{2, 7} {
		got, _ := runSource(t, &source{frames: slices.Clone(joined.frames), size: 3}, workers, output.NewJSON(output.Options{}))
		if d := diff(want, got); d != "" {
			t.Error(workers, d)
		}
	}
}
