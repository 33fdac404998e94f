package body

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"hash"
	"net/url"
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
	within partState // where the delimiter was found
	buf    []byte    // what is not decided yet: at most a head, or a piece and the delimiter's length
	seen   int       // so many bytes of it were searched in vain for the end of a head
	fields []hanalyze.FormField
	part   hanalyze.FormField
	file   bool // the part is a file that goes to out
	sum    hash.Hash
	value  []byte
}

type partState uint8

const (
	inPreamble partState = iota
	atBorder             // at what looks like a delimiter
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
		m.within, m.state = m.state, atBorder
		return i, true
	}
	n = max(0, len(b)-len(m.delimiter)+1)
	m.content(b[:n])
	return n, false
}

// border takes a delimiter with the rest of its line: white space, or two hyphens, which end the form. With anything else
// behind it, it is none (RFC 2046 §5.1.1).
func (m *multipart) border(b []byte) (n int, more bool) {
	rest := b[len(m.delimiter):]
	padding := len(rest) - len(bytes.TrimLeft(rest, " \t"))
	switch after := rest[padding:]; {
	case bytes.HasPrefix(rest, []byte("--")), padding >= maxPadding:
		m.endBorder(inEpilogue)
		return len(b), false
	case len(after) == 0, len(rest) < len("--") && rest[0] == '-', string(after) == "\r":
		return 0, false
	case bytes.HasPrefix(after, []byte("\r\n")):
		padding++
	case after[0] != '\n':
		m.state = m.within
		m.content(b[:len(m.delimiter)])
		return len(m.delimiter), true
	}
	m.endBorder(inHead)
	m.seen = 0
	return len(m.delimiter) + padding + 1, true
}

// endBorder ends the part before a delimiter and goes on.
func (m *multipart) endBorder(next partState) {
	m.state = m.within
	m.endPart(true)
	m.state = next
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
			m.part.FileName = bounded(fileName(value))
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

// fileName reads the name of a file: plainly, or with its charset (RFC 8187), as some libraries write what is not ASCII though
// RFC 7578 §4.2 does not want it.
func fileName(disposition string) string {
	if name := parameter(disposition, "filename"); name != "" {
		return name
	}
	charset, rest, _ := strings.Cut(parameter(disposition, "filename*"), "'")
	_, name, _ := strings.Cut(rest, "'")
	if decoded, err := url.PathUnescape(name); err == nil && strings.EqualFold(charset, "utf-8") {
		return decoded
	}
	return name
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

// end tells the fields. A part that was cut is not told as a field, for its size is not known. A delimiter at the very end of a
// form that is whole is one, though it says nothing more.
func (m *multipart) end(whole bool) []hanalyze.FormField {
	if m.state == atBorder && whole && len(bytes.Trim(m.buf[len(m.delimiter):], " \t\r-")) == 0 {
		m.endBorder(inEpilogue)
	} else if m.state == atBorder {
		m.state = m.within
	}
	if m.state == inData && m.file {
		m.content(m.buf)
		m.out.Done(false, "")
	}
	m.state = inEpilogue
	return m.fields
}
