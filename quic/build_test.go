package quic

import (
	"encoding/binary"
	"testing"

	"hanalyze"
)

// appendVarint appends v in the shortest form (RFC 9000 §16).
func appendVarint(b []byte, v uint64) []byte {
	switch {
	case v < 1<<6:
		return append(b, byte(v))
	case v < 1<<14:
		return binary.BigEndian.AppendUint16(b, uint16(v)|1<<14)
	case v < 1<<30:
		return binary.BigEndian.AppendUint32(b, uint32(v)|2<<30)
	}
	return binary.BigEndian.AppendUint64(b, v|3<<62)
}

// crypto makes a CRYPTO frame.
func crypto(off int, data []byte) []byte {
	b := appendVarint(appendVarint([]byte{frameCrypto}, uint64(off)), uint64(len(data)))
	return append(b, data...)
}

// ack makes an ACK frame of packet 0.
func ack() []byte { return []byte{frameAck, 0, 0, 0, 0} }

// closing makes a CONNECTION_CLOSE frame.
func closing(code uint64, reason string) []byte {
	b := append(appendVarint([]byte{frameClose}, code), 0)
	return append(appendVarint(b, uint64(len(reason))), reason...)
}

// flight is what the ends of one connection put into their packets.
type flight struct {
	t        testing.TB
	version  Version
	original []byte // Destination Connection ID that the keys follow from
	client   []byte // connection ID of the client
	server   []byte // of the server
	token    []byte // of the client's Initial packets
	number   [2]int64
}

// ids returns the destination of an end's packets, and its own ID. Until the server has spoken the destination is original.
func (f *flight) ids(from hanalyze.Dir, spoken bool) (dcid, scid []byte) {
	switch {
	case from == hanalyze.S2C:
		return f.client, f.server
	case spoken:
		return f.server, f.client
	}
	return f.original, f.client
}

// long makes the part of a long header that all versions share.
func long(first byte, v Version, dcid, scid []byte) []byte {
	b := binary.BigEndian.AppendUint32([]byte{first}, uint32(v))
	b = append(append(b, byte(len(dcid))), dcid...)
	return append(append(b, byte(len(scid))), scid...)
}

// first returns the first byte of a packet with a long header.
func (f *flight) first(t packetType) byte {
	for i, x := range f.version.dialect().types {
		if x == t {
			return longHeader | fixedBit | byte(i)<<4
		}
	}
	f.t.Fatalf("version %v has no packets of type %d", f.version, t)
	return 0
}

// initial makes an Initial packet. spoken says that the server has named itself. The payload is padded to at least size bytes.
func (f *flight) initial(from hanalyze.Dir, spoken bool, size int, frames ...[]byte) []byte {
	dcid, scid := f.ids(from, spoken)
	b := long(f.first(typeInitial)|1, f.version, dcid, scid)
	token := f.token
	if from == hanalyze.S2C {
		token = nil
	}
	b = append(appendVarint(b, uint64(len(token))), token...)
	var payload []byte
	for _, x := range frames {
		payload = append(payload, x...)
	}
	payload = append(payload, make([]byte, max(0, max(size, 20)-len(payload)))...)
	b = binary.BigEndian.AppendUint16(b, uint16(2+len(payload)+16)|1<<14)
	at := len(b)
	b = binary.BigEndian.AppendUint16(b, uint16(f.number[from]))
	k := newInitialKeys(f.version, newConnID(f.original))
	b = k.of(from).Seal(append(b, payload...), at, 2, f.number[from])
	f.number[from]++
	return b
}

// sealed makes a packet of another type, whose content nobody can read.
func (f *flight) sealed(from hanalyze.Dir, t packetType, size int) []byte {
	dcid, scid := f.ids(from, t != typeZeroRTT)
	b := long(f.first(t), f.version, dcid, scid)
	b = appendVarint(b, uint64(size))
	return append(b, noise(size)...)
}

// short makes a packet with a short header.
func (f *flight) short(from hanalyze.Dir, size int) []byte {
	dcid, _ := f.ids(from, true)
	return append(append([]byte{fixedBit}, dcid...), noise(size)...)
}

// noise is what stands for encrypted bytes.
func noise(n int) []byte {
	b := make([]byte, n)
	for i := range b {
		b[i] = byte(i*167 + n)
	}
	return b
}

// hellos returns the ClientHello and the ServerHello of RFC 9001 Appendix A.
func hellos(t testing.TB) (client, server []byte) {
	t.Helper()
	v := readVectors(t, "testdata/rfc9001.hex")
	k := newInitialKeys(Version1, newConnID(unhex(t, "8394c8f03e515708")))
	var hello [2][]byte
	for from, name := range [...]string{"client initial", "server initial"} {
		p, _, _ := consumePacket(v[name])
		_, payload, _, ok := k.open(&p, hanalyze.Dir(from), 0, nil)
		if !ok {
			t.Fatal("the vector does not open")
		}
		for len(payload) > 0 {
			f, n, err := consumeFrame(payload)
			if err != nil {
				t.Fatal(err)
			}
			if f.typ == frameCrypto {
				hello[from] = f.data
			}
			payload = payload[n:]
		}
	}
	return hello[0], hello[1]
}
