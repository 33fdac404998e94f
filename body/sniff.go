package body

import (
	"bytes"
	"strings"
	"unicode/utf8"
)

// sniffBytes is how much of a body is looked at, as WHATWG's MIME Sniffing §5.1 does, but for tar, whose mark is at 257.
const sniffBytes = 512

// magic is what files of a media type begin with.
type magic struct {
	offset int
	bytes  string
	media  string
}

// magics are asked in order. They are of what servers send and what is worth noticing when it is sent as something else.
var magics = []magic{
	{0, "\x89PNG\r\n\x1a\n", "image/png"},
	{0, "\xff\xd8\xff", "image/jpeg"},
	{0, "GIF87a", "image/gif"},
	{0, "GIF89a", "image/gif"},
	{8, "WEBP", "image/webp"},
	{4, "ftypavif", "image/avif"},
	{4, "ftypheic", "image/heic"},
	{0, "\x00\x00\x01\x00", "image/x-icon"},
	{0, "BM", "image/bmp"},
	{0, "II*\x00", "image/tiff"},
	{0, "MM\x00*", "image/tiff"},
	{0, "%PDF-", "application/pdf"},
	{0, "%!PS-Adobe-", "application/postscript"},
	{0, "PK\x03\x04", "application/zip"},
	{0, "PK\x05\x06", "application/zip"},
	{0, "\x1f\x8b\x08", "application/gzip"},
	{0, "BZh", "application/x-bzip2"},
	{0, "\xfd7zXZ\x00", "application/x-xz"},
	{0, "\x28\xb5\x2f\xfd", "application/zstd"},
	{0, "7z\xbc\xaf\x27\x1c", "application/x-7z-compressed"},
	{0, "Rar!\x1a\x07", "application/vnd.rar"},
	{0, "MSCF\x00\x00\x00\x00", "application/vnd.ms-cab-compressed"},
	{257, "ustar", "application/x-tar"},
	{0, "!<arch>\n", "application/x-archive"},
	{0, "\x7fELF", "application/x-elf"},
	{0, "MZ", "application/vnd.microsoft.portable-executable"},
	{0, "\xfe\xed\xfa\xce", "application/x-mach-binary"},
	{0, "\xfe\xed\xfa\xcf", "application/x-mach-binary"},
	{0, "\xcf\xfa\xed\xfe", "application/x-mach-binary"},
	{0, "\xca\xfe\xba\xbe", "application/java-vm"},
	{0, "dex\n035", "application/vnd.android.dex"},
	{0, "\x00asm", "application/wasm"},
	{0, "\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "application/x-ole-storage"},
	{0, "{\\rtf", "application/rtf"},
	{0, "wOFF", "font/woff"},
	{0, "wOF2", "font/woff2"},
	{0, "OTTO", "font/otf"},
	{0, "\x00\x01\x00\x00\x00", "font/ttf"},
	{8, "WAVE", "audio/wave"},
	{8, "AVI ", "video/avi"},
	{0, "ID3", "audio/mpeg"},
	{0, "\xff\xfb", "audio/mpeg"},
	{0, "fLaC", "audio/flac"},
	{0, "OggS\x00", "application/ogg"},
	{0, "\x1a\x45\xdf\xa3", "video/webm"},
	{0, "FLV\x01", "video/x-flv"},
	{4, "ftyp", "video/mp4"},
	{0, "FWS", "application/x-shockwave-flash"},
	{0, "CWS", "application/x-shockwave-flash"},
	{0, "SQLite format 3\x00", "application/vnd.sqlite3"},
	{0, "Cr24", "application/x-chrome-extension"},
	{0, "\xd4\xc3\xb2\xa1", "application/vnd.tcpdump.pcap"},
	{0, "\xa1\xb2\xc3\xd4", "application/vnd.tcpdump.pcap"},
	{0, "-----BEGIN ", "application/x-pem-file"},
	{0, "#!", "text/x-shellscript"},
}

// riff says that the mark at offset 8 counts in RIFF files only.
func (m *magic) riff() bool { return m.offset == 8 }

// markup are the beginnings of text that are recognised behind white space, whatever their case.
var markup = []magic{
	{0, "<!doctype html", "text/html"},
	{0, "<html", "text/html"},
	{0, "<head", "text/html"},
	{0, "<body", "text/html"},
	{0, "<script", "text/html"},
	{0, "<svg", "image/svg+xml"},
	{0, "<?php", "application/x-httpd-php"},
	{0, "<?xml", "text/xml"},
	{0, "<!--", "text/html"},
}

// Sniff returns the media type that the first bytes of a body are of, "" if they tell nothing.
func Sniff(b []byte) string {
	for i := range magics {
		m := &magics[i]
		if len(b) >= m.offset && bytes.HasPrefix(b[m.offset:], []byte(m.bytes)) && (!m.riff() || bytes.HasPrefix(b, []byte("RIFF"))) {
			return m.media
		}
	}
	t := strings.ToLower(string(bytes.TrimLeft(bytes.TrimPrefix(b, []byte("\xef\xbb\xbf")), " \t\r\n\f")))
	for i := range markup {
		if strings.HasPrefix(t, markup[i].bytes) {
			return markup[i].media
		}
	}
	return sniffPlain(b, t)
}

// sniffPlain tells text from what is none. Objects and lists are called JSON if their second character fits.
func sniffPlain(b []byte, t string) string {
	whole := b[:len(b)-halfRune(b)]
	switch {
	case len(b) == 0 || !utf8.Valid(whole) || !printable(string(whole)):
		return ""
	case beginsJSON(t):
		return "application/json"
	}
	return "text/plain"
}

func beginsJSON(t string) bool {
	if t == "" || t[0] != '{' && t[0] != '[' {
		return false
	}
	rest := strings.TrimLeft(t[1:], " \t\r\n")
	if rest == "" {
		return false
	}
	if t[0] == '{' {
		return rest[0] == '"' || rest[0] == '}'
	}
	return strings.ContainsRune(`"{[]-0123456789tfn`, rune(rest[0]))
}
