package semantics

import (
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestChallenges(t *testing.T) {
	for name, c := range map[string]struct {
		lines []string
		want  []Challenge
	}{
		"RFC 9110 §11.6.1": {
			[]string{`WWW-Authenticate: Basic realm="simple", Newauth realm="apps", type=1, title="Login to \"apps\""`},
			[]Challenge{{"Basic", "simple", []string{"realm"}}, {"Newauth", "apps", []string{"realm", "type", "title"}}},
		},
		"RFC 7616 §3.9.1": {
			[]string{`WWW-Authenticate: Digest realm="http-auth@example.org", qop="auth, auth-int", algorithm=SHA-256, nonce="7y", opaque="FQ"`},
			[]Challenge{{"Digest", "http-auth@example.org", []string{"realm", "qop", "algorithm", "nonce", "opaque"}}},
		},
		"several lines": {
			[]string{"WWW-Authenticate: Negotiate", "WWW-Authenticate: NTLM TlRMTVNTUAACAAAA==", "WWW-Authenticate: Bearer"},
			[]Challenge{{Scheme: "Negotiate"}, {Scheme: "NTLM"}, {Scheme: "Bearer"}},
		},
		"spaces around =": {[]string{`WWW-Authenticate: Basic realm = "x", charset = UTF-8`}, []Challenge{{"Basic", "x", []string{"realm", "charset"}}}},
		"no scheme":       {[]string{`WWW-Authenticate: realm="x"`}, nil},
		"empty":           {[]string{`WWW-Authenticate:`}, nil},
	} {
		if d := cmp.Diff(c.want, section(c.lines...).Challenges(WWWAuthenticate)); d != "" {
			t.Errorf("%s (-want +got)\n%s", name, d)
		}
	}
}

func TestChallengesAreBounded(t *testing.T) {
	if got := section("WWW-Authenticate: " + strings.Repeat("Basic, ", 1000)).Challenges(WWWAuthenticate); len(got) != maxChallenges {
		t.Errorf("%d challenges", len(got))
	}
	if got := section("WWW-Authenticate: Basic a=b" + strings.Repeat(", a=b", 1000)).Challenges(WWWAuthenticate); len(got[0].Params) != maxParams {
		t.Errorf("%d parameters", len(got[0].Params))
	}
}

// A credential is told by its scheme, and its parameters by name where that cannot be part of the secret.
func TestCredentials(t *testing.T) {
	for in, c := range map[string]struct {
		scheme string
		params []string
	}{
		"Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ==": {"Basic", nil},
		"Bearer mF_9.B5f-4.1JqM":             {"Bearer", nil},
		"Bearer secret=also":                 {"Bearer", nil},
		`Digest username="Mufasa", realm="x, y", uri="/", response="87", s3cret="x"`: {"Digest", []string{"username", "realm", "uri", "response"}},
		"mF_9.B5f-4.1JqM": {"", nil},
		"averyveryveryverylongsecretword continued": {"", nil},
		"": {"", nil},
		"AWS4-HMAC-SHA256 Credential=AKID/x, SignedHeaders=host, Signature=fe": {"AWS4-HMAC-SHA256", []string{"credential", "signedheaders", "signature"}},
	} {
		scheme, params := section("Authorization: " + in).Credentials(Authorization)
		if scheme != c.scheme || !slices.Equal(params, c.params) {
			t.Errorf("%q: %q %q", in, scheme, params)
		}
	}
}
