package decode

import "hanalyze"

// A BodySink is shown the body of one message in order, as it arrives, without the framing of HTTP/1 or HTTP/2 and before
// any content coding is undone.
type BodySink interface {
	// Data takes the next bytes. b is borrowed until Data returns.
	Data(b []byte)
	// Gap says that n bytes are missing here, -1 for an unknown number.
	Gap(n int64)
	// End says that nothing follows. It is called once, after trailers are known and before the record is told. whole says
	// that the body ended as its framing says and that all of it was seen; why says what the capture lacks of one that is
	// not, nothing where the peers themselves cut it.
	End(whole bool, why hanalyze.Missing)
}

// An OpenBody returns who wants to see the body of a message, nil when nobody does. It is called with the first byte of
// the body, so never for messages without one. m is the message, of direction d of r: their heads are known, the rest is
// still being filled in until the record is told.
type OpenBody func(f *hanalyze.Flow, r *hanalyze.HTTP, d hanalyze.Dir, m *hanalyze.HTTPMessage) BodySink

// openBody asks whoever could want the body of a message.
func (s *Stream) openBody(r *hanalyze.HTTP, d hanalyze.Dir, m *hanalyze.HTTPMessage) BodySink {
	if open := s.decoder.cfg.Body; open != nil {
		return open(s.flow, r, d, m)
	}
	return nil
}

// tap is the body of one message on its way to its sink.
type tap struct {
	sink   BodySink // nil: nobody wants it, or nobody was asked yet
	grpc   *grpcBody
	asked  bool
	gapped bool
	over   bool
}

// taps are those of a request and its response.
type taps [2]tap

// at returns the tap of a message, of which some body is about to pass.
func (t *taps) at(s *Stream, r *hanalyze.HTTP, d hanalyze.Dir, m *hanalyze.HTTPMessage) *tap {
	p := &t[d]
	if !p.asked {
		p.asked = true
		p.sink = s.openBody(r, d, m)
		if p.grpc = openGRPC(m); p.grpc != nil && p.sink != nil {
			p.sink = both{p.sink, p.grpc}
		} else if p.grpc != nil {
			p.sink = p.grpc
		}
	}
	return p
}

func (p *tap) data(b []byte) {
	if p.sink != nil && !p.over {
		p.sink.Data(b)
	}
}

func (p *tap) gap(n int64) {
	p.gapped = true
	if p.sink != nil && !p.over {
		p.sink.Gap(n)
	}
}

// end ends the body of direction d, if it has not ended yet.
func (t *taps) end(d hanalyze.Dir, whole bool, why hanalyze.Missing) {
	p := &t[d]
	if p.over {
		return
	}
	p.over = true
	if whole = whole && !p.gapped; whole {
		why = 0
	}
	if p.sink != nil {
		p.sink.End(whole, why)
	}
}
