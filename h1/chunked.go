package h1

// chunked removes the chunk framing of RFC 9112 §7.1. Nothing is carried: sizes are summed digit by digit.
//
//	sizeDigits → sizePad → sizeExt → sizeLF → data → dataCR → dataLF → sizeDigits …, until a chunk of size 0
type chunked struct {
	state  chunkState
	digits int   // digits of the size seen
	line   int   // bytes of the size line seen
	left   int64 // the size, then what is left of the chunk's data
	chunks int64 // chunks begun, the last one not counted
}

type chunkState uint8

const (
	sizeDigits chunkState = iota // in the size
	sizePad                      // white space after the size, which old servers send
	sizeExt                      // in extensions, which are skipped
	sizeLF                       // after the CR of the size line
	chunkData                    // in the data
	dataCR                       // data over, CR or LF due
	dataLF                       // after the CR that ends the data
)

// next reads a piece of b: n bytes are taken, of which data is body. last reports that the chunk of size 0 was read and
// trailers follow. With a code nothing is taken: the byte offered cannot stand there.
func (k *chunked) next(b []byte) (n int, data []byte, last bool, code Code) {
	if k.state == chunkData {
		n = int(min(int64(len(b)), k.left))
		k.skip(int64(n))
		return n, b[:n], false, ""
	}
	for n < len(b) && k.state != chunkData {
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

// step reads one byte of framing.
func (k *chunked) step(c byte) (last bool, code Code) {
	switch k.state {
	case dataCR, dataLF:
		return false, k.stepDataEnd(c)
	case chunkData:
		return false, ""
	case sizeDigits, sizePad, sizeExt, sizeLF:
	}
	if k.line++; k.line > maxChunkLine {
		return false, LimitChunkLine
	}
	if k.state == sizeDigits {
		if v, ok := hexDigit(c); ok {
			if k.left > maxLength>>4-1 {
				return false, ChunkSize
			}
			k.left = k.left<<4 | int64(v)
			k.digits++
			return false, ""
		}
		if k.digits == 0 {
			return false, ChunkSize
		}
	}
	switch {
	case c == '\n':
		return k.endSize(), ""
	case k.state == sizeLF:
		return false, ChunkSize
	case k.state == sizeExt:
	case c == '\r':
		k.state = sizeLF
	case c == ';':
		k.state = sizeExt
	case isSpace(c):
		k.state = sizePad
	default:
		return false, ChunkSize
	}
	return false, ""
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
	case c == '\n':
		k.state = sizeDigits
	case c == '\r' && k.state == dataCR:
		k.state = dataLF
	default:
		return ChunkEnd
	}
	return ""
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
