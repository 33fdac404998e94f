package hanalyze

// HTTPContent is what became known of the body of a message because bodies were asked for. It is filled in once the whole
// body was read.
type HTTPContent struct {
	DecodedBytes  *uint64     `json:"decoded_bytes,omitzero"`  // after undoing the content codings, as far as that went
	SHA256        string      `json:"sha256,omitzero"`         // of the decoded body, if it is whole
	BodyWhole     bool        `json:"body_whole"`              // all of the body was seen and decoded
	DecodeError   string      `json:"decode_error,omitzero"`   // why the codings could not be undone to the end
	Sniffed       string      `json:"sniffed,omitzero"`        // media type that the first bytes are of
	Charset       string      `json:"charset,omitzero"`        // what body was written in
	Body          string      `json:"body,omitzero"`           // the decoded body as text, as much as was asked for
	BodyBase64    string      `json:"body_base64,omitzero"`    // the same where it is no text
	BodyTruncated bool        `json:"body_truncated,omitzero"` // there was more than was asked for
	Form          []FormField `json:"form,omitzero"`           // fields of a form that was sent
	Files         []string    `json:"files,omitzero"`          // files the body was written to
}

// FormField is one field of a form (application/x-www-form-urlencoded, multipart/form-data).
type FormField struct {
	Name        string `json:"name"`
	FileName    string `json:"filename,omitzero"`     // of an uploaded file, as sent
	ContentType string `json:"content_type,omitzero"` // as sent
	Bytes       uint64 `json:"bytes"`                 // of the value
	Value       string `json:"value,omitzero"`        // only with --show-secrets
}

// BodyFile tells of one body that was to be written to a file: a line of the manifest beside the files.
type BodyFile struct {
	Envelope
	File      string   `json:"file,omitzero"`       // name in the directory; absent when nothing was written
	Dir       Dir      `json:"dir"`                 // c2s: uploaded, s2c: an answer
	Method    string   `json:"method,omitzero"`     // of the request
	URL       string   `json:"url,omitzero"`        // of the request
	Status    uint16   `json:"status,omitzero"`     // of the response
	Pairing   string   `json:"pairing,omitzero"`    // guessed, where another request may have been answered with it
	Field     string   `json:"field,omitzero"`      // of the form that the file was uploaded with
	FileName  string   `json:"filename,omitzero"`   // that the sender gave it
	MediaType string   `json:"media_type,omitzero"` // declared
	Sniffed   string   `json:"sniffed,omitzero"`    // media type that the first bytes are of
	Coding    []string `json:"coding,omitzero"`     // codings declared, in the order applied
	Bytes     uint64   `json:"bytes"`               // length of the file, holes included
	SHA256    string   `json:"sha256,omitzero"`     // of the content, if it is whole
	Error     string   `json:"error,omitzero"`      // why the codings could not be undone to the end; the rest is not in the file
	Holes     []Hole   `json:"holes,omitzero"`      // parts the capture lacks, zeros in the file
	Complete  bool     `json:"complete"`            // the file is all there was to be
	Missing   []string `json:"missing,omitzero"`    // why not, unless the sender itself broke off
}

// RecordType returns "body".
func (*BodyFile) RecordType() string { return "body" }

// Names returns the reasons of m as they are printed, nil for none.
func (m Missing) Names() []string {
	var names []string
	for i, name := range MissingNames {
		if m&(1<<i) != 0 {
			names = append(names, name)
		}
	}
	return names
}

// Hole is a part of a file that is not known.
type Hole struct {
	Offset uint64 `json:"offset"`
	Bytes  uint64 `json:"bytes"`
}
