package quic

import (
	"bytes"
	"encoding/hex"
	"os"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/txtar"

	"hanalyze"
)

// readVectors returns the packets of a file by their names.
func readVectors(t testing.TB, name string) map[string][]byte {
	t.Helper()
	b, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	vectors := map[string][]byte{}
	for _, f := range txtar.Parse(b).Files {
		vectors[f.Name] = unhex(t, string(f.Data))
	}
	return vectors
}

func unhex(t testing.TB, s string) []byte {
	t.Helper()
	b, err := hex.DecodeString(strings.Join(strings.Fields(s), ""))
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// player plays datagrams to a Flow, a millisecond apart, and spoils each afterwards.
type player struct {
	t       testing.TB
	flow    *Flow
	now     hanalyze.Meta
	records []*hanalyze.QUIC
	notices []string
}

func newPlayer(t testing.TB) *player {
	p := &player{t: t}
	p.flow = NewFlow(Sink{
		Record: func(r *hanalyze.QUIC) { p.records = append(p.records, r) },
		Notice: func(id, detail string) { p.notices = append(p.notices, id+": "+detail) },
	})
	return p
}

func (p *player) play(d hanalyze.Dir, datagram []byte) {
	lent := bytes.Clone(datagram)
	p.now.Packet++
	p.now.Time += 1e6
	p.flow.Datagram(d, p.now, lent)
	for i := range lent {
		lent[i] = 0xdb
	}
	p.bounded()
}

// bounded fails the test when the flow holds more than its limits allow.
func (p *player) bounded() {
	if n := len(p.flow.conns); n > maxConns {
		p.t.Fatalf("%d connections", n)
	}
	for _, c := range p.flow.conns {
		if len(c.pending) > maxPending || c.kept > maxPendingBytes || len(c.originals) > maxOriginals {
			p.t.Fatalf("%d packets wait, %d bytes, %d original IDs", len(c.pending), c.kept, len(c.originals))
		}
		if len(c.keys) > 2*maxOriginals {
			p.t.Fatalf("%d keys", len(c.keys))
		}
		for i := range c.crypto {
			s := &c.crypto[i]
			if s.waiting > maxCryptoBytes || len(s.pieces) > maxCryptoPieces {
				p.t.Fatalf("%d bytes of a CRYPTO stream wait, in %d pieces", s.waiting, len(s.pieces))
			}
		}
	}
}

// close ends the flow and returns its records.
func (p *player) close() []*hanalyze.QUIC {
	p.flow.Close(hanalyze.MissingEndOfCapture)
	return p.records
}

// one returns the only record.
func (p *player) one() *hanalyze.QUIC {
	p.t.Helper()
	records := p.close()
	if len(records) != 1 {
		p.t.Fatalf("%d records, want 1", len(records))
	}
	return records[0]
}

func TestVectors(t *testing.T) {
	for name, version := range map[string]string{"rfc9001": "1", "rfc9369": "2"} {
		t.Run(name, func(t *testing.T) {
			v := readVectors(t, "testdata/"+name+".hex")
			p := newPlayer(t)
			p.play(hanalyze.C2S, v["client initial"])
			p.play(hanalyze.S2C, v["server initial"])
			r := p.one()
			if r.Version != version || r.DCID != "8394c8f03e515708" || r.ServerCID != "f067a5502a4262b5" {
				t.Errorf("version %s, DCID %s, server's CID %s", r.Version, r.DCID, r.ServerCID)
			}
			if r.TLS == nil || r.TLS.SNI != "example.com" || r.TLS.Version != "1.3" || r.TLS.Cipher.Name != "TLS_AES_128_GCM_SHA256" {
				t.Errorf("TLS: %+v", r.TLS)
			}
			if len(p.notices) > 0 || r.Client.Undecipherable+r.Server.Undecipherable > 0 {
				t.Errorf("notices %q, %+v", p.notices, r)
			}
		})
	}
}

func TestRetryVectors(t *testing.T) {
	draft29 := unhex(t, "ffff00001d0008f067a5502a4262b5746f6b656ed16926d81f6f9ca2953a8aa4575e1e49")
	original := newConnID(unhex(t, "8394c8f03e515708"))
	for _, b := range [...][]byte{
		readVectors(t, "testdata/rfc9001.hex")["retry"], readVectors(t, "testdata/rfc9369.hex")["retry"], draft29,
	} {
		p, _, ok := consumePacket(b)
		if !ok || p.typ != typeRetry || string(p.token) != "token" {
			t.Fatalf("%x: not read as a Retry packet: %+v", b, p)
		}
		if got := retryIntegrity(&p, &original); got != integrityValid {
			t.Errorf("version %v: %s", p.version, got)
		}
		b[len(b)-1]++
		if got := retryIntegrity(&p, &original); got != integrityInvalid {
			t.Errorf("version %v, tag changed: %s", p.version, got)
		}
	}
}

// TestRetryOfDrafts has Retry packets of drafts 25 to 28 (draft-ietf-quic-tls-27 §A.4) and, by ngtcp2, of the draft of version 2.
func TestRetryOfDrafts(t *testing.T) {
	for original, b := range map[string]string{
		"8394c8f03e515708": "ffff00001b0008f067a5502a4262b5746f6b656ea523cb5ba524695f6569f293a1359d8e",
		"ac98f9f532bb417338c07233ddd183c24ce3": "c0709a50c411c7652c8c87a85a837b979ecb8e8dec655312ccdef661356f20701c555b08397b66d7ae13" +
			"b68a09ff4c10fc99687d328ee6af5c03edf0b312b86e91fb4be84515d011d886a664fba170a5487c8aeb7fcd8335253efe1024a89cd78dcb0a9b3fe5" +
			"1518adbab965631947556208b3e55005e73c7d02f4d9ca83fea2821d1e474af6ef64",
	} {
		p, _, ok := consumePacket(unhex(t, b))
		id := newConnID(unhex(t, original))
		if got := retryIntegrity(&p, &id); !ok || got != integrityValid {
			t.Errorf("version %v: %s", p.version, got)
		}
	}
}
