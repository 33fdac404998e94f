package quic

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/subtle"

	"hanalyze"
	"hanalyze/tlskeys"
)

// initialKeys are the keys of the Initial packets of one version after one Destination Connection ID. Those of a direction
// are derived when first needed.
type initialKeys struct {
	version Version
	cid     connID
	secret  []byte
	key     [2]*tlskeys.PacketKey // by sender
}

// initialLabels are the labels of the secrets of the two ends (RFC 9001 §5.2).
var initialLabels = [2]string{hanalyze.C2S: "client in", hanalyze.S2C: "server in"}

// newInitialKeys derives the initial secret; nil when the version cannot be read.
func newInitialKeys(v Version, cid connID) *initialKeys {
	d := v.dialect()
	if d == nil {
		return nil
	}
	secret, err := tlskeys.Extract([]byte(d.salt), cid.bytes())
	if err != nil {
		return nil
	}
	return &initialKeys{version: v, cid: cid, secret: secret}
}

// of returns the keys of one sender, nil when they cannot be derived.
func (k *initialKeys) of(from hanalyze.Dir) *tlskeys.PacketKey {
	if k.key[from] != nil {
		return k.key[from]
	}
	d := k.version.dialect()
	secret, err := tlskeys.ExpandLabel(k.secret, initialLabels[from], tlskeys.SecretSize)
	if err != nil {
		return nil
	}
	if k.key[from], err = tlskeys.NewPacketKey(tlskeys.AES128GCM, secret, d.labels); err != nil {
		return nil
	}
	return k.key[from]
}

// open removes the protection of p, which from sent. payload is a part of scratch, which is overwritten and returned, longer
// if need be.
func (k *initialKeys) open(p *packet, from hanalyze.Dir, largest int64, scratch []byte) (number int64, payload, buf []byte, ok bool) {
	buf = scratch
	if p.cut || k.version != p.version {
		return 0, nil, buf, false
	}
	key := k.of(from)
	if key == nil {
		return 0, nil, buf, false
	}
	buf = append(buf[:0], p.raw...)
	number, payload, err := key.Open(buf, p.numberAt, largest)
	return number, payload, buf, err == nil
}

// The verdicts on the integrity tag of a Retry packet, as records spell them.
const (
	integrityValid   = "valid"
	integrityInvalid = "invalid"
	integrityUnknown = "unknown"
)

// retryIntegrity checks the tag at the end of a Retry packet, which covers the Destination Connection ID of the packet that
// it answers (RFC 9001 §5.8). Up to draft 24 the connection ID itself stands in the packet.
func retryIntegrity(p *packet, original *connID) string {
	switch {
	case p.odcid != nil && original.is(p.odcid):
		return integrityValid
	case p.odcid != nil:
		return integrityInvalid
	case p.dialect.retryKey == "":
		return integrityUnknown
	}
	block, err := aes.NewCipher([]byte(p.dialect.retryKey))
	if err != nil {
		return integrityUnknown
	}
	aead, err := cipher.NewGCM(block)
	if err != nil {
		return integrityUnknown
	}
	body, tag := p.raw[:len(p.raw)-tlskeys.TagSize], p.raw[len(p.raw)-tlskeys.TagSize:]
	pseudo := append([]byte{original.n}, original.bytes()...)
	pseudo = append(pseudo, body...)
	if subtle.ConstantTimeCompare(aead.Seal(nil, []byte(p.dialect.retryNonce), nil, pseudo), tag) != 1 {
		return integrityInvalid
	}
	return integrityValid
}
