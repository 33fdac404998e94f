package output

import (
	"bytes"
	_ "embed"
)

//go:embed schema.json
var schemaJSON []byte

// Schema returns the JSON Schema (draft 2020-12) of the lines that JSON writes, indented. It is strict: it names every
// member of every record, and where the values are a closed set it lists them. The caller owns the bytes.
func Schema() []byte { return bytes.Clone(schemaJSON) }
