package quic

import (
	"math/rand/v2"
	"testing"
)

func TestSniff(t *testing.T) {
	hello, _ := hellos(t)
	f := newFlight(t, Version1, 1, true)
	initial := f.initial(cs, false, 1162, crypto(0, hello))
	negotiated := negotiation(t)
	for name, c := range map[string]struct {
		b    []byte
		want bool
	}{
		"initial":                  {initial, true},
		"initial, cut":             {initial[:90], true},
		"initial, nearly all cut":  {initial[:12], false},
		"small initial":            {f.initial(cs, false, 40), true},
		"small initial, cut":       {f.initial(cs, false, 40)[:50], false},
		"handshake":                {f.sealed(sc, typeHandshake, 40), true},
		"retry":                    {sealRetry(t, f, []byte("id"), []byte("token")), true},
		"short header":             {f.short(cs, 100), false},
		"grease":                   {negotiated[0].b, true},
		"version negotiation":      {negotiated[1].b, true},
		"versions nobody uses":     {append(long(0x80, 0, f.client, f.original), 1, 1, 1, 1), false},
		"zeros":                    {make([]byte, 1200), false},
		"followed by other bytes":  {append(f.initial(cs, false, 40), 0xff, 1, 2, 3, 4, 5), false},
		"followed by padding":      {append(f.initial(cs, false, 40), 0, 0, 0), true},
		"Q043":                     {[]byte("\x0d\x11\x22\x33\x44\x55\x66\x77\x88Q043\x01\x00"), true},
		"Q043 without its version": {[]byte("\x0c\x11\x22\x33\x44\x55\x66\x77\x88Q043\x01\x00"), false},
		"Q046":                     {append([]byte("\xc3Q046\x50\x11\x22\x33\x44\x55\x66\x77\x88"), make([]byte, 40)...), true},
		"mvfst":                    {append(long(0xc0, 0xfaceb002, f.client, f.original), noise(40)...), true},
		"nobody's version":         {append(long(0xc0, 0x12345678, f.client, f.original), noise(40)...), false},
	} {
		if got := Sniff(c.b); got != c.want {
			t.Errorf("%s: %v, want %v", name, got, c.want)
		}
	}
}

// TestSniffNoise tries random datagrams: none is QUIC.
func TestSniffNoise(t *testing.T) {
	rnd := rand.New(rand.NewPCG(1, 1))
	b := make([]byte, 1300)
	for range 100_000 {
		for i := range 40 {
			b[i] = byte(rnd.Uint32())
		}
		b[0] |= longHeader | fixedBit
		if Sniff(b[:40+rnd.IntN(len(b)-40)]) {
			t.Fatalf("%x is taken for QUIC", b[:40])
		}
	}
}

func TestVersionNames(t *testing.T) {
	for v, want := range map[Version]string{
		1: "1", Version2: "2", 0x709a50c4: "2-draft", 0xff00001d: "draft-29", 0xff000016: "draft-22", 0xff000001: "draft-01",
		0x51303433: "Q043", 0x54303530: "T050", 0xfaceb002: "mvfst-0xfaceb002", 0x1a2a3a4a: "grease-0x1a2a3a4a", 0xabcd0000: "msquic-0xabcd0000",
		0x12345678: "0x12345678", 0x00000002: "0x00000002", 0xff000023: "0xff000023",
	} {
		if got := v.String(); got != want {
			t.Errorf("%x: %q, want %q", uint32(v), got, want)
		}
	}
	for n := Version(firstDraft); n <= lastDraft; n++ {
		if d := (draftBase + n).dialect(); d == nil || len(d.salt) != 20 || d.retryKey != "" && (len(d.retryKey) != 16 || len(d.retryNonce) != 12) {
			t.Errorf("draft %d: %+v", n, d)
		}
	}
	if (draftBase+35).dialect() != nil || (draftBase+21).dialect() != nil {
		t.Error("a draft that cannot be read has a dialect")
	}
}
