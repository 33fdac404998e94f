package tlskeys

import (
	"crypto/aes"
	"crypto/cipher"
	"encoding/binary"
	"errors"
)

// Suite is what protects QUIC packets: an AEAD, and a cipher for the mask of the header.
type Suite uint8

// The suites.
const (
	AES128GCM Suite = iota + 1 // TLS_AES_128_GCM_SHA256, and that of Initial packets
)

// Labels are the labels from which packet keys are derived. They differ between versions of QUIC.
type Labels struct {
	Key, IV, HeaderProtection string
}

// Sizes of packet protection, in bytes (RFC 9001 §5.3 and §5.4).
const (
	TagSize    = 16 // of the AEAD
	SampleSize = 16 // of the ciphertext that the mask is made of
	ivSize     = 12
	// maxPacketNumber is the longest encoding of a packet number; the sample begins so far behind where the number does.
	maxPacketNumber = 4
)

// Errors of PacketKey.
var (
	errSuite = errors.New("tlskeys: unknown suite")
	// ErrShort says that a packet is too short to hold a sample for its header protection.
	ErrShort = errors.New("tlskeys: packet too short for a sample")
	// ErrTag says that a packet was not protected with this key, or was damaged.
	ErrTag = errors.New("tlskeys: packet does not authenticate")
)

// PacketKey protects the packets of one direction at one encryption level. It may be used by one goroutine at a time.
type PacketKey struct {
	aead   cipher.AEAD
	header cipher.Block
	iv     [ivSize]byte
	nonce  [ivSize]byte // scratch: what interfaces are given would otherwise be allocated each time
	mask   [SampleSize]byte
}

// NewPacketKey derives the keys of a direction from its traffic secret (RFC 9001 §5.1).
func NewPacketKey(s Suite, secret []byte, l Labels) (*PacketKey, error) {
	if s != AES128GCM {
		return nil, errSuite
	}
	const keySize = 16
	key, err1 := ExpandLabel(secret, l.Key, keySize)
	iv, err2 := ExpandLabel(secret, l.IV, ivSize)
	hp, err3 := ExpandLabel(secret, l.HeaderProtection, keySize)
	if err := errors.Join(err1, err2, err3); err != nil {
		return nil, err
	}
	k := &PacketKey{}
	copy(k.iv[:], iv)
	block, err := aes.NewCipher(key)
	if err != nil {
		return nil, err
	}
	if k.aead, err = cipher.NewGCM(block); err != nil {
		return nil, err
	}
	k.header, err = aes.NewCipher(hp)
	return k, err
}

// Open removes the protection of a packet, in place: b is the packet from its first byte to its last, numberAt the offset
// of its packet number, largest the highest packet number seen of this direction and level, -1 before the first. payload
// is a part of b. After an error b is spoilt.
func (k *PacketKey) Open(b []byte, numberAt int, largest int64) (number int64, payload []byte, err error) {
	if numberAt < 1 || len(b) < numberAt+maxPacketNumber+SampleSize {
		return 0, nil, ErrShort
	}
	k.unmask(b, numberAt)
	n := int(b[0]&3) + 1
	at := numberAt + n
	number = decodeNumber(largest, b[numberAt:at])
	payload, err = k.aead.Open(b[at:at], k.nonceOf(number), b[at:], b[:at])
	if err != nil {
		return 0, nil, ErrTag
	}
	return number, payload, nil
}

// Seal protects a packet: b is its header, which ends with the packet number of n bytes, and its payload, which must be
// long enough for a sample. It returns b with the tag behind it. The analyzer itself seals nothing; its tests do.
func (k *PacketKey) Seal(b []byte, numberAt, n int, number int64) []byte {
	at := numberAt + n
	head := append([]byte(nil), b[:at]...)
	b = k.aead.Seal(b[:at], k.nonceOf(number), b[at:], head)
	k.makeMask(b, numberAt)
	k.apply(b, numberAt, n)
	return b
}

// unmask removes the protection of the header (RFC 9001 §5.4.1).
func (k *PacketKey) unmask(b []byte, numberAt int) {
	k.makeMask(b, numberAt)
	first := b[0] ^ k.mask[0]&headerBits(b[0])
	k.apply(b, numberAt, int(first&3)+1)
}

func (k *PacketKey) makeMask(b []byte, numberAt int) {
	at := numberAt + maxPacketNumber
	k.header.Encrypt(k.mask[:], b[at:at+SampleSize])
}

// apply lays the mask over the first byte and the n bytes of the packet number.
func (k *PacketKey) apply(b []byte, numberAt, n int) {
	b[0] ^= k.mask[0] & headerBits(b[0])
	for i := range n {
		b[numberAt+i] ^= k.mask[1+i]
	}
}

// headerBits are the bits of the first byte that are protected: of a short header one more, the key phase.
func headerBits(first byte) byte {
	if first&0x80 != 0 {
		return 0x0f
	}
	return 0x1f
}

// nonceOf combines the IV with a packet number (RFC 9001 §5.3). It is valid until the next call.
func (k *PacketKey) nonceOf(number int64) []byte {
	copy(k.nonce[:], k.iv[:])
	var n [8]byte
	binary.BigEndian.PutUint64(n[:], uint64(number))
	for i := range n {
		k.nonce[ivSize-len(n)+i] ^= n[i]
	}
	return k.nonce[:]
}

// decodeNumber returns the packet number whose last bytes are b, the one that is nearest to the next expected one (RFC 9000
// §A.3).
func decodeNumber(largest int64, b []byte) int64 {
	var cut int64
	for _, x := range b {
		cut = cut<<8 | int64(x)
	}
	window := int64(1) << (8 * len(b))
	expected := largest + 1
	n := expected&^(window-1) | cut
	const end = int64(1) << 62
	switch {
	case n <= expected-window/2 && n < end-window:
		return n + window
	case n > expected+window/2 && n >= window:
		return n - window
	}
	return n
}
