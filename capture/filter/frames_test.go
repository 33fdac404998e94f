package filter_test

import (
	"encoding/binary"
	"math/rand/v2"

	"hanalyze"
)

// A frame of which the tests ask whether a filter accepts it.
type frame struct {
	data []byte
	wire int
}

// frameMaker makes frames of all kinds that the language has words for, whole and cut short.
type frameMaker struct{ rnd *rand.Rand }

func (m frameMaker) pick(list ...uint32) uint32 { return list[m.rnd.IntN(len(list))] }

func (m frameMaker) bytes(n int) []byte {
	b := make([]byte, n)
	for i := range b {
		b[i] = byte(m.rnd.Uint32())
	}
	return b
}

func put16(b []byte, v ...uint32) []byte {
	for _, x := range v {
		b = binary.BigEndian.AppendUint16(b, uint16(x))
	}
	return b
}

func put32(b []byte, v ...uint32) []byte {
	for _, x := range v {
		b = binary.BigEndian.AppendUint32(b, x)
	}
	return b
}

func (m frameMaker) port() uint32 {
	return m.pick(80, 443, 53, 22, 8080, 6081, 5353, 36412, 40000, m.rnd.Uint32N(65536))
}

func (m frameMaker) addr4() uint32 {
	return m.pick(0x7f000001, 0x0a000001, 0xc0a80101, 0xe0000001, 0xffffffff, 0, m.rnd.Uint32())
}

func (m frameMaker) addr6() []byte {
	return put32(nil, m.pick(0, 0xfe800000, 0x20010db8, 0xff020000), 0, m.pick(0, 1), m.pick(1, 2, m.rnd.Uint32()))
}

// transport makes a header of a protocol and some payload.
func (m frameMaker) transport(p uint32) []byte {
	b := put16(nil, m.port(), m.port())
	switch p {
	case 6:
		b = put32(b, m.rnd.Uint32(), m.rnd.Uint32())
		b = append(b, byte(m.pick(5, 6, 8)<<4), byte(m.pick(2, 16, 18, 24, 4, 17, m.rnd.Uint32N(256))), 1, 0, 0, 0, 0, 0)
	case 1, 58:
		b[0] = byte(m.pick(0, 3, 8, 128, 135, 134, 143))
	}
	if m.rnd.IntN(4) == 0 {
		b = append(b, "GET / HTTP/1.1\r\n\r\n"...)
	}
	return append(b, m.bytes(m.rnd.IntN(40))...)
}

func (m frameMaker) protocol() uint32 {
	return m.pick(6, 6, 17, 17, 132, 1, 58, 2, 103, 112, 50, 51, 9, 44, 0, m.rnd.Uint32N(256))
}

func (m frameMaker) ip4() []byte {
	p := m.protocol()
	words := m.pick(5, 5, 5, 6, 15)
	b := []byte{byte(0x40 | words), byte(m.pick(0, 0x10))}
	payload := m.transport(p)
	b = put16(b, 4*words+uint32(len(payload)), m.rnd.Uint32(), m.pick(0, 0x4000, 0x2000, 0x2005, 1))
	b = append(b, byte(m.pick(64, 128, 1, 255)), byte(p), 0, 0)
	b = put32(b, m.addr4(), m.addr4())
	return append(append(b, m.bytes(int(4*words-20))...), payload...)
}

func (m frameMaker) ip6() []byte {
	p := m.protocol()
	b := put16(put32(nil, 0x60000000), 100)
	b = append(b, byte(p), byte(m.pick(64, 255)))
	b = append(append(b, m.addr6()...), m.addr6()...)
	if p == 44 {
		p = m.pick(6, 17, 58)
		b = append(b, byte(p), 0, 0, 0, 0, 0, 0, 1)
	}
	return append(b, m.transport(p)...)
}

func (m frameMaker) arp() []byte {
	b := put16(nil, 1, 0x800, 0x604, m.pick(1, 2))
	b = put32(append(b, m.bytes(6)...), m.addr4())
	return put32(append(b, m.bytes(6)...), m.addr4())
}

// geneve makes a datagram in a tunnel, over IPv4 or IPv6.
func (m frameMaker) geneve() (uint32, []byte) {
	inner, rest := m.network()
	if m.rnd.IntN(2) == 0 {
		rest = append(put16(append(m.mac(), m.mac()...), inner), rest...)
		inner = 0x6558
	}
	options := m.rnd.IntN(3)
	g := put32(put16([]byte{byte(options | m.rnd.IntN(8)/7<<6), 0}, inner), m.pick(5, 100)<<8)
	g = append(append(g, m.bytes(4*options)...), rest...)
	b := append(put16(nil, m.port(), m.pick(6081, 6081, 6081, 80), uint32(8+len(g)), 0), g...)
	if m.rnd.IntN(2) == 0 {
		words := m.pick(5, 6)
		h := put16([]byte{byte(0x40 | words), 0}, 4*words+uint32(len(b)), 1, 0)
		h = put32(append(h, 64, 17, 0, 0), m.addr4(), m.addr4())
		return 0x800, append(append(h, m.bytes(int(4*words-20))...), b...)
	}
	h := append(put16(put32(nil, 0x60000000), uint32(len(b))), 17, 64)
	return 0x86dd, append(append(append(h, m.addr6()...), m.addr6()...), b...)
}

// network makes a packet and the EtherType that goes before it.
func (m frameMaker) network() (etherType uint32, b []byte) {
	switch m.rnd.IntN(13) {
	case 12:
		return m.geneve()
	case 0, 1, 2, 3:
		return 0x800, m.ip4()
	case 4, 5, 6:
		return 0x86dd, m.ip6()
	case 7:
		return m.pick(0x806, 0x806, 0x8035), m.arp()
	case 8:
		return m.mpls()
	case 9:
		return m.pppoe()
	case 10:
		tci := m.pick(1, 5, 10, 100, m.rnd.Uint32N(4096)) | m.rnd.Uint32N(8)<<13
		inner, rest := m.network()
		return m.pick(0x8100, 0x88a8, 0x9100), append(put16(nil, tci, inner), rest...)
	}
	return m.pick(0x88cc, 0x6003, 0x8137, 0x809b, 0x80f3, 0x6004, m.rnd.Uint32N(65536)), m.bytes(60)
}

func (m frameMaker) mpls() (uint32, []byte) {
	var b []byte
	for more := true; more; {
		more = m.rnd.IntN(2) == 0
		label := m.pick(16, 17, 100, m.rnd.Uint32N(1<<20))<<12 | 64
		if !more {
			label |= 0x100
		}
		b = put32(b, label)
	}
	if m.rnd.IntN(2) == 0 {
		return 0x8847, append(b, m.ip4()...)
	}
	return 0x8847, append(b, m.ip6()...)
}

func (m frameMaker) pppoe() (uint32, []byte) {
	b := put16(nil, 0x1100, m.pick(1, 3, 0x27), 50)
	switch m.rnd.IntN(4) {
	case 0:
		return 0x8863, append(b, m.bytes(30)...)
	case 1:
		return 0x8864, append(put16(b, 0x57), m.ip6()...)
	}
	return 0x8864, append(put16(b, 0x21), m.ip4()...)
}

// llc makes what follows the length of an 802.3 frame.
func (m frameMaker) llc() []byte {
	switch m.rnd.IntN(5) {
	case 0:
		return append(put16([]byte{0xaa, 0xaa, 3, 0, 0, 0}, m.pick(0x8137, 0x80f3, 0x800)), m.bytes(30)...)
	case 1:
		return append(put16([]byte{0xaa, 0xaa, 3, 8, 0, 7}, 0x809b), m.bytes(30)...)
	case 2:
		b := []byte{0xfe, 0xfe, 3, byte(m.pick(0x81, 0x82, 0x83, 0x83)), 27, 1, 0, byte(15 + m.rnd.Uint32N(14))}
		return append(b, m.bytes(30)...)
	}
	sap := byte(m.pick(0x42, 0xe0, 0xf0, 0xff, 0x06, 0x20))
	return append([]byte{sap, sap, byte(m.rnd.Uint32())}, m.bytes(40)...)
}

func (m frameMaker) mac() []byte {
	switch m.rnd.IntN(5) {
	case 0:
		return []byte{0xff, 0xff, 0xff, 0xff, 0xff, 0xff}
	case 1:
		return []byte{1, 0, 0x5e, 0, 0, 0xfb}
	case 2:
		return []byte{0, 0, 0, 0, 0, 0}
	}
	return append([]byte{2, 0, 0, 0, 0}, byte(m.pick(1, 2, 3)))
}

// frame makes a frame of a link type.
func (m frameMaker) frame(link hanalyze.LinkType) frame {
	b := m.whole(link)
	f := frame{b, len(b) + int(m.pick(0, 0, 0, 1000))}
	if m.rnd.IntN(12) == 0 {
		f.data = b[:m.rnd.IntN(len(b))]
	}
	return f
}

func (m frameMaker) whole(link hanalyze.LinkType) []byte {
	etherType, rest := m.network()
	raw := func() []byte {
		if m.rnd.IntN(2) == 0 {
			return m.ip4()
		}
		return m.ip6()
	}
	switch link {
	case hanalyze.LinkEthernet:
		b := append(m.mac(), m.mac()...)
		if m.rnd.IntN(8) == 0 {
			payload := m.llc()
			return append(put16(b, uint32(len(payload))), payload...)
		}
		return append(put16(b, etherType), rest...)
	case hanalyze.LinkLinuxSLL:
		b := append(put16(nil, m.pick(0, 4), 1, 6), m.bytes(8)...)
		if m.rnd.IntN(8) == 0 {
			return append(put16(b, m.pick(4, 1)), m.llc()...)
		}
		return append(put16(b, etherType), rest...)
	case hanalyze.LinkSLL2:
		b := put32(put16(nil, etherType, 0), m.pick(1, 2))
		return append(append(put16(b, 1), append([]byte{byte(m.pick(0, 4)), 6}, m.bytes(8)...)...), rest...)
	case hanalyze.LinkPPP, hanalyze.LinkPPPHDLC:
		return m.ppp([]byte{0xff, 3})
	case hanalyze.LinkPPPEther:
		return m.ppp([]byte{0x11, 0, 0, 1, 0, 50})
	case hanalyze.LinkCHDLC:
		return append(put16([]byte{0x0f, 0}, etherType), rest...)
	case hanalyze.LinkNull:
		if m.rnd.IntN(2) == 0 {
			return append([]byte{2, 0, 0, 0}, m.ip4()...)
		}
		return append([]byte{byte(m.pick(24, 28, 30)), 0, 0, 0}, m.ip6()...)
	case hanalyze.LinkLoop:
		if m.rnd.IntN(2) == 0 {
			return append([]byte{0, 0, 0, 2}, m.ip4()...)
		}
		return append([]byte{0, 0, 0, byte(m.pick(24, 28, 30))}, m.ip6()...)
	case hanalyze.LinkIPv4:
		return m.ip4()
	case hanalyze.LinkIPv6:
		return m.ip6()
	}
	return raw()
}

func (m frameMaker) ppp(b []byte) []byte {
	switch m.rnd.IntN(4) {
	case 0:
		return append(put16(b, m.pick(0xc021, 0x8021, 0x2b)), m.bytes(20)...)
	case 1:
		return append(put16(b, 0x57), m.ip6()...)
	}
	return append(put16(b, 0x21), m.ip4()...)
}

// frames makes n frames of a link type, always the same ones.
func frames(link hanalyze.LinkType, n int) []frame {
	m := frameMaker{rand.New(rand.NewPCG(uint64(link), 7))}
	list := make([]frame, n)
	for i := range list {
		list[i] = m.frame(link)
	}
	return list
}
