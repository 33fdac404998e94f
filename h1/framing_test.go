package h1

import "testing"

func TestFrame(t *testing.T) {
	const request, response = false, true
	type facts struct {
		response bool
		status   uint16
		method   methodKind
		http10   bool
		headers  string
	}
	tests := []struct {
		name   string
		in     facts
		want   Framing
		length int64
		code   Code
	}{
		{"step 1: HEAD", facts{response, 200, methodHead, false, "Content-Length: 5\n"}, None, 0, ""},
		{"step 1: HEAD, chunked", facts{response, 200, methodHead, false, "Transfer-Encoding: chunked\n"}, None, 0, ""},
		{"step 1: 1xx", facts{response, 150, methodOther, false, "Content-Length: 5\n"}, None, 0, ""},
		{"step 1: 204", facts{response, 204, methodOther, false, "Content-Length: 5\n"}, None, 0, ""},
		{"step 1: 304", facts{response, 304, methodOther, false, "Content-Length: 5\n"}, None, 0, ""},
		{"205 is not of step 1", facts{response, 205, methodOther, false, "Content-Length: 5\n"}, ContentLength, 5, ""},
		{"step 2: CONNECT 2xx", facts{response, 299, methodConnect, false, "Content-Length: 5\n"}, Tunnel, 0, ""},
		{"step 2: CONNECT 204 has no body before it is a tunnel", facts{response, 204, methodConnect, false, ""}, Tunnel, 0, ""},
		{"step 2: CONNECT refused", facts{response, 407, methodConnect, false, "Content-Length: 5\n"}, ContentLength, 5, ""},
		{"step 3: both", facts{request, 0, methodOther, false, "Content-Length: 5\nTransfer-Encoding: chunked\n"}, Chunked, 0, LengthAndChunked},
		{"step 3: both, response not final", facts{response, 200, methodOther, false, "Content-Length: 5\nTransfer-Encoding: gzip\n"}, ContentLength, 5, LengthAndChunked},
		{"step 4: chunked", facts{request, 0, methodOther, false, "Transfer-Encoding: chunked\n"}, Chunked, 0, ""},
		{"step 4: in two fields", facts{response, 200, methodOther, false, "Transfer-Encoding: gzip\ntransfer-encoding: , CHUNKED ,\n"}, Chunked, 0, ""},
		{"step 4: with parameters", facts{response, 200, methodOther, false, "Transfer-Encoding: chunked ;x=y\n"}, Chunked, 0, CodingDisguised},
		{"step 4: response, not final", facts{response, 200, methodOther, false, "Transfer-Encoding: chunked, gzip\n"}, ToClose, 0, CodingDisguised},
		{"step 4: request, not final", facts{request, 0, methodOther, false, "Transfer-Encoding: chunked, gzip\n"}, ToClose, 0, CodingDisguised},
		{"step 4: request, no chunked", facts{request, 0, methodOther, false, "Transfer-Encoding: gzip\n"}, ToClose, 0, CodingNotFinal},
		{"step 4: unknown coding", facts{request, 0, methodOther, false, "Transfer-Encoding: xchunked\n"}, ToClose, 0, CodingDisguised},
		{"step 4: twice", facts{response, 200, methodOther, false, "Transfer-Encoding: chunked, chunked\n"}, Chunked, 0, CodingRepeated},
		{"step 4: HTTP/1.0", facts{response, 200, methodOther, true, "Transfer-Encoding: chunked\n"}, Chunked, 0, CodingInHTTP10},
		{"identity is no coding", facts{response, 200, methodOther, false, "Transfer-Encoding: identity\n"}, ToClose, 0, ""},
		{"step 5: invalid, request", facts{request, 0, methodOther, false, "Content-Length: +5\n"}, None, 0, LengthInvalid},
		{"step 5: invalid, response", facts{response, 200, methodOther, false, "Content-Length: 0x5\n"}, ToClose, 0, LengthInvalid},
		{"step 5: empty", facts{response, 200, methodOther, false, "Content-Length:\n"}, ToClose, 0, LengthInvalid},
		{"step 5: one invalid of two", facts{response, 200, methodOther, false, "Content-Length: 5\nContent-Length: x\n"}, ToClose, 0, LengthInvalid},
		{"step 5: too big", facts{response, 200, methodOther, false, "Content-Length: 99999999999999999999\n"}, ToClose, 0, LengthInvalid},
		{"step 5: equal list", facts{response, 200, methodOther, false, "Content-Length: 5, 05\n"}, ContentLength, 5, ""},
		{"step 5: conflict", facts{response, 200, methodOther, false, "Content-Length: 5, 6\n"}, ContentLength, 5, LengthConflict},
		{"step 6: length", facts{request, 0, methodOther, false, "Content-Length: 5\n"}, ContentLength, 5, ""},
		{"step 6: length 0", facts{response, 200, methodOther, false, "Content-Length: 0\n"}, None, 0, ""},
		{"step 7: request", facts{request, 0, methodOther, false, ""}, None, 0, ""},
		{"step 8: response", facts{response, 200, methodOther, false, ""}, ToClose, 0, ""},
		{"step 8: response without a request", facts{response, 200, methodUnknown, false, ""}, ToClose, 0, ""},
	}
	for _, tt := range tests {
		m := framingFacts{response: tt.in.response, status: tt.in.status, method: tt.in.method, http10: tt.in.http10}
		_, l := findLines([]byte(tt.in.headers), nil)
		new(Room).parseFields(tt.in.headers, l, false, &m.fields)
		if f, length, code := frame(&m); f != tt.want || length != tt.length || code != tt.code {
			t.Errorf("%s: %v %d %q, want %v %d %q", tt.name, f, length, code, tt.want, tt.length, tt.code)
		}
	}
}
