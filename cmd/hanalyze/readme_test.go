package main

import (
	"bytes"
	"os"
	"regexp"
	"testing"
)

// TestLinksOfReadme wants every exchange that README.md names as proof of a link or tunnel in the golden outputs, and every one
// that is there named.
func TestLinksOfReadme(t *testing.T) {
	readme, err := os.ReadFile("../../README.md")
	if err != nil {
		t.Fatal(err)
	}
	var told []byte
	for _, sample := range []string{"links", "tunnels", "fragments", "tags"} {
		b, err := os.ReadFile("../../pcaps/" + sample + ".txt")
		if err != nil {
			t.Fatal(err)
		}
		told = append(told, b...)
	}
	named := regexp.MustCompile("`(/(?:link|tunnel|header|fragments|tags)/[^`]+)`").FindAllSubmatch(readme, -1)
	for _, m := range named {
		if !bytes.Contains(told, append([]byte("  "), append(m[1], '\n')...)) {
			t.Errorf("README.md names %s, which no sample tells of", m[1])
		}
	}
	for _, m := range regexp.MustCompile(`→ GET .*  (/\S+)\n`).FindAllSubmatch(told, -1) {
		if !bytes.Contains(readme, append([]byte("`"), append(m[1], '`')...)) {
			t.Errorf("%s is in no line of README.md", m[1])
		}
	}
	if len(named) < 70 {
		t.Errorf("README.md names %d exchanges", len(named))
	}
}
