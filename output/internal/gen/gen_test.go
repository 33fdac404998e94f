package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

const root = "../../.."

// The generated files in the tree are those that the record types of the root package ask for now.
func TestUpToDate(t *testing.T) {
	encoder, schema, err := generate(root)
	if err != nil {
		t.Fatal(err)
	}
	for name, want := range map[string][]byte{"json_gen.go": encoder, "schema.json": schema} {
		got, err := os.ReadFile(filepath.Join("../..", name))
		if err != nil {
			t.Fatal(err)
		}
		if string(got) != string(want) {
			t.Errorf("%s is stale: run go generate ./output", name)
		}
	}
}

// A type the generator does not know is an error, not a hole in the output.
func TestUnknownTypes(t *testing.T) {
	for _, decl := range []string{
		"X map[string]string `json:\"x\"`",
		"X *uint64 `json:\"x\"`",
		"X float32 `json:\"x\"`",
		"X chan int `json:\"x\"`",
		"X Resumption `json:\"x,omitzero\"`",
	} {
		dir := t.TempDir()
		names, _ := filepath.Glob(root + "/*.go")
		for _, name := range names {
			src, err := os.ReadFile(name)
			if err != nil {
				t.Fatal(err)
			}
			if err := os.WriteFile(filepath.Join(dir, filepath.Base(name)), src, 0o644); err != nil {
				t.Fatal(err)
			}
		}
		extra := "package hanalyze\ntype Odd struct {\n\tEnvelope\n\t" + decl + "\n}\nfunc (*Odd) RecordType() string { return \"odd\" }\n"
		if err := os.WriteFile(filepath.Join(dir, "odd.go"), []byte(extra), 0o644); err != nil {
			t.Fatal(err)
		}
		if _, _, err := generate(dir); err == nil || !strings.Contains(err.Error(), "Odd.X") {
			t.Errorf("%s: error %v, want one about Odd.X", decl, err)
		}
	}
}
