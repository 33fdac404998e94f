package tlsinfo

import (
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"hanalyze"
)

func dtlsHello(cookie []byte) hello {
	h := browser()
	h.version, h.cookie = versionDTLS12, cookie
	h.exts = []extension{{extServerName, sniBody("dtls.example")}, {extSupportedGroups, list16(23)}}
	return h
}

// A handshake with HelloVerifyRequest; the second hello comes in three fragments, the last one first, one of them twice.
func TestDatagramConn(t *testing.T) {
	var lines []string
	c := NewDatagramConn(func(e *Event) { lines = append(lines, line(e)) })
	feed := func(d hanalyze.Dir, b ...[]byte) {
		all := slices.Concat(b...)
		if n := c.Feed(d, all); n != len(all) {
			t.Fatalf("took %d of %d", n, len(all))
		}
		for i := range all {
			all[i] = 0xdb
		}
	}
	first := dtlsHello([]byte{}).client(t)
	second := dtlsHello([]byte("cookie")).client(t)
	n := len(second)
	server := hello{version: versionDTLS12, ciphers: []uint16{0xc02b}}.server(t)
	feed(hanalyze.C2S, datagram(0, 0, msgClientHello, len(first), 0, first))
	feed(hanalyze.C2S, datagram(0, 0, msgClientHello, len(first), 0, first)) // sent again
	feed(hanalyze.S2C, datagram(0, 0, msgHelloVerifyRequest, 3, 0, []byte{0xfe, 0xff, 0}))
	feed(hanalyze.C2S, datagram(0, 1, msgClientHello, n, 60, second[60:]))
	feed(hanalyze.C2S, datagram(0, 1, msgClientHello, n, 0, second[:20]), datagram(0, 1, msgClientHello, n, 0, second[:20]))
	feed(hanalyze.C2S, datagram(0, 1, msgClientHello, n, 10, second[10:60])) // overlaps
	feed(hanalyze.S2C, datagram(0, 1, msgServerHello, len(server), 0, server), datagram(0, 2, msgServerKeyExchange, 3, 0, []byte{3, 0, 23}),
		datagram(0, 3, msgServerHelloDone, 0, 0, nil))
	feed(hanalyze.C2S, datagram(0, 2, msgClientKeyExchange, 2, 0, []byte{1, 1}), dtlsRecord(recordCCS, 0, []byte{1}), dtlsRecord(recordHandshake, 1, make([]byte, 40)))
	feed(hanalyze.S2C, dtlsRecord(recordCCS, 0, []byte{1}), dtlsRecord(recordHandshake, 1, make([]byte, 40)))
	feed(hanalyze.C2S, dtlsRecord(recordHandshake, 1, make([]byte, 40))) // Finished again: no renegotiation
	feed(hanalyze.C2S, dtlsRecord(recordAppData, 1, make([]byte, 30)))
	feed(hanalyze.C2S, []byte("\x17omething else"))

	want := []string{
		"c2s 13 client_hello dtls.example",
		"s2c 13 hello_retry_request",
		"c2s 13 client_hello dtls.example",
		"s2c 13 server_hello dtls1.2",
		"s2c 76 key_exchange",
		"c2s 13 key_exchange",
		"c2s 27 change_cipher_spec",
		"c2s 41 finished",
		"s2c 0 change_cipher_spec",
		"s2c 14 finished",
		"s2c 14 handshake_done",
		"c2s 0 application_data 30",
		"c2s 0 malformed tls_record not a DTLS record header",
	}
	if d := cmp.Diff(want, lines); d != "" {
		t.Error(d)
	}
	r := c.Info(testNow)
	if d := cmp.Diff(facts{Version: "dtls1.2", Cipher: "TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256", Group: "secp256r1", KX: "ecdhe", FS: true,
		Resumed: "none", RTTs: 3, Established: true}, factsOf(r)); d != "" {
		t.Error(d)
	}
	if r.JA4[:10] != "dd2d020200" || !r.HelloRetry.Cookie {
		t.Errorf("JA4 %s, retry %+v", r.JA4, r.HelloRetry)
	}
}

// Messages that never become whole and fragments without end are bounded.
func TestDatagramLimits(t *testing.T) {
	limits := 0
	c := NewDatagramConn(func(e *Event) {
		if e.Code == LimitFragments {
			limits++
		}
	})
	for seq := range uint16(maxPending + 1) {
		c.Feed(hanalyze.C2S, datagram(0, seq, msgClientHello, 100, 50, make([]byte, 10)))
	}
	if limits != 1 {
		t.Errorf("%d limits for pending messages", limits)
	}
	for i := range maxFragments + 1 {
		c.Feed(hanalyze.S2C, datagram(0, 0, msgServerHello, 60000, 2*i+1, []byte{1}))
	}
	if limits != 2 || len(c.half[hanalyze.S2C].pending[0].parts) != maxFragments {
		t.Errorf("%d limits for fragments", limits)
	}
	c.Feed(hanalyze.S2C, datagram(0, maxTold, msgServerHello, 60, 0, []byte{1}))
	if limits != 3 {
		t.Errorf("%d limits for message numbers", limits)
	}
}

func FuzzDatagramConn(f *testing.F) {
	h := dtlsHello([]byte{}).client(f)
	f.Add(datagram(0, 0, msgClientHello, len(h), 0, h), datagram(0, 0, msgClientHello, len(h), 0, h[:20]))
	f.Fuzz(func(t *testing.T, a, b []byte) {
		c := NewDatagramConn(func(*Event) {})
		for i := range 3 {
			c.Feed(hanalyze.Dir(i&1), slices.Clone(a))
			c.Feed(hanalyze.Dir(i&1), slices.Clone(b))
		}
		c.Info(testNow)
	})
}

// STUN and RTP share the port of DTLS-SRTP: they are passed over.
func TestDatagramsOfOthers(t *testing.T) {
	var lines []string
	c := NewDatagramConn(func(e *Event) { lines = append(lines, line(e)) })
	first := dtlsHello([]byte{}).client(t)
	for _, b := range [][]byte{{0, 1, 0, 0, 0x21, 0x12, 0xa4, 0x42}, datagram(0, 0, msgClientHello, len(first), 0, first), {0x80, 0x60, 0, 1}, {0x40, 0, 0, 0}, {}} {
		c.Feed(hanalyze.C2S, b)
	}
	if d := cmp.Diff([]string{"c2s 13 client_hello dtls.example"}, lines); d != "" {
		t.Error(d)
	}
}

// RFC 9146 §4: the records of each end carry the connection ID that the other asked for.
func TestConnectionID(t *testing.T) {
	client := hello{version: versionDTLS12, cookie: []byte{}, ciphers: []uint16{0xc02b}, exts: []extension{{extConnectionID, []byte{2, 7, 7}}}}.client(t)
	server := hello{version: versionDTLS12, ciphers: []uint16{0xc02b}, exts: []extension{{extConnectionID, []byte{0}}}}.server(t)
	withID := func(id string, n int) []byte {
		return slices.Concat([]byte{recordCID, 0xfe, 0xfd, 0, 1, 0, 0, 0, 0, 0, 1}, []byte(id), []byte{0, byte(n)}, make([]byte, n))
	}
	var sizes []int
	c := NewDatagramConn(func(e *Event) {
		if e.Kind == EventApplicationData {
			sizes = append(sizes, e.Bytes)
		}
		if e.Kind == EventMalformed {
			t.Errorf("%s", line(e))
		}
	})
	c.Feed(hanalyze.S2C, withID("\x07\x07", 9)) // the hellos are not known yet
	c.Feed(hanalyze.C2S, datagram(0, 0, msgClientHello, len(client), 0, client))
	c.Feed(hanalyze.S2C, datagram(0, 0, msgServerHello, len(server), 0, server))
	for d := range hanalyze.Dir(2) { // a record before the hellos was of an association before
		c.Feed(d, dtlsRecord(recordCCS, 0, []byte{1}))
	}
	c.Feed(hanalyze.S2C, slices.Concat(withID("\x07\x07", 9), withID("\x07\x07", 4)))
	c.Feed(hanalyze.C2S, withID("", 5))
	c.Feed(hanalyze.C2S, withID("", 5)[:15])
	if d := cmp.Diff([]int{24, 24, 19, 18, 15}, sizes); d != "" {
		t.Error(d)
	}
}
