package findings

import (
	"regexp"
	"strings"
	"testing"
)

var rfc = regexp.MustCompile(`^RFC [0-9]{3,4}( §[0-9]+(\.[0-9]+)*)?$`)

// Every kind says what it rests on: evidence in a record, or the rule it is about. Kinds of TCP say the rule.
func TestExplanations(t *testing.T) {
	all := Explanations()
	if len(all) != len(Catalog) {
		t.Errorf("%d explanations of %d kinds", len(all), len(Catalog))
	}
	for _, e := range all {
		if len(e.Evidence)+len(e.Incidents)+len(e.See) == 0 || strings.HasPrefix(e.ID, "tcp.") && len(e.See) == 0 {
			t.Errorf("%s: sources in explain.go do not say what it rests on", e.ID)
		}
		for _, s := range e.See {
			if !rfc.MatchString(s) {
				t.Errorf("%s: see %q", e.ID, s)
			}
		}
	}
	for id := range sources {
		if _, known := Lookup(id); !known {
			t.Errorf("%s is in sources, not in the catalog", id)
		}
	}
}
