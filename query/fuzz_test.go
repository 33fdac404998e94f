package query

import (
	"errors"
	"strings"
	"testing"
)

// FuzzQuery compiles any text and asks it of records: no panic, and errors that point into the text.
func FuzzQuery(f *testing.F) {
	for _, text := range []string{
		`status >= 500`, `any(request.headers, .name == "Host")`, `tcp.close.kind in ["reset"] ? true : not complete`, `record.len > 1 ?? false`,
		`cidr(server.ip, "::/0")`, `let x = url; x contains "a"`, `request.headers[-1].name == nil`, `1 / status > 0`, "\x1b", `missing | len() > 0`,
	} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		q, err := Compile(text)
		if err != nil {
			var e *Error
			if !errors.As(err, &e) || e.At < 0 || e.At > len(text) || strings.Contains(e.Error(), "\x1b") {
				t.Fatalf("%q", err)
			}
			return
		}
		q.Match(exchange())
		q.Match(connection())
	})
}
