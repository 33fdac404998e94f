package h1

// chunked removes the chunk framing of RFC 9112 §7.1. Nothing is carried: sizes are summed digit by digit.
//
//	sizeDigits → sizePad → sizeExt → sizeLF → data → dataCR → dataLF → sizeDigits …, until a chunk of size 0
type chunked struct {
	state  chunkState
	strict bool  // a size line ends with CRLF only
	crlf   bool  // the last size line ended with CRLF
	digits int   // digits of the size seen
	line   int   // bytes of the size line seen
	left   int64 // the size, then what is left of the chunk's data
	chunks int64 // chunks begun, the last one not counted

	// What the last byte taken showed: something that only some readers accept, or why a code was given.
	odd Code
	how string
}

type chunkState uint8

const (
	sizeDigits chunkState = iota // in the size
	sizePad                      // white space after the size, which old servers send
	sizeExt                      // in extensions, which are skipped
	sizeLF                       // after the CR of the size line
	extLF                        // after a CR in extensions
	chunkData                    // in the data
	dataCR                       // data over, CR or LF due
	dataLF                       // after the CR that ends the data
	dataAny                      // data over, one byte is skipped whatever it is
)

// next reads a piece of b: n bytes are taken, of which data is body. last reports that the chunk of size 0 was read and
// trailers follow. With a code the byte after n cannot stand there. It stops behind a byte that is odd.
func (k *chunked) next(b []byte) (n int, data []byte, last bool, code Code) {
	k.odd, k.how = "", ""
	if k.state == chunkData {
		n = int(min(int64(len(b)), k.left))
		k.skip(int64(n))
		return n, b[:n], false, ""
	}
	for n < len(b) && k.state != chunkData && k.odd == "" {
		if last, code = k.step(b[n]); code != "" {
			return n, nil, false, code
		}
		n++
		if last {
			return n, nil, true, ""
		}
	}
	return n, nil, false, ""
}

// skip passes over m bytes of data, seen or missing.
func (k *chunked) skip(m int64) {
	if k.left -= m; k.left == 0 {
		k.state = dataCR
	}
}

// skipLineEnd passes over n bytes of the CRLF that ends the data of a chunk.
func (k *chunked) skipLineEnd(n int64) {
	for ; n > 0; n-- {
		if k.state == dataCR {
			k.state = dataLF
		} else {
			k.state = sizeDigits
		}
	}
}

// step reads one byte of framing.
func (k *chunked) step(c byte) (last bool, code Code) {
	switch k.state {
	case dataCR, dataLF, dataAny:
		return false, k.stepDataEnd(c)
	case chunkData:
		return false, ""
	case sizeDigits, sizePad, sizeExt, sizeLF, extLF:
	}
	if k.line++; k.line > maxChunkLine {
		return false, LimitChunkLine
	}
	if k.state == sizeDigits {
		if v, ok := hexDigit(c); ok {
			return false, k.addDigit(v)
		}
		if k.digits == 0 {
			return false, k.beforeSize(c)
		}
	}
	return k.afterSize(c)
}

func (k *chunked) addDigit(v byte) Code {
	if k.left > maxLength>>4-1 {
		k.how = "it does not fit into 62 bits"
		return ChunkSizeOdd
	}
	k.left = k.left<<4 | int64(v)
	k.digits++
	return ""
}

// beforeSize reads a byte where the first digit is due.
func (k *chunked) beforeSize(c byte) Code {
	switch {
	case isSpace(c):
		k.odd, k.how = ChunkSizeOdd, "white space stands before it"
		return ""
	case c == '+' || c == '-':
		k.how = "it has a sign"
		return ChunkSizeOdd
	}
	return ChunkSize
}

// afterSize reads a byte of the size line behind the digits.
func (k *chunked) afterSize(c byte) (last bool, code Code) {
	bare := k.state != sizeLF && k.state != extLF
	switch {
	case c == '\n' && bare && k.strict:
		k.state = sizeExt
	case c == '\n':
		if k.crlf = !bare; bare {
			k.odd, k.how = ChunkLineEnd, "a bare LF ends the line of its size"
		}
		return k.endSize(), ""
	case k.state == sizeLF:
		k.how = "a bare CR follows its size"
		return false, ChunkLineEnd
	case k.state == sizeExt || k.state == extLF:
		k.extension(c)
	case c == '\r':
		k.state = sizeLF
	case c == ';':
		k.state = sizeExt
	case isSpace(c):
		k.state = sizePad
	case c|0x20 == 'x' && k.state == sizeDigits && k.digits == 1 && k.left == 0:
		k.how = "it begins with 0x"
		return false, ChunkSizeOdd
	case c == '_' && k.state == sizeDigits:
		k.how = "it has an underscore"
		return false, ChunkSizeOdd
	default:
		return false, ChunkSize
	}
	return false, ""
}

// extension reads a byte of the extensions that is no LF. RFC 9112 §7.1.1: those that are not known are ignored.
func (k *chunked) extension(c byte) {
	behindCR := k.state == extLF
	k.state = sizeExt
	switch {
	case c == '\r':
		k.state = extLF
	case c < ' ' && c != '\t' || c == 0x7f:
		k.odd, k.how = ChunkSizeOdd, "a control byte stands in its extension"
	}
	if behindCR {
		k.odd, k.how = ChunkLineEnd, "a bare CR stands in its extension"
	}
}

// endSize begins the data of a chunk and reports whether there is none.
func (k *chunked) endSize() (last bool) {
	k.digits, k.line = 0, 0
	if k.left == 0 {
		return true
	}
	k.state = chunkData
	k.chunks++
	return false
}

func (k *chunked) stepDataEnd(c byte) Code {
	switch {
	case k.state == dataAny:
		k.state = sizeDigits
	case c == '\n':
		if k.state == dataCR {
			k.odd, k.how = ChunkEnd, "a bare LF ends its data"
		}
		k.state = sizeDigits
	case c == '\r' && k.state == dataCR:
		k.state = dataLF
	default:
		k.how = "other bytes than a line end follow its data"
		return ChunkEnd
	}
	return ""
}

// otherwise returns how a reader goes on that takes the odd byte just read the other way. ok is false for one that goes on
// no further.
func (k *chunked) otherwise() (other chunked, ok bool) {
	other = *k
	switch {
	case k.odd == ChunkEnd:
		other.state = dataAny
	case k.odd == ChunkLineEnd && (k.state == sizeExt || k.state == extLF):
		if k.left == 0 {
			return other, false
		}
		other.state, other.digits, other.line = chunkData, 0, 0
		other.skip(1) // the byte behind the CR is data
	case k.odd == ChunkLineEnd:
		other.state, other.strict = sizeExt, true
	default:
		return other, false
	}
	return other, true
}

func hexDigit(c byte) (v byte, ok bool) {
	switch {
	case '0' <= c && c <= '9':
		return c - '0', true
	case 'a' <= c && c <= 'f':
		return c - 'a' + 10, true
	case 'A' <= c && c <= 'F':
		return c - 'A' + 10, true
	}
	return 0, false
}
