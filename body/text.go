package body

import (
	"encoding/base64"
	"encoding/binary"
	"strings"
	"unicode/utf16"
	"unicode/utf8"
)

// text returns b as text and the charset it was written in, or in base64 if it is no text. cut says that b is only the
// beginning of a body: half a character at its end is left out.
func text(b []byte, declared string, cut bool) (body, charset, base64d string) {
	s, charset, ok := decodeText(b, declared, cut)
	if !ok || !printable(s) {
		return "", "", base64.StdEncoding.EncodeToString(b)
	}
	return s, charset, ""
}

// decodeText reads b in the charset that a byte order mark or else the declaration tells, or as UTF-8. ok is false where it
// is not valid in that charset.
func decodeText(b []byte, declared string, cut bool) (s, charset string, ok bool) {
	switch {
	case strings.HasPrefix(string(b), "\xef\xbb\xbf"):
		s, ok = fromUTF8(b[3:], cut)
		return s, "utf-8", ok
	case strings.HasPrefix(string(b), "\xff\xfe"):
		s, ok = fromUTF16(b[2:], binary.LittleEndian, cut)
		return s, "utf-16le", ok
	case strings.HasPrefix(string(b), "\xfe\xff"):
		s, ok = fromUTF16(b[2:], binary.BigEndian, cut)
		return s, "utf-16be", ok
	}
	switch declared {
	case "utf-16le", "utf-16": // RFC 2781 §4.3 wants big endian without a mark; WHATWG's Encoding, what is sent
		s, ok = fromUTF16(b, binary.LittleEndian, cut)
		return s, "utf-16le", ok
	case "utf-16be":
		s, ok = fromUTF16(b, binary.BigEndian, cut)
		return s, "utf-16be", ok
	case "iso-8859-1", "latin1", "latin-1", "iso8859-1", "windows-1252", "cp1252":
		s, ok = fromLatin1(b)
		return s, "windows-1252", ok
	}
	s, ok = fromUTF8(b, cut)
	return s, "utf-8", ok
}

func fromUTF8(b []byte, cut bool) (string, bool) {
	if cut {
		b = b[:len(b)-halfRune(b)]
	}
	return string(b), utf8.Valid(b)
}

// halfRune returns how many bytes at the end of b begin a character that is not complete.
func halfRune(b []byte) int {
	for n := 1; n < utf8.UTFMax && n <= len(b); n++ {
		if c := b[len(b)-n]; utf8.RuneStart(c) {
			if !utf8.FullRune(b[len(b)-n:]) {
				return n
			}
			return 0
		}
	}
	return 0
}

func fromUTF16(b []byte, order binary.ByteOrder, cut bool) (string, bool) {
	if len(b)%2 != 0 {
		if !cut {
			return "", false
		}
		b = b[:len(b)-1]
	}
	units := make([]uint16, len(b)/2)
	for i := range units {
		units[i] = order.Uint16(b[2*i:])
	}
	if n := len(units); cut && n > 0 && utf16.IsSurrogate(rune(units[n-1])) && units[n-1] < 0xdc00 {
		units = units[:n-1]
	}
	s := string(utf16.Decode(units))
	return s, !strings.ContainsRune(s, utf8.RuneError)
}

// upper1252 are the characters that windows-1252 has where ISO 8859-1 has controls. Who declares the one means the other
// (WHATWG's Encoding, §4.2). Five places are empty.
var upper1252 = [32]rune{
	'€', 0, '‚', 'ƒ', '„', '…', '†', '‡', 'ˆ', '‰', 'Š', '‹', 'Œ', 0, 'Ž', 0,
	0, '‘', '’', '“', '”', '•', '–', '—', '˜', '™', 'š', '›', 'œ', 0, 'ž', 'Ÿ',
}

func fromLatin1(b []byte) (string, bool) {
	var s strings.Builder
	for _, c := range b {
		r := rune(c)
		if 0x80 <= c && c < 0xa0 {
			if r = upper1252[c-0x80]; r == 0 {
				return "", false
			}
		}
		s.WriteRune(r)
	}
	return s.String(), true
}

// printable reports whether s is something to read: of the controls, only those that shape text are in it.
func printable(s string) bool {
	for i := range len(s) {
		if c := s[i]; c < ' ' && c != '\n' && c != '\r' && c != '\t' && c != '\f' || c == 0x7f {
			return false
		}
	}
	return true
}
