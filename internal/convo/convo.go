// Package convo plays conversation files to push parsers in tests.
//
// A conversation is a txtar archive: a title line, then sections in the order in which things happen:
//
//	-- c2s --          text from the client; each line end is sent as CRLF
//	-- s2c hex --      bytes in hexadecimal, white space ignored, "#" starts a comment
//	-- s2c gap 100 --  100 bytes are missing (-1: nobody knows how many); the section is empty
//	-- c2s end --      the direction ends; the section is empty
//	-- want --         the events, one a line
//
// In text sections a line that ends in a backslash is sent without a line end, and \r \n \t \0 \\ \xNN are escapes.
// Directions without an end section end after the last section, client first, unless the file has a section "-- no end --".
//
// Each conversation is played whole, byte by byte and cut once at every point. Every buffer is poisoned after the call, so
// that a parser that keeps borrowed bytes is caught. Pieces of one body are joined. All plays must tell the same events.
package convo

import (
	"bytes"
	"encoding/hex"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/rogpeppe/go-internal/txtar"

	"hanalyze"
)

var update = flag.Bool("update", false, "rewrite the want sections of conversation files")

// Parser is the shape of every push parser (h1, h2, tlsinfo, …).
type Parser interface {
	Feed(d hanalyze.Dir, b []byte) int
	Gap(d hanalyze.Dir, n int64)
	End(d hanalyze.Dir)
}

// Emit receives an event as one line of text. Consecutive events with the same line and a non-nil body are pieces of one
// body: they are joined, and the body is appended to the line, quoted.
type Emit func(line string, body []byte)

// New makes a parser that tells its events to emit.
type New func(emit Emit) Parser

// Conversation is a parsed file.
type Conversation struct {
	Title string
	Steps []Step
	Want  string
}

// Step is one thing that happens. Data is nil for a gap or an end.
type Step struct {
	Dir  hanalyze.Dir
	Data []byte
	Gap  int64 // missing bytes, -1 for unknown; 0 is no gap
	End  bool
}

// Run plays every file that matches glob. With -update the want sections are rewritten from the whole play.
func Run(t *testing.T, glob string, create New) {
	files, err := filepath.Glob(glob)
	if err != nil || len(files) == 0 {
		t.Fatalf("no conversation matches %s (%v)", glob, err)
	}
	for _, name := range files {
		t.Run(strings.TrimSuffix(filepath.Base(name), ".txt"), func(t *testing.T) {
			src, err := os.ReadFile(name)
			if err != nil {
				t.Fatal(err)
			}
			c, err := Parse(src)
			if err != nil {
				t.Fatal(err)
			}
			whole := c.Play(create, nil)
			if *update {
				rewrite(t, name, src, whole)
			} else if d := cmp.Diff(strings.Split(c.Want, "\n"), strings.Split(whole, "\n")); d != "" {
				t.Fatalf("%s, played whole (-want +got):\n%s", c.Title, d)
			}
			c.CheckCuts(t, create, whole)
		})
	}
}

// CheckCuts plays c byte by byte and cut once at every point, or at 1,000 points of a longer one, and fails t where the
// events differ from whole.
func (c *Conversation) CheckCuts(t testing.TB, create New, whole string) {
	t.Helper()
	if got := c.Play(create, func(int) bool { return true }); got != whole {
		t.Fatalf("%s, byte by byte (-whole +got):\n%s", c.Title, cmp.Diff(strings.Split(whole, "\n"), strings.Split(got, "\n")))
	}
	n := 0
	for _, s := range c.Steps {
		n += len(s.Data)
	}
	for at := 1; at < n; at += 1 + n/1000 {
		if got := c.Play(create, func(i int) bool { return i == at }); got != whole {
			t.Fatalf("%s, cut at %d (-whole +got):\n%s", c.Title, at, cmp.Diff(strings.Split(whole, "\n"), strings.Split(got, "\n")))
		}
	}
}

func rewrite(t *testing.T, name string, src []byte, want string) {
	a := txtar.Parse(src)
	for i := range a.Files {
		if a.Files[i].Name == "want" {
			a.Files[i].Data = []byte(want)
			if err := os.WriteFile(name, txtar.Format(a), 0o644); err != nil {
				t.Fatal(err)
			}
			return
		}
	}
	t.Fatal("no want section")
}

// Parse reads a conversation file.
func Parse(src []byte) (*Conversation, error) {
	a := txtar.Parse(src)
	c := &Conversation{Title: strings.TrimSpace(string(a.Comment))}
	ends := true
	var ended [2]bool
	for _, f := range a.Files {
		switch f.Name {
		case "want":
			c.Want = string(f.Data)
			continue
		case "no end":
			ends = false
			continue
		}
		s, err := parseStep(strings.Fields(f.Name), f.Data)
		if err != nil {
			return nil, fmt.Errorf("section %q: %w", f.Name, err)
		}
		ended[s.Dir] = ended[s.Dir] || s.End
		c.Steps = append(c.Steps, s)
	}
	for d := range ended {
		if ends && !ended[d] {
			c.Steps = append(c.Steps, Step{Dir: hanalyze.Dir(d), End: true})
		}
	}
	return c, nil
}

func parseStep(words []string, data []byte) (s Step, err error) {
	switch {
	case len(words) > 0 && words[0] == "c2s":
	case len(words) > 0 && words[0] == "s2c":
		s.Dir = hanalyze.S2C
	default:
		return s, fmt.Errorf("want c2s or s2c")
	}
	switch {
	case len(words) == 1:
		s.Data, err = unescape(data)
	case words[1] == "hex":
		s.Data, err = unhex(data)
	case words[1] == "gap" && len(words) == 3:
		s.Gap, err = strconv.ParseInt(words[2], 10, 64)
	case words[1] == "end":
		s.End = true
	default:
		err = fmt.Errorf("want nothing, hex, gap N or end")
	}
	return s, err
}

func unhex(data []byte) ([]byte, error) {
	var b strings.Builder
	for line := range strings.Lines(string(data)) {
		line, _, _ = strings.Cut(line, "#")
		b.WriteString(strings.Join(strings.Fields(line), ""))
	}
	return hex.DecodeString(b.String())
}

func unescape(data []byte) ([]byte, error) {
	var out []byte
	for i := 0; i < len(data); i++ {
		switch {
		case data[i] == '\n':
			out = append(out, '\r', '\n')
		case data[i] != '\\':
			out = append(out, data[i])
		case i+1 == len(data):
			return nil, fmt.Errorf("backslash at the end")
		default:
			i++
			switch data[i] {
			case '\n':
			case 'r':
				out = append(out, '\r')
			case 'n':
				out = append(out, '\n')
			case 't':
				out = append(out, '\t')
			case '0':
				out = append(out, 0)
			case '\\':
				out = append(out, '\\')
			case 'x':
				if i+2 >= len(data) {
					return nil, fmt.Errorf(`\x wants two digits`)
				}
				v, err := hex.DecodeString(string(data[i+1 : i+3]))
				if err != nil {
					return nil, err
				}
				out = append(out, v...)
				i += 2
			default:
				return nil, fmt.Errorf("unknown escape \\%c", data[i])
			}
		}
	}
	return out, nil
}

// Play plays the conversation to a new parser and returns its events, one a line. Data is cut before byte i (counted over
// the whole conversation) where cut(i) is true; a nil cut cuts nowhere. What a parser does not take is offered again after
// every following step; what it never takes is told as "c2s unread".
func (c *Conversation) Play(create New, cut func(i int) bool) string {
	p := &player{}
	p.parser = create(p.emit)
	at := 0
	for _, s := range c.Steps {
		switch {
		case s.End:
			p.end(s.Dir)
		case s.Gap != 0:
			p.gap(s.Dir, s.Gap)
		default:
			from := 0
			for i := range s.Data {
				if i > from && cut != nil && cut(at+i) {
					p.feed(s.Dir, s.Data[from:i])
					from = i
				}
			}
			p.feed(s.Dir, s.Data[from:])
			at += len(s.Data)
		}
	}
	for d := range p.queue {
		for _, q := range p.queue[d] {
			if len(q.Data) > 0 {
				p.emit(hanalyze.Dir(d).String()+" unread", q.Data)
			}
		}
	}
	p.flush()
	return p.out.String()
}

// player offers bytes to a parser and keeps, in order, what it would not take yet.
type player struct {
	parser Parser
	out    strings.Builder
	line   string
	body   []byte // nil: no body event pending
	queue  [2][]Step
}

func (p *player) emit(line string, body []byte) {
	if body == nil {
		p.flush()
		p.out.WriteString(line + "\n")
		return
	}
	if p.body == nil || p.line != line {
		p.flush()
	}
	p.line = line
	p.body = append(p.body, body...)
	if p.body == nil {
		p.body = []byte{}
	}
}

func (p *player) flush() {
	if p.body != nil {
		fmt.Fprintf(&p.out, "%s %s\n", p.line, strconv.QuoteToASCII(string(p.body)))
	}
	p.body = nil
}

func (p *player) feed(d hanalyze.Dir, b []byte) {
	if len(b) == 0 {
		return
	}
	if q := p.queue[d]; len(q) > 0 && q[len(q)-1].Data != nil {
		q[len(q)-1].Data = append(q[len(q)-1].Data, b...)
	} else {
		p.queue[d] = append(q, Step{Dir: d, Data: bytes.Clone(b)})
	}
	p.drain(d)
}

func (p *player) gap(d hanalyze.Dir, n int64) {
	p.queue[d] = append(p.queue[d], Step{Dir: d, Gap: n})
	p.drain(d)
}

func (p *player) end(d hanalyze.Dir) {
	p.queue[d] = append(p.queue[d], Step{Dir: d, End: true})
	p.drain(d)
}

// drain offers queued steps until neither direction takes more. What d's peer waits to say comes first each time: so what
// is queued behind bytes that d's decoder would not take yet comes at the same time however d is cut.
func (p *player) drain(d hanalyze.Dir) {
	for p.offer(d.Reverse()) || p.offer(d) {
	}
}

// offer offers the first queued step of d and reports whether something was taken.
func (p *player) offer(d hanalyze.Dir) bool {
	if len(p.queue[d]) == 0 {
		return false
	}
	s := &p.queue[d][0]
	switch {
	case s.End:
		p.parser.End(d)
	case s.Gap != 0:
		p.parser.Gap(d, s.Gap)
	default:
		lent := bytes.Clone(s.Data)
		n := p.parser.Feed(d, lent)
		if n < 0 || n > len(lent) {
			panic(fmt.Sprintf("Feed took %d of %d bytes", n, len(lent)))
		}
		for i := range lent {
			lent[i] = 0xdb
		}
		if n < len(s.Data) {
			s.Data = s.Data[n:]
			return n > 0
		}
	}
	p.queue[d] = p.queue[d][1:]
	return true
}
