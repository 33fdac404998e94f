package h1

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"

	"hanalyze"
)

// truth is what was sent in one direction of a generated conversation.
type truth struct {
	wire     []byte
	messages []sent
}

// sent is one message as it was sent.
type sent struct {
	at       int64 // of its first byte in the wire
	exchange int   // from 0
	interim  bool
	start    string
	headers  []string
	body     []byte
}

// speech is a run of bytes that one side sends before the other answers.
type speech struct {
	d hanalyze.Dir
	b []byte
}

// talk generates a conversation of n exchanges, some of them pipelined if pipelined is set.
func talk(rnd *rand.Rand, n int, pipelined bool) (speeches []speech, told [2]truth) {
	for i := 0; i < n; {
		ahead := 1
		if pipelined && rnd.IntN(4) == 0 {
			ahead = min(n-i, 3)
		}
		var asked, answered bytes.Buffer
		for k := i; k < i+ahead; k++ {
			method := []string{"GET", "GET", "POST", "HEAD"}[rnd.IntN(4)]
			told[0].send(&asked, rnd, k, fmt.Sprintf("%s /%d HTTP/1.1", method, k), method == "POST", true)
			if rnd.IntN(5) == 0 {
				told[1].send(&answered, rnd, k, "HTTP/1.1 100 Continue", false, false)
			}
			status := []int{200, 200, 200, 404, 304}[rnd.IntN(5)]
			told[1].send(&answered, rnd, k, fmt.Sprintf("HTTP/1.1 %d Reason %d", status, k), method != "HEAD" && status != 304, true)
		}
		speeches = append(speeches, speech{hanalyze.C2S, asked.Bytes()}, speech{hanalyze.S2C, answered.Bytes()})
		i += ahead
	}
	return speeches, told
}

// send appends a message to the wire of t and to w.
func (t *truth) send(w *bytes.Buffer, rnd *rand.Rand, exchange int, start string, hasBody, hasHeaders bool) {
	m := sent{at: int64(len(t.wire)), exchange: exchange, start: start, interim: strings.Contains(start, " 100 ")}
	var head, body bytes.Buffer
	if hasHeaders {
		m.headers = append(m.headers, fmt.Sprintf("X-Id: %d", exchange), "Host: h", "Date: now")
		for range rnd.IntN(5) {
			m.headers = append(m.headers, fmt.Sprintf("X-%d: %x", rnd.IntN(9), rnd.Uint64()))
		}
	}
	switch {
	case !hasBody:
	case rnd.IntN(2) == 0:
		m.body = content(rnd)
		m.headers = append(m.headers, fmt.Sprintf("Content-Length: %d", len(m.body)))
		body.Write(m.body)
	default:
		m.body = content(rnd)
		m.headers = append(m.headers, "Transfer-Encoding: chunked")
		for rest := m.body; len(rest) > 0; {
			k := 1 + rnd.IntN(len(rest))
			fmt.Fprintf(&body, "%x\r\n%s\r\n", k, rest[:k])
			rest = rest[k:]
		}
		body.WriteString("0\r\n\r\n")
	}
	head.WriteString(start + "\r\n")
	for _, h := range m.headers {
		head.WriteString(h + "\r\n")
	}
	head.WriteString("\r\n")
	t.messages = append(t.messages, m)
	t.wire = append(append(t.wire, head.Bytes()...), body.Bytes()...)
	w.Write(head.Bytes())
	w.Write(body.Bytes())
}

// content is a body that reads much like HTTP: examples of start lines, of headers and of chunks.
func content(rnd *rand.Rand) []byte {
	var b bytes.Buffer
	for range rnd.IntN(6) {
		switch rnd.IntN(5) {
		case 0:
			b.WriteString("HTTP/1.1 200 OK is what a server says\r\n")
		case 1:
			b.WriteString("GET /evil HTTP/1.1\r\nsays a client\r\n")
		case 2:
			b.WriteString("X-Evil: 1\r\n\r\n")
		case 3:
			b.WriteString("5\r\nhello\r\n0\r\n\r\n")
		case 4:
			for range rnd.IntN(200) {
				b.WriteByte(byte(rnd.Uint32()))
			}
		}
	}
	return b.Bytes()
}

// lossJudge compares what a Conn tells with the truth.
type lossJudge struct {
	t       *testing.T
	told    [2]truth
	unknown [2]bool // a gap of unknown length came: offsets are no longer those of the wire
	current [2]*sent
	body    [2][]byte
	whole   [2]bool
	asked   map[uint64]int // exchange of h1 → exchange of the truth
	counts  map[string]int
}

func (j *lossJudge) see(ev *Event) {
	d := ev.Dir
	switch ev.Kind {
	case MessageBegin:
		j.current[d], j.body[d], j.whole[d] = nil, nil, true
	case RequestHead, ResponseHead:
		j.head(ev)
	case Body:
		j.body[d] = append(j.body[d], ev.Data...)
	case BodyGap:
		j.whole[d] = false
	case MessageEnd:
		m := j.current[d]
		if m == nil {
			break
		}
		if ev.How == Complete && (!j.whole[d] || string(m.body) != string(j.body[d])) {
			j.t.Errorf("%s: told as complete: %q, want %q", m.start, j.body[d], m.body)
		}
		if ev.How == Complete {
			j.counts["complete"]++
		}
		if ev.How == EndGap && ev.LostBytes > 0 && ev.BodyBytes > int64(len(m.body)) {
			j.t.Errorf("%s: %d body bytes of %d", m.start, ev.BodyBytes, len(m.body))
		}
	case Malformed:
		if ev.Code == BodyIsRequest && bytes.HasPrefix(j.body[d], []byte("GET /")) {
			break // so it does
		}
		j.t.Errorf("malformed: %s %s", ev.Code, ev.Detail)
	case Trailers, Switch, StartFound:
	}
}

// head finds the message of a head in the truth and compares.
func (j *lossJudge) head(ev *Event) {
	if j.unknown[ev.Dir] && len(ev.Headers) == 0 {
		j.counts["anonymous"]++ // which one it is nobody can tell
		return
	}
	m := j.find(ev)
	if m == nil {
		j.t.Errorf("@%d: a message that nobody sent: %s %s %d %q %v", ev.Offset, ev.Method, ev.Target, ev.Status, ev.Reason, ev.Headers)
		return
	}
	j.current[ev.Dir] = m
	j.counts["heads"]++
	cut := ev.Notes&Truncated != 0
	for i, h := range ev.Headers {
		if i >= len(m.headers) || m.headers[i] != h.Name+": "+h.Value {
			j.t.Errorf("%s: header %d is %s: %s", m.start, i, h.Name, h.Value)
		}
	}
	if !cut && len(ev.Headers) != len(m.headers) {
		j.t.Errorf("%s: %d headers of %d", m.start, len(ev.Headers), len(m.headers))
	}
	start := fmt.Sprintf("HTTP/%s %d %s", ev.Version, ev.Status, ev.Reason)
	if ev.Kind == RequestHead {
		start = fmt.Sprintf("%s %s HTTP/%s", ev.Method, ev.Target, ev.Version)
		j.asked[ev.Exchange] = m.exchange
	}
	if start != m.start && !(cut && strings.HasPrefix(m.start, strings.TrimSuffix(strings.TrimSuffix(start, "HTTP/"), " "))) {
		j.t.Errorf("start line %q, want %q", start, m.start)
	}
	if ev.Kind == ResponseHead && ev.Pairing != Unpaired {
		asked, known := j.asked[ev.Exchange]
		right := !known || asked == m.exchange
		j.counts[fmt.Sprintf("%s %v", ev.Pairing, right)]++
		if ev.Pairing == Certain && !right {
			j.t.Errorf("%s is told as the certain answer to request %d", m.start, asked)
		}
	}
}

// find returns the message that begins at an event's offset, or the one with its X-Id where offsets do not help.
func (j *lossJudge) find(ev *Event) *sent {
	for i := range j.told[ev.Dir].messages {
		m := &j.told[ev.Dir].messages[i]
		switch {
		case !j.unknown[ev.Dir] && m.at == ev.Offset:
			return m
		case !j.unknown[ev.Dir]:
		case len(ev.Headers) > 0 && len(m.headers) > 0 && ev.Headers[0].Name+": "+ev.Headers[0].Value == m.headers[0]:
			return m
		}
	}
	return nil
}

// TestLoss plays conversations of which some segments are missing, and wants nothing told that was not so: no message
// that was not sent, no field of another message, no body called complete that is not, no wrong pair called certain. Where
// the client does not pipeline and each hole is told before the other side goes on, guessed pairs are right too.
func TestLoss(t *testing.T) {
	for _, tt := range []struct {
		name            string
		pipelined, late bool
		most            int // wrong guesses for a hundred right ones
	}{{"in turns", false, false, 0}, {"pipelined", true, false, 4}, {"in turns, holes told late", false, true, 2}, {"pipelined, holes told late", true, true, 6}} {
		t.Run(tt.name, func(t *testing.T) {
			counts := map[string]int{}
			for seed := range uint64(2000) {
				rnd := rand.New(rand.NewPCG(seed, 7))
				p := newLossPlay(t, rnd, tt.pipelined, counts)
				p.late = tt.late
				p.play()
				if t.Failed() {
					t.Fatalf("seed %d", seed)
				}
			}
			t.Log(counts)
			if wrong := counts["guessed false"]; wrong > 0 && !tt.pipelined && !tt.late || wrong*100 > tt.most*counts["guessed true"] {
				t.Errorf("%d wrong guesses", wrong)
			}
		})
	}
}

// lossPlay plays one conversation with losses.
type lossPlay struct {
	rnd      *rand.Rand
	conn     *Conn
	judge    *lossJudge
	speeches []speech
	rate     float64     // share of segments that are lost
	late     bool        // what follows a hole may be held back until the other side has spoken, as reassembly does
	held     [2][]func() // what is held back
	behind   [2]int64    // bytes of it
}

func newLossPlay(t *testing.T, rnd *rand.Rand, pipelined bool, counts map[string]int) *lossPlay {
	speeches, told := talk(rnd, 2+rnd.IntN(10), pipelined)
	counts["sent"] += len(told[0].messages) + len(told[1].messages)
	j := &lossJudge{t: t, told: told, asked: map[uint64]int{}, counts: counts}
	return &lossPlay{rnd: rnd, conn: NewConn(j.see), judge: j, speeches: speeches, rate: 0.05 + 0.2*rnd.Float64()}
}

func (p *lossPlay) play() {
	for _, s := range p.speeches {
		for b := s.b; len(b) > 0; {
			n := min(len(b), 1+p.rnd.IntN(150))
			p.segment(s.d, b[:n])
			b = b[n:]
		}
		p.release(s.d.Reverse())
	}
	for _, d := range []hanalyze.Dir{hanalyze.C2S, hanalyze.S2C} {
		p.release(d)
		p.conn.End(d)
	}
}

// segment feeds b or loses it.
func (p *lossPlay) segment(d hanalyze.Dir, b []byte) {
	ahead := p.behind[d.Reverse()] // who speaks has read all that the other side has said
	what := func() {
		p.conn.Ahead(d, ahead)
		if took := p.conn.Feed(d, bytes.Clone(b)); took != len(b) {
			p.judge.t.Errorf("took %d of %d bytes", took, len(b))
		}
	}
	hole := p.rnd.Float64() < p.rate
	switch {
	case hole && p.rnd.IntN(8) == 0:
		what = func() {
			p.judge.unknown[d] = true
			p.conn.Gap(d, -1)
		}
	case hole:
		what = func() { p.conn.Gap(d, int64(len(b))) }
	}
	if len(p.held[d]) > 0 || hole && p.late && p.rnd.IntN(2) == 0 {
		p.held[d] = append(p.held[d], what)
		p.behind[d] += int64(len(b))
		return
	}
	what()
}

func (p *lossPlay) release(d hanalyze.Dir) {
	for _, what := range p.held[d] {
		what()
	}
	p.held[d], p.behind[d] = nil, 0
}
