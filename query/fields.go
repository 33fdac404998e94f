package query

import (
	"fmt"
	"math"
	"reflect"
	"strings"

	"github.com/expr-lang/expr"
	"github.com/expr-lang/expr/ast"

	"hanalyze"
)

// fieldFunction is the name by which a rewritten expression reads a field. It is none that can be written.
const fieldFunction = "<field>"

// fieldTable holds the fields that an expression reads. The expression reads the n-th of them of record.
type fieldTable struct {
	paths   []string // "tcp.retransmissions.total"
	index   map[string]int
	readers []map[reflect.Type]reader // by path, then type of record
	record  hanalyze.Record
}

// reader reads a field of a record, nil if it is absent.
type reader func(r hanalyze.Record) any

func newFieldTable() *fieldTable { return &fieldTable{index: map[string]int{}} }

// node returns the call that reads a field.
func (t *fieldTable) node(path string) ast.Node {
	n, known := t.index[path]
	if !known {
		n = len(t.paths)
		t.index[path] = n
		t.paths = append(t.paths, path)
		t.readers = append(t.readers, map[reflect.Type]reader{})
	}
	return &ast.CallNode{Callee: &ast.IdentifierNode{Value: fieldFunction}, Arguments: []ast.Node{&ast.IntegerNode{Value: n}}}
}

// path returns the field that a node reads.
func (t *fieldTable) path(n ast.Node) (string, bool) {
	call, ok := n.(*ast.CallNode)
	if !ok {
		return "", false
	}
	if callee, ok := call.Callee.(*ast.IdentifierNode); !ok || callee.Value != fieldFunction {
		return "", false
	}
	return t.paths[call.Arguments[0].(*ast.IntegerNode).Value], true
}

// function is the function that node calls.
func (t *fieldTable) function() expr.Option {
	return expr.Function(fieldFunction, func(args ...any) (any, error) {
		n, ok := args[0].(int)
		if !ok || n < 0 || n >= len(t.readers) {
			return nil, fmt.Errorf("no field %v", args[0])
		}
		typ := reflect.TypeOf(t.record)
		read := t.readers[n][typ]
		if read == nil {
			read = newReader(typ, strings.Split(t.paths[n], "."))
			t.readers[n][typ] = read
		}
		return read(t.record), nil
	})
}

// newReader returns the reader of a field in records of a type.
func newReader(t reflect.Type, path []string) reader {
	if read := envelopeReader(path); read != nil {
		if side := sideReader(t, path); side != nil {
			return side
		}
		return read
	}
	find := finder(t.Elem(), path)
	if find == nil {
		return func(hanalyze.Record) any { return nil }
	}
	return func(r hanalyze.Record) any { return find(reflect.ValueOf(r).Elem()) }
}

// envelopeReader reads what all records begin with.
func envelopeReader(path []string) reader {
	if len(path) == 2 {
		return endReader(path[0], path[1])
	}
	if path[0] == "type" {
		return func(r hanalyze.Record) any { return r.RecordType() }
	}
	read := envelopeFields[path[0]]
	if read == nil || len(path) > 1 {
		return nil
	}
	return func(r hanalyze.Record) any {
		if e := r.Head(); e != nil {
			return read(e)
		}
		return nil
	}
}

// envelopeFields read the fields of an envelope by their names.
var envelopeFields = map[string]func(e *hanalyze.Envelope) any{
	"ts":           func(e *hanalyze.Envelope) any { return timeText(e.Start.Time) },
	"frame":        func(e *hanalyze.Envelope) any { return int(e.Start.Packet) },
	"last_frame":   func(e *hanalyze.Envelope) any { return int(max(e.Start.Packet, e.Last.Packet)) },
	"path":         func(e *hanalyze.Envelope) any { return nonEmpty(e.Path) },
	"conn":         ofFlow(func(f *hanalyze.Flow) any { return int(f.ID) }),
	"community_id": ofFlow(func(f *hanalyze.Flow) any { return f.CommunityID }),
	"transport":    ofFlow(func(f *hanalyze.Flow) any { return f.Transport.String() }),
	"client":       ofFlow(func(f *hanalyze.Flow) any { return endMap(f, "client") }),
	"server":       ofFlow(func(f *hanalyze.Flow) any { return endMap(f, "server") }),
}

// ofFlow reads something of a record's flow, if it has one.
func ofFlow(read func(f *hanalyze.Flow) any) func(e *hanalyze.Envelope) any {
	return func(e *hanalyze.Envelope) any {
		if e.Flow == nil {
			return nil
		}
		return read(e.Flow)
	}
}

// endFields read the fields of an endpoint.
var endFields = map[string]func(f *hanalyze.Flow) any{
	"client.ip":          func(f *hanalyze.Flow) any { return f.Client.Addr().String() },
	"client.port":        func(f *hanalyze.Flow) any { return int(f.Client.Port()) },
	"server.ip":          func(f *hanalyze.Flow) any { return f.Server.Addr().String() },
	"server.port":        func(f *hanalyze.Flow) any { return int(f.Server.Port()) },
	"server.name":        func(f *hanalyze.Flow) any { return nonEmpty(f.ServerName) },
	"server.name_source": func(f *hanalyze.Flow) any { return nonEmpty(f.ServerNameSource) },
}

func endReader(end, name string) reader {
	read := endFields[end+"."+name]
	if read == nil {
		return nil
	}
	return func(r hanalyze.Record) any {
		if e := r.Head(); e != nil && e.Flow != nil {
			return read(e.Flow)
		}
		return nil
	}
}

// endMap returns an endpoint as a whole.
func endMap(f *hanalyze.Flow, end string) map[string]any {
	m := map[string]any{}
	for key, read := range endFields {
		if name, ok := strings.CutPrefix(key, end+"."); ok {
			if v := read(f); v != nil {
				m[name] = v
			}
		}
	}
	return m
}

// sideReader reads an endpoint as a whole from a record that tells more of it than the envelope.
func sideReader(t reflect.Type, path []string) reader {
	find := finder(t.Elem(), path)
	if len(path) != 1 || find == nil {
		return nil
	}
	return func(r hanalyze.Record) any {
		e := r.Head()
		more, ok := find(reflect.ValueOf(r).Elem()).(map[string]any)
		if e == nil || e.Flow == nil || !ok {
			return nil
		}
		for k, v := range endMap(e.Flow, path[0]) {
			more[k] = v
		}
		return more
	}
}

// finder returns a function that finds a field in structs of a type by its JSON names; nil if they have no such field.
func finder(t reflect.Type, path []string) func(v reflect.Value) any {
	if len(path) == 0 {
		return convert
	}
	if t.Kind() == reflect.Pointer {
		inner := finder(t.Elem(), path)
		if inner == nil {
			return nil
		}
		return func(v reflect.Value) any {
			if v.IsNil() {
				return nil
			}
			return inner(v.Elem())
		}
	}
	if t.Kind() == reflect.Map && len(path) == 1 {
		return func(v reflect.Value) any {
			if e := v.MapIndex(reflect.ValueOf(path[0])); e.IsValid() {
				return convert(e)
			}
			return nil
		}
	}
	if t.Kind() != reflect.Struct {
		return nil
	}
	for i := range t.NumField() {
		f := t.Field(i)
		if f.Type == missingType && len(path) == 1 && (path[0] == "complete" || path[0] == "missing") {
			return missingFinder(i, path[0])
		}
		if embeds(f) {
			if inner := finder(f.Type, path); inner != nil {
				return func(v reflect.Value) any { return inner(v.Field(i)) }
			}
			continue
		}
		if jsonName(f) != path[0] || f.Type == missingType {
			continue
		}
		inner := finder(f.Type, path[1:])
		if inner == nil {
			return nil
		}
		omit := omits(f)
		return func(v reflect.Value) any {
			if v = v.Field(i); omit && v.IsZero() {
				return nil
			}
			return inner(v)
		}
	}
	return nil
}

// missingFinder finds the two fields that say what a record lacks.
func missingFinder(field int, name string) func(v reflect.Value) any {
	return func(v reflect.Value) any {
		set := uint8(v.Field(field).Uint())
		if name == "complete" {
			return set == 0
		}
		if set == 0 {
			return nil
		}
		return missingNames(set)
	}
}

func missingNames(set uint8) []any {
	names := []any{}
	for i, name := range hanalyze.MissingNames {
		if set&(1<<i) != 0 {
			names = append(names, name)
		}
	}
	return names
}

// nonEmpty returns a text, nil for the empty one.
func nonEmpty(s string) any {
	if s == "" {
		return nil
	}
	return s
}

// clampInt returns a number as the expression library computes with them.
func clampInt(n uint64) int { return int(min(n, math.MaxInt)) }
