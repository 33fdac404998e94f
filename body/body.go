// Package body reads the bodies of HTTP messages: it undoes their codings, counts, hashes and recognises what comes out,
// keeps the beginning of it as text, and lists the fields of forms.
//
// Bodies come piece by piece and are never held as a whole. A body that lacks a part gives what came out before it. What a
// body may cost is limited in every direction (limit.go), so that one made to break its reader only breaks itself.
package body

import (
	"bufio"
	"crypto/sha256"
	"encoding/hex"
	"hash"
	"io"

	"hanalyze"
)

// Options say what is wanted of bodies.
type Options struct {
	Keep     int   // bytes of each decoded body that are told
	MaxBytes int64 // of each decoded body that are read; 0: DefaultMaxBytes
	Secrets  bool  // tell the values of form fields
}

// DefaultMaxBytes bounds a decoded body: larger ones are disk images, whose end nobody wants to read.
const DefaultMaxBytes = 4 << 30

// An Out receives what bodies are made of: a File after the other, the content of each between its Begin and its Done.
type Out interface {
	// Begin says that what follows is of f, which is borrowed until Begin returns.
	Begin(f *File)
	// Write takes the next bytes, borrowed.
	Write(b []byte)
	// Hole says that n bytes of the file are missing here.
	Hole(n int64)
	// Done says that the file is over. whole: nothing of it is missing; sha256 is then its hash in hexadecimal.
	Done(whole bool, sha256 string)
}

// File is a body, or a file that is part of one.
type File struct {
	Upload    bool   // a file of a form; the next three are what its part says
	Field     string // name of the form's field
	Name      string // name of the file, as sent
	MediaType string // declared
}

// A Reader opens bodies and bounds what all of them cost. It is not safe for concurrent use.
type Reader struct {
	Options
	memory int64 // what decoders may still need
	kept   int64 // bytes that may still be kept
	limits map[string]uint64
	spare  [][]byte // buffers that are not in use
}

// NewReader returns a Reader.
func NewReader(o Options) *Reader {
	if o.MaxBytes == 0 {
		o.MaxBytes = DefaultMaxBytes
	}
	return &Reader{Options: o, memory: memoryBudget, kept: keepBudget, limits: map[string]uint64{}}
}

// Limits returns how often each limit was reached, by its name.
func (r *Reader) Limits() map[string]uint64 { return r.limits }

// A Body is the body of one message.
type Body struct {
	r    *Reader
	head Head
	out  Out // nil: nobody wants the content

	feed  *feed // nil: the body is not coded
	cost  int64 // of the decoders, taken from the budget
	err   error // what ended decoding
	raw   bool  // a coding could not be undone at all: what comes out is still coded
	over  bool  // nothing more is read
	holed bool
	begun bool // Out.Begin was called

	bytes int64 // out so far
	sum   hash.Hash
	first []byte // the beginning of what came out, for sniffing
	kept  []byte
	more  bool // there was more than was kept
	form  form // nil: it is none
}

// Open returns the Body of a message. out may be nil.
func (r *Reader) Open(h Head, out Out) *Body {
	b := &Body{r: r, head: h, out: out, sum: sha256.New(), form: openForm(&h, r.Secrets, out)}
	switch {
	case h.Partial && len(h.Codings) > 0:
		b.raw, b.err = true, errPartial
	case h.Vague && len(h.Codings) == 0:
		b.raw, b.err = true, errVague
	case len(h.Codings) > maxLayers:
		b.raw, b.err = true, errLayers
	case len(h.Codings) > 0:
		b.feed = newFeed(b.decode)
	}
	return b
}

// Data takes the next bytes as they were sent. p is borrowed.
func (b *Body) Data(p []byte) {
	switch {
	case b.over:
	case b.feed != nil:
		b.feed.give(p)
	default:
		b.content(p)
	}
}

// Gap says that n bytes are missing, -1 for an unknown number. Nothing can be decoded from there on, and after an unknown
// number nobody knows where in the body the rest belongs.
func (b *Body) Gap(n int64) {
	if b.over {
		return
	}
	if b.feed != nil {
		b.feed.end() // what it still holds came before the gap
	}
	b.holed = true
	if n < 0 || b.feed != nil || b.raw || b.form != nil || n > b.r.MaxBytes-b.bytes {
		b.over = true
		return
	}
	b.bytes += n
	if b.begin() {
		b.out.Hole(n)
	}
}

// decode undoes the codings, the last one first. It runs as the feed's coroutine.
func (b *Body) decode(f *feed) {
	defer func() {
		// The decoders of others are well tried, but what they are given here was made by anybody.
		if recover() != nil {
			b.err = errPanic
		}
	}()
	var r io.Reader = f
	for i := len(b.head.Codings) - 1; i >= 0; i-- {
		below := bufio.NewReaderSize(r, bufferBytes)
		next, cost, err := layer(b.head.Codings[i], below, b.r.memory)
		b.cost += cost
		b.r.memory -= cost
		if err == errMislabelled {
			b.err = err
		} else if err == errUnsupported {
			b.err, b.raw = err, true
			r = below
			break
		} else if err != nil {
			b.err = cut(err)
			return
		}
		r = &earned{r: next, feed: f}
	}
	b.read(r)
}

// read takes what comes out of the decoders.
func (b *Body) read(r io.Reader) {
	buf := b.r.buffer()
	defer func() { b.r.spare = append(b.r.spare, buf) }()
	for {
		n, err := r.Read(buf)
		if n > 0 {
			b.content(buf[:n])
		}
		if err == io.EOF || b.over {
			return
		}
		if err != nil {
			b.err = err
			return
		}
	}
}

// outBytes is how much is decoded at a time.
const outBytes = 16 << 10

// buffer returns a buffer that is not in use. Each decoder needs one of its own, since it may wait with half of it filled.
func (r *Reader) buffer() []byte {
	if n := len(r.spare); n > 0 {
		buf := r.spare[n-1]
		r.spare = r.spare[:n-1]
		return buf
	}
	return make([]byte, outBytes)
}

// content takes the next bytes of the decoded body.
func (b *Body) content(p []byte) {
	if left := b.r.MaxBytes - b.bytes; int64(len(p)) > left {
		p = p[:left]
		b.err, b.over = errSize, true
	}
	if len(p) == 0 {
		return
	}
	b.bytes += int64(len(p))
	if n := min(sniffBytes-len(b.first), len(p)); n > 0 && !b.holed {
		b.first = append(b.first, p[:n]...)
	}
	if !b.holed {
		b.sum.Write(p)
		b.keep(p)
	}
	if b.form != nil && !b.raw && b.form.write(p) {
		return
	}
	if b.begin() {
		b.out.Write(p)
	}
}

// begin reports whether somebody wants the content, and tells them once of the file it makes.
func (b *Body) begin() bool {
	if b.out != nil && !b.begun {
		b.begun = true
		b.out.Begin(&File{MediaType: b.head.mediaType()})
	}
	return b.out != nil
}

// keep keeps the beginning of the body.
func (b *Body) keep(p []byte) {
	n := min(b.r.Keep-len(b.kept), len(p), int(b.r.kept))
	if n > 0 {
		b.kept = append(b.kept, p[:n]...)
		b.r.kept -= int64(n)
	}
	b.more = b.more || max(n, 0) < len(p)
}

// End says that nothing follows; whole, that all of the body as sent was given. c is filled in.
func (b *Body) End(whole bool, c *hanalyze.HTTPContent) {
	if b.feed != nil {
		b.feed.end()
	}
	b.r.memory += b.cost
	b.r.kept += int64(len(b.kept))
	c.DecodeError = b.problem(whole)
	c.BodyWhole = whole && !b.holed && !b.over && !b.raw && (b.err == nil || b.err == errTrailing || b.err == errMislabelled)
	c.Sniffed = Sniff(b.first)
	if !b.raw {
		n := uint64(b.bytes)
		c.DecodedBytes = &n
		b.tell(c)
	}
	sum := ""
	if c.BodyWhole {
		sum = hex.EncodeToString(b.sum.Sum(nil))
		c.SHA256 = sum
	}
	if b.form != nil && !b.raw {
		c.Form = b.form.end(c.BodyWhole)
	}
	if b.begun {
		b.out.Done(c.BodyWhole, sum)
	}
}

// problem names what ended decoding and counts limits. That a coding breaks off where the body itself does is no news.
func (b *Body) problem(whole bool) string {
	code := reason(b.err)
	if code == "truncated" && (!whole || b.holed) {
		return ""
	}
	if limitNames[code] {
		b.r.limits["body_"+code]++
	}
	return code
}

// limitNames are the problems that are limits of this package.
var limitNames = map[string]bool{"limit_ratio": true, "limit_size": true, "limit_memory": true, "limit_layers": true, "limit_window": true}

// tell gives c the text that was kept. That of a form has the values in it, so it is a secret, also where no field is found.
func (b *Body) tell(c *hanalyze.HTTPContent) {
	if b.head.isForm() && !b.r.Secrets || len(b.kept) == 0 {
		return
	}
	c.BodyTruncated = b.more
	c.Body, c.Charset, c.BodyBase64 = text(b.kept, b.head.charset(), b.more)
}
