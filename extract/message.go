package extract

import (
	"strings"

	"hanalyze"
	"hanalyze/body"
)

// maxHoles bounds the holes told of one file.
const maxHoles = 256

// Message is the body of one message, which may be several files. It is a body.Out.
type Message struct {
	w     *Writer
	dir   hanalyze.Dir
	host  string
	path  string
	files []*file
}

// Message returns where the body of the message of direction d goes. Of r the request must be known, if it ever will be.
func (w *Writer) Message(r *hanalyze.HTTP, d hanalyze.Dir, server string) *Message {
	m := &Message{w: w, dir: d, host: r.Authority, path: r.PathQuery}
	if m.host == "" {
		m.host = server
	}
	return m
}

// Begin makes a file.
func (m *Message) Begin(b *body.File) {
	f := &file{}
	f.Field, f.FileName, f.MediaType = b.Field, b.Name, b.MediaType
	m.files = append(m.files, f)
	path, suffix := m.path, ""
	switch {
	case b.Upload:
		path = "upload/" + b.Name
	case m.dir == hanalyze.C2S:
		suffix = "_request"
	}
	stem, extension := name(m.host, path, suffix, b.MediaType)
	m.w.begin(f, stem, extension)
}

// Write adds to the file begun last. b is borrowed.
func (m *Message) Write(b []byte) { m.w.write(m.last(), b) }

// Hole leaves n bytes of it out.
func (m *Message) Hole(n int64) {
	f := m.last()
	if len(f.Holes) >= maxHoles {
		m.w.limit(f)
	}
	m.w.hole(f, n)
}

// Done ends it.
func (m *Message) Done(whole bool, sha256 string) {
	f := m.last()
	f.whole, f.SHA256 = whole, sha256
	m.w.close(f)
}

func (m *Message) last() *file { return m.files[len(m.files)-1] }

// Discard removes the files.
func (m *Message) Discard() {
	for _, f := range m.files {
		m.w.remove(f)
	}
	m.files = nil
}

// Tell writes the lines of the manifest when the exchange r is told. c is what became known of the body, coding how it was
// coded, lacks why it is not whole, where it is not. The names of the files are added to c.
func (m *Message) Tell(r *hanalyze.HTTP, c *hanalyze.HTTPContent, coding []string, lacks hanalyze.Missing) {
	for _, f := range m.files {
		b := &f.BodyFile
		b.Envelope, b.Dir, b.Method, b.URL, b.Status = r.Envelope, m.dir, r.Method, r.URL, r.Status
		b.File, b.Bytes, b.Coding, b.Error = f.name, uint64(f.size), coding, c.DecodeError
		if r.Pairing == "guessed" && m.dir == hanalyze.S2C {
			b.Pairing = r.Pairing
		}
		if f.FileName == "" {
			b.Sniffed = c.Sniffed
		}
		if b.Complete = f.whole && !f.cut && !f.bad; !b.Complete {
			b.Missing, b.SHA256 = f.lacks(c, lacks).Names(), ""
		}
		if f.name != "" {
			c.Files = append(c.Files, f.name)
		}
		m.w.tell(b)
	}
	m.files = nil
}

// lacks says why f is not complete.
func (f *file) lacks(c *hanalyze.HTTPContent, why hanalyze.Missing) hanalyze.Missing {
	if f.whole {
		why = 0
	}
	if f.cut || f.bad || strings.HasPrefix(c.DecodeError, "limit_") {
		why |= hanalyze.MissingLimit
	}
	return why
}
