package query

import (
	"encoding"
	"net/netip"
	"reflect"
	"strings"

	"github.com/expr-lang/expr/types"

	"hanalyze"
)

// kind is what a field holds in JSON.
type kind uint8

const (
	anything kind = iota // different things in different records
	number
	decimal
	text
	truth
	list
	object
)

// shape is what a field can look like, over all types of records.
type shape struct {
	kind   kind
	elem   *shape            // list
	fields map[string]*shape // object
}

// records are all types of records, as they are printed.
var records = []hanalyze.Record{
	&hanalyze.Conn{}, &hanalyze.DNS{}, &hanalyze.TLS{}, &hanalyze.HTTP{}, &hanalyze.HTTP2Frame{}, &hanalyze.Finding{},
	&hanalyze.TCPEvent{}, &hanalyze.Packet{}, &hanalyze.QUIC{}, &hanalyze.WebSocket{}, &hanalyze.WebSocketMessage{},
}

// recordShape returns the shape of a record of any type.
func recordShape() *shape {
	s := envelopeShape()
	for _, r := range records {
		s.join(structShape(reflect.TypeOf(r).Elem()))
	}
	return s
}

// envelopeShape returns the shape of what all records begin with.
func envelopeShape() *shape {
	n, s := &shape{kind: number}, &shape{kind: text}
	end := func() *shape { return &shape{kind: object, fields: map[string]*shape{"ip": s, "port": n}} }
	server := end()
	server.fields["name"], server.fields["name_source"] = s, s
	return &shape{kind: object, fields: map[string]*shape{
		"type": s, "ts": s, "frame": n, "last_frame": n, "conn": n, "community_id": s, "transport": s, "path": s,
		"client": end(), "server": server,
	}}
}

// join adds what another shape can look like.
func (s *shape) join(o *shape) {
	switch {
	case s.kind != o.kind:
		*s = shape{}
	case s.kind == list:
		s.elem.join(o.elem)
	case s.kind == object:
		for name, f := range o.fields {
			if have := s.fields[name]; have != nil {
				merged := have.clone()
				merged.join(f)
				s.fields[name] = merged
				continue
			}
			s.fields[name] = f
		}
	}
}

// clone returns a copy of s that can be joined to without changing s.
func (s *shape) clone() *shape {
	c := *s
	if s.elem != nil {
		c.elem = s.elem.clone()
	}
	if s.fields != nil {
		c.fields = map[string]*shape{}
		for name, f := range s.fields {
			c.fields[name] = f.clone()
		}
	}
	return &c
}

var (
	envelopeType = reflect.TypeFor[hanalyze.Envelope]()
	missingType  = reflect.TypeFor[hanalyze.Missing]()
	spanType     = reflect.TypeFor[hanalyze.Span]()
	timeType     = reflect.TypeFor[hanalyze.Time]()
	addrType     = reflect.TypeFor[netip.Addr]()
	textType     = reflect.TypeFor[encoding.TextMarshaler]()
)

// structShape returns the shape of a struct by its JSON tags.
func structShape(t reflect.Type) *shape {
	s := &shape{kind: object, fields: map[string]*shape{}}
	for i := range t.NumField() {
		f := t.Field(i)
		switch f.Type {
		case envelopeType:
			continue // the same in all
		case missingType:
			s.fields["complete"] = &shape{kind: truth}
			s.fields["missing"] = &shape{kind: list, elem: &shape{kind: text}}
			continue
		}
		if embeds(f) {
			s.join(structShape(f.Type.Elem()))
			continue
		}
		if name := jsonName(f); name != "" {
			s.fields[name] = typeShape(f.Type)
		}
	}
	return s
}

// jsonName returns the name of a field in JSON, "" if it has none.
func jsonName(f reflect.StructField) string {
	name, _, _ := strings.Cut(f.Tag.Get("json"), ",")
	return name
}

// embeds reports whether the fields of the struct that a field points to are printed in its place.
func embeds(f reflect.StructField) bool {
	return f.Anonymous && f.Type.Kind() == reflect.Pointer && f.Type.Elem().Kind() == reflect.Struct
}

// omits reports whether a field is absent when it is zero.
func omits(f reflect.StructField) bool {
	_, options, _ := strings.Cut(f.Tag.Get("json"), ",")
	return options == "omitzero"
}

func typeShape(t reflect.Type) *shape {
	switch {
	case t == spanType:
		return &shape{kind: decimal}
	case t == timeType, t == addrType, t.Implements(textType), t.Kind() == reflect.String:
		return &shape{kind: text}
	}
	switch t.Kind() {
	case reflect.Pointer:
		return typeShape(t.Elem())
	case reflect.Struct:
		return structShape(t)
	case reflect.Slice:
		return &shape{kind: list, elem: typeShape(t.Elem())}
	case reflect.Bool:
		return &shape{kind: truth}
	case reflect.Int, reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64,
		reflect.Uint, reflect.Uint8, reflect.Uint16, reflect.Uint32, reflect.Uint64:
		if _, named := t.MethodByName("String"); named {
			return &shape{kind: text}
		}
		return &shape{kind: number}
	}
	return &shape{}
}

// whole is the name of the record as a whole, for fields that have the names of functions: record.len, record.count.
const whole = "record"

// functionNames are the fields that cannot be written without the record, because their names are those of functions.
var functionNames = []string{"count", "len"}

// variables returns what can be named in an expression: the fields of a record, and the record.
func (s *shape) variables() types.Map {
	m := s.env()
	for _, name := range functionNames {
		delete(m, name)
	}
	m[whole] = s.typ()
	return m
}

// env returns the shape of an object as the expression library wants it.
func (s *shape) env() types.Map {
	m := types.Map{}
	for name, f := range s.fields {
		m[name] = f.typ()
	}
	return m
}

func (s *shape) typ() types.Type {
	switch s.kind {
	case number:
		return types.Int
	case decimal:
		return types.Float64
	case text:
		return types.String
	case truth:
		return types.Bool
	case list:
		return types.Array(s.elem.typ())
	case object:
		return s.env()
	}
	return types.Any
}
