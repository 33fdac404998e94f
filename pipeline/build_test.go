package pipeline

import (
	"bytes"
	"encoding/binary"
	"io"
	"math/rand/v2"
	"net/netip"
	"strconv"
	"testing"
	"time"

	"golang.org/x/net/dns/dnsmessage"

	"hanalyze"
	"hanalyze/capture"
)

// trace collects the frames of a capture. Each is a millisecond after the last one.
type trace struct {
	now    hanalyze.Time
	frames []capture.Frame
}

// start is when every capture here begins: a time with a fraction of a second, so that ticks do not fall on frames.
const start = hanalyze.Time(1_700_000_000_400_000_000)

func newTrace() *trace { return &trace{now: start} }

func (tr *trace) wait(d time.Duration) { tr.now = tr.now.Add(d) }

func (tr *trace) frame(data []byte) {
	tr.now = tr.now.Add(time.Millisecond)
	tr.frames = append(tr.frames, capture.Frame{Time: tr.now, Data: data, Len: len(data), Link: hanalyze.LinkEthernet})
}

// ethernet and ipv4 begin a frame; checksums are left zero, as offloading network cards leave them.
func ethernet(etherType uint16) []byte {
	b := []byte{2, 0, 0, 0, 0, 1, 2, 0, 0, 0, 0, 2}
	return binary.BigEndian.AppendUint16(b, etherType)
}

func ipv4(protocol byte, src, dst netip.Addr, payload []byte) []byte {
	b := append(ethernet(0x0800), 0x45, 0)
	b = binary.BigEndian.AppendUint16(b, uint16(20+len(payload)))
	b = append(b, 0, 1, 0x40, 0, 64, protocol, 0, 0)
	b = append(b, src.AsSlice()...)
	b = append(b, dst.AsSlice()...)
	return append(b, payload...)
}

func tcpSegment(src, dst netip.AddrPort, seq, ack uint32, flags hanalyze.TCPFlags, data []byte) []byte {
	var b []byte
	b = binary.BigEndian.AppendUint16(b, src.Port())
	b = binary.BigEndian.AppendUint16(b, dst.Port())
	b = binary.BigEndian.AppendUint32(b, seq)
	b = binary.BigEndian.AppendUint32(b, ack)
	b = append(b, 5<<4, byte(flags), 0xff, 0xff, 0, 0, 0, 0)
	return ipv4(6, src.Addr(), dst.Addr(), append(b, data...))
}

func udpDatagram(src, dst netip.AddrPort, data []byte) []byte {
	var b []byte
	b = binary.BigEndian.AppendUint16(b, src.Port())
	b = binary.BigEndian.AppendUint16(b, dst.Port())
	b = binary.BigEndian.AppendUint16(b, uint16(8+len(data)))
	b = append(b, 0, 0)
	return ipv4(17, src.Addr(), dst.Addr(), append(b, data...))
}

// tcp is a connection being written.
type tcp struct {
	tr  *trace
	end [2]netip.AddrPort // by the direction they send in
	seq [2]uint32
	mss int
}

// endpoints returns the n-th client and the one server of all.
func endpoints(n int, port uint16) [2]netip.AddrPort {
	return [2]netip.AddrPort{
		netip.AddrPortFrom(netip.AddrFrom4([4]byte{10, byte(n >> 24), byte(n >> 16), byte(n >> 8)}), 40000+uint16(n&0xff)),
		netip.AddrPortFrom(netip.AddrFrom4([4]byte{192, 0, 2, 1}), port),
	}
}

func (tr *trace) tcp(n int, port uint16) *tcp {
	return &tcp{tr: tr, end: endpoints(n, port), seq: [2]uint32{1000, 5000}, mss: 500}
}

func (c *tcp) send(d hanalyze.Dir, flags hanalyze.TCPFlags, data []byte) {
	c.tr.frame(tcpSegment(c.end[d], c.end[d.Reverse()], c.seq[d], c.seq[d.Reverse()], flags, data))
	c.seq[d] += uint32(len(data))
	if flags.Has(hanalyze.SYN) || flags.Has(hanalyze.FIN) {
		c.seq[d]++
	}
}

func (c *tcp) open() {
	c.tr.frame(tcpSegment(c.end[0], c.end[1], c.seq[0], 0, hanalyze.SYN, nil))
	c.seq[0]++
	c.send(hanalyze.S2C, hanalyze.SYN|hanalyze.ACK, nil)
	c.send(hanalyze.C2S, hanalyze.ACK, nil)
}

// say sends text in segments, each of which is acknowledged.
func (c *tcp) say(d hanalyze.Dir, text string) {
	for len(text) > 0 {
		n := min(len(text), c.mss)
		c.send(d, hanalyze.ACK|hanalyze.PSH, []byte(text[:n]))
		c.send(d.Reverse(), hanalyze.ACK, nil)
		text = text[n:]
	}
}

func (c *tcp) close() {
	c.send(hanalyze.C2S, hanalyze.FIN|hanalyze.ACK, nil)
	c.send(hanalyze.S2C, hanalyze.FIN|hanalyze.ACK, nil)
	c.send(hanalyze.C2S, hanalyze.ACK, nil)
}

func (c *tcp) get(path, answer string) {
	c.say(hanalyze.C2S, "GET "+path+" HTTP/1.1\r\nHost: web.example\r\n\r\n")
	c.say(hanalyze.S2C, answer)
}

func (tr *trace) dns(n int, id uint16, name string, answered bool) {
	ends := endpoints(n, 53)
	m := dnsmessage.Message{
		Header:    dnsmessage.Header{ID: id, RecursionDesired: true},
		Questions: []dnsmessage.Question{{Name: dnsmessage.MustNewName(name), Type: dnsmessage.TypeA, Class: dnsmessage.ClassINET}},
	}
	q, err := m.Pack()
	if err != nil {
		panic(err)
	}
	tr.frame(udpDatagram(ends[0], ends[1], q))
	if !answered {
		return
	}
	m.Response = true
	m.Answers = []dnsmessage.Resource{{
		Header: dnsmessage.ResourceHeader{Name: m.Questions[0].Name, Type: dnsmessage.TypeA, Class: dnsmessage.ClassINET, TTL: 60},
		Body:   &dnsmessage.AResource{A: [4]byte{192, 0, 2, 1}},
	}}
	if q, err = m.Pack(); err != nil {
		panic(err)
	}
	tr.frame(udpDatagram(ends[1], ends[0], q))
}

const ok = "HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: 5\r\n\r\nhello"

// mixedTrace has several flows that take turns, frames that belong to none, a reset, a question nobody answers, and flows
// that are over by the clock long before the capture is.
func mixedTrace() *trace {
	tr := newTrace()
	tr.dns(1, 11, "web.example.", true)
	a, b := tr.tcp(2, 80), tr.tcp(3, 8080)
	a.open()
	b.open()
	tr.frame(append(ethernet(0x0806), make([]byte, 28)...)) // ARP
	a.get("/a1", ok)
	b.say(hanalyze.C2S, "POST /b1 HTTP/1.1\r\nHost: b\r\nContent-Length: 3\r\n\r\nabc")
	a.get("/a2", "HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n")
	b.say(hanalyze.S2C, "HTTP/1.1 503 Busy\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nwait\r\n0\r\n\r\n")
	tr.frame(append(ethernet(0x0800), 0x45, 0)) // an IP header that is not all there
	a.close()
	tr.dns(4, 12, "lost.example.", false)
	b.say(hanalyze.C2S, "GET /cut HTTP/1.1\r\nHost: b\r\n\r\n")
	b.send(hanalyze.S2C, hanalyze.RST|hanalyze.ACK, nil)
	tr.wait(2 * time.Second)
	for i := range 20 {
		c := tr.tcp(100+i, 80)
		c.open()
		c.get("/many", ok)
		if i%2 == 0 {
			c.close()
		}
		tr.wait(300 * time.Millisecond)
	}
	tr.frame(ipv4(1, endpoints(9, 0)[0].Addr(), endpoints(9, 0)[1].Addr(), make([]byte, 16))) // ICMP
	tr.wait(2 * time.Hour)
	c := tr.tcp(2, 80)
	c.open()
	c.get("/later", ok)
	return tr
}

// webTrace has n exchanges with URLs of their own on some connections that take turns.
func webTrace(rnd *rand.Rand, n int) *trace {
	tr := newTrace()
	var conns []*tcp
	for i := range 3 {
		c := tr.tcp(i+1, 80)
		c.mss = 40 + rnd.IntN(400)
		c.open()
		conns = append(conns, c)
	}
	for i := range n {
		c := conns[rnd.IntN(len(conns))]
		body := string(bytes.Repeat([]byte{'.'}, rnd.IntN(900)))
		path := "/x/" + string(rune('a'+i%26)) + string(rune('a'+i/26%26))
		c.get(path, "HTTP/1.1 200 OK\r\nContent-Length: "+strconv.Itoa(len(body))+"\r\n\r\n"+body)
	}
	for _, c := range conns {
		c.close()
	}
	return tr
}

// pcap returns the trace as a file of libpcap's old format with nanoseconds.
func (tr *trace) pcap() []byte {
	le := binary.LittleEndian
	b := le.AppendUint32(nil, 0xa1b23c4d)
	b = append(b, 2, 0, 4, 0, 0, 0, 0, 0, 0, 0, 0, 0)
	b = le.AppendUint32(b, 1<<18)
	b = le.AppendUint32(b, uint32(hanalyze.LinkEthernet))
	for i := range tr.frames {
		f := &tr.frames[i]
		b = le.AppendUint32(b, uint32(f.Time/1e9))
		b = le.AppendUint32(b, uint32(f.Time%1e9))
		b = le.AppendUint32(b, uint32(len(f.Data)))
		b = le.AppendUint32(b, uint32(f.Len))
		b = append(b, f.Data...)
	}
	return b
}

// pcapng returns the trace as a pcapng file.
func (tr *trace) pcapng(t testing.TB) []byte {
	var buf bytes.Buffer
	w := capture.NewWriter(&buf, capture.WriterOptions{})
	for i := range tr.frames {
		if err := w.Write(&tr.frames[i]); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return buf.Bytes()
}

// source gives frames in batches of a chosen size. next, if set, makes the n-th frame instead of frames.
type source struct {
	frames []capture.Frame
	next   func(n int) (capture.Frame, bool)
	size   int
	n      int
	now    hanalyze.Time
}

func (s *source) ReadBatch(b *capture.Batch) error {
	b.Reset()
	for len(b.Frames) < s.size {
		f, more := s.frame()
		if !more {
			break
		}
		s.n++
		s.now = f.Time
		b.Frames = append(b.Frames, f)
	}
	if len(b.Frames) == 0 {
		return io.EOF
	}
	return nil
}

func (s *source) frame() (capture.Frame, bool) {
	if s.next != nil {
		return s.next(s.n)
	}
	if s.n == len(s.frames) {
		return capture.Frame{}, false
	}
	return s.frames[s.n], true
}

func (s *source) Now() hanalyze.Time { return s.now }

func (s *source) Inputs() []hanalyze.StatsInput {
	return []hanalyze.StatsInput{{Name: "test", Format: "pcap", Packets: uint64(s.n)}}
}

func (s *source) Kernel() *hanalyze.StatsKernel { return nil }
func (s *source) Warnings() []string            { return nil }
func (s *source) Close() error                  { return nil }
