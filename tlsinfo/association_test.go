package tlsinfo

import (
	"math/rand/v2"
	"slices"
	"testing"

	"hanalyze"
)

// association is a handshake of DTLS 1.2 with a HelloVerifyRequest, and data; its hellos have the given random and name.
func association(t testing.TB, id byte, suite uint16) []chunk {
	h := dtlsHello([]byte{})
	h.random, h.exts = [32]byte{id}, []extension{{extServerName, sniBody(string(rune(id)) + ".example")}, {extSupportedGroups, list16(23)}}
	first := h.client(t)
	h.cookie = []byte("cookie")
	second := h.client(t)
	server := hello{version: versionDTLS12, random: [32]byte{id, 1}, ciphers: []uint16{suite}}.server(t)
	finished := slices.Concat(dtlsRecord(recordCCS, 0, []byte{1}), dtlsRecord(recordHandshake, 1, make([]byte, 40)))
	return []chunk{
		{dir: hanalyze.C2S, b: datagram(0, 0, msgClientHello, len(first), 0, first)},
		{dir: hanalyze.S2C, b: datagram(0, 0, msgHelloVerifyRequest, 3, 0, []byte{0xfe, 0xff, 0})},
		{dir: hanalyze.C2S, b: datagram(0, 1, msgClientHello, len(second), 0, second)},
		{dir: hanalyze.S2C, b: slices.Concat(datagram(0, 1, msgServerHello, len(server), 0, server), datagram(0, 2, msgServerKeyExchange, 3, 0, []byte{3, 0, 23}))},
		{dir: hanalyze.S2C, b: datagram(0, 3, msgServerHelloDone, 0, 0, nil)},
		{dir: hanalyze.C2S, b: slices.Concat(datagram(0, 2, msgClientKeyExchange, 2, 0, []byte{1, 1}), finished)},
		{dir: hanalyze.S2C, b: finished},
		{dir: hanalyze.C2S, b: dtlsRecord(recordAppData, 1, make([]byte, 30))},
		{dir: hanalyze.S2C, b: dtlsRecord(recordAppData, 1, make([]byte, 30))},
	}
}

// follow plays datagrams and returns what is told of each association: a record when its handshake is done, or at its end.
func follow(all []chunk) (records []hanalyze.TLS) {
	var c *DatagramConn
	seen, told := false, false
	tell := func() {
		if seen && !told {
			records = append(records, c.Info(testNow))
		}
		told = true
	}
	c = NewDatagramConn(func(e *Event) {
		switch e.Kind {
		case EventAnother:
			tell()
			seen, told = false, false
		case EventClientHello, EventServerHello, EventHelloRetryRequest, EventAlert:
			seen = true
		case EventHandshakeDone:
			tell()
		}
	})
	for _, s := range all {
		if !s.lost {
			c.Feed(s.dir, s.b)
		}
	}
	tell()
	return records
}

// summaries lists the server names told, with what was chosen.
func summaries(records []hanalyze.TLS) (out []string) {
	for _, r := range records {
		line := r.SNI
		if r.Cipher != nil {
			line += " " + r.Cipher.Name[len("TLS_ECDHE_ECDSA_WITH_"):]
		}
		if r.Established {
			line += " established"
		}
		out = append(out, line)
	}
	return out
}

func TestSecondAssociation(t *testing.T) {
	a, b := association(t, 'a', 0xc02b), association(t, 'b', 0xc02c)
	fragments := slices.Clone(b)
	whole := b[0].b[dtlsRecordHeader+dtlsFragmentHeader:]
	fragments[0].b = slices.Concat(datagram(0, 0, msgClientHello, len(whole), 0, whole[:40]), datagram(0, 0, msgClientHello, len(whole), 40, whole[40:]))
	data := a[7:]
	const first, second = "a.example AES_128_GCM_SHA256 established", "b.example AES_256_GCM_SHA384 established"
	for _, c := range []struct {
		name string
		all  []chunk
		want []string
	}{
		{"one", a, []string{first}},
		{"two", slices.Concat(a, b), []string{first, second}},
		{"another random in answer to the cookie", slices.Concat(a[:2], b[2:]), []string{"a.example AES_256_GCM_SHA384 established"}},
		{"three", slices.Concat(a, b, association(t, 'c', 0xc02b)), []string{first, second, "c.example AES_128_GCM_SHA256 established"}},
		{"its hello in fragments", slices.Concat(a, fragments), []string{first, second}},
		{"the first goes on meanwhile", slices.Concat(a, b[:1], data, b[1:3], data, b[3:5], data), []string{first, "b.example AES_256_GCM_SHA384"}},
		{"and it is agreed on all the same", slices.Concat(a, b[:1], data, b[1:5], data, b[5:]), []string{first, second}},
		{"nobody answered the first", slices.Concat(a[:1], b), []string{"a.example", second}},
		{"or with a cookie only", slices.Concat(a[:3], b), []string{"a.example", second}},
		{"a hello of the first comes late", slices.Concat(a, b[:1], a[2:3], b[1:]), []string{first, second}},
		{"the first began before the capture", slices.Concat(data, b), []string{second}},
		{"of which one end alone was heard", slices.Concat(data[1:], b), []string{second}},
		{"an attempt that comes to nothing", slices.Concat(a, b[:1], data), []string{first, "b.example"}},
	} {
		if got := summaries(follow(c.all)); !slices.Equal(got, c.want) {
			t.Errorf("%s:\n%q, want\n%q", c.name, got, c.want)
		}
	}
}

// A handshake of which one Finished is missing says that it lacks something, unless an alert says why it ended.
func TestHalfFinished(t *testing.T) {
	all := association(t, 'a', 0xc02b)
	alert := chunk{dir: hanalyze.S2C, b: dtlsRecord(recordAlert, 0, []byte{2, 42})}
	for _, c := range []struct {
		name string
		all  []chunk
		want hanalyze.Missing
	}{
		{"all", all[:7], 0},
		{"without the server's", all[:6], hanalyze.MissingGap},
		{"without the client's", slices.Concat(all[:5], all[6:7]), hanalyze.MissingGap},
		{"refused", slices.Concat(all[:6], []chunk{alert}), 0},
		{"neither", all[:5], 0},
	} {
		if r := follow(c.all)[0]; r.Missing != c.want {
			t.Errorf("%s: missing %b, want %b", c.name, r.Missing, c.want)
		}
	}
}

// Of two associations of which datagrams are missing, nothing is told that neither was.
func TestSecondAssociationLoss(t *testing.T) {
	a, b := association(t, 'a', 0xc02b), association(t, 'b', 0xc02c)
	truth := map[string]hanalyze.TLS{}
	for _, r := range append(follow(a), follow(b)...) {
		truth[r.SNI] = r
	}
	for seed := range uint64(5000) {
		rnd := rand.New(rand.NewPCG(seed, 7))
		all := slices.Concat(a, b)
		for n := 1 + rnd.IntN(3); n > 0; n-- {
			all[rnd.IntN(len(all))].lost = true
		}
		for _, r := range follow(all) {
			if !r.Established {
				r.Missing |= hanalyze.MissingGap
			}
			want, ok := truth[r.SNI]
			if !ok { // both hellos are missing
				continue
			}
			if why := differs(&want, &r); why != "" {
				t.Fatalf("seed %d: %s: %s", seed, r.SNI, why)
			}
		}
	}
}
