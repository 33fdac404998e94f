package body

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"hash"
	"strings"

	"hanalyze"
)

// multipart reads multipart/form-data (RFC 7578, RFC 2046 §5.1).
//
// It goes preamble → border → head → data → border …, until a border that says that it is the last.
type multipart struct {
	delimiter []byte // CRLF, two hyphens, boundary
	secrets   bool
	out       Out // nil: nobody wants the files

	state  partState
	buf    []byte // what is not decided yet: at most a head, or a piece and the delimiter's length
	seen   int    // so many bytes of it were searched in vain for the end of a head
	fields []hanalyze.FormField
	part   hanalyze.FormField
	file   bool // the part is a file that goes to out
	sum    hash.Hash
	value  []byte
}

type partState uint8

const (
	inPreamble partState = iota
	atBorder             // behind a delimiter
	inHead               // in the fields of a part
	inData
	inEpilogue // behind the last border, or where nothing makes sense any more
)

func newMultipart(boundary string, secrets bool, out Out) *multipart {
	// The first delimiter may be at the very beginning, without its line end.
	return &multipart{delimiter: []byte("\r\n--" + boundary), secrets: secrets, out: out, buf: []byte("\r\n")}
}

func (m *multipart) write(p []byte) bool {
	if m.state == inEpilogue {
		return true
	}
	m.buf = append(m.buf, p...)
	b := m.buf
	for {
		n, more := m.step(b)
		b = b[n:]
		if !more {
			break
		}
	}
	if len(b) < len(m.buf) {
		m.buf = append(m.buf[:0], b...)
	}
	return true
}

// step takes some of b. more reports that there may be more to take.
func (m *multipart) step(b []byte) (n int, more bool) {
	switch m.state {
	case inPreamble, inData:
		return m.data(b)
	case atBorder:
		return m.border(b)
	case inHead:
		return m.head(b)
	case inEpilogue:
	}
	return len(b), false
}

// data takes what is certain to lie before the next delimiter.
func (m *multipart) data(b []byte) (n int, more bool) {
	if i := bytes.Index(b, m.delimiter); i >= 0 {
		m.content(b[:i])
		m.endPart(true)
		m.state = atBorder
		return i + len(m.delimiter), true
	}
	n = max(0, len(b)-len(m.delimiter)+1)
	m.content(b[:n])
	return n, false
}

// border takes the rest of the line of a delimiter: two more hyphens end the form.
func (m *multipart) border(b []byte) (n int, more bool) {
	if len(b) < 2 {
		return 0, false
	}
	if b[0] == '-' && b[1] == '-' {
		m.state = inEpilogue
		return len(b), false
	}
	i := bytes.IndexByte(b, '\n')
	switch {
	case i > maxPadding, i < 0 && len(b) > maxPadding:
		m.state = inEpilogue
	case i >= 0:
		m.state, m.seen = inHead, 0
		return i + 1, true
	}
	return 0, false
}

// head takes the fields of a part, when all of them are there.
func (m *multipart) head(b []byte) (n int, more bool) {
	end := m.headEnd(b)
	switch {
	case bytes.HasPrefix(b, []byte("\r\n")):
		n = 2
	case end > maxPartHead || end < 0 && len(b) > maxPartHead+len("\r\n\r"):
		m.state = inEpilogue
		return len(b), false
	case end < 0:
		return 0, false
	default:
		n = end + len("\r\n\r\n")
	}
	m.beginPart(string(b[:n]))
	m.state = inData
	return n, true
}

// headEnd returns where in b, which begins a head, the last line of it ends, or -1. What was searched before is not
// searched again: a head may come byte by byte.
func (m *multipart) headEnd(b []byte) int {
	const emptyLine = "\r\n\r\n"
	end := bytes.Index(b[m.seen:], []byte(emptyLine))
	if end >= 0 {
		return m.seen + end
	}
	m.seen = max(0, len(b)-len(emptyLine)+1)
	return -1
}

// beginPart reads the fields of a part.
func (m *multipart) beginPart(head string) {
	m.part, m.value = hanalyze.FormField{}, m.value[:0]
	isFile := false
	for line := range strings.SplitSeq(head, "\r\n") {
		name, value, _ := strings.Cut(line, ":")
		switch strings.ToLower(strings.TrimSpace(name)) {
		case "content-disposition":
			m.part.Name = bounded(parameter(value, "name"))
			m.part.FileName = bounded(parameter(value, "filename"))
			isFile = m.part.FileName != ""
		case "content-type":
			media, _, _ := strings.Cut(value, ";")
			m.part.ContentType = bounded(strings.ToLower(strings.TrimSpace(media)))
		}
	}
	if m.file = isFile && m.out != nil; m.file {
		m.sum = sha256.New()
		m.out.Begin(&File{Upload: true, Field: m.part.Name, Name: m.part.FileName, MediaType: m.part.ContentType})
	}
}

// content takes the next bytes of a part.
func (m *multipart) content(p []byte) {
	if m.state != inData || len(p) == 0 {
		return
	}
	m.part.Bytes += uint64(len(p))
	if m.file {
		m.sum.Write(p)
		m.out.Write(p)
	}
	if m.secrets && m.part.FileName == "" {
		m.value = append(m.value, p[:min(len(p), maxValue-len(m.value))]...)
	}
}

// endPart tells the part that is over.
func (m *multipart) endPart(whole bool) {
	if m.state != inData {
		return
	}
	m.part.Value = string(m.value)
	if len(m.fields) < maxFields {
		m.fields = append(m.fields, m.part)
	}
	if !m.file {
		return
	}
	sum := ""
	if whole {
		sum = hex.EncodeToString(m.sum.Sum(nil))
	}
	m.out.Done(whole, sum)
	m.file = false
}

// end tells the fields. A part that was cut is not told as a field, for its size is not known.
func (m *multipart) end(bool) []hanalyze.FormField {
	if m.state == inData && m.file {
		m.content(m.buf)
		m.out.Done(false, "")
	}
	m.state = inEpilogue
	return m.fields
}
