package tlsinfo

import (
	"slices"
	"strconv"
	"testing"

	"hanalyze"
)

// A thousand hellos on one connection, each told of, whatever the sizes of records and segments: a message may go over record
// borders, a record may hold several messages.
func TestThousandHellos(t *testing.T) {
	var messages []byte
	for i := range 1000 {
		h := hello{version: version12, ciphers: []uint16{0x002f}, exts: []extension{{0xaaaa, []byte{byte(i >> 8), byte(i)}}, {extServerName, sniBody(string(rune('a' + i%26)))}}}
		messages = append(messages, handshakeMessage(msgClientHello, h.client(t))...)
	}
	for _, size := range []int{1, 5, 49, 53, 54, 160, 1 << 14} {
		var stream []byte
		for part := range slices.Chunk(messages, size) {
			stream = append(stream, record(recordHandshake, part)...)
		}
		var names []string
		var c *Conn
		c = NewConn(func(e *Event) {
			if e.Kind == EventAnother {
				names = append(names, c.Info(0).SNI)
			}
		})
		for part := range slices.Chunk(stream, 1+size*7%1000) {
			c.Feed(hanalyze.C2S, part)
		}
		names = append(names, c.Info(0).SNI)
		if len(names) != 1000 || names[0] != "a" || names[999] != string(rune('a'+999%26)) {
			t.Errorf("records of %d bytes: %d hellos", size, len(names))
		}
	}
}

// A hello that answers a HelloRetryRequest which the capture lacks is no new handshake.
func TestHelloAfterLostRetry(t *testing.T) {
	h := browser()
	msg := record(recordHandshake, handshakeMessage(msgClientHello, h.client(t)))
	_, lines := feedAll(t, msg, msg)
	if want := []string{"c2s 5 client_hello www.example.com", "c2s " + strconv.Itoa(len(msg)+5) + " client_hello www.example.com"}; !slices.Equal(lines, want) {
		t.Errorf("%q", lines)
	}
}

// A client that gives up behind a HelloRetryRequest leaves nothing missing: the server's ChangeCipherSpec belongs to that.
func TestRetryGivenUp(t *testing.T) {
	h := browser()
	retry := hello{version: version12, random: helloRetryRandom, ciphers: []uint16{0x1301}, exts: []extension{
		{extSupportedVersions, []byte{3, 4}}, {extKeyShare, []byte{0, 23}}}}.server(t)
	c, _ := feedAll(t, record(recordHandshake, handshakeMessage(msgClientHello, h.client(t))), nil)
	c.Feed(hanalyze.S2C, append(record(recordHandshake, handshakeMessage(msgServerHello, retry)), record(recordCCS, []byte{1})...))
	c.Feed(hanalyze.C2S, record(recordAlert, []byte{2, 50}))
	r := c.Info(0)
	if r.Missing != 0 || r.HelloRetry == nil || r.HelloRetry.Group != "secp256r1" || len(r.Alerts) != 1 {
		t.Errorf("missing %v, retry %+v, alerts %v", r.Missing, r.HelloRetry, r.Alerts)
	}
}
