package output

import (
	"bytes"
	"strings"
)

// color is what a chunk of text means to the eye. Colours come from what hanalyze concluded, never from captured bytes.
type color uint8

const (
	plain color = iota
	dim
	bold
	red
	green
	yellow
	cyan
)

// sgr are the ANSI Select Graphic Rendition sequences of the colours.
var sgr = [...]string{dim: "\x1b[2m", bold: "\x1b[1m", red: "\x1b[31m", green: "\x1b[32m", yellow: "\x1b[33m", cyan: "\x1b[36m"}

const sgrReset = "\x1b[0m"

// chunk is a piece of printable text that is kept on one line if it fits one.
type chunk struct {
	text  string
	color color
}

// page lays out text.
type page struct {
	width int
	color bool
}

func newPage(o Options) page { return page{o.columns(), o.Color} }

// paint appends text in a colour. Spaces at its end stay outside, so that those at the end of a line can be taken away.
func (p page) paint(b []byte, c chunk) []byte {
	if !p.color || c.color == plain || strings.TrimSpace(c.text) == "" {
		return append(b, c.text...)
	}
	text := strings.TrimRight(c.text, " ")
	b = append(b, sgr[c.color]...)
	b = append(b, text...)
	b = append(b, sgrReset...)
	return append(b, c.text[len(text):]...)
}

// wrap appends chunks, two spaces apart, from column col on, and ends the line. What does not fit goes on in further
// lines from column indent on; a chunk longer than a line is broken at spaces, if it has any.
func (p page) wrap(b []byte, col, indent int, chunks []chunk) []byte {
	const gap = 2
	atStart := true
	for _, c := range chunks {
		if c.text == "" {
			continue
		}
		w := textColumns(c.text)
		switch {
		case atStart:
		case col+gap+w <= p.width || w > p.width-indent && strings.Contains(cut(c.text, p.width-col-gap), " "):
			b = append(b, spaces(gap)...)
			col += gap
		default:
			b = p.newline(b, indent)
			col = indent
		}
		for col+w > p.width {
			head, rest := breakText(c.text, max(p.width-col, 1))
			b = p.paint(b, chunk{head, c.color})
			b = p.newline(b, indent)
			c.text, w, col = rest, textColumns(rest), indent
		}
		b = p.paint(b, c)
		col += w
		atStart = false
	}
	return append(bytes.TrimRight(b, " "), '\n')
}

func (p page) newline(b []byte, indent int) []byte {
	b = append(bytes.TrimRight(b, " "), '\n')
	return append(b, spaces(indent)...)
}

// breakText splits text at the last space that leaves a head of at most n columns, or in the middle of a word that is
// longer than that. The head has at least one character.
func breakText(s string, n int) (head, rest string) {
	head = cut(s, n)
	if i := strings.LastIndexByte(head, ' '); i > 0 && len(head) < len(s) && s[len(head)] != ' ' {
		head = head[:i]
	}
	if head == "" {
		for i := range s {
			if i > 0 {
				return s[:i], s[i:]
			}
		}
		return s, ""
	}
	return head, strings.TrimLeft(s[len(head):], " ")
}
