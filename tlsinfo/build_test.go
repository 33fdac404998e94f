package tlsinfo

import (
	"testing"

	"golang.org/x/crypto/cryptobyte"
)

// hello describes a ClientHello or ServerHello to build; ext adds an extension.
type hello struct {
	version uint16
	random  [32]byte
	id      []byte
	cookie  []byte // DTLS when not nil
	ciphers []uint16
	exts    []extension
}

type extension struct {
	typ  uint16
	body []byte
}

func build(t testing.TB, f func(b *cryptobyte.Builder)) []byte {
	t.Helper()
	var b cryptobyte.Builder
	f(&b)
	out, err := b.Bytes()
	if err != nil {
		t.Fatal(err)
	}
	return out
}

func (h hello) client(t testing.TB) []byte {
	return build(t, func(b *cryptobyte.Builder) {
		b.AddUint16(h.version)
		b.AddBytes(h.random[:])
		b.AddUint8LengthPrefixed(func(b *cryptobyte.Builder) { b.AddBytes(h.id) })
		if h.cookie != nil {
			b.AddUint8LengthPrefixed(func(b *cryptobyte.Builder) { b.AddBytes(h.cookie) })
		}
		b.AddUint16LengthPrefixed(func(b *cryptobyte.Builder) {
			for _, c := range h.ciphers {
				b.AddUint16(c)
			}
		})
		b.AddUint8LengthPrefixed(func(b *cryptobyte.Builder) { b.AddUint8(0) })
		h.addExtensions(b)
	})
}

func (h hello) server(t testing.TB) []byte {
	return build(t, func(b *cryptobyte.Builder) {
		b.AddUint16(h.version)
		b.AddBytes(h.random[:])
		b.AddUint8LengthPrefixed(func(b *cryptobyte.Builder) { b.AddBytes(h.id) })
		b.AddUint16(h.ciphers[0])
		b.AddUint8(0)
		h.addExtensions(b)
	})
}

func (h hello) addExtensions(b *cryptobyte.Builder) {
	if h.exts == nil {
		return
	}
	b.AddUint16LengthPrefixed(func(b *cryptobyte.Builder) {
		for _, e := range h.exts {
			b.AddUint16(e.typ)
			b.AddUint16LengthPrefixed(func(b *cryptobyte.Builder) { b.AddBytes(e.body) })
		}
	})
}

func sniBody(name string) []byte {
	n := len(name)
	return append([]byte{byte((n + 3) >> 8), byte(n + 3), 0, byte(n >> 8), byte(n)}, name...)
}

func alpnBody(names ...string) []byte {
	var list []byte
	for _, n := range names {
		list = append(append(list, byte(len(n))), n...)
	}
	return append([]byte{byte(len(list) >> 8), byte(len(list))}, list...)
}

func list16(v ...uint16) []byte {
	b := []byte{byte(len(v) >> 7), byte(2 * len(v))}
	for _, x := range v {
		b = append(b, byte(x>>8), byte(x))
	}
	return b
}

func list8(v ...uint16) []byte { return list16(v...)[1:] }

// handshakeMessage puts the header of a handshake message before body.
func handshakeMessage(typ uint8, body []byte) []byte {
	n := len(body)
	return append([]byte{typ, byte(n >> 16), byte(n >> 8), byte(n)}, body...)
}

// record puts a record header before body.
func record(typ uint8, body []byte) []byte {
	return append([]byte{typ, 3, 3, byte(len(body) >> 8), byte(len(body))}, body...)
}

// datagram makes a DTLS record of one handshake fragment.
func datagram(epoch, seq uint16, typ uint8, size, off int, part []byte) []byte {
	n := len(part)
	frag := append([]byte{typ, byte(size >> 16), byte(size >> 8), byte(size), byte(seq >> 8), byte(seq),
		byte(off >> 16), byte(off >> 8), byte(off), byte(n >> 16), byte(n >> 8), byte(n)}, part...)
	return dtlsRecord(recordHandshake, epoch, frag)
}

func dtlsRecord(typ uint8, epoch uint16, body []byte) []byte {
	return append([]byte{typ, 0xfe, 0xfd, byte(epoch >> 8), byte(epoch), 0, 0, 0, 0, 0, 0, byte(len(body) >> 8), byte(len(body))}, body...)
}
