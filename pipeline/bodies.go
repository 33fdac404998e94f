package pipeline

import (
	"cmp"
	"slices"

	"hanalyze"
	"hanalyze/body"
	"hanalyze/decode"
	"hanalyze/extract"
	"hanalyze/output"
)

// Bodies say what is to be done with the bodies of HTTP messages.
//
// The workers only copy what passes into their jobs; the join reads it, in capture order. So what bodies may cost together is
// limited, and files are named, the same way whatever the number of workers.
type Bodies struct {
	body.Options
	Extract *extract.Writer // writes them to files; nil: nobody does
	Conns   output.Conns    // those of which files are written
	Match   output.Match    // the exchanges of which files are written; nil: all
}

// message is the body of one message on its way from a worker to the join. The worker sets the first fields and lets go.
type message struct {
	exchange hanalyze.HTTP // of which the request's names are known
	flow     *hanalyze.Flow
	dir      hanalyze.Dir
	head     body.Head
	content  *hanalyze.HTTPContent // part of the record; nobody but the join looks into it

	body *body.Body // the join's, nil before the first piece
	out  *extract.Message
	why  hanalyze.Missing
}

// piece is what happened to a body.
type piece struct {
	cause
	of       *message
	in       *made // data is in.bytes[from:to]
	from, to int
	gap      int64
	end      bool
	whole    bool
	why      hanalyze.Missing
}

// tap is the decode.BodySink of a message, in a worker.
type tap struct {
	w *worker
	m *message
}

// openBody is the worker's decode.OpenBody. h and m are still being filled in, so what the join needs of them is copied.
func (w *worker) openBody(f *hanalyze.Flow, h *hanalyze.HTTP, d hanalyze.Dir, m *hanalyze.HTTPMessage) decode.BodySink {
	m.HTTPContent = &hanalyze.HTTPContent{}
	return &tap{w, &message{
		exchange: hanalyze.HTTP{Authority: h.Authority, PathQuery: h.PathQuery},
		flow:     f, dir: d, head: body.NewHead(h, d, m), content: m.HTTPContent,
	}}
}

// Data copies b into the job.
func (t *tap) Data(b []byte) {
	o := t.w.out
	from := len(o.bytes)
	o.bytes = append(o.bytes, b...)
	if n := len(o.pieces); n > 0 { // pieces of one packet are one
		if p := &o.pieces[n-1]; p.of == t.m && p.cause == t.w.now && p.gap == 0 && !p.end && p.to == from {
			p.to = len(o.bytes)
			return
		}
	}
	t.add(piece{from: from, to: len(o.bytes)})
}

// Gap notes that n bytes are missing.
func (t *tap) Gap(n int64) { t.add(piece{gap: n}) }

// End notes the end.
func (t *tap) End(whole bool, why hanalyze.Missing) { t.add(piece{end: true, whole: whole, why: why}) }

func (t *tap) add(p piece) {
	p.cause, p.of, p.in = t.w.now, t.m, t.w.out
	t.w.out.pieces = append(t.w.out.pieces, p)
}

// bodies reads bodies in the join.
type bodies struct {
	Bodies
	reader *body.Reader
	open   map[*hanalyze.HTTPContent]*message // of which the record was not told yet
	pieces []piece                            // of the current job, in order
	next   int                                // the first of them that was not read yet
}

func newBodies(o *Bodies) *bodies {
	if o == nil {
		return nil
	}
	return &bodies{Bodies: *o, reader: body.NewReader(o.Options), open: map[*hanalyze.HTTPContent]*message{}}
}

// job takes the pieces of a job. The flows that began in it have their numbers.
func (s *bodies) job(j *job) {
	if s == nil {
		return
	}
	clear(s.pieces)
	s.pieces, s.next = s.pieces[:0], 0
	for i := range j.out {
		s.pieces = append(s.pieces, j.out[i].pieces...)
	}
	slices.SortStableFunc(s.pieces, func(a, b piece) int {
		return cmp.Or(a.cause.compare(b.cause), cmp.Compare(a.of.flow.ID, b.of.flow.ID))
	})
}

// until reads the pieces up to a cause and those of the cause itself.
func (s *bodies) until(c cause) {
	if s == nil {
		return
	}
	for s.next < len(s.pieces) && s.pieces[s.next].cause.compare(c) <= 0 {
		s.piece(&s.pieces[s.next])
		s.next++
	}
}

// piece reads one piece.
func (s *bodies) piece(p *piece) {
	m := p.of
	if m.body == nil {
		s.begin(m)
	}
	switch {
	case p.end:
		m.why = p.why
		m.body.End(p.whole, m.content)
	case p.gap != 0:
		m.body.Gap(p.gap)
	default:
		m.body.Data(p.in.bytes[p.from:p.to])
	}
}

func (s *bodies) begin(m *message) {
	var out body.Out
	if s.Extract != nil && s.Conns.Has(m.flow.ID) {
		m.out = s.Extract.Message(&m.exchange, m.dir, m.flow.Server.Addr().String())
		out = m.out
	}
	m.body = s.reader.Open(m.head, out)
	s.open[m.content] = m
}

// tell completes an exchange that is about to be told: its bodies are over.
func (s *bodies) tell(r hanalyze.Record) {
	if s == nil {
		return
	}
	if m, ok := r.(*hanalyze.WebSocketMessage); ok {
		s.reader.Message(m)
	}
	h, ok := r.(*hanalyze.HTTP)
	if !ok {
		return
	}
	wanted := s.Match == nil || s.Match(h)
	for _, m := range []*hanalyze.HTTPMessage{h.Request, h.Response} {
		if m == nil || m.HTTPContent == nil {
			continue
		}
		b := s.open[m.HTTPContent]
		delete(s.open, m.HTTPContent)
		switch {
		case b == nil || b.out == nil:
		case wanted:
			b.out.Tell(h, m.HTTPContent, b.head.Codings, b.why)
		default:
			b.out.Discard()
		}
	}
}

// flush makes what was written so far readable by others.
func (s *bodies) flush() {
	if s != nil && s.Extract != nil {
		s.Extract.Flush()
	}
}

// limits adds how often limits were reached.
func (s *bodies) limits(m map[string]uint64) {
	if s == nil {
		return
	}
	for name, n := range s.reader.Limits() {
		m[name] += n
	}
	if s.Extract != nil {
		m["extract_limited"] += s.Extract.Limits()
	}
}
