package quic

import (
	"encoding/hex"
	"strconv"

	"hanalyze/tlskeys"
)

// Version is the version field of a long header (RFC 8999 §5.1).
type Version uint32

// The versions that can be read.
const (
	Version1      Version = 1          // RFC 9000
	Version2      Version = 0x6b3343cf // RFC 9369
	version2Draft Version = 0x709a50c4 // draft-ietf-quic-v2 before its number was fixed
	draftBase     Version = 0xff000000 // draft-ietf-quic-transport-NN is this and NN
)

// The oldest and the newest draft that can be read: before 22 headers were others, and 34 became version 1.
const (
	firstDraft = 22
	lastDraft  = 34
)

// dialect is what versions differ in. Those of one dialect protect packets in the same way.
type dialect struct {
	salt       string // of the initial secret
	labels     tlskeys.Labels
	retryKey   string // of the Retry integrity tag; "" where Retry has none
	retryNonce string
	types      [4]packetType // by the two type bits of the long header
	oldParams  bool          // transport parameters have lengths of 16 bits
}

var (
	labels1 = tlskeys.Labels{Key: "quic key", IV: "quic iv", HeaderProtection: "quic hp"}
	labels2 = tlskeys.Labels{Key: "quicv2 key", IV: "quicv2 iv", HeaderProtection: "quicv2 hp"}
	types1  = [4]packetType{typeInitial, typeZeroRTT, typeHandshake, typeRetry} // RFC 9000 §17.2
	types2  = [4]packetType{typeRetry, typeInitial, typeZeroRTT, typeHandshake} // RFC 9369 §3.2
)

// Salts and Retry keys, as the texts of the versions give them (RFC 9001 §5.2 and §5.8, RFC 9369 §3.3).
var (
	dialect1 = dialect{
		salt:   "\x38\x76\x2c\xf7\xf5\x59\x34\xb3\x4d\x17\x9a\xe6\xa4\xc8\x0c\xad\xcc\xbb\x7f\x0a",
		labels: labels1, types: types1,
		retryKey:   "\xbe\x0c\x69\x0b\x9f\x66\x57\x5a\x1d\x76\x6b\x54\xe3\x68\xc8\x4e",
		retryNonce: "\x46\x15\x99\xd3\x5d\x63\x2b\xf2\x23\x98\x25\xbb",
	}
	dialect2 = dialect{
		salt:   "\x0d\xed\xe3\xde\xf7\x00\xa6\xdb\x81\x93\x81\xbe\x6e\x26\x9d\xcb\xf9\xbd\x2e\xd9",
		labels: labels2, types: types2,
		retryKey:   "\x8f\xb4\xb0\x1b\x56\xac\x48\xe2\x60\xfb\xcb\xce\xad\x7c\xcc\x92",
		retryNonce: "\xd8\x69\x69\xbc\x2d\x7c\x6d\x99\x90\xef\xb0\x4a",
	}
	dialect2Draft = dialect{
		salt:   "\xa7\x07\xc2\x03\xa5\x9b\x47\x18\x4a\x1d\x62\xca\x57\x04\x06\xea\x7a\xe3\xe5\xd3",
		labels: labels2, types: types2,
		retryKey:   "\xba\x85\x8d\xc7\xb4\x3d\xe5\xdb\xf8\x76\x17\xff\x4a\xb2\x53\xdb",
		retryNonce: "\x14\x1b\x99\xc2\x39\xb0\x3e\x78\x5d\x6a\x2e\x9f",
	}
	dialect29 = dialect{
		salt:   "\xaf\xbf\xec\x28\x99\x93\xd2\x4c\x9e\x97\x86\xf1\x9c\x61\x11\xe0\x43\x90\xa8\x99",
		labels: labels1, types: types1,
		retryKey:   "\xcc\xce\x18\x7e\xd0\x9a\x09\xd0\x57\x28\x15\x5a\x6c\xb9\x6b\xe1",
		retryNonce: "\xe5\x49\x30\xf9\x7f\x21\x36\xf0\x53\x0a\x8c\x1c",
	}
	dialect27 = dialect{
		salt:   salt23,
		labels: labels1, types: types1, retryKey: retryKey25, retryNonce: retryNonce25,
	}
	dialect25 = dialect{
		salt:   salt23,
		labels: labels1, types: types1, retryKey: retryKey25, retryNonce: retryNonce25, oldParams: true,
	}
	dialect23 = dialect{salt: salt23, labels: labels1, types: types1, oldParams: true}
	dialect22 = dialect{
		salt:   "\x7f\xbc\xdb\x0e\x7c\x66\xbb\xe9\x19\x3a\x96\xcd\x21\x51\x9e\xbd\x7a\x02\x64\x4a",
		labels: labels1, types: types1, oldParams: true,
	}
)

// What several drafts share.
const (
	salt23       = "\xc3\xee\xf7\x12\xc7\x2e\xbb\x5a\x11\xa7\xd2\x43\x2b\xb4\x63\x65\xbe\xf9\xf5\x02"
	retryKey25   = "\x4d\x32\xec\xdb\x2a\x21\x33\xc8\x41\xe4\x04\x3d\xf2\x7d\x44\x30"
	retryNonce25 = "\x4d\x16\x11\xd0\x55\x13\xa5\x52\xc5\x87\xd5\x75"
)

// dialect returns how packets of v are read, nil when v is known by name at most.
func (v Version) dialect() *dialect {
	switch v {
	case Version1:
		return &dialect1
	case Version2:
		return &dialect2
	case version2Draft:
		return &dialect2Draft
	}
	switch n := v - draftBase; {
	case v < draftBase || n < firstDraft || n > lastDraft:
		return nil
	case n >= 33:
		return &dialect1
	case n >= 29:
		return &dialect29
	case n >= 27:
		return &dialect27
	case n >= 25:
		return &dialect25
	case n >= 23:
		return &dialect23
	}
	return &dialect22
}

// grease reports whether v is one of the versions that stand for none, to keep negotiation alive (RFC 9000 §15).
func (v Version) grease() bool { return v&0x0f0f0f0f == 0x0a0a0a0a }

// owners are the ranges of versions that programs registered for themselves: first, how many, name.
var owners = [...]struct {
	first Version
	count uint32
	name  string
}{
	{0x07007000, 16, "tencent"}, {0x45474700, 256, "quant"}, {0x50435130, 1, "picoquic"}, {0x50524f58, 1, "proxied"},
	{0x51474f00, 256, "quic-go"}, {0x5c100000, 16, "scion"}, {0x91c17000, 256, "quicly"}, {0xabcd0000, 16, "msquic"},
	{0xf0f0f0f0, 16, "eth-zurich"}, {0xf0f0f1f0, 16, "telecom-italia"}, {0xf0f0f2f0, 16, "quinn-noise"},
	{0xf123f0c0, 16, "mozquic"}, {0xfaceb000, 16, "mvfst"},
}

// google returns the name of a version of Google's QUIC, four characters on the wire: Q043, T051.
func (v Version) google() string {
	b := [4]byte{byte(v >> 24), byte(v >> 16), byte(v >> 8), byte(v)}
	if b[0] != 'Q' && b[0] != 'T' || b[1] != '0' || !digit(b[2]) || !digit(b[3]) {
		return ""
	}
	return string(b[:])
}

func digit(c byte) bool { return c >= '0' && c <= '9' }

// owner returns the program whose private version v is, "".
func (v Version) owner() string {
	for _, o := range owners {
		if v >= o.first && uint32(v-o.first) < o.count {
			return o.name
		}
	}
	return ""
}

// named reports whether v is a version somebody is known to use, so that four bytes in a packet are no coincidence.
func (v Version) named() bool {
	return v.dialect() != nil || v.google() != "" || v.owner() != "" || v > draftBase && v <= draftBase+lastDraft
}

// String returns the name used in records: "1", "2", "draft-29", "Q043", "grease-0x1a2a3a4a", "mvfst-0xfaceb002", else
// hexadecimal.
func (v Version) String() string {
	switch {
	case v == Version1:
		return "1"
	case v == Version2:
		return "2"
	case v == version2Draft:
		return "2-draft"
	case v > draftBase && v <= draftBase+lastDraft:
		return "draft-" + pad2(uint32(v-draftBase))
	case v.google() != "":
		return v.google()
	}
	digits := hex.EncodeToString([]byte{byte(v >> 24), byte(v >> 16), byte(v >> 8), byte(v)})
	switch name := v.owner(); {
	case v.grease():
		return "grease-0x" + digits
	case name != "":
		return name + "-0x" + digits
	}
	return "0x" + digits
}

func pad2(n uint32) string {
	s := strconv.FormatUint(uint64(n), 10)
	if n < 10 {
		return "0" + s
	}
	return s
}
