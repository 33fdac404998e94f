package output

import (
	"slices"
	"strconv"

	"hanalyze"
)

// mark returns what is remarkable about a rung in a word or two, and the colour of its arrow.
func (r *rung) mark() chunk {
	c := chunk{classMarks[r.class].text, classMarks[r.class].color}
	switch {
	case r.has('R'):
		c.color = red
	case r.closesWindow:
		c = chunk{join(c.text, "zero window"), red}
	case r.opensWindow:
		c = chunk{join(c.text, "window open"), green}
	case c.text == "" && (r.has('S') || r.has('F')):
		c.color = bold
	}
	if r.retry > 0 {
		c.text = join(c.text, strconv.FormatUint(r.retry, 10))
	}
	return c
}

func join(a, b string) string {
	if a == "" {
		return b
	}
	return a + " " + b
}

// classMarks are the marks of the classes of segments that are not as they should be. Acknowledgments are dim: the eye
// looks for what was sent.
var classMarks = map[string]chunk{
	"pure_ack":         {"", dim},
	"ahead":            {"bytes before it missing", yellow},
	"duplicate_ack":    {"duplicate ACK", yellow},
	"retransmission":   {"retransmission", yellow},
	"out_of_order":     {"out of order", yellow},
	"keep_alive":       {"keep-alive", cyan},
	"window_probe":     {"window probe", yellow},
	"duplicate_packet": {"captured twice", dim},
	"old_duplicate":    {"old duplicate", dim},
	"invalid":          {"invalid, ignored", yellow},
}

// labels returns what can be written on the arrow of a rung, the longest first.
func (r *rung) labels() []string {
	if r.packets > 1 {
		return r.runLabels()
	}
	name, seq := r.flagNames(), "seq "+strconv.FormatInt(r.seq, 10)
	ack, window := "", ""
	if r.acks {
		ack = "  ack " + strconv.FormatInt(r.ack, 10)
	}
	if r.windowKnown {
		window = "  win " + grouped(r.window)
	}
	switch {
	case r.bytes > 0:
		n := strconv.FormatInt(r.bytes, 10)
		span := name + " " + strconv.FormatInt(r.seq, 10) + ":" + strconv.FormatInt(r.end, 10)
		return []string{
			name + "  " + seq + "  len " + n + ack + window, name + "  " + seq + "  len " + n + ack, name + "  " + seq + "  len " + n,
			name + " " + seq + " len " + n, span + "(" + n + ")", span,
		}
	case r.isACK() || r.class == "keep_alive" || r.class == "window_probe":
		return []string{name + ack + window, name + ack, name + " " + strconv.FormatInt(r.ack, 10)}
	}
	return []string{name + "  " + seq + ack + window, name + "  " + seq + ack, name + " " + seq}
}

// flagNames returns the names of all flags of a packet.
func (r *rung) flagNames() string {
	names := ""
	for _, f := range []struct {
		letter byte
		name   string
	}{{'S', "SYN"}, {'F', "FIN"}, {'R', "RST"}, {'P', "PSH"}, {'U', "URG"}, {'A', "ACK"}, {'E', "ECE"}, {'C', "CWR"}, {'N', "AE"}} {
		if r.has(f.letter) {
			names = join(names, f.name)
		}
	}
	if names == "" {
		return "no flags"
	}
	return names
}

// runLabels returns what can be written on the arrow of a run.
func (r *rung) runLabels() []string {
	text := "… " + r.runCount()
	if r.isACK() {
		return []string{text + " up to " + strconv.FormatInt(r.ack, 10) + ", " + r.lasts(), text + ", " + r.lasts(), text}
	}
	bytes := text + ", " + grouped(uint64(r.bytes)) + " bytes, " + r.lasts()
	answered := bytes + ", " + r.answered()
	if r.answers == 0 {
		answered = bytes
	}
	span := ", seq " + strconv.FormatInt(r.seq, 10) + "–" + strconv.FormatInt(r.end-1, 10)
	return []string{answered + span, answered, bytes, text + ", " + size(uint64(r.bytes)), text}
}

// runCount returns "12 segments", or what its packets are besides that.
func (r *rung) runCount() string {
	if r.isACK() {
		return count(r.segments, "ACK")
	}
	return count(r.segments, "segment")
}

func (r *rung) lasts() string { return lasting(r.last.Time.Sub(r.first.Time)) }

// answered returns "6 ACKs back".
func (r *rung) answered() string { return count(r.answers, "ACK") + " back" }

// unsaid returns what the label of a run left out for want of room.
func (r *rung) unsaid(label string) chunk {
	if r.packets == 1 || r.isACK() {
		return chunk{}
	}
	list := r.runLabels()
	switch {
	case label == list[0] || label == list[1]:
		return chunk{}
	case label == list[2] && r.answers > 0:
		return chunk{r.answered(), dim}
	case r.answers > 0:
		return chunk{r.lasts() + ", " + r.answered(), dim}
	}
	return chunk{r.lasts(), dim}
}

// incidentMarks are the incidents that say more of a packet than its class and headers do.
var incidentMarks = map[string]string{
	hanalyze.IncidentTimeout:      "after a timeout",
	hanalyze.IncidentFast:         "fast",
	hanalyze.IncidentTailProbe:    "tail loss probe",
	hanalyze.IncidentSpurious:     "needless",
	hanalyze.IncidentWindowFull:   "fills the window",
	hanalyze.IncidentSillyWindow:  "silly window",
	hanalyze.IncidentDelayedAck:   "delayed ACK",
	hanalyze.IncidentStaleSYN:     "stale SYN",
	hanalyze.IncidentChallengeACK: "challenge ACK",
	hanalyze.IncidentImplausible:  "implausible",
	hanalyze.IncidentHalfOpen:     "half-open",
	hanalyze.IncidentBadChecksum:  "bad checksum",
}

// incidents returns the incidents that name a packet of r as evidence.
func (g *figure) incidents(r *rung) (words []chunk) {
	if g.conn == nil || g.conn.TCP == nil {
		return nil
	}
	for i := range g.conn.TCP.Incidents {
		x := &g.conn.TCP.Incidents[i]
		named := slices.ContainsFunc(x.Frames, func(n uint64) bool { return n >= r.first.Packet && n <= r.last.Packet })
		if text := incidentMarks[x.Kind]; named && text != "" {
			words = append(words, chunk{text, yellow})
		}
	}
	return words
}

// asides returns what else the headers of a rung say.
func (g *figure) asides(r *rung) (words []chunk) {
	if r.has('S') && g.conn != nil && g.conn.TCP != nil && !g.offered[r.dir] {
		h := &g.conn.TCP.Handshake
		if o := [2]*hanalyze.TCPOffer{h.Client, h.Server}[r.dir]; o != nil {
			words = append(words, chunk{offer(o), dim})
			g.offered[r.dir] = true
		}
	}
	if r.packets == 1 && r.sacks > 0 {
		name := "SACK "
		if r.sack.Right <= r.ack { // RFC 2883 §4: bytes it has acknowledged already came again
			name = "D-SACK "
		}
		text := name + strconv.FormatInt(r.sack.Left, 10) + ":" + strconv.FormatInt(r.sack.Right, 10)
		if r.sacks > 1 {
			text += " and " + strconv.Itoa(r.sacks-1) + " more"
		}
		words = append(words, chunk{text, dim})
	}
	return append(words, merged(r.merged))
}

// grouped returns n with commas between thousands: "17,520".
func grouped(n uint64) string {
	s := strconv.FormatUint(n, 10)
	for i := len(s) - 3; i > 0; i -= 3 {
		s = s[:i] + "," + s[i:]
	}
	return s
}
