package grpc

import (
	"strconv"
	"strings"
	"time"
)

// statusNames are the names of status codes, by code.
var statusNames = [...]string{"OK", "CANCELLED", "UNKNOWN", "INVALID_ARGUMENT", "DEADLINE_EXCEEDED", "NOT_FOUND", "ALREADY_EXISTS",
	"PERMISSION_DENIED", "RESOURCE_EXHAUSTED", "FAILED_PRECONDITION", "ABORTED", "OUT_OF_RANGE", "UNIMPLEMENTED", "INTERNAL",
	"UNAVAILABLE", "DATA_LOSS", "UNAUTHENTICATED"}

// StatusName returns the name of a status code, "" for one that gRPC does not know.
func StatusName(code uint32) string {
	if int64(code) < int64(len(statusNames)) {
		return statusNames[code]
	}
	return ""
}

// ParseStatus reads the value of grpc-status: decimal without sign.
func ParseStatus(s string) (code uint32, ok bool) {
	n, err := strconv.ParseUint(s, 10, 32)
	return uint32(n), err == nil && s[0] != '+'
}

// Message undoes the percent-encoding of grpc-message. What is no valid encoding stays as it is.
func Message(s string) string {
	if !strings.Contains(s, "%") {
		return s
	}
	b := make([]byte, 0, len(s))
	for i := 0; i < len(s); i++ {
		if s[i] == '%' && i+2 < len(s) {
			if v, err := strconv.ParseUint(s[i+1:i+3], 16, 8); err == nil {
				b = append(b, byte(v))
				i += 2
				continue
			}
		}
		b = append(b, s[i])
	}
	return string(b)
}

// Split splits a path, "/package.Service/Method".
func Split(path string) (service, method string, ok bool) {
	path, _, _ = strings.Cut(path, "?")
	i := strings.LastIndexByte(path, '/')
	if i < 1 || path[0] != '/' || i == len(path)-1 {
		return "", "", false
	}
	return path[1:i], path[i+1:], true
}

// Timeout reads grpc-timeout: at most eight digits and a unit.
func Timeout(s string) (d time.Duration, ok bool) {
	if len(s) < 2 || len(s) > 9 {
		return 0, false
	}
	n, err := strconv.ParseUint(s[:len(s)-1], 10, 63)
	if err != nil || s[0] == '+' {
		return 0, false
	}
	var unit time.Duration
	switch s[len(s)-1] {
	case 'H':
		unit = time.Hour
	case 'M':
		unit = time.Minute
	case 'S':
		unit = time.Second
	case 'm':
		unit = time.Millisecond
	case 'u':
		unit = time.Microsecond
	case 'n':
		unit = time.Nanosecond
	default:
		return 0, false
	}
	const most = 1<<63 - 1
	if n > uint64(most/unit) {
		return most, true // 99,999,999 hours are longer than a Duration can be
	}
	return time.Duration(n) * unit, true
}

// Media says what a media type is: gRPC, gRPC-Web, and the latter in base64.
func Media(contentType string) (is, web, text bool) {
	rest, ok := strings.CutPrefix(contentType, "application/grpc")
	if !ok {
		return false, false, false
	}
	switch {
	case rest == "" || rest[0] == '+':
		return true, false, false
	case rest == "-web" || strings.HasPrefix(rest, "-web+"):
		return true, true, false
	case rest == "-web-text" || strings.HasPrefix(rest, "-web-text+"):
		return true, true, true
	}
	return false, false, false
}
