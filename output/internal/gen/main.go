// Command gen writes the JSON encoder of records (json_gen.go) and their JSON Schema (schema.json) from the record types
// of the root package: struct tags give the names, field comments the descriptions, enums.go the closed sets of values.
// It runs in the output folder: go generate ./output
package main

import (
	"bytes"
	"fmt"
	"os"
)

func main() {
	if err := run("..", "."); err != nil {
		fmt.Fprintln(os.Stderr, "gen:", err)
		os.Exit(1)
	}
}

// run reads the root package in src and writes both files to dst.
func run(src, dst string) error {
	encoder, schema, err := generate(src)
	if err != nil {
		return err
	}
	if err := write(dst+"/json_gen.go", encoder); err != nil {
		return err
	}
	return write(dst+"/schema.json", schema)
}

// generate returns the contents of both files.
func generate(src string) (encoder, schema []byte, err error) {
	m, err := parseModel(src)
	if err != nil {
		return nil, nil, err
	}
	if encoder, err = m.encoder(); err != nil {
		return nil, nil, err
	}
	if schema, err = m.schema(); err != nil {
		return nil, nil, err
	}
	return encoder, schema, nil
}

// write leaves a file alone that is as it should be, so that build caches stay warm.
func write(name string, b []byte) error {
	if old, err := os.ReadFile(name); err == nil && bytes.Equal(old, b) {
		return nil
	}
	return os.WriteFile(name, b, 0o644)
}
