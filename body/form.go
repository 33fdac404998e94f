package body

import (
	"strings"

	"hanalyze"
)

// Limits of what is told of a form.
const (
	maxFields    = 256      // PHP takes 1000 by default; nobody reads so many
	maxFieldName = 256      // bytes of a name that are told
	maxValue     = 1 << 10  // bytes of a value that are told
	maxPartHead  = 16 << 10 // the fields of one part: PHP and Go allow about as much
	maxBoundary  = 70       // RFC 2046 §5.1.1
)

// form reads a form that is sent.
type form interface {
	// write takes the next bytes. It reports whether the form itself writes what is to be kept of them in files.
	write(p []byte) (taken bool)
	// end says that nothing follows; whole, that nothing is missing.
	end(whole bool) []hanalyze.FormField
}

// openForm returns the reader of the form that a request with the given head sends, nil if it sends none. The files of a multipart form go to out,
// which may be nil.
func openForm(h *Head, secrets bool, out Out) form {
	if !h.Request {
		return nil
	}
	switch h.mediaType() {
	case "application/x-www-form-urlencoded":
		return &urlencoded{secrets: secrets}
	case "multipart/form-data":
		if b := parameter(h.ContentType, "boundary"); b != "" && len(b) <= maxBoundary {
			return newMultipart(b, secrets, out)
		}
	}
	return nil
}

// urlencoded reads application/x-www-form-urlencoded: name=value&name=value.
type urlencoded struct {
	secrets bool
	fields  []hanalyze.FormField
	name    []byte // of the field being read
	value   []byte
	bytes   uint64 // of its value
	inValue bool
	escape  int // digits to come of %XX
	digits  byte
	begun   bool
}

func (u *urlencoded) write(p []byte) bool {
	for _, c := range p {
		u.begun = true
		switch {
		case c == '&':
			u.next()
		case c == '=' && !u.inValue:
			u.inValue, u.escape = true, 0
		case c == '+':
			u.put(' ')
		case c == '%':
			u.escape, u.digits = 2, 0
		case u.escape > 0 && isHex(c):
			u.digits = u.digits<<4 | unhex(c)
			if u.escape--; u.escape == 0 {
				u.put(u.digits)
			}
		default:
			u.escape = 0
			u.put(c)
		}
	}
	return false
}

// put adds a byte to the name or the value.
func (u *urlencoded) put(c byte) {
	if !u.inValue {
		if len(u.name) < maxFieldName {
			u.name = append(u.name, c)
		}
		return
	}
	u.bytes++
	if u.secrets && len(u.value) < maxValue {
		u.value = append(u.value, c)
	}
}

// next ends a field.
func (u *urlencoded) next() {
	if u.begun && len(u.fields) < maxFields && (len(u.name) > 0 || u.inValue) {
		u.fields = append(u.fields, hanalyze.FormField{Name: string(u.name), Bytes: u.bytes, Value: string(u.value)})
	}
	u.name, u.value, u.bytes, u.inValue, u.escape = u.name[:0], u.value[:0], 0, false, 0
}

// end tells the fields. The last one of a form that is not whole may be cut, so it is not told.
func (u *urlencoded) end(whole bool) []hanalyze.FormField {
	if whole {
		u.next()
	}
	return u.fields
}

func isHex(c byte) bool {
	return '0' <= c && c <= '9' || 'a' <= c && c <= 'f' || 'A' <= c && c <= 'F'
}

func unhex(c byte) byte {
	if c <= '9' {
		return c - '0'
	}
	return (c | 0x20) - 'a' + 10
}

// bounded returns at most maxFieldName bytes of a name.
func bounded(s string) string { return strings.Clone(s[:min(len(s), maxFieldName)]) }
