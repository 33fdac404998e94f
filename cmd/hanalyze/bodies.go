package main

import (
	"errors"
	"fmt"

	"hanalyze/body"
	"hanalyze/extract"
	"hanalyze/pipeline"
)

const (
	// maxBodies bounds --bodies: who wants more of a body wants it in a file.
	maxBodies = 16 << 20
	// defaultExtract is how many mebibytes --extract writes unless told otherwise.
	defaultExtract = 1024
	// maxExtract bounds --extract-limit, in mebibytes: more would be a slip.
	maxExtract = 1 << 30
)

// checkBodies finds contradictions between the flags for bodies.
func (f *flags) checkBodies() error {
	switch {
	case f.bodies < -1 || f.bodies > maxBodies:
		return fmt.Errorf("--bodies %d: want 0 to %d bytes", f.bodies, maxBodies)
	case f.extractMax < 1 || f.extractMax > maxExtract:
		return fmt.Errorf("--extract-limit %d: want 1 to %d mebibytes", f.extractMax, maxExtract)
	case f.extract == "" && f.extractMax != defaultExtract:
		return errors.New("--extract-limit says how much is written: it needs --extract DIR")
	}
	return nil
}

// openBodies returns what is to be done with bodies.
func (f *flags) openBodies() (*pipeline.Bodies, error) {
	b := &pipeline.Bodies{Options: body.Options{Keep: max(f.bodies, 0), Secrets: f.showSecrets}, Conns: f.conns}
	if f.records != nil {
		b.Match = f.records.Match
	}
	if f.extract == "" {
		return b, nil
	}
	var err error
	b.Extract, err = extract.Open(f.extract, int64(f.extractMax)<<20)
	return b, err
}
