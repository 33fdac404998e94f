// Package output renders records: NDJSON for programs (JSON, with its Schema), a told story per connection for people who
// read files (Story), with a ladder of its packets when asked for, and one line per event for people who watch an interface (Live).
//
// The bytes in records come from whoever sent the packets. Nothing of them reaches the output as it is: JSON escapes what
// is not plain text (escape.go), the text views escape what could steer a terminal (terminal.go), and secrets in headers
// are masked (mask.go).
package output

import "hanalyze"

//go:generate go run ./internal/gen

// Options say how records are to look. The zero Options are right for a pipe: no colour, 80 columns, secrets masked.
type Options struct {
	ShowSecrets bool       // print the values of Authorization, Proxy-Authorization, Cookie and Set-Cookie
	Color       bool       // use ANSI colours in text
	Width       int        // columns of the terminal; 0 means defaultWidth
	Conns       Conns      // the connections that are told; the summary is of all
	Match       Match      // the records that are told, of these connections; the summary is of all
	Ladder      LadderMode // Story only
}

// Match chooses records. A nil Match chooses all. It is called for each record once, in order. Of a Story the whole block of
// a connection is told if one of its records is chosen.
type Match func(r hanalyze.Record) bool

// chooses reports whether r is to be told. The stats record always is.
func (m Match) chooses(r hanalyze.Record) bool {
	if _, ok := r.(*hanalyze.Stats); ok {
		return true
	}
	return m == nil || m(r)
}

// The text views fit 80 columns and use up to 200: a longer line is hard to follow with the eye.
const (
	defaultWidth = 80
	minWidth     = 60
	maxWidth     = 200
)

// columns returns the width text is laid out for.
func (o Options) columns() int {
	if o.Width == 0 {
		return defaultWidth
	}
	return min(max(o.Width, minWidth), maxWidth)
}

// Renderer turns records into bytes of output.
type Renderer interface {
	// Append appends what r lets the renderer say to b and returns the longer slice. A renderer may hold things back and
	// say them with a later record; with the stats record everything held is written. Nothing of r is kept.
	Append(b []byte, r hanalyze.Record) []byte
}
