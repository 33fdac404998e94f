package decode

import (
	"fmt"
	"strings"

	"hanalyze"
	"hanalyze/h1"
	"hanalyze/h2"
)

// malformed tells of a malformation once for each direction. One that makes the end of a message ambiguous is told when
// the message is over, because only then both readings are known.
func (h *http1) malformed(e *h1.Event) {
	if strings.HasPrefix(string(e.Code), "limit_") {
		h.s.decoder.counters.add("http_"+string(e.Code), 1)
	}
	switch {
	case e.Ambiguity == nil:
		h.noticeOnce(e.Dir, e.Code, h.s.now, func() string {
			return malformations[e.Code] + place(e.Dir, e.Offset, e.Detail)
		})
	case e.Exchange == 0 || e.Code == h1.BodyForbidden: // it is about the message before
		h.noticeOnce(e.Dir, e.Code, h.s.now, func() string {
			return malformations[e.Code] + place(e.Dir, e.Offset, e.Detail) + readings(e.Ambiguity, e.Dir)
		})
	default:
		h.ambiguous(h.exchange(e.Exchange), e)
	}
}

// otherVersion looks at the first bytes of a direction: a server that takes nothing but HTTP/2 begins with its settings.
func (h *http1) otherVersion(d hanalyze.Dir, b []byte) {
	if d != hanalyze.S2C || h.lost[d] != 0 || !h2.IsSettings(b) {
		return
	}
	h.s.notice("http.other_version", "The client speaks HTTP/1, and the server HTTP/2")
	h.told[d] = map[h1.Code]bool{h1.BadStartLine: true} // it is said
}

// noticeOnce reports a malformation at m unless one of its kind and direction was.
func (h *http1) noticeOnce(d hanalyze.Dir, code h1.Code, m hanalyze.Meta, detail func() string) {
	if h.told[d] == nil {
		h.told[d] = map[h1.Code]bool{}
	}
	if h.told[d][code] {
		return
	}
	h.told[d][code] = true
	id := "http.malformed"
	if ambiguousCodes[code] {
		id = "http.ambiguous_framing"
	}
	h.s.emit(&hanalyze.Notice{Envelope: h.s.envelope(m, m), ID: id, Detail: detail()})
}

// place says who sent something, and where in that direction's bytes.
func place(d hanalyze.Dir, offset int64, detail string) string {
	if detail != "" {
		detail = ": " + detail
	}
	return fmt.Sprintf(" (%s, offset %d%s)", d.Sender(), offset, detail)
}

// doubt is an ambiguity of a message, as far as it is known.
type doubt struct {
	*h1.Ambiguity
	at     hanalyze.Meta
	offset int64
}

// ambiguous takes notice of an ambiguity of a message of x.
func (h *http1) ambiguous(x *exchange1, e *h1.Event) {
	if e.Ambiguity == nil {
		return
	}
	if x.doubts == nil {
		x.doubts = new([2]doubt)
	}
	known := &x.doubts[e.Dir]
	if known.Ambiguity == nil {
		known.offset = e.Offset
	}
	known.Ambiguity, known.at = e.Ambiguity, h.s.now
}

// tellDoubts puts what is ambiguous about x into its messages and reports it.
func (h *http1) tellDoubts(x *exchange1) {
	if x.doubts == nil {
		return
	}
	for i := range x.doubts {
		known, d := &x.doubts[i], hanalyze.Dir(i)
		if known.Ambiguity == nil {
			continue
		}
		a := known.Ambiguity
		x.message(d).Ambiguous = &hanalyze.HTTPAmbiguity{Kind: string(a.Code), Detail: a.How, Here: reading(&a.Here), Other: reading(&a.There)}
		h.noticeOnce(d, a.Code, known.at, func() string {
			return malformations[a.Code] + place(d, known.offset, asked(x, a.How)) + readings(a, d)
		})
	}
}

func asked(x *exchange1, how string) string {
	what := strings.TrimSpace(x.Method + " " + x.PathQuery)
	if how == "" {
		return what
	}
	return strings.TrimPrefix(what+", "+how, ", ")
}

// reading makes a record of a reading.
func reading(r *h1.Reading) hanalyze.HTTPReading {
	told := hanalyze.HTTPReading{Framing: r.Framing.String(), More: r.More, Refused: r.Refused, Next: startOf(r.Next)}
	if n := uint64(r.Bytes); !r.Unknown {
		told.Bytes = &n
	}
	return told
}

// startOf returns the first line of what may be the next message, "" if it does not look like one: a body may hold
// anything, and none of it is to be told here.
func startOf(next string) string {
	line, _, _ := strings.Cut(next, "\n")
	line = strings.TrimSuffix(line, "\r")
	word, _, ok := strings.Cut(line, " ")
	if !ok || word == "" || strings.Trim(word, "ABCDEFGHIJKLMNOPQRSTUVWXYZ-_/.0123456789") != "" {
		return ""
	}
	return line
}

// readings says in words how two readers read an ambiguous message of direction d.
func readings(a *h1.Ambiguity, d hanalyze.Dir) string {
	next := "request"
	if d == hanalyze.S2C {
		next = "response"
	}
	return fmt.Sprintf(". Read here %s. %s.", hereWords(&a.Here), otherWords(a, next))
}

// hereWords says how the message is read here.
func hereWords(r *h1.Reading) string {
	s := goesBy[r.Framing]
	switch {
	case r.Refused:
		return s + ", it breaks off after " + bodyBytes(r.Bytes)
	case r.More && r.Framing == h1.ToClose:
		return s + ", all that follows is its body"
	case r.More:
		return s + ", its end was not seen"
	case r.Framing == h1.None:
		return s
	}
	return s + ", it has " + bodyBytes(r.Bytes)
}

// otherWords says how the other reader reads the message, and what that makes of the bytes in dispute.
func otherWords(a *h1.Ambiguity, next string) string {
	r := &a.There
	reader := "A reader that takes it " + goesBy[r.Framing]
	if r.Framing == a.Here.Framing {
		reader = "Another reader"
	}
	switch {
	case r.Refused && r.Bytes == 0:
		return "A stricter reader refuses it"
	case r.Refused:
		return reader + " breaks off after " + bodyBytes(r.Bytes)
	case r.Unknown:
		return "Another reader goes on, and what it finds cannot be told"
	case r.More:
		return reader + " takes what follows for its body too"
	}
	s := reader
	if r.Framing != h1.None {
		s += " sees " + bodyBytes(r.Bytes)
	}
	switch more := r.Bytes - a.Here.Bytes; {
	case a.Here.More && more >= 0:
		return s
	case more == 0:
		s += " too"
	case more > 0:
		s += fmt.Sprintf(", the last %d of which are no part of it here", more)
	case more < 0:
		s += fmt.Sprintf(", and takes the other %d for the next %s", -more, next)
		if r.Framing == h1.None {
			s = fmt.Sprintf("%s takes these %d bytes for the next %s", reader, -more, next)
		}
		if line := startOf(r.Next); line != "" {
			s += fmt.Sprintf(", which begins %q", line)
		}
	}
	return s
}

func bodyBytes(n int64) string {
	if n == 1 {
		return "1 byte of body"
	}
	return fmt.Sprintf("%d bytes of body", n)
}

// goesBy says what a reader goes by.
var goesBy = map[h1.Framing]string{
	h1.None:          "without a body",
	h1.ContentLength: "by its Content-Length",
	h1.Chunked:       "in chunks",
	h1.ToClose:       "to the end of the connection",
	h1.Tunnel:        "as a tunnel",
}

// ambiguousCodes are the malformations over which two readers can disagree where a message ends.
var ambiguousCodes = map[h1.Code]bool{
	h1.LengthAndChunked: true, h1.LengthConflict: true, h1.LengthInvalid: true, h1.LengthOctal: true,
	h1.CodingNotFinal: true, h1.CodingDisguised: true, h1.CodingRepeated: true, h1.CodingInHTTP10: true,
	h1.FieldHidden: true, h1.ExpectOdd: true, h1.BodyIsRequest: true, h1.BodyForbidden: true,
	h1.ChunkSizeOdd: true, h1.ChunkLineEnd: true, h1.ChunkEnd: true, h1.TrailerIsRequest: true, h1.TrailerFrames: true,
}

// malformations say in words what the codes of h1 mean.
var malformations = map[h1.Code]string{
	h1.BadStartLine:     "Bytes that are no start line where a message should begin",
	h1.ExtraBytes:       "Bytes after a message that begin no other",
	h1.NotHTTP:          "Nothing that reads like HTTP",
	h1.LengthAndChunked: "Both Content-Length and Transfer-Encoding",
	h1.LengthConflict:   "Several different Content-Lengths",
	h1.LengthInvalid:    "A Content-Length that is no length",
	h1.LengthOctal:      "A Content-Length with a leading zero, which some read as octal",
	h1.CodingNotFinal:   "A request whose last transfer coding is not chunked",
	h1.CodingDisguised:  "A Transfer-Encoding that not everybody takes for chunked",
	h1.CodingRepeated:   "Chunked applied more than once",
	h1.CodingInHTTP10:   "Transfer-Encoding in HTTP/1.0",
	h1.FieldHidden:      "A Content-Length or Transfer-Encoding that not every reader sees",
	h1.ExpectOdd:        "An Expect that not everybody takes to announce a body",
	h1.BodyIsRequest:    "A request body that begins like a request",
	h1.BodyForbidden:    "Bytes after a response that has no body, although it declares one",
	h1.ChunkSize:        "A chunk without a readable size",
	h1.ChunkSizeOdd:     "A chunk size that only some readers accept",
	h1.ChunkLineEnd:     "A chunk's size line that not everybody ends at the same byte",
	h1.ChunkEnd:         "A chunk whose data do not end with CRLF",
	h1.TrailerIsRequest: "Trailers that begin like a request",
	h1.TrailerFrames:    "Content-Length, Transfer-Encoding or Host as a trailer, which some merge into the headers",
	h1.UnexpectedSwitch: "101 to a request that offered no upgrade",
	h1.LimitStartLine:   "A start line longer than hanalyze reads",
	h1.LimitHead:        "A head longer than hanalyze reads",
	h1.LimitHeaders:     "More header fields than hanalyze lists",
	h1.LimitTrailers:    "A trailer section longer than hanalyze reads",
	h1.LimitChunkLine:   "A chunk size line longer than hanalyze reads",
	h1.LimitOutstanding: "More unanswered requests than hanalyze keeps",
}
