package h2

import (
	"bytes"
	"encoding/hex"
	"fmt"
	"strings"

	"golang.org/x/net/http2/hpack"

	"hanalyze"
	"hanalyze/internal/convo"
)

// script writes a conversation frame by frame, with one x/net encoder per direction.
type script struct {
	text  strings.Builder
	steps []convo.Step
	enc   [2]*hpack.Encoder
	buf   [2]bytes.Buffer
}

const (
	c2s = hanalyze.C2S
	s2c = hanalyze.S2C
)

func newScript() *script {
	s := &script{}
	for d := range s.enc {
		s.enc[d] = hpack.NewEncoder(&s.buf[d])
	}
	return s
}

// raw sends bytes.
func (s *script) raw(d hanalyze.Dir, comment string, b ...byte) {
	s.steps = append(s.steps, convo.Step{Dir: d, Data: b})
	fmt.Fprintf(&s.text, "-- %v hex --\n# %s\n", d, comment)
	for len(b) > 0 {
		n := min(32, len(b))
		fmt.Fprintln(&s.text, hex.EncodeToString(b[:n]))
		b = b[n:]
	}
}

func frameBytes(t FrameType, g Flags, stream uint32, payload ...byte) []byte {
	n := len(payload)
	b := []byte{byte(n >> 16), byte(n >> 8), byte(n), byte(t), byte(g), byte(stream >> 24), byte(stream >> 16), byte(stream >> 8), byte(stream)}
	return append(b, payload...)
}

// frame sends a frame.
func (s *script) frame(d hanalyze.Dir, t FrameType, g Flags, stream uint32, payload ...byte) {
	s.raw(d, fmt.Sprintf("%v stream %d %s", t, stream, strings.Join(g.Names(t), " ")), frameBytes(t, g, stream, payload...)...)
}

// part sends some bytes of a frame and misses others: the first n are sent.
func (s *script) part(d hanalyze.Dir, n int, t FrameType, g Flags, stream uint32, payload ...byte) {
	s.raw(d, fmt.Sprintf("the first %d bytes of %v stream %d", n, t, stream), frameBytes(t, g, stream, payload...)[:n]...)
}

func (s *script) gap(d hanalyze.Dir, n int64) {
	s.steps = append(s.steps, convo.Step{Dir: d, Gap: n})
	fmt.Fprintf(&s.text, "-- %v gap %d --\n", d, n)
}

func (s *script) end(d hanalyze.Dir) {
	s.steps = append(s.steps, convo.Step{Dir: d, End: true})
	fmt.Fprintf(&s.text, "-- %v end --\n", d)
}

func (s *script) preface() { s.raw(c2s, "preface", []byte(Preface)...) }

// open sends what every connection begins with.
func (s *script) open() {
	s.preface()
	s.frame(c2s, FrameSettings, 0, 0)
	s.frame(s2c, FrameSettings, 0, 0)
	s.frame(s2c, FrameSettings, FlagAck, 0)
	s.frame(c2s, FrameSettings, FlagAck, 0)
}

// block encodes fields, given as name and value in turn.
func (s *script) block(d hanalyze.Dir, pairs ...string) []byte {
	s.buf[d].Reset()
	for i := 0; i < len(pairs); i += 2 {
		if err := s.enc[d].WriteField(hpack.HeaderField{Name: pairs[i], Value: pairs[i+1]}); err != nil {
			panic(err)
		}
	}
	return bytes.Clone(s.buf[d].Bytes())
}

// headers sends a HEADERS frame with all its fields.
func (s *script) headers(d hanalyze.Dir, g Flags, stream uint32, pairs ...string) {
	s.frame(d, FrameHeaders, g|FlagEndHeaders, stream, s.block(d, pairs...)...)
}

// get sends a request without a body.
func (s *script) get(stream uint32, path string, more ...string) {
	s.headers(c2s, FlagEndStream, stream, request(path, more...)...)
}

func request(path string, more ...string) []string {
	return append([]string{":method", "GET", ":scheme", "http", ":authority", "example.com", ":path", path}, more...)
}

// ok sends a response with a body of n bytes.
func (s *script) ok(stream uint32, n int, more ...string) {
	s.headers(s2c, 0, stream, append([]string{":status", "200", "content-length", fmt.Sprint(n)}, more...)...)
	s.frame(s2c, FrameData, FlagEndStream, stream, bytes.Repeat([]byte{'x'}, n)...)
}

func setting(id uint16, v uint32) []byte {
	return []byte{byte(id >> 8), byte(id), byte(v >> 24), byte(v >> 16), byte(v >> 8), byte(v)}
}

func u32(v uint32, more ...byte) []byte {
	return append([]byte{byte(v >> 24), byte(v >> 16), byte(v >> 8), byte(v)}, more...)
}

func padded(pad int, payload ...byte) []byte {
	return append(append([]byte{byte(pad)}, payload...), make([]byte, pad)...)
}
