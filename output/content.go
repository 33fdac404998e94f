package output

import (
	"strconv"
	"strings"

	"hanalyze"
)

// The words for what a body turned out to be, below its exchange: a line of facts, the fields of a form, and the text.

// contentIndent is where these lines begin: below the text of a timeline.
const contentIndent = textIndent

// contents appends what became known of the bodies of an exchange, nothing where nobody asked for them.
func (p page) contents(b []byte, h *hanalyze.HTTP) []byte {
	b = p.content(b, "sent", h.Request)
	return p.content(b, "received", h.Response)
}

func (p page) content(b []byte, what string, m *hanalyze.HTTPMessage) []byte {
	if m == nil || m.HTTPContent == nil {
		return b
	}
	c := m.HTTPContent
	words := []chunk{{what, dim}}
	if c.DecodedBytes != nil {
		words = append(words, chunk{size(*c.DecodedBytes), plain})
	}
	if c.Sniffed != "" && c.Sniffed != "text/plain" && c.Sniffed != m.ContentType {
		words = append(words, chunk{"looks like " + c.Sniffed, plain})
	}
	if c.SHA256 != "" {
		words = append(words, chunk{"sha256 " + c.SHA256[:min(len(c.SHA256), 16)] + "…", dim})
	}
	if c.DecodeError != "" {
		words = append(words, chunk{decodeProblem(c.DecodeError), yellow})
	} else if !c.BodyWhole {
		words = append(words, chunk{"not all of it", yellow})
	}
	for _, f := range c.Files[:min(len(c.Files), maxShown)] {
		words = append(words, chunk{"→ " + clip(f), cyan})
	}
	if more := len(c.Files) - maxShown; more > 0 {
		words = append(words, chunk{"and " + count(uint64(more), "more file"), dim})
	}
	b = p.wrap(append(b, spaces(contentIndent)...), contentIndent, contentIndent+2, words)
	for i := range c.Form {
		b = p.wrap(append(b, spaces(contentIndent)...), contentIndent, contentIndent+2, formWords(&c.Form[i]))
	}
	return p.bodyText(b, c.Body, c.BodyBase64, c.BodyTruncated)
}

// formWords tells a field of a form.
func formWords(f *hanalyze.FormField) []chunk {
	words := []chunk{{"field " + clip(f.Name), plain}}
	if f.FileName != "" {
		words = append(words, chunk{"file " + clip(f.FileName), plain}, chunk{clip(f.ContentType), plain})
	}
	words = append(words, chunk{size(f.Bytes), plain})
	if f.Value != "" {
		words = append(words, chunk{clip(f.Value), plain})
	}
	return words
}

// bodyText appends the text of a body line by line, behind a bar, so that it cannot be taken for anything else. Of what is no
// text it says so; more, that it goes on.
func (p page) bodyText(b []byte, body, binary string, more bool) []byte {
	room := p.width - contentIndent - len("| ")
	text := strings.TrimRight(body, "\r\n")
	if text == "" {
		if binary != "" {
			b = p.barred(b, chunk{"(no text; --json has it in Base64, --extract writes it to a file)", dim})
		}
		return b
	}
	for line := range strings.SplitSeq(text, "\n") {
		line = Printable(strings.ReplaceAll(strings.TrimSuffix(line, "\r"), "\t", "    "))
		for {
			head := cut(line, room)
			b = p.barred(b, chunk{head, plain})
			if line = line[len(head):]; line == "" || head == "" {
				break
			}
		}
	}
	if more {
		b = p.barred(b, chunk{"… and more", dim})
	}
	return b
}

func (p page) barred(b []byte, c chunk) []byte {
	b = append(b, spaces(contentIndent)...)
	b = p.paint(b, chunk{"│", dim})
	if c.text != "" {
		b = p.paint(append(b, ' '), c)
	}
	return append(b, '\n')
}

// decodeProblem says in words why a body could not be decoded to its end.
func decodeProblem(code string) string {
	switch code {
	case "truncated":
		return "ends in the middle of its coding"
	case "checksum":
		return "its checksum is wrong"
	case "corrupt":
		return "its coding is damaged"
	case "trailing_bytes":
		return "more bytes behind the end of its coding"
	case "mislabelled":
		return "not in the coding it claims"
	case "unsupported":
		return "in a coding that is not undone here"
	case "partial_content":
		return "a part of a coded body"
	case "coding_unknown":
		return "its coding is not known"
	}
	if limit, ok := strings.CutPrefix(code, "limit_"); ok {
		return "decoded as far as the limit of " + limit + " allows"
	}
	return strconv.Quote(code)
}
