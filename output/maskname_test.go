package output

import "testing"

// What stands in a line without a colon behind the name of a header with secrets is masked too.
func TestMaskingNames(t *testing.T) {
	for name, want := range map[string]string{
		"Authorization Basic secret": "Authorization ***",
		"COOKIE=a=secret":            "COOKIE=***",
		"Set-Cookie\ta":              `Set-Cookie\t***`,
		"Authorization":              "Authorization",
		"Authorizations secret":      "Authorizations secret",
		"Cookie2":                    "Cookie2",
		"Cook":                       "Cook",
		"":                           "",
	} {
		if got := string(appendName(nil, name)); got != want {
			t.Errorf("%q: %s, want %s", name, got, want)
		}
	}
}
