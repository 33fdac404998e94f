package extract

import (
	"net/url"
	"strings"
	"unicode"
	"unicode/utf8"
)

// maxName bounds a name in bytes, its number included: file systems take 255, some tools 143 (eCryptfs).
const maxName = 120

// maxExtension bounds what is taken for the extension of a name, without its dot.
const maxExtension = 10

// name returns a file name for the body of a URL, split before its extension. It is made of letters, digits, dots, hyphens and
// underscores, begins with a letter, a digit or an underscore, is no device of Windows, and fits any file system. The query
// is left out: it is long, and it may hold secrets.
func name(host, path, suffix, mediaType string) (stem, extension string) {
	if _, rest, ok := strings.Cut(path, "://"); ok && path[0] != '/' { // as sent to a proxy, with the host and perhaps a password
		_, path, _ = strings.Cut(rest, "/")
	}
	path, _, _ = strings.Cut(path, "?")
	path, _, _ = strings.Cut(path, "#")
	if decoded, err := url.PathUnescape(path); err == nil {
		path = decoded
	}
	path = strings.ReplaceAll(path, `\`, "/")
	if strings.HasSuffix(path, "/") || path == "" {
		path += "index"
	}
	parts := []string{host[strings.LastIndexByte(host, '@')+1:]}
	for p := range strings.SplitSeq(path, "/") {
		if p = strings.Trim(p, ". "); p != "" {
			parts = append(parts, p)
		}
	}
	last := len(parts) - 1
	if last > 0 {
		parts[last], extension = splitExtension(parts[last])
	}
	if extension == "" {
		extension = extensions[mediaType]
	}
	stem = harmless(strings.Join(parts, "_") + suffix)
	stem = strings.TrimLeft(stem, ".-")
	if base, _, _ := strings.Cut(stem, "."); stem == "" || isDevice(base) {
		stem = "_" + stem
	}
	const number = len("-100000")
	return strings.TrimRight(clip(stem, maxName-maxExtension-1-number), ".- "), extension
}

// splitExtension cuts a short extension of letters and digits off a file name, with its dot.
func splitExtension(s string) (stem, extension string) {
	i := strings.LastIndexByte(s, '.')
	if i <= 0 || i == len(s)-1 || len(s)-i-1 > maxExtension {
		return s, ""
	}
	for _, c := range []byte(s[i+1:]) {
		if c < '0' || c > '9' && c < 'A' || c > 'Z' && c < 'a' || c > 'z' {
			return s, ""
		}
	}
	return s[:i], s[i:]
}

// harmless replaces whatever is no letter, digit, dot, hyphen or underscore; several in a row by one underscore.
func harmless(s string) string {
	var b strings.Builder
	replaced := false
	for _, r := range s {
		if r == '.' || r == '-' || r == '_' || r != utf8.RuneError && (unicode.IsLetter(r) || unicode.IsDigit(r)) {
			b.WriteRune(r)
			replaced = false
			continue
		}
		if !replaced {
			b.WriteByte('_')
		}
		replaced = true
	}
	return b.String()
}

// clip returns at most n bytes of s, whole characters.
func clip(s string, n int) string {
	if len(s) <= n {
		return s
	}
	for n > 0 && !utf8.RuneStart(s[n]) {
		n--
	}
	return s[:n]
}

// isDevice reports whether Windows takes a file of that name, whatever its extension, for a device.
func isDevice(base string) bool {
	base = strings.ToLower(base)
	switch base {
	case "con", "prn", "aux", "nul", "conin$", "conout$":
		return true
	}
	return len(base) == 4 && (strings.HasPrefix(base, "com") || strings.HasPrefix(base, "lpt")) && base[3] >= '0' && base[3] <= '9'
}

// extensions are those that files of a media type get where the URL has none.
var extensions = map[string]string{
	"text/html": ".html", "text/plain": ".txt", "text/css": ".css", "text/csv": ".csv", "text/xml": ".xml",
	"text/javascript": ".js", "application/javascript": ".js", "application/x-javascript": ".js",
	"application/json": ".json", "application/xml": ".xml", "application/pdf": ".pdf", "application/zip": ".zip",
	"application/gzip": ".gz", "application/wasm": ".wasm", "application/ocsp-response": ".ors", "application/ocsp-request": ".orq",
	"image/png": ".png", "image/jpeg": ".jpg", "image/gif": ".gif", "image/webp": ".webp", "image/avif": ".avif",
	"image/svg+xml": ".svg", "image/x-icon": ".ico", "image/vnd.microsoft.icon": ".ico",
	"font/woff": ".woff", "font/woff2": ".woff2", "video/mp4": ".mp4", "video/webm": ".webm", "audio/mpeg": ".mp3",
	"application/octet-stream": ".bin",
}
