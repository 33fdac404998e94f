package semantics

import "testing"

func TestAcceptsType(t *testing.T) {
	// RFC 9110 §12.5.1, without the parameters that are not looked at.
	s := section("Accept: text/*;q=0.3, text/plain;q=0.7, text/html;level=1, */*;q=0.5")
	for mediaType, want := range map[string]int{"text/plain": 700, "text/html": 1000, "text/css": 300, "image/jpeg": 500} {
		if q, asked := s.AcceptsType(mediaType); q != want || !asked {
			t.Errorf("%s: %d", mediaType, q)
		}
	}
	if q, asked := section("Accept: audio/*; q=0.2, audio/basic").AcceptsType("image/png"); q != 0 || !asked {
		t.Errorf("image/png: %d %v", q, asked)
	}
	if _, asked := section().AcceptsType("image/png"); asked {
		t.Error("asked without a field")
	}
}

func TestAcceptsCoding(t *testing.T) {
	for _, c := range []struct {
		accept, coding string
		want           int
	}{ // RFC 9110 §12.5.3
		{"compress, gzip", "gzip", 1000}, {"compress, gzip", "br", 0}, {"compress, gzip", "identity", 1000},
		{"", "gzip", 0}, {"", "identity", 1000}, {"*", "br", 1000},
		{"compress;q=0.5, gzip;q=1.0", "compress", 500}, {"gzip;q=1.0, identity; q=0.5, *;q=0", "identity", 500},
		{"gzip;q=1.0, identity; q=0.5, *;q=0", "br", 0}, {"gzip, *;q=0", "identity", 0}, {"gzip", "x-gzip", 1000},
	} {
		if q, asked := section("Accept-Encoding: " + c.accept).AcceptsCoding(c.coding); q != c.want || !asked {
			t.Errorf("%+v: %d %v", c, q, asked)
		}
	}
	if _, asked := section().AcceptsCoding("gzip"); asked {
		t.Error("asked without a field")
	}
}

func TestAcceptsLanguage(t *testing.T) {
	s := section("Accept-Language: da, en-gb;q=0.8, en;q=0.7") // RFC 9110 §12.5.4
	for tag, want := range map[string]int{"da": 1000, "da-DK": 1000, "en-GB": 800, "en-US": 700, "en": 700, "dan": 0, "de": 0} {
		if q, asked := s.AcceptsLanguage(tag); q != want || !asked {
			t.Errorf("%s: %d", tag, q)
		}
	}
}

func TestThousandths(t *testing.T) {
	for in, want := range map[string]int{"0": 0, "1": 1000, "0.5": 500, "0.001": 1, "1.000": 1000, "0.": 0, "1.001": 1000, "0.1234": 1000, "": 1000, "x": 1000, "99999999999999999999": 1000} {
		if got := thousandths(in); got != want {
			t.Errorf("thousandths(%q) = %d, want %d", in, got, want)
		}
	}
}
