package output

import (
	"strings"
	"testing"

	"hanalyze"
)

func TestMasking(t *testing.T) {
	for _, c := range []struct{ name, value, want string }{
		{"Cookie", "a=1; b=2", "a=***; b=***"},
		{"cookie", "a=1;b=2;", "a=***;b=***;"},
		{"COOKIE", "token", "***"},
		{"Cookie", "", ""},
		{"Cookie", "a=b=c; d=", "a=***; d=***"},
		{"Set-Cookie", "sid=abc; Path=/", "sid=***; Path=/"},
		{"set-cookie", "sid=abc; Secure; HttpOnly; SameSite=Lax; Max-Age=60", "sid=***; Secure; HttpOnly; SameSite=Lax; Max-Age=60"},
		{"Set-Cookie", "sid=abc; expires=Wed, 01 May 2024 10:00:00 GMT", "sid=***; expires=Wed, 01 May 2024 10:00:00 GMT"},
		{"Set-Cookie", `sid="a; bc"; Path=/`, "sid=***; ***; Path=/"},
		{"Set-Cookie", "a=1; Path=/, b=secret; Path=/", "a=***; Path=***; Path=/"},
		{"Set-Cookie", "Path=/; b=2", "Path=***; b=***"},
		{"Authorization", "Basic xyz", "Basic ***"},
		{"authorization", `Digest username="u", response="r"`, "Digest ***"},
		{"Authorization", "rawsecret", "***"},
		{"Authorization", "a-very-long-word-that-is-no-scheme rest", "***"},
		{"Authorization", " secret", "***"},
		{"Authorization", "", ""},
		{"Proxy-Authorization", "Bearer t", "Bearer ***"},
		{"Host", "a=1; b=2", "a=1; b=2"},
		{"Cookie2", "a=1", "a=1"},
		{"X-Auth-Token1", "Basic xyz", "Basic xyz"},
		{"Authorization\x00", "Basic xyz", "Basic ***"},
		{"\x00 Cookie\t", "a=1", "a=***"},
		{"\x00", "a=1", "a=1"},
		{"Location", "http://u:secret@b.example/a@b", "http://u:***@b.example/a@b"},
		{"location", "//token@b.example", "//***@b.example"},
		{"Location", "/a@b", "/a@b"},
		{"Location", "/a?b=//c:d@e", "/a?b=//c:d@e"},
		{"Referer", "http://a:b:c@d@e.example:80?x", "http://a:***@e.example:80?x"},
		{"Host", "u:secret@a.example", "u:***@a.example"},
		{"host", "secret@a.example", "***@a.example"},
		{"Content-Location", "https://u:@a.example#f", "https://u:***@a.example#f"},
		{":authority", "u:secret@a.example", "u:***@a.example"},
		{"Fros", "u:secret@a.example", "u:secret@a.example"},
	} {
		if got := string(appendMasked(nil, c.name, c.value)); got != c.want {
			t.Errorf("%s: %s: got %q, want %q", c.name, c.value, got, c.want)
		}
	}
}

// Secrets are masked wherever a record has headers, and shown only when asked for.
func TestMaskingEverywhere(t *testing.T) {
	secret := []hanalyze.Header{{Name: "aUthorization", Value: "Bearer SECRET"}, {Name: "set-cookie", Value: "s=SECRET"}}
	h := exampleHTTP()
	for _, m := range []*hanalyze.HTTPMessage{h.Request, h.Response} {
		m.Headers, m.Trailers = secret, secret
		m.Interim = []hanalyze.HTTPInterim{{Status: 103, Headers: secret}}
	}
	frame := &hanalyze.HTTP2Frame{Envelope: h.Envelope, Headers: secret}
	for _, r := range []hanalyze.Record{h, frame} {
		if got := string(NewJSON(Options{}).Append(nil, r)); strings.Contains(got, "SECRET") {
			t.Errorf("a secret in %s", got)
		}
		if got := string(NewJSON(Options{ShowSecrets: true}).Append(nil, r)); !strings.Contains(got, "Bearer SECRET") {
			t.Errorf("no secret in %s", got)
		}
	}
}

// No value of a masked header gets out, whatever it looks like: what is left is structure and attributes.
func FuzzMasking(f *testing.F) {
	f.Add("sid=", "; Path=/")
	f.Add("a=1; b=", ", c=\"x")
	f.Fuzz(func(t *testing.T, before, after string) {
		const secret = "S3CR3T"
		if strings.Contains(before+after, "3") || !strings.HasSuffix(before, "=") {
			return
		}
		if got := string(appendMasked(nil, "Cookie", before+secret+after)); strings.Contains(got, secret) {
			t.Errorf("%q", got)
		}
	})
}
