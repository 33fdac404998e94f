package query

import (
	"encoding/json"
	"io"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"hanalyze"
	"hanalyze/capture"
	"hanalyze/output"
	"hanalyze/pipeline"
)

// fieldChecker compares every field of every record with what JSON says of it.
type fieldChecker struct {
	t      *testing.T
	json   *output.JSON
	schema *shape
	seen   map[string]bool
}

func (c *fieldChecker) Append(b []byte, r hanalyze.Record) []byte {
	if r.Head() == nil {
		return b
	}
	var want map[string]any
	if err := json.Unmarshal(c.json.Append(nil, r), &want); err != nil {
		c.t.Fatal(err)
	}
	c.object(r, "", want, c.schema)
	return b
}

// object compares the fields of an object, and that the schema knows them.
func (c *fieldChecker) object(r hanalyze.Record, prefix string, want map[string]any, s *shape) {
	for name, v := range want {
		path := prefix + name
		f := s.fields[name]
		if f == nil {
			c.t.Errorf("%s: %s is not in the schema", r.RecordType(), path)
			continue
		}
		c.seen[path] = true
		got := c.read(r, path)
		if m, ok := v.(map[string]any); ok && f.kind == object {
			c.object(r, path+".", m, f)
		}
		if d := cmp.Diff(v, plain(got)); d != "" {
			c.t.Errorf("%s: %s (-JSON +field)\n%s", r.RecordType(), path, d)
		}
	}
	for name := range s.fields {
		if _, ok := want[name]; !ok && s.kind == object && c.read(r, prefix+name) != nil {
			c.t.Errorf("%s: %s%s is %v but absent in JSON", r.RecordType(), prefix, name, c.read(r, prefix+name))
		}
	}
}

func (c *fieldChecker) read(r hanalyze.Record, path string) any {
	return newReader(reflect.TypeOf(r), strings.Split(path, "."))(r)
}

// plain returns a value as encoding/json would read it.
func plain(v any) any {
	switch v := v.(type) {
	case int:
		return float64(v)
	case []any:
		for i := range v {
			v[i] = plain(v[i])
		}
	case map[string]any:
		for k := range v {
			v[k] = plain(v[k])
		}
	}
	return v
}

// TestFieldsAreThoseOfJSON reads every field of all records of all samples both ways.
func TestFieldsAreThoseOfJSON(t *testing.T) {
	c := &fieldChecker{t: t, json: output.NewJSON(output.Options{ShowSecrets: true}), schema: recordShape(), seen: map[string]bool{}}
	samples, err := filepath.Glob("../pcaps/*.pcap*")
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range samples {
		src, err := capture.OpenFiles([]string{name}, nil)
		if err != nil {
			t.Fatal(err)
		}
		o := pipeline.Options{Source: src, Workers: 1, Render: c, Out: io.Discard, Events: map[string]bool{"tcp_event": true, "http2_frame": true, "packet": true}}
		if _, err := pipeline.Run(o); err != nil {
			t.Fatal(err)
		}
		src.Close()
		if t.Failed() {
			return
		}
	}
	if len(c.seen) < 300 {
		t.Errorf("only %d fields were seen", len(c.seen))
	}
}
