// Package samples reads whole captures for tests.
package samples

import (
	"bytes"
	"errors"
	"io"
	"testing"

	"hanalyze/capture"
)

// Frames returns all frames of a capture file. They own their bytes.
func Frames(t testing.TB, path string) (all []capture.Frame) {
	t.Helper()
	src, err := capture.OpenFiles([]string{path}, func(string) {})
	if err != nil {
		t.Fatal(err)
	}
	defer src.Close()
	for {
		var b capture.Batch
		err := src.ReadBatch(&b)
		for _, f := range b.Frames {
			f.Data = bytes.Clone(f.Data)
			all = append(all, f)
		}
		if errors.Is(err, io.EOF) {
			return all
		}
		if err != nil {
			t.Fatal(err)
		}
	}
}
