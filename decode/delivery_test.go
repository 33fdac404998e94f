package decode

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"hanalyze"
)

// came is a piece of a body and how long after the last one it came, a millisecond at least.
type came struct {
	after time.Duration
	bytes int
}

// answer is an exchange whose delivery is judged.
type answer struct {
	method, path, prefer string // GET /poll without a preference
	status               int    // 200
	media                string
	declared             bool // the length is; otherwise chunked
	wait                 time.Duration
	pieces               []came
	gap                  bool // the last piece is missing
}

func (a answer) withDefaults() answer {
	if a.path == "" {
		a.path = "/poll"
	}
	if a.method == "" {
		a.method = "GET"
	}
	if a.status == 0 {
		a.status = 200
	}
	return a
}

func (a answer) size() (n int) {
	for _, c := range a.pieces {
		n += c.bytes
	}
	return n
}

// pass lets time go by before the next packet, which takes a millisecond of it.
func (p *player) pass(d time.Duration) { p.now.Time = p.now.Time.Add(max(0, d-time.Millisecond)) }

// exchange1 plays an exchange of HTTP/1.
func (p *player) exchange1(a answer) {
	a = a.withDefaults()
	head := fmt.Sprintf("%s %s HTTP/1.1\r\nHost: a\r\n", a.method, a.path)
	if a.prefer != "" {
		head += "Prefer: " + a.prefer + "\r\n"
	}
	p.data(hanalyze.C2S, []byte(head+"\r\n"))
	p.pass(a.wait)
	head = fmt.Sprintf("HTTP/1.1 %d X\r\nContent-Type: %s\r\n", a.status, a.media)
	if a.declared {
		head += fmt.Sprintf("Content-Length: %d\r\n\r\n", a.size())
	} else {
		head += "Transfer-Encoding: chunked\r\n\r\n"
	}
	p.data(hanalyze.S2C, []byte(head))
	for i, c := range a.pieces {
		p.pass(c.after)
		b := strings.Repeat(".", c.bytes)
		if !a.declared {
			b = fmt.Sprintf("%x\r\n%s\r\n", c.bytes, b)
		}
		if a.gap && i == len(a.pieces)-1 {
			p.gap(hanalyze.S2C, int64(len(b)), hanalyze.MissingGap)
			continue
		}
		p.data(hanalyze.S2C, []byte(b))
	}
	if !a.declared {
		p.data(hanalyze.S2C, []byte("0\r\n\r\n"))
	}
}

// delivered says how each exchange was delivered: kind and pauses, - for at once.
func (p *player) delivered() string {
	var list []string
	for _, r := range p.records {
		x, ok := r.(*hanalyze.HTTP)
		if !ok {
			continue
		}
		if x.Delivery == nil {
			list = append(list, "-")
			continue
		}
		text := x.Delivery.Kind
		if x.Delivery.Pauses > 0 {
			pause, _ := x.Delivery.MaxPause.Get()
			text += fmt.Sprintf(" %d %v", x.Delivery.Pauses, pause)
		}
		if (x.Delivery.Basis == hanalyze.Inferred) != (x.Delivery.Kind != "sse") {
			text += " basis " + string(x.Delivery.Basis)
		}
		list = append(list, text)
	}
	return strings.Join(list, ", ")
}

func TestDelivery(t *testing.T) {
	const paused, moving, held = standstill, standstill - time.Nanosecond, minHeldBack
	line := came{paused, 10}
	stream := []came{{0, 10}, line, line}
	news := []came{{0, 10}}
	poll := answer{wait: held, declared: true, pieces: news}
	change := func(change func(*answer)) answer {
		a := poll
		change(&a)
		return a
	}
	const most = 3 * maxBurst // of a stream with two pauses
	for name, c := range map[string]struct {
		answers []answer
		want    string
	}{
		"at once": {[]answer{{pieces: news}}, "-"},

		"events":                 {[]answer{{media: "text/event-stream", pieces: stream}}, "sse 2 500ms"},
		"events without a pause": {[]answer{{media: "text/event-stream; charset=utf-8", pieces: []came{{0, 10}, {moving, 10}}}}, "sse"},
		"events with a length":   {[]answer{{media: "Text/Event-Stream", declared: true, pieces: news}}, "sse"},
		"events that are none":   {[]answer{{media: "text/event-stream-like", pieces: news}}, "-"},
		"an error for events":    {[]answer{{media: "text/event-stream", status: 404, pieces: news}}, "-"},

		"a stream":                     {[]answer{{pieces: stream}}, "stream 2 500ms"},
		"its longest pause":            {[]answer{{pieces: []came{{0, 1}, {2 * paused, 1}, {3 * paused, 1}, {paused, 1}}}}, "stream 3 1.5s"},
		"one pause":                    {[]answer{{pieces: stream[:minPauses]}}, "-"},
		"pauses that are too short":    {[]answer{{pieces: []came{{0, 10}, line, {moving, 10}}}}, "-"},
		"a late beginning is no pause": {[]answer{{pieces: []came{{5 * paused, 10}, line}}}, "-"},
		"a length":                     {[]answer{{declared: true, pieces: stream}}, "-"},
		"large pieces":                 {[]answer{{pieces: []came{{0, most - 18}, line, line}}}, "stream 2 500ms"},
		"too large ones":               {[]answer{{pieces: []came{{0, most - 17}, line, line}}}, "-"},
		"a stream with a gap":          {[]answer{{pieces: append(stream[:2:2], came{paused, 10}, came{0, 10}), gap: true}}, "-"},
		"a partial stream":             {[]answer{{status: 206, pieces: stream}}, "stream 2 500ms"},
		"a stream of an error":         {[]answer{{status: 500, pieces: stream}}, "-"},
		"a stream of a redirect":       {[]answer{{status: 300, pieces: stream}}, "-"},

		"a slow answer":          {[]answer{poll}, "-"},
		"two on one path":        {[]answer{poll, poll}, "-, long_poll"},
		"three":                  {[]answer{poll, poll, poll}, "-, long_poll, long_poll"},
		"with other queries":     {[]answer{poll, change(func(a *answer) { a.path = "/poll?since=7" })}, "-, long_poll"},
		"on another path":        {[]answer{poll, change(func(a *answer) { a.path = "/other" })}, "-, -"},
		"something else between": {[]answer{poll, {path: "/page", pieces: news}, poll}, "-, -, -"},
		"a quick one between":    {[]answer{poll, change(func(a *answer) { a.wait = 0 }), poll}, "-, -, -"},
		"not long enough":        {[]answer{poll, change(func(a *answer) { a.wait = held - 1 })}, "-, -"},
		"the first too short":    {[]answer{change(func(a *answer) { a.wait = held - 1 }), poll}, "-, -"},
		"nothing new":            {[]answer{poll, change(func(a *answer) { a.status, a.pieces = 304, nil })}, "-, long_poll"},
		"an error":               {[]answer{poll, change(func(a *answer) { a.status = 504 })}, "-, -"},
		"after an error":         {[]answer{change(func(a *answer) { a.status = 504 }), poll}, "-, -"},
		"a preference":           {[]answer{change(func(a *answer) { a.prefer = "wait=60" })}, "long_poll"},
		"a preference, at once":  {[]answer{change(func(a *answer) { a.prefer, a.wait = "wait=60", 0 })}, "-"},
		"another preference":     {[]answer{change(func(a *answer) { a.prefer = "respond-async" })}, "-"},
		"much news":              {[]answer{change(func(a *answer) { a.prefer, a.pieces = "wait=60", []came{{0, maxHeldBack}} })}, "long_poll"},
		"too much":               {[]answer{change(func(a *answer) { a.prefer, a.pieces = "wait=60", []came{{0, maxHeldBack + 1}} })}, "-"},
		"with a pause":           {[]answer{change(func(a *answer) { a.prefer, a.pieces = "wait=60", []came{{0, 1}, line} })}, "-"},
		"with a gap":             {[]answer{change(func(a *answer) { a.prefer, a.gap = "wait=60", true })}, "-"},
		"after a gap":            {[]answer{change(func(a *answer) { a.gap = true }), poll, poll}, "-, -, -"},
	} {
		t.Run(name, func(t *testing.T) {
			p := newPlayer(t, hanalyze.TCP, 80)
			for _, a := range c.answers {
				p.exchange1(a)
				p.pass(time.Second)
			}
			p.close("fin")
			if got := p.delivered(); got != c.want {
				t.Errorf("%s, want %s", got, c.want)
			}
		})
	}
}

// ask2 plays a request of HTTP/2; answer2 plays what answers it. Others may come between.
func (p *h2Play) ask2(stream uint32, a answer) {
	a = a.withDefaults()
	fields := []string{":method", a.method, ":scheme", "https", ":authority", "a", ":path", a.path}
	if a.prefer != "" {
		fields = append(fields, "prefer", a.prefer)
	}
	p.c.headers(stream, true, fields...)
	p.client()
}

func (p *h2Play) answer2(stream uint32, a answer) {
	a = a.withDefaults()
	p.pass(a.wait)
	p.s.headers(stream, false, ":status", fmt.Sprint(a.status), "content-type", a.media)
	p.server()
	for i, c := range a.pieces {
		p.pass(c.after)
		p.s.data(stream, i+1 == len(a.pieces), c.bytes)
		p.server()
	}
}

// Over HTTP/2 the same is told, of each stream by itself; of requests that wait at once none waits for news.
func TestDeliveryHTTP2(t *testing.T) {
	stream := answer{pieces: []came{{0, 10}, {standstill, 10}, {standstill, 10}}}
	poll := answer{wait: minHeldBack, pieces: []came{{0, 10}}}
	for name, c := range map[string]struct {
		play func(p *h2Play)
		want string
	}{
		"a stream": {func(p *h2Play) { p.ask2(1, stream); p.answer2(1, stream) }, "stream 2 500ms"},
		"events": {func(p *h2Play) {
			a := answer{media: "text/event-stream", pieces: stream.pieces}
			p.ask2(1, a)
			p.answer2(1, a)
		}, "sse 2 500ms"},
		"streams at once": {func(p *h2Play) {
			p.ask2(1, stream)
			p.ask2(3, stream)
			for _, id := range []uint32{1, 3} {
				p.s.headers(id, false, ":status", "200")
			}
			p.server()
			for i := range 4 {
				p.pass(standstill)
				p.s.data(1, i == 3, 10)
				p.server()
				if i > 1 { // the other one stands still once only
					p.s.data(3, i == 3, 10)
					p.server()
				}
			}
		}, "stream 3 501ms, -"},
		"polls": {func(p *h2Play) {
			for _, id := range []uint32{1, 3, 5} {
				p.ask2(id, poll)
				p.answer2(id, poll)
			}
		}, "-, long_poll, long_poll"},
		"slow answers at once": {func(p *h2Play) {
			for _, id := range []uint32{1, 3, 5} {
				p.ask2(id, poll)
			}
			for _, id := range []uint32{1, 3, 5} {
				p.answer2(id, poll)
			}
		}, "-, -, -"},
		"a preference": {func(p *h2Play) {
			a := poll
			a.prefer = "wait=60"
			p.ask2(1, a)
			p.answer2(1, a)
		}, "long_poll"},
	} {
		t.Run(name, func(t *testing.T) {
			p := newH2Play(t)
			p.open(nil, nil)
			c.play(p)
			p.close("fin")
			if got := p.delivered(); got != c.want {
				t.Errorf("%s, want %s", got, c.want)
			}
		})
	}
}
