package semantics

import "testing"

func TestResolveLocation(t *testing.T) {
	// RFC 3986 §5.4.1 and §5.4.2; fragments are not part of what is asked for, and paths are never empty.
	const base = "http://a/b/c/d;p?q"
	for in, want := range map[string]string{
		"g:h": "g:h", "g": "http://a/b/c/g", "./g": "http://a/b/c/g", "g/": "http://a/b/c/g/", "/g": "http://a/g", "//g": "http://g/",
		"?y": "http://a/b/c/d;p?y", "g?y": "http://a/b/c/g?y", "#s": "http://a/b/c/d;p?q", "g#s": "http://a/b/c/g", "g?y#s": "http://a/b/c/g?y",
		";x": "http://a/b/c/;x", "g;x": "http://a/b/c/g;x", "g;x?y#s": "http://a/b/c/g;x?y", ".": "http://a/b/c/", "./": "http://a/b/c/",
		"..": "http://a/b/", "../": "http://a/b/", "../g": "http://a/b/g", "../..": "http://a/", "../../": "http://a/", "../../g": "http://a/g",
		"../../../g": "http://a/g", "../../../../g": "http://a/g", "/./g": "http://a/g", "/../g": "http://a/g", "g.": "http://a/b/c/g.",
		".g": "http://a/b/c/.g", "g..": "http://a/b/c/g..", "..g": "http://a/b/c/..g", "./../g": "http://a/b/g", "./g/.": "http://a/b/c/g/",
		"g/./h": "http://a/b/c/g/h", "g/../h": "http://a/b/c/h", "g;x=1/./y": "http://a/b/c/g;x=1/y", "g;x=1/../y": "http://a/b/c/y",
		"g?y/./x": "http://a/b/c/g?y/./x", "g?y/../x": "http://a/b/c/g?y/../x", "g#s/./x": "http://a/b/c/g", "http:g": "http:g",
		"HTTPS://Host.Example:443": "https://host.example/", "http://h:80?x": "http://h/?x", "http://h:8080/": "http://h:8080/", "": "", "a\r\nb": "",
	} {
		if got := ResolveLocation(base, in); got != want {
			t.Errorf("%q is %q, want %q", in, got, want)
		}
	}
	if got := ResolveLocation("http://a", "g"); got != "http://a/g" {
		t.Errorf("beside an empty path: %q", got)
	}
}

func TestRedirectMethod(t *testing.T) {
	for _, c := range []struct {
		status       uint16
		method, want string
	}{{301, "GET", "GET"}, {301, "POST", "GET"}, {302, "POST", "GET"}, {302, "PUT", "PUT"}, {303, "PUT", "GET"}, {303, "HEAD", "HEAD"}, {307, "POST", "POST"}, {308, "POST", "POST"}} {
		if got := RedirectMethod(c.status, c.method); got != c.want {
			t.Errorf("%+v: %s", c, got)
		}
	}
	for status, want := range map[uint16]bool{300: true, 301: true, 302: true, 303: true, 304: false, 305: false, 307: true, 308: true, 200: false} {
		if Redirects(status) != want {
			t.Errorf("%d: %v", status, !want)
		}
	}
}

func TestHost(t *testing.T) {
	for in, want := range map[string]string{"Example.com:80": "example.com", "a": "a", "[::1]:80": "::1", "u:p@h:1": "h", "": "", "[": ""} {
		if got := Host(in); got != want {
			t.Errorf("Host(%q) = %q, want %q", in, got, want)
		}
	}
}

// A path that begins with two slashes is not taken for an authority when the URL is read again.
func TestLocationWithoutAuthority(t *testing.T) {
	const want = "a:/.//b.N"
	if got := ResolveLocation("a:/c", ".//b.N"); got != want {
		t.Errorf("%q, want %q", got, want)
	}
	if got := NormalURL(want); got != want {
		t.Errorf("%q again, want %q", got, want)
	}
}
