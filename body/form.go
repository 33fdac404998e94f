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
	maxPadding   = 256      // bytes behind a boundary up to its line feed: white space, which hardly anybody sends
)

// form reads a form that is sent.
type form interface {
	// write takes the next bytes. It reports whether the form itself writes what is to be kept of them in files.
	write(p []byte) (taken bool)
	// end says that nothing follows; whole, that nothing is missing.
	end(whole bool) []hanalyze.FormField
}

// The media types of forms.
const (
	urlencodedType = "application/x-www-form-urlencoded"
	multipartType  = "multipart/form-data"
)

// isForm reports whether the body is a form that is sent.
func (h *Head) isForm() bool {
	media := h.mediaType()
	return h.Request && (media == urlencodedType || media == multipartType)
}

// openForm returns the reader of the form that a request with the given head sends, nil if it sends none. The files of a multipart form go to out,
// which may be nil.
func openForm(h *Head, secrets bool, out Out) form {
	switch {
	case !h.isForm():
	case h.mediaType() == urlencodedType:
		return &urlencoded{secrets: secrets}
	default:
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
	escape  int  // digits to come of %XX
	digit   byte // the first of them
	begun   bool
}

func (u *urlencoded) write(p []byte) bool {
	for _, c := range p {
		u.begun = true
		if u.escape > 0 && u.escaped(c) {
			continue
		}
		switch {
		case c == '&':
			u.next()
		case c == '=' && !u.inValue:
			u.inValue = true
		case c == '+':
			u.put(' ')
		case c == '%':
			u.escape = 2
		default:
			u.put(c)
		}
	}
	return false
}

// escaped takes c if it goes on with %XX. A % that two digits do not follow stands for itself (WHATWG's URL, §1.3).
func (u *urlencoded) escaped(c byte) bool {
	switch {
	case !isHex(c):
		u.literal()
		return false
	case u.escape == 2:
		u.digit = c
		u.escape = 1
	default:
		u.escape = 0
		u.put(unhex(u.digit)<<4 | unhex(c))
	}
	return true
}

// literal takes a % as it is, and the digit that may have followed it.
func (u *urlencoded) literal() {
	if u.escape > 0 {
		u.put('%')
	}
	if u.escape == 1 {
		u.put(u.digit)
	}
	u.escape = 0
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
	u.literal()
	if u.begun && len(u.fields) < maxFields && (len(u.name) > 0 || u.inValue) {
		u.fields = append(u.fields, hanalyze.FormField{Name: string(u.name), Bytes: u.bytes, Value: string(u.value)})
	}
	u.name, u.value, u.bytes, u.inValue = u.name[:0], u.value[:0], 0, false
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
