package main

import (
	"bytes"
	"encoding/json"
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/santhosh-tekuri/jsonschema/v6"

	"hanalyze/output"
)

var update = flag.Bool("update", false, "rewrite golden files")

// samples are the sample captures, by name. The test's directory is theirs from here on, so that names are short.
func samples(t *testing.T) []string {
	t.Helper()
	t.Chdir(filepath.Join("..", "..", "pcaps"))
	t.Setenv("COLUMNS", "100")
	var names []string
	for _, glob := range []string{"*.pcap", "*.pcapng", "*.gz", "*.zst", "*.lz4", "*.xz"} {
		found, err := filepath.Glob(glob)
		if err != nil {
			t.Fatal(err)
		}
		names = append(names, found...)
	}
	if len(names) == 0 {
		t.Fatal("no samples")
	}
	return names
}

// golden is the name of the golden file of a sample, with the extension of its format.
func golden(sample, ext string) string {
	base, _, _ := strings.Cut(sample, ".")
	return base + ext
}

// told runs the program and returns what it prints.
func told(t *testing.T, args ...string) []byte {
	t.Helper()
	var stdout, stderr bytes.Buffer
	if status := run(args, &stdout, &stderr); status != exitOK {
		t.Fatalf("hanalyze %s: status %d, %s", strings.Join(args, " "), status, stderr.String())
	}
	return stdout.Bytes()
}

// TestSamples compares what is told of every sample with its golden files. Every number of workers must tell the same bytes.
func TestSamples(t *testing.T) {
	schema := compile(t)
	for _, name := range samples(t) {
		t.Run(name, func(t *testing.T) {
			text := told(t, "-r", name, "-j", "1")
			ndjson := told(t, "-r", name, "-j", "1", "--json")
			for _, j := range []string{"2", "7"} {
				if d := cmp.Diff(string(text), string(told(t, "-r", name, "-j", j))); d != "" {
					t.Errorf("text with -j %s:\n%s", j, d)
				}
				if d := cmp.Diff(string(ndjson), string(told(t, "-r", name, "-j", j, "--json"))); d != "" {
					t.Errorf("JSON with -j %s:\n%s", j, d)
				}
			}
			valid(t, schema, told(t, "-r", name, "--json", "--events", "tcp,h2,packets"))
			compare(t, golden(name, ".txt"), text)
			compare(t, golden(name, ".json"), ndjson)
		})
	}
}

// withBodies are the samples that are about what messages carry, and what is asked for to see it.
var withBodies = map[string][]string{
	"h1-codings.pcap":   {"--bodies", "60"},
	"h1-forms.pcap":     {"--bodies", "400"},
	"h1-websocket.pcap": {"--bodies", "40"},
	"h2-websocket.pcap": {"--bodies", "40"},
}

// TestBodies compares what is told of the content of messages with its golden files.
func TestBodies(t *testing.T) {
	schema := compile(t)
	samples(t)
	for name, flags := range withBodies {
		t.Run(name, func(t *testing.T) {
			args := append([]string{"-r", name, "-j", "2"}, flags...)
			compare(t, golden(name, ".bodies.txt"), told(t, args...))
			ndjson := told(t, append(args, "--json")...)
			valid(t, schema, ndjson)
			compare(t, golden(name, ".bodies.json"), ndjson)
		})
	}
}

func compare(t *testing.T, name string, got []byte) {
	t.Helper()
	if *update {
		if err := os.WriteFile(name, got, 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	want, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff(strings.Split(string(want), "\n"), strings.Split(string(got), "\n")); d != "" {
		t.Errorf("%s (-want +got):\n%s", name, d)
	}
}

func compile(t *testing.T) *jsonschema.Schema {
	t.Helper()
	doc, err := jsonschema.UnmarshalJSON(bytes.NewReader(output.Schema()))
	if err != nil {
		t.Fatal(err)
	}
	c := jsonschema.NewCompiler()
	if err := c.AddResource("hanalyze.json", doc); err != nil {
		t.Fatal(err)
	}
	s, err := c.Compile("hanalyze.json")
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// valid checks NDJSON against the schema, and that the last line is stats.
func valid(t *testing.T, schema *jsonschema.Schema, ndjson []byte) {
	t.Helper()
	last := ""
	for line := range bytes.Lines(ndjson) {
		doc, err := jsonschema.UnmarshalJSON(bytes.NewReader(line))
		if err != nil {
			t.Fatalf("%v: %s", err, line)
		}
		if err := schema.Validate(doc); err != nil {
			t.Errorf("%v: %s", err, line)
		}
		var r struct{ Type string }
		if err := json.Unmarshal(line, &r); err != nil {
			t.Fatal(err)
		}
		last = r.Type
	}
	if last != "stats" {
		t.Errorf("the last line is %q, not stats", last)
	}
}

// TestReadme holds the README's samples of the text output to be what the program prints: each follows its command, up to
// the end of the code block.
func TestReadme(t *testing.T) {
	name, err := filepath.Abs(filepath.Join("..", "..", "README.md"))
	if err != nil {
		t.Fatal(err)
	}
	data, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	samples(t)
	readme := string(data)
	for _, args := range []string{"h1-get.pcap", "tcp-reset.pcap --ladder"} {
		text := string(told(t, append([]string{"-r"}, strings.Fields(args)...)...))
		before, rest, ok := strings.Cut(readme, "$ hanalyze -r pcaps/"+args+"\n")
		shown, after, ok2 := strings.Cut(rest, "```\n")
		switch {
		case !ok || !ok2:
			t.Fatalf("the README has no sample of %s", args)
		case *update:
			readme = before + "$ hanalyze -r pcaps/" + args + "\n" + text + "```\n" + after
		case shown != text:
			t.Errorf("the README's sample of %s (-shown +told):\n%s", args, cmp.Diff(shown, text))
		}
	}
	if *update {
		if err := os.WriteFile(name, []byte(readme), 0o644); err != nil {
			t.Fatal(err)
		}
	}
}
