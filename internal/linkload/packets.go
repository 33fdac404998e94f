//go:build linux

package main

import "encoding/binary"

const (
	// exchanges is how often the client of a connection says something and the server answers.
	exchanges = 23

	// perConnection is how many packets a connection has: three to open it, three for each exchange (a segment, a segment
	// that acknowledges it, an acknowledgment), three to close it.
	perConnection = 3 + 3*exchanges + 3

	// together is how many connections are open at a time: what is sent of them is interleaved.
	together = 500

	// generation is how many connections there are before the same are sent again from another client. The frames fit into
	// the processor's caches half and half, as those of a real sender.
	generation = 4 * together

	payload   = 6 // bytes of a segment: the smallest Ethernet frame without padding
	frameSize = 14 + 20 + 20 + payload

	clientNet = 26    // offset of the source address in a frame
	serverNet = 30    // and of the destination
	seqClient = 1_000 // initial sequence numbers
	seqServer = 90_000
)

// TCP flags, RFC 9293 §3.1.
const (
	fin = 1 << iota
	syn
	_
	psh
	ack
)

// frames makes the packets of one generation of connections in the order in which they are sent. Frames without payload
// are padded.
func frames() [][]byte {
	var out [][]byte
	for first := 0; first < generation; first += together {
		for step := range perConnection {
			for c := first; c < first+together; c++ {
				out = append(out, frame(c, step))
			}
		}
	}
	return out
}

// frame makes one packet of a connection.
func frame(connection, step int) []byte {
	s := segmentAt(step)
	f := make([]byte, frameSize)
	copy(f, []byte{2, 0, 0, 0, 0, 2, 2, 0, 0, 0, 0, 1, 8, 0})
	ip, be := f[14:], binary.BigEndian
	ip[0], ip[8], ip[9] = 0x45, 64, 6
	be.PutUint16(ip[2:], uint16(40+s.length))
	client, server := []byte{10, 0, byte(connection >> 8), byte(connection)}, []byte{192, 0, 2, 1}
	source, target := ip[12:16], ip[16:20]
	if s.fromServer {
		source, target = target, source
	}
	copy(source, client)
	copy(target, server)
	tcp := ip[20:]
	ports := [2]uint16{uint16(10_000 + connection), 9}
	seq, next := uint32(seqClient), uint32(seqServer)
	if s.fromServer {
		ports[0], ports[1] = ports[1], ports[0]
		seq, next = next, seq
	}
	be.PutUint16(tcp, ports[0])
	be.PutUint16(tcp[2:], ports[1])
	be.PutUint32(tcp[4:], seq+s.seq)
	if s.flags&ack != 0 {
		be.PutUint32(tcp[8:], next+s.ack)
	}
	tcp[12], tcp[13] = 5<<4, s.flags
	be.PutUint16(tcp[14:], 0xffff)
	copy(tcp[20:], "small\n"[:s.length])
	be.PutUint16(ip[10:], checksum(ip[:20], 0))
	pseudo := uint32(6 + 20 + s.length)
	for i := 12; i < 20; i += 2 {
		pseudo += uint32(be.Uint16(ip[i:]))
	}
	be.PutUint16(tcp[16:], checksum(tcp[:20+s.length], pseudo))
	return f
}

// segment is what a packet says, in numbers relative to the initial ones.
type segment struct {
	fromServer bool
	flags      byte
	seq, ack   uint32
	length     int
}

// segmentAt returns the segment a connection sends at a step of its life.
func segmentAt(step int) segment {
	const end = 1 + exchanges*payload // where both streams end
	switch closing := step - 3 - 3*exchanges; {
	case step == 0:
		return segment{flags: syn}
	case step == 1:
		return segment{fromServer: true, flags: syn | ack, ack: 1}
	case step == 2:
		return segment{flags: ack, seq: 1, ack: 1}
	case closing == 0:
		return segment{flags: fin | ack, seq: end, ack: end}
	case closing == 1:
		return segment{fromServer: true, flags: fin | ack, seq: end, ack: end + 1}
	case closing == 2:
		return segment{flags: ack, seq: end + 1, ack: end + 1}
	}
	said := uint32(1 + (step-3)/3*payload) // before this exchange, by either
	switch (step - 3) % 3 {
	case 0:
		return segment{flags: psh | ack, seq: said, ack: said, length: payload}
	case 1:
		return segment{fromServer: true, flags: psh | ack, seq: said, ack: said + payload, length: payload}
	default:
		return segment{flags: ack, seq: said + payload, ack: said + payload}
	}
}

// checksum is that of RFC 1071.
func checksum(b []byte, sum uint32) uint16 {
	for i := 0; i < len(b); i += 2 {
		sum += uint32(binary.BigEndian.Uint16(b[i:]))
	}
	for sum > 0xffff {
		sum = sum>>16 + sum&0xffff
	}
	return ^uint16(sum)
}

// age moves a frame to the next generation: the client's address changes in its second byte, and with it the checksums
// (RFC 1624 eq. 3). After 256 generations the addresses come again.
func age(f []byte) {
	at := clientNet
	if f[clientNet] != 10 {
		at = serverNet
	}
	be := binary.BigEndian
	before := be.Uint16(f[at:])
	f[at+1]++
	after := be.Uint16(f[at:])
	for _, sum := range [...][]byte{f[14+10:], f[14+20+16:]} {
		s := uint32(^be.Uint16(sum)) + uint32(^before) + uint32(after)
		s = s>>16 + s&0xffff
		s = s>>16 + s&0xffff
		be.PutUint16(sum, ^uint16(s))
	}
}
