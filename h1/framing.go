package h1

// Framing says how the end of a body is found.
type Framing uint8

// The framings, spelled as records do.
const (
	None          Framing = iota // no body
	ContentLength                // a number of bytes
	Chunked                      // chunks with their sizes
	ToClose                      // everything until the direction ends
	Tunnel                       // what follows is not HTTP
	Unknown                      // the end of the head is missing, which may tell
)

var framingNames = [...]string{"none", "content_length", "chunked", "until_close", "tunnel", ""}

// String returns the lower_snake name, "" for Unknown.
func (f Framing) String() string { return framingNames[f] }

// framingFacts is all that the framing of a message depends on.
type framingFacts struct {
	response bool
	status   uint16     // of a response
	method   methodKind // of the request, or of the request that the response answers
	http10   bool       // the message's own version is 1.0 or less
	lost     bool       // bytes at its end are missing
	fields   fields
}

// frame decides how the body of a message is delimited, and its length for ContentLength. It follows RFC 9112 §6.3 step
// by step. A code is given when the message breaks a rule; the framing is then what most recipients would read.
func frame(m *framingFacts) (f Framing, length int64, code Code) {
	te, cl := &m.fields.coding, &m.fields.length
	if framedByStatus(m) {
		// 2. "Any 2xx (Successful) response to a CONNECT request implies that the connection will become a tunnel
		// immediately after the empty line that concludes the header fields. A client MUST ignore any Content-Length
		// or Transfer-Encoding header fields received in such a message." Asked first, because it adds to what step 1
		// says of a 204.
		if m.method == methodConnect && m.status/100 == 2 {
			return Tunnel, 0, ""
		}
		// 1. "Any response to a HEAD request and any response with a 1xx (Informational), 204 (No Content), or 304
		// (Not Modified) status code is always terminated by the first empty line after the header fields".
		return None, 0, ""
	}
	if te.present {
		code = codingDoubt(m)
		// 4. "If a Transfer-Encoding header field is present and the chunked transfer coding is the final encoding,
		// the message body length is determined by reading and decoding the chunked data".
		if te.final {
			return Chunked, 0, code
		}
		// "If a Transfer-Encoding header field is present in a response and the chunked transfer coding is not the
		// final encoding, the message body length is determined by reading the connection until it is closed by the
		// server." For a request the length "cannot be determined reliably". A length that is given all the same is
		// believed: those who do not know the coding and go on do so too, and it loses less where it is wrong.
		if cl.present && !cl.invalid && !cl.conflict {
			return lengthFraming(cl.value), cl.value, code
		}
		return ToClose, 0, code
	}
	if cl.present {
		// 5. "If a message is received without Transfer-Encoding and with an invalid Content-Length header field, then
		// the message framing is invalid […], unless the field value can be successfully parsed as a comma-separated
		// list […], all values in the list are valid, and all values in the list are the same".
		if cl.invalid {
			if m.response {
				return ToClose, 0, LengthInvalid
			}
			return None, 0, LengthInvalid
		}
		switch {
		case cl.conflict:
			code = LengthConflict
		case cl.octal:
			code = LengthOctal
		}
		// 6. "If a valid Content-Length header field is present without Transfer-Encoding, its decimal value defines
		// the expected message body length in octets."
		return lengthFraming(cl.value), cl.value, code
	}
	// 7. "If this is a request message and none of the above are true, then the message body length is zero".
	if !m.response {
		return None, 0, ""
	}
	// 8. "Otherwise, this is a response message without a declared message body length, so the message body length is
	// determined by the number of octets received prior to the server closing the connection."
	return ToClose, 0, ""
}

// framedByStatus reports whether no header field has a say in how m is framed.
func framedByStatus(m *framingFacts) bool {
	return m.response && (m.method == methodConnect && m.status/100 == 2 || m.method == methodHead ||
		m.status/100 == 1 || m.status == 204 || m.status == 304)
}

// codingDoubt says what is doubtful about a Transfer-Encoding, "" when nothing is.
func codingDoubt(m *framingFacts) Code {
	te := &m.fields.coding
	switch {
	// 3. "If a message is received with both a Transfer-Encoding and a Content-Length header field, the
	// Transfer-Encoding overrides the Content-Length."
	case m.fields.length.present:
		return LengthAndChunked
	// §6.1: "A server or client that receives an HTTP/1.0 message containing a Transfer-Encoding header field MUST
	// treat the message as if the framing is faulty".
	case m.http10:
		return CodingInHTTP10
	// §6.1: "A sender MUST NOT apply the chunked transfer coding more than once to a message body".
	case te.chunked > 1:
		return CodingRepeated
	case te.disguised:
		return CodingDisguised
	case !te.final && !m.response:
		return CodingNotFinal
	}
	return ""
}

func lengthFraming(n int64) Framing {
	if n == 0 {
		return None
	}
	return ContentLength
}

// expectDoubt says whether the Expect of a request makes its end doubtful. It announces a body: who waits for one although
// there is none, or does not see what another sees in the field, loses step.
func expectDoubt(m *framingFacts, f Framing) Code {
	if m.response || m.fields.expect == expectsNothing || m.fields.expect == expects && f != None {
		return ""
	}
	return ExpectOdd
}
