package output

import (
	"strconv"

	"hanalyze"
)

// http2Lines tells what the frames of an HTTP/2 connection add up to: streams, header compression of each end, who waited
// for windows, and who announced the end.
func (s *Story) http2Lines(k *block, r *hanalyze.HTTP2Conn) {
	s.line(k, nil, " ", chunk{"http2", plain}, streamWords(r))
	for _, d := range []hanalyze.Dir{hanalyze.C2S, hanalyze.S2C} {
		side := &r.Client
		if d == hanalyze.S2C {
			side = &r.Server
		}
		for _, words := range [][]chunk{hpackWords(d, side.HPACK), stallWords(d, side.FlowStalls), goAwayWords(d, side.GoAway)} {
			if len(words) > 0 {
				s.line(k, nil, " ", chunk{}, words)
			}
		}
	}
}

// streamWords tells how many streams there were, and how many at a time.
func streamWords(r *hanalyze.HTTP2Conn) []chunk {
	words := []chunk{{count(r.Streams, "stream"), plain}}
	if r.PeakConcurrent > 0 {
		words = append(words, chunk{"at most " + strconv.FormatUint(r.PeakConcurrent, 10) + " at a time", plain})
	}
	if r.StreamLimit != nil {
		words = append(words, chunk{"the server allows " + strconv.FormatUint(uint64(*r.StreamLimit), 10), dim})
	}
	if d, ok := r.AtLimit.Get(); ok {
		words = append(words, chunk{"at that limit for " + lasting(d), yellow})
	}
	if d, ok := r.Client.PingRTT.Get(); ok {
		words = append(words, chunk{"the client's PING was answered in " + lasting(d), dim})
	}
	if d, ok := r.Server.PingRTT.Get(); ok {
		words = append(words, chunk{"the server's PING was answered in " + lasting(d), dim})
	}
	return words
}

// hpackWords tells what header compression saved the sender in direction d, nothing where it sent no headers.
func hpackWords(d hanalyze.Dir, h *hanalyze.HTTP2HPACK) []chunk {
	if h == nil {
		return nil
	}
	words := []chunk{{"headers of the " + d.Sender() + ": " + size(h.DecodedBytes) + " in " + size(h.Bytes), plain}}
	if h.SavedPercent > 0 {
		words = append(words, chunk{strconv.FormatUint(h.SavedPercent, 10) + " % saved", plain})
	}
	words = append(words, chunk{strconv.FormatUint(h.FromTable, 10) + " of " + count(h.Fields, "field") + " by reference to earlier ones", dim})
	if h.Unresolved > 0 {
		words = append(words, chunk{strconv.FormatUint(h.Unresolved, 10) + " refer to what the capture lacks", yellow})
	}
	return words
}

// stallWords tells how long the sender in direction d waited for flow-control windows.
func stallWords(d hanalyze.Dir, s *hanalyze.HTTP2Stalls) []chunk {
	if s == nil {
		return nil
	}
	total, _ := s.Total.Get()
	longest, _ := s.Max.Get()
	words := []chunk{{"the " + d.Sender() + " waited for the " + d.Reverse().Sender() + " to open windows", yellow}, {lasting(total), bold}}
	if n := s.Streams + s.Connection; n > 1 {
		words = append(words, chunk{times(n) + ", longest " + lasting(longest), dim})
	}
	return words
}

// goAwayWords tells of the last GOAWAY of the sender in direction d.
func goAwayWords(d hanalyze.Dir, g *hanalyze.HTTP2GoAway) []chunk {
	if g == nil {
		return nil
	}
	color := plain
	if g.ErrorCode != "NO_ERROR" {
		color = red
	}
	words := []chunk{{"the " + d.Sender() + " announced the end (GOAWAY): " + clip(g.ErrorCode), color}}
	if d == hanalyze.S2C && g.LastStreamID < 1<<31-1 {
		words = append(words, chunk{"streams above " + strconv.FormatUint(uint64(g.LastStreamID), 10) + " are not processed", plain})
	}
	if g.DebugData != "" {
		words = append(words, chunk{shorten(clip(g.DebugData), 60), dim})
	}
	return words
}

// streamEnd tells how an HTTP/2 stream was given up.
func streamEnd(h *hanalyze.HTTP) chunk {
	if h.Reset.Answered {
		return chunk{"the " + h.Reset.By + " wanted no more of the request", plain}
	}
	text := "reset by " + h.Reset.By + ": " + clip(h.Reset.ErrorCode)
	if h.Reset.GoAway {
		text = "left out by the " + h.Reset.By + "'s GOAWAY: " + clip(h.Reset.ErrorCode)
	}
	if h.RetrySafe {
		text += ", not processed: may be sent again"
	}
	return chunk{text, red}
}

// headOfLine tells how long bytes of an exchange waited for those of others, nothing when they did not.
func headOfLine(h *hanalyze.HTTP) chunk {
	d, ok := h.Timing.HeadOfLine.Get()
	if !ok {
		return chunk{}
	}
	return chunk{"waited " + lasting(d) + " behind lost bytes of other streams", yellow}
}
