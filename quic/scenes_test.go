package quic

import (
	"crypto/aes"
	"crypto/cipher"
	"encoding/binary"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"hanalyze"
)

// step is one datagram of a scene.
type step struct {
	dir hanalyze.Dir
	b   []byte
}

func c2s(packets ...[]byte) step { return step{hanalyze.C2S, concat(packets)} }
func s2c(packets ...[]byte) step { return step{hanalyze.S2C, concat(packets)} }

func concat(packets [][]byte) (b []byte) {
	for _, p := range packets {
		b = append(b, p...)
	}
	return b
}

// scene is a conversation and what is to be told of it.
type scene struct {
	name  string
	steps func(t testing.TB) []step
	want  []string
}

const (
	cs = hanalyze.C2S
	sc = hanalyze.S2C
)

// newFlight begins a connection; n makes its IDs differ from those of others.
func newFlight(t testing.TB, v Version, n byte, clientID bool) *flight {
	f := &flight{t: t, version: v, original: []byte{n, 1, 2, 3, 4, 5, 6, 7}, server: []byte{n, 0xee, 0xee, 0xee}}
	if clientID {
		f.client = []byte{n, 0xcc, 0xcc, 0xcc, 0xcc}
	}
	return f
}

// answered is the rest of a handshake after the ClientHello.
func answered(t testing.TB, f *flight) []step {
	_, hello := hellos(t)
	return []step{
		s2c(f.initial(sc, true, 0, ack(), crypto(0, hello)), f.sealed(sc, typeHandshake, 900)),
		s2c(f.sealed(sc, typeHandshake, 700), f.short(sc, 40)),
		c2s(f.initial(cs, true, 1000, ack()), f.sealed(cs, typeHandshake, 60)),
		c2s(f.short(cs, 100)),
		s2c(f.short(sc, 1200)),
		s2c(f.short(sc, 1200)),
		c2s(f.short(cs, 30)),
	}
}

// plain is a connection without anything special.
func plain(v Version, n byte, clientID bool) func(t testing.TB) []step {
	return func(t testing.TB) []step {
		f := newFlight(t, v, n, clientID)
		hello, _ := hellos(t)
		return append([]step{c2s(f.initial(cs, false, 1162, crypto(0, hello)))}, answered(t, f)...)
	}
}

// shuffled splits the ClientHello over packets and datagrams, not in order, with overlaps and PING and PADDING between.
func shuffled(t testing.TB) []step {
	f := newFlight(t, Version1, 7, true)
	h, _ := hellos(t)
	return append([]step{
		c2s(f.initial(cs, false, 600, crypto(200, h[200:]), []byte{framePing, 0, 0}, crypto(20, h[20:30])), f.initial(cs, false, 500, crypto(90, h[90:150]))),
		c2s(f.initial(cs, false, 1162, crypto(140, h[140:201]), crypto(25, h[25:95]))),
		c2s(f.initial(cs, false, 1162, crypto(0, h[:20]))),
	}, answered(t, f)...)
}

// retry makes the server ask for a proof of the address, twice: only the first one counts.
func retry(t testing.TB) []step {
	f := newFlight(t, Version1, 3, true)
	hello, _ := hellos(t)
	first := c2s(f.initial(cs, false, 1162, crypto(0, hello)))
	again := sealRetry(t, f, []byte("another"), []byte("another token"))
	id := []byte("retryid")
	r := sealRetry(t, f, id, []byte("token"))
	f.original, f.token = id, []byte("token")
	return append([]step{first, s2c(r), s2c(again), c2s(f.initial(cs, false, 1162, crypto(0, hello)))}, answered(t, f)...)
}

// forgedRetry has a Retry whose tag is wrong, which the client ignores.
func forgedRetry(t testing.TB) []step {
	f := newFlight(t, Version1, 3, true)
	hello, _ := hellos(t)
	r := sealRetry(t, f, []byte("forged!"), []byte("token"))
	r[len(r)-1]++
	return append([]step{c2s(f.initial(cs, false, 1162, crypto(0, hello))), s2c(r)}, answered(t, f)...)
}

// sealRetry makes a Retry packet that answers the client's first packet.
func sealRetry(t testing.TB, f *flight, scid, token []byte) []byte {
	d := f.version.dialect()
	b := append(long(f.first(typeRetry), f.version, f.client, scid), token...)
	block, err := aes.NewCipher([]byte(d.retryKey))
	if err != nil {
		t.Fatal(err)
	}
	aead, err := cipher.NewGCM(block)
	if err != nil {
		t.Fatal(err)
	}
	pseudo := append(append([]byte{byte(len(f.original))}, f.original...), b...)
	return append(b, aead.Seal(nil, []byte(d.retryNonce), nil, pseudo)...)
}

// negotiation begins with a version that stands for none; the server names its own, and one that stands for none too.
func negotiation(t testing.TB) []step {
	f := newFlight(t, Version1, 5, true)
	hello, _ := hellos(t)
	greased := f.initial(cs, false, 1162, crypto(0, hello))
	binary.BigEndian.PutUint32(greased[1:], 0x1a2a3a4a)
	list := long(0xea, 0, f.client, f.original)
	for _, v := range [...]Version{0x5a6a7a8a, Version2, Version1} {
		list = binary.BigEndian.AppendUint32(list, uint32(v))
	}
	f.original = []byte{5, 9, 9, 9, 9, 9, 9, 9}
	f.number = [2]int64{}
	return append([]step{c2s(greased), s2c(list), c2s(f.initial(cs, false, 1162, crypto(0, hello)))}, answered(t, f)...)
}

// compatible changes from version 1 to version 2 on the way.
func compatible(t testing.TB) []step {
	f := newFlight(t, Version1, 6, true)
	hello, _ := hellos(t)
	first := c2s(f.initial(cs, false, 1162, crypto(0, hello)))
	f.version = Version2
	return append([]step{first}, answered(t, f)...)
}

// early sends data with the first flight.
func early(t testing.TB) []step {
	f := newFlight(t, Version1, 8, false)
	hello, _ := hellos(t)
	f.token = []byte("of an earlier connection")
	return append([]step{
		c2s(f.initial(cs, false, 400, crypto(0, hello)), f.sealed(cs, typeZeroRTT, 500)), c2s(f.sealed(cs, typeZeroRTT, 800)),
	}, answered(t, f)...)
}

// refused is closed by the server in an Initial packet.
func refused(t testing.TB) []step {
	f := newFlight(t, Version1, 9, true)
	hello, _ := hellos(t)
	return []step{
		c2s(f.initial(cs, false, 1162, crypto(0, hello))),
		s2c(f.initial(sc, true, 1162, ack(), closing(0x178, "tls: no \x1bapplication protocol"))),
	}
}

// interleaved has two connections at once on one pair of addresses, told apart by their IDs.
func interleaved(t testing.TB) []step {
	a, b := plain(Version1, 1, true)(t), plain(Version2, 2, true)(t)
	var all []step
	for i := range a {
		all = append(all, a[i], b[i])
	}
	return all
}

// sequence has two connections of a client that uses empty IDs, one after the other.
func sequence(t testing.TB) []step {
	return append(plain(Version1, 1, false)(t), plain(Version1, 2, false)(t)...)
}

// renumbered has a client that takes another of the server's IDs at once.
func renumbered(t testing.TB) []step {
	f := newFlight(t, Version1, 4, false)
	hello, shello := hellos(t)
	steps := []step{
		c2s(f.initial(cs, false, 1162, crypto(0, hello))),
		s2c(f.initial(sc, true, 0, ack(), crypto(0, shello)), f.sealed(sc, typeHandshake, 900)),
	}
	f.server = []byte("new1")
	return append(steps, c2s(f.initial(cs, true, 1000, ack()), f.sealed(cs, typeHandshake, 60)), c2s(f.short(cs, 40)))
}

// sameRetry has a Retry that gives the client the ID it made up, which the client must discard (RFC 9000 §17.2.5.1).
func sameRetry(t testing.TB) []step {
	f := newFlight(t, Version1, 3, true)
	hello, _ := hellos(t)
	r := sealRetry(t, f, f.original, []byte("token"))
	return append([]step{c2s(f.initial(cs, false, 1162, crypto(0, hello))), s2c(r)}, answered(t, f)...)
}

// lateNegotiation has a Version Negotiation packet after a Retry, which the client must discard (RFC 9000 §6.2).
func lateNegotiation(t testing.TB) []step {
	steps := retry(t)
	f := newFlight(t, Version1, 3, true)
	list := binary.BigEndian.AppendUint32(long(0xea, 0, f.client, f.original), uint32(Version2))
	return slices.Insert(steps, 2, s2c(list))
}

// foreign has datagrams in which a packet to another connection stands behind the first: it is ignored (RFC 9000 §12.2).
func foreign(t testing.TB) []step {
	steps := plain(Version1, 1, true)(t)
	other := newFlight(t, Version1, 2, true)
	hello, _ := hellos(t)
	steps[0] = c2s(steps[0].b, other.initial(cs, false, 300, crypto(0, hello)))
	return steps
}

// padded has bytes behind the packets of datagrams that are none: zeros, and noise.
func padded(t testing.TB) []step {
	steps := plain(Version1, 1, true)(t)
	steps[0] = c2s(steps[0].b, make([]byte, 100))
	steps[1] = s2c(steps[1].b, noise(40)[1:])
	return steps
}

// downgraded changes from version 2 to version 1 on the way.
func downgraded(t testing.TB) []step {
	f := newFlight(t, Version2, 6, true)
	hello, _ := hellos(t)
	first := c2s(f.initial(cs, false, 1162, crypto(0, hello)))
	f.version = Version1
	return append([]step{first}, answered(t, f)...)
}

// halved has a ServerHello in two packets, the second half first.
func halved(t testing.TB) []step {
	f := newFlight(t, Version1, 1, true)
	hello, shello := hellos(t)
	return []step{
		c2s(f.initial(cs, false, 1162, crypto(0, hello))),
		s2c(f.initial(sc, true, 0, crypto(50, shello[50:]))), s2c(f.initial(sc, true, 0, ack(), crypto(0, shello[:50]))),
		c2s(f.short(cs, 40)),
	}
}

// againSame has a client that gives its second connection the ID of its first.
func againSame(t testing.TB) []step {
	f := newFlight(t, Version1, 2, true)
	f.client = []byte{1, 0xcc, 0xcc, 0xcc, 0xcc}
	hello, _ := hellos(t)
	steps := append(plain(Version1, 1, true)(t), c2s(f.initial(cs, false, 1162, crypto(0, hello))))
	return append(steps, answered(t, f)...)
}

var scenes = []scene{
	{"plain", plain(Version1, 1, true), []string{
		"1 dcid=0101020304050607 scid=01cccccccc server=01eeeeee 3i 0z 3h 5s example.com TLS_AES_128_GCM_SHA256 established 4ms complete"}},
	{"version2", plain(Version2, 1, true), []string{
		"2 dcid=0101020304050607 scid=01cccccccc server=01eeeeee 3i 0z 3h 5s example.com TLS_AES_128_GCM_SHA256 established 4ms complete"}},
	{"draft22", plain(draftBase+22, 1, false), []string{
		"draft-22 dcid=0101020304050607 server=01eeeeee 3i 0z 3h 5s example.com TLS_AES_128_GCM_SHA256 established 4ms complete",
		"notice quic.malformed: The transport parameters of the client are cut short"}}, // they are written as those of version 1
	{"draft27", plain(draftBase+27, 1, false), []string{
		"draft-27 dcid=0101020304050607 server=01eeeeee 3i 0z 3h 5s example.com TLS_AES_128_GCM_SHA256 established 4ms complete"}},
	{"shuffled", shuffled, []string{
		"1 dcid=0701020304050607 scid=07cccccccc server=07eeeeee 6i 0z 3h 5s example.com TLS_AES_128_GCM_SHA256 established 6ms complete"}},
	{"retry", retry, []string{
		"1 dcid=0301020304050607 scid=03cccccccc server=03eeeeee 4i 0z 3h 5s retry(valid 5) example.com TLS_AES_128_GCM_SHA256 established 7ms complete"}},
	{"forged retry", forgedRetry, []string{
		"1 dcid=0301020304050607 scid=03cccccccc server=03eeeeee 3i 0z 3h 5s noretry(invalid 5) example.com TLS_AES_128_GCM_SHA256 established 5ms complete",
		"notice quic.retry_forged: The integrity tag of a Retry packet is wrong"}},
	{"retry to the same ID", sameRetry, []string{
		"1 dcid=0301020304050607 scid=03cccccccc server=03eeeeee 3i 0z 3h 5s example.com TLS_AES_128_GCM_SHA256 established 5ms complete"}},
	{"negotiation after retry", lateNegotiation, []string{
		"1 dcid=0301020304050607 scid=03cccccccc server=03eeeeee 4i 0z 3h 5s retry(valid 5) example.com TLS_AES_128_GCM_SHA256 established 8ms complete"}},
	{"foreign packet behind", foreign, []string{
		"1 dcid=0101020304050607 scid=01cccccccc server=01eeeeee 3i 0z 3h 5s example.com TLS_AES_128_GCM_SHA256 established 4ms complete"}},
	{"padding behind", padded, []string{
		"1 dcid=0101020304050607 scid=01cccccccc server=01eeeeee 3i 0z 3h 5s example.com TLS_AES_128_GCM_SHA256 established 4ms complete"}},
	{"negotiation", negotiation, []string{
		"1<grease-0x1a2a3a4a dcid=0501020304050607 scid=05cccccccc server=05eeeeee 3i 0z 3h 5s vn(grease-0x5a6a7a8a,2,1) example.com TLS_AES_128_GCM_SHA256 established 6ms complete"}},
	{"compatible", compatible, []string{
		"2<1 dcid=0601020304050607 scid=06cccccccc server=06eeeeee 3i 0z 3h 5s example.com TLS_AES_128_GCM_SHA256 established 4ms complete"}},
	{"downgraded", downgraded, []string{
		"1<2 dcid=0601020304050607 scid=06cccccccc server=06eeeeee 3i 0z 3h 5s example.com TLS_AES_128_GCM_SHA256 established 4ms complete"}},
	{"ServerHello in halves", halved, []string{
		"1 dcid=0101020304050607 scid=01cccccccc server=01eeeeee 3i 0z 0h 1s example.com TLS_AES_128_GCM_SHA256 established 3ms complete"}},
	{"early", early, []string{
		"1 dcid=0801020304050607 server=08eeeeee 3i 2z 3h 5s token=24 example.com TLS_AES_128_GCM_SHA256 established 5ms complete"}},
	{"refused", refused, []string{
		"1 dcid=0901020304050607 scid=09cccccccc server=09eeeeee 2i 0z 0h 0s example.com close(server CRYPTO_ERROR no_application_protocol \"tls: no \\x1bapplication protocol\") complete"}},
	{"interleaved", interleaved, []string{
		"1 dcid=0101020304050607 scid=01cccccccc server=01eeeeee 3i 0z 3h 5s example.com TLS_AES_128_GCM_SHA256 established 8ms complete",
		"2 dcid=0201020304050607 scid=02cccccccc server=02eeeeee 3i 0z 3h 5s example.com TLS_AES_128_GCM_SHA256 established 8ms complete"}},
	{"sequence", sequence, []string{
		"1 dcid=0101020304050607 server=01eeeeee 3i 0z 3h 5s example.com TLS_AES_128_GCM_SHA256 established 4ms complete",
		"1 dcid=0201020304050607 server=02eeeeee 3i 0z 3h 5s example.com TLS_AES_128_GCM_SHA256 established 4ms complete"}},
	{"renumbered", renumbered, []string{
		"1 dcid=0401020304050607 server=04eeeeee 3i 0z 2h 1s example.com TLS_AES_128_GCM_SHA256 established 3ms complete"}},
}

// line writes the facts of a record that count.
func line(r *hanalyze.QUIC) string {
	w := []string{r.Version}
	add := func(on bool, format string, args ...any) {
		if on {
			w = append(w, fmt.Sprintf(format, args...))
		}
	}
	if r.OfferedVersion != "" {
		w[0] += "<" + r.OfferedVersion
	}
	add(r.DCID != "", "dcid=%s", r.DCID)
	add(r.SCID != "", "scid=%s", r.SCID)
	add(r.ServerCID != "", "server=%s", r.ServerCID)
	add(true, "%di %dz %dh %ds", r.Packets.Initial, r.Packets.ZeroRTT, r.Packets.Handshake, r.Packets.OneRTT)
	add(r.TokenBytes > 0, "token=%d", r.TokenBytes)
	if p := r.RetryPacket; p != nil {
		add(r.Retry, "retry(%s %d)", p.Integrity, p.TokenBytes)
		add(!r.Retry, "noretry(%s %d)", p.Integrity, p.TokenBytes)
	}
	add(r.VersionNegotiation, "vn(%s)", strings.Join(r.SupportedVersions, ","))
	if t := r.TLS; t != nil {
		add(true, "%s", t.SNI)
		add(t.Cipher != nil, "%s", func() string {
			if t.Cipher == nil {
				return ""
			}
			return t.Cipher.Name
		}())
	}
	if c := r.Close; c != nil {
		add(true, "close(%s %s %s %q)", c.By, c.Code, c.Alert, c.Reason)
	}
	if d, known := r.Handshake.Get(); known {
		add(r.Established, "established %v", d)
	} else {
		add(r.Established, "established")
	}
	add(r.Missing == 0, "complete")
	for i, name := range hanalyze.MissingNames {
		add(r.Missing&(1<<i) != 0, "-%s", name)
	}
	return strings.Join(w, " ")
}

// told plays datagrams and returns the lines of all records.
func told(t testing.TB, steps []step) (lines []string) {
	p := newPlayer(t)
	for _, s := range steps {
		p.play(s.dir, s.b)
	}
	for _, r := range p.close() {
		lines = append(lines, line(r))
	}
	for _, n := range p.notices {
		lines = append(lines, "notice "+n)
	}
	return lines
}

// TestSameIDAgain is not among the scenes: what is left of its two connections after loss can be one.
func TestSameIDAgain(t *testing.T) {
	want := []string{
		"1 dcid=0101020304050607 scid=01cccccccc server=01eeeeee 3i 0z 3h 5s example.com TLS_AES_128_GCM_SHA256 established 4ms complete",
		"1 dcid=0201020304050607 scid=01cccccccc server=02eeeeee 3i 0z 3h 5s example.com TLS_AES_128_GCM_SHA256 established 4ms complete",
	}
	if d := cmp.Diff(want, told(t, againSame(t))); d != "" {
		t.Errorf("(-want +got)\n%s", d)
	}
}

// TestRetryOfEachVersion has a Retry with an integrity tag in every version that has such.
func TestRetryOfEachVersion(t *testing.T) {
	versions := []Version{Version1, Version2, version2Draft}
	for n := Version(27); n <= lastDraft; n++ {
		versions = append(versions, draftBase+n)
	}
	hello, _ := hellos(t)
	for _, v := range versions {
		f := newFlight(t, v, 3, true)
		first := c2s(f.initial(cs, false, 1162, crypto(0, hello)))
		r := sealRetry(t, f, []byte("retryid"), []byte("token"))
		f.original, f.token = []byte("retryid"), []byte("token")
		steps := append([]step{first, s2c(r), c2s(f.initial(cs, false, 1162, crypto(0, hello)))}, answered(t, f)...)
		want := []string{v.String() + " dcid=0301020304050607 scid=03cccccccc server=03eeeeee 4i 0z 3h 5s retry(valid 5) example.com TLS_AES_128_GCM_SHA256 established 6ms complete"}
		if d := cmp.Diff(want, told(t, steps)); d != "" {
			t.Errorf("(-want +got)\n%s", d)
		}
	}
}

func TestScenes(t *testing.T) {
	for _, s := range scenes {
		t.Run(s.name, func(t *testing.T) {
			if d := cmp.Diff(s.want, told(t, s.steps(t))); d != "" {
				t.Errorf("(-want +got)\n%s", d)
			}
		})
	}
}

// TestReversed plays the scenes in a flow whose client is the server of the connection: the capture began with its packet.
func TestReversed(t *testing.T) {
	for _, s := range scenes {
		t.Run(s.name, func(t *testing.T) {
			steps := s.steps(t)
			for i := range steps {
				steps[i].dir = steps[i].dir.Reverse()
			}
			if d := cmp.Diff(s.want, told(t, steps)); d != "" {
				t.Errorf("(-want +got)\n%s", d)
			}
		})
	}
}
