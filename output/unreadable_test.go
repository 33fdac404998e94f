package output

import (
	"testing"

	"hanalyze"
)

// A request that came and could not be read is not one that the capture lacks.
func TestRequestWithoutMethod(t *testing.T) {
	for _, tt := range []struct {
		request *hanalyze.HTTPMessage
		missing hanalyze.Missing
		want    string
	}{
		{nil, 0, "(request not captured)"},
		{&hanalyze.HTTPMessage{}, hanalyze.MissingGap, "(request not captured)"},
		{&hanalyze.HTTPMessage{}, hanalyze.MissingLimit, "(request that cannot be read)"},
		{&hanalyze.HTTPMessage{}, 0, "(request that cannot be read)"},
	} {
		if got := target(&hanalyze.HTTP{Request: tt.request, Missing: tt.missing}); got != tt.want {
			t.Errorf("%v, %v: %s", tt.request, tt.missing, got)
		}
	}
}
