package main

import (
	"cmp"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"maps"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strconv"
	"strings"
)

// model is what the generator knows of the root package.
type model struct {
	structs map[string]*structType
	named   map[string]string   // types that are not structs: underlying basic type
	consts  map[string][]string // string constants by their named type, in order
	records []*structType       // in order of their JSON type
}

// structType is one struct of the root package.
type structType struct {
	name     string
	doc      string
	fields   []field // without the embedded Envelope
	envelope bool    // embeds Envelope
	record   string  // value of the "type" key, "" when it is not a record
}

// field is one field that is printed.
type field struct {
	name     string // in Go
	key      string // in JSON
	omit     bool   // omitzero
	embedded bool   // a pointer to a struct whose members are printed in its place, unless it is nil
	doc      string
	typ      typ
}

// typ is a field's type.
type typ struct {
	kind kind
	name string // of a named or basic type
	elem *typ   // of a pointer, slice or map
}

type kind uint8

const (
	kindNamed kind = iota // string, uint64, Span, HTTPMessage, …
	kindPointer
	kindSlice
	kindCounts // map[string]uint64
)

// notice is the record that is never printed.
const notice = "notice"

// parseModel parses the Go files of the root package in dir.
func parseModel(dir string) (*model, error) {
	m := &model{structs: map[string]*structType{}, named: map[string]string{}, consts: map[string][]string{}}
	names, err := filepath.Glob(filepath.Join(dir, "*.go"))
	if err != nil {
		return nil, err
	}
	var files []*ast.File
	fset := token.NewFileSet()
	for _, name := range names {
		if strings.HasSuffix(name, "_test.go") {
			continue
		}
		src, err := os.ReadFile(name)
		if err != nil {
			return nil, err
		}
		f, err := parser.ParseFile(fset, name, src, parser.ParseComments|parser.SkipObjectResolution)
		if err != nil {
			return nil, err
		}
		files = append(files, f)
	}
	for _, f := range files {
		for _, d := range f.Decls {
			if g, ok := d.(*ast.GenDecl); ok {
				if err := m.addDecl(g); err != nil {
					return nil, err
				}
			}
		}
	}
	for _, f := range files {
		for _, d := range f.Decls {
			if fn, ok := d.(*ast.FuncDecl); ok {
				m.addRecordType(fn)
			}
		}
	}
	slices.SortFunc(m.records, func(a, b *structType) int { return cmp.Compare(a.record, b.record) })
	return m, m.checkEnums()
}

func (m *model) addDecl(g *ast.GenDecl) error {
	for _, s := range g.Specs {
		switch s := s.(type) {
		case *ast.TypeSpec:
			doc := s.Doc
			if doc == nil {
				doc = g.Doc
			}
			switch t := s.Type.(type) {
			case *ast.StructType:
				if err := m.addStruct(s.Name.Name, oneLine(doc), t); err != nil {
					return err
				}
			case *ast.Ident:
				m.named[s.Name.Name] = t.Name
			}
		case *ast.ValueSpec:
			m.addConst(s)
		}
	}
	return nil
}

// addConst notes constants like: Listen TCPState = "listen".
func (m *model) addConst(s *ast.ValueSpec) {
	id, ok := s.Type.(*ast.Ident)
	if !ok {
		return
	}
	for _, v := range s.Values {
		if lit, ok := v.(*ast.BasicLit); ok && lit.Kind == token.STRING {
			if str, err := strconv.Unquote(lit.Value); err == nil {
				m.consts[id.Name] = append(m.consts[id.Name], str)
			}
		}
	}
}

func (m *model) addStruct(name, doc string, t *ast.StructType) error {
	s := &structType{name: name, doc: doc}
	for _, f := range t.Fields.List {
		if len(f.Names) == 0 {
			s.embed(f.Type)
			continue
		}
		if f.Tag == nil {
			continue
		}
		tag, err := strconv.Unquote(f.Tag.Value)
		if err != nil {
			return fmt.Errorf("%s: tag: %w", name, err)
		}
		key, opts, _ := strings.Cut(reflect.StructTag(tag).Get("json"), ",")
		if key == "" || key == "-" {
			continue
		}
		ft, err := parseType(f.Type)
		if err != nil {
			return fmt.Errorf("%s.%s: %w", name, f.Names[0].Name, err)
		}
		s.fields = append(s.fields, field{
			name: f.Names[0].Name, key: key, omit: opts == "omitzero", doc: oneLine(f.Comment), typ: ft,
		})
	}
	m.structs[name] = s
	return nil
}

// embed notes an embedded Envelope, or pointer to a struct.
func (s *structType) embed(e ast.Expr) {
	switch e := e.(type) {
	case *ast.Ident:
		s.envelope = s.envelope || e.Name == "Envelope"
	case *ast.StarExpr:
		if id, ok := e.X.(*ast.Ident); ok {
			s.fields = append(s.fields, field{name: id.Name, embedded: true, typ: typ{kind: kindPointer, elem: &typ{name: id.Name}}})
		}
	}
}

// addRecordType notes methods like: func (*Conn) RecordType() string { return "conn" }.
func (m *model) addRecordType(fn *ast.FuncDecl) {
	if fn.Name.Name != "RecordType" || fn.Recv == nil || fn.Body == nil || len(fn.Body.List) != 1 {
		return
	}
	star, ok := fn.Recv.List[0].Type.(*ast.StarExpr)
	if !ok {
		return
	}
	id, ok := star.X.(*ast.Ident)
	ret, ok2 := fn.Body.List[0].(*ast.ReturnStmt)
	if !ok || !ok2 || len(ret.Results) != 1 {
		return
	}
	lit, ok := ret.Results[0].(*ast.BasicLit)
	if !ok {
		return
	}
	s := m.structs[id.Name]
	record, err := strconv.Unquote(lit.Value)
	if s == nil || err != nil || record == notice {
		return
	}
	s.record = record
	m.records = append(m.records, s)
}

func parseType(e ast.Expr) (typ, error) {
	switch e := e.(type) {
	case *ast.Ident:
		return typ{name: e.Name}, nil
	case *ast.SelectorExpr:
		return typ{name: fmt.Sprint(e.X, ".", e.Sel)}, nil
	case *ast.StarExpr:
		elem, err := parseType(e.X)
		return typ{kind: kindPointer, elem: &elem}, err
	case *ast.ArrayType:
		elem, err := parseType(e.Elt)
		return typ{kind: kindSlice, elem: &elem}, err
	case *ast.MapType:
		key, err := parseType(e.Key)
		if err != nil {
			return typ{}, err
		}
		elem, err := parseType(e.Value)
		if key.name != "string" || elem.name != "uint64" {
			return typ{}, fmt.Errorf("maps other than map[string]uint64 are not known")
		}
		return typ{kind: kindCounts, elem: &elem}, err
	}
	return typ{}, fmt.Errorf("type %T is not known", e)
}

// reachable returns the structs that records contain, directly or not, in the order of their names; the records not.
func (m *model) reachable() []*structType {
	seen := map[string]bool{}
	var visit func(s *structType)
	visit = func(s *structType) {
		for _, f := range s.fields {
			t := &f.typ
			for t.elem != nil {
				t = t.elem
			}
			if next := m.structs[t.name]; next != nil && !opaque[t.name] && !seen[t.name] {
				seen[t.name] = true
				visit(next)
			}
		}
	}
	for _, r := range m.records {
		visit(r)
	}
	var list []*structType
	for _, name := range slices.Sorted(maps.Keys(seen)) {
		list = append(list, m.structs[name])
	}
	return list
}

// opaque are the struct types that print as one JSON value.
var opaque = map[string]bool{"Span": true}

// basic returns the basic type under a named one.
func (m *model) basic(name string) string {
	for {
		under, ok := m.named[name]
		if !ok {
			return name
		}
		name = under
	}
}

// oneLine joins the lines of a comment.
func oneLine(g *ast.CommentGroup) string { return strings.Join(strings.Fields(g.Text()), " ") }
