package body

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"hanalyze"
)

func TestForms(t *testing.T) {
	const two = "--b\r\nContent-Disposition: form-data; name=\"a\"\r\n\r\nvalue\r\n--b\r\n" +
		"Content-Disposition: form-data; name=\"f\"; filename=\"C:\\dir\\x.png\"\r\nContent-Type: image/PNG; q=1\r\n\r\nPNG\r\n-x\r\n--b--\r\nepilogue"
	for _, tc := range []struct {
		name, media, wire string
		secrets           bool
		want              []hanalyze.FormField
		files             string
	}{
		{"urlencoded", "application/x-www-form-urlencoded", "a=1&b=%41+x&&c&=d&e=", true, []hanalyze.FormField{
			{Name: "a", Bytes: 1, Value: "1"}, {Name: "b", Bytes: 3, Value: "A x"}, {Name: "c"}, {Bytes: 1, Value: "d"}, {Name: "e"}}, ""},
		{"no values", "application/x-www-form-urlencoded; charset=utf-8", "user=me&password=secret", false, []hanalyze.FormField{
			{Name: "user", Bytes: 2}, {Name: "password", Bytes: 6}}, ""},
		{"a % that is none", "application/x-www-form-urlencoded", "%=100%&p%4=%4x%&q=%%41%+", true, []hanalyze.FormField{
			{Name: "%", Bytes: 4, Value: "100%"}, {Name: "p%4", Bytes: 4, Value: "%4x%"}, {Name: "q", Bytes: 4, Value: "%A% "}}, ""},
		{"an = in the value", "application/x-www-form-urlencoded", "a=b=c", true, []hanalyze.FormField{{Name: "a", Bytes: 3, Value: "b=c"}}, ""},
		{"multipart", `multipart/form-data; boundary=b`, two, true, []hanalyze.FormField{
			{Name: "a", Bytes: 5, Value: "value"}, {Name: "f", FileName: `C:\dir\x.png`, ContentType: "image/png", Bytes: 7}},
			"begin true \"f\" \"C:\\\\dir\\\\x.png\" \"image/png\"\ndone true true\n"},
		{"quoted boundary, preamble", `multipart/form-data; boundary="b"`, "junk\r\n" + two, false, []hanalyze.FormField{
			{Name: "a", Bytes: 5}, {Name: "f", FileName: `C:\dir\x.png`, ContentType: "image/png", Bytes: 7}},
			"begin true \"f\" \"C:\\\\dir\\\\x.png\" \"image/png\"\ndone true true\n"},
		{"cut", `multipart/form-data; boundary=b`, two[:strings.Index(two, "NG\r\n")], false, []hanalyze.FormField{{Name: "a", Bytes: 5}},
			"begin true \"f\" \"C:\\\\dir\\\\x.png\" \"image/png\"\ndone false false\n"},
		{"lines that begin like a border", `multipart/form-data; boundary=b`, "--b\r\nContent-Disposition: form-data; name=a\r\n\r\n1\r\n--bc\r\n--b-\r\n--b x\r\n--b \t\r\n\r\n22\r\n--b--", false,
			[]hanalyze.FormField{{Name: "a", Bytes: 20}, {Bytes: 2}}, ""},
		{"a border at the end", `multipart/form-data; boundary=b`, "--b\r\n\r\n1\r\n--b", false, []hanalyze.FormField{{Bytes: 1}}, ""},
		{"half a border at the end", `multipart/form-data; boundary=b`, "--b\r\n\r\n1\r\n--b-", false, []hanalyze.FormField{{Bytes: 1}}, ""},
		{"a file name with its charset", `multipart/form-data; boundary=b`, "--b\r\nContent-Disposition: form-data; name=f; filename*=UTF-8''na%C3%AFve.txt\r\n\r\n1\r\n--b--", false,
			[]hanalyze.FormField{{Name: "f", FileName: "naïve.txt", Bytes: 1}}, "begin true \"f\" \"naïve.txt\" \"\"\ndone true true\n"},
		{"no form", "text/plain", "a=b", true, nil, "begin false \"\" \"\" \"text/plain\"\ndone true true\n"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			for _, cut := range []func(int) bool{nil, everyByte} {
				c, out := read(t, NewReader(Options{Keep: 100, Secrets: tc.secrets}), Head{Request: true, ContentType: tc.media}, []byte(tc.wire), true, cut)
				if d := cmp.Diff(tc.want, c.Form); d != "" {
					t.Errorf("(-want +got)\n%s", d)
				}
				if log := out.log.String(); tc.files != "" && log != tc.files {
					t.Errorf("files:\n%swant\n%s", log, tc.files)
				}
				if told := c.Body != ""; told != (tc.secrets || tc.want == nil) {
					t.Errorf("the text is told: %v", told)
				}
			}
		})
	}
}

// A form whose fields cannot be told apart has secrets in it all the same.
func TestUnreadableForm(t *testing.T) {
	for _, media := range []string{"multipart/form-data", "multipart/form-data; boundary=" + strings.Repeat("b", maxBoundary+1)} {
		for _, secrets := range []bool{false, true} {
			c, _ := read(t, NewReader(Options{Keep: 100, Secrets: secrets}), Head{Request: true, ContentType: media}, []byte("--b\r\npassword"), true, nil)
			if told := c.Body != ""; told != secrets || c.Form != nil {
				t.Errorf("%s: secrets %v: %q, %v", media, secrets, c.Body, c.Form)
			}
		}
	}
}

// A response is no form, whatever it says.
func TestFormsAreRequests(t *testing.T) {
	c, _ := read(t, NewReader(Options{}), Head{ContentType: "application/x-www-form-urlencoded"}, []byte("a=b"), true, nil)
	if c.Form != nil {
		t.Errorf("%v", c.Form)
	}
}

// The last field of a form that is cut may be cut itself.
func TestCutForm(t *testing.T) {
	r := NewReader(Options{})
	b := r.Open(Head{Request: true, ContentType: "application/x-www-form-urlencoded"}, nil)
	b.Data([]byte("name=abc&na"))
	b.Gap(3)
	b.Data([]byte("e2=x&more=y"))
	var c hanalyze.HTTPContent
	b.End(false, &c)
	if d := cmp.Diff([]hanalyze.FormField{{Name: "name", Bytes: 3}}, c.Form); d != "" {
		t.Errorf("(-want +got)\n%s", d)
	}
}

// TestFormLimits reaches each limit of form.go.
func TestFormLimits(t *testing.T) {
	head := func(media string) Head { return Head{Request: true, ContentType: media} }
	c, _ := read(t, NewReader(Options{Secrets: true}), head("application/x-www-form-urlencoded"),
		[]byte(strings.Repeat("n", maxFieldName+10)+"="+strings.Repeat("v", maxValue+10)+strings.Repeat("&a=b", maxFields+10)), true, nil)
	if len(c.Form) != maxFields || len(c.Form[0].Name) != maxFieldName || len(c.Form[0].Value) != maxValue || c.Form[0].Bytes != maxValue+10 {
		t.Errorf("%d fields, a name of %d, a value of %d", len(c.Form), len(c.Form[0].Name), len(c.Form[0].Value))
	}
	part := "--b\r\nContent-Disposition: form-data; name=x\r\n\r\ny\r\n"
	c, _ = read(t, NewReader(Options{}), head("multipart/form-data; boundary=b"), []byte(strings.Repeat(part, maxFields+10)+"--b--"), true, nil)
	if len(c.Form) != maxFields {
		t.Errorf("%d fields", len(c.Form))
	}
	huge := "--b\r\nX: " + strings.Repeat("x", maxPartHead+1) + "\r\n\r\ny\r\n" + part
	if c, _ = read(t, NewReader(Options{}), head("multipart/form-data; boundary=b"), []byte(huge), true, func(i int) bool { return i%100 == 0 }); c.Form != nil {
		t.Errorf("a head too long: %v", c.Form)
	}
	if openForm(&Head{Request: true, ContentType: "multipart/form-data; boundary=" + strings.Repeat("b", maxBoundary+1)}, false, nil) != nil {
		t.Error("a boundary too long")
	}
}

func TestParameters(t *testing.T) {
	for _, tc := range [][3]string{
		{"text/html; charset=utf-8", "charset", "utf-8"},
		{`text/html;charset="UTF-8"`, "charset", "UTF-8"},
		{`a; x="a;charset=b"; Charset=c`, "charset", "c"},
		{`form-data; name="a\"b"; filename="C:\x"`, "name", `a"b`},
		{`form-data; name="a"; filename="C:\x"`, "filename", `C:\x`},
		{"a; flag; b = c ", "b", "c"},
		{`a; b="unterminated`, "b", "unterminated"},
		{"a", "b", ""}, {"a;", "b", ""}, {"a;=;;=", "b", ""},
	} {
		if got := parameter(tc[0], tc[1]); got != tc[2] {
			t.Errorf("%s: %s is %q, want %q", tc[0], tc[1], got, tc[2])
		}
	}
}
