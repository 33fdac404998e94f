package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strings"

	"hanalyze"
)

// object is a JSON object whose members keep their order.
type object []member

type member struct {
	key   string
	value any
}

// MarshalJSON writes the members in order, without the escapes for HTML.
func (o object) MarshalJSON() ([]byte, error) {
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	b.WriteByte('{')
	for i, m := range o {
		if i > 0 {
			b.WriteByte(',')
		}
		if err := enc.Encode(m.key); err != nil {
			return nil, err
		}
		b.WriteByte(':')
		if err := enc.Encode(m.value); err != nil {
			return nil, err
		}
	}
	b.WriteByte('}')
	return b.Bytes(), nil
}

// schema returns schema.json.
func (m *model) schema() ([]byte, error) {
	var oneOf []any
	defs := object{}
	for _, r := range m.records {
		oneOf = append(oneOf, ref(r.record))
		def, err := m.recordSchema(r)
		if err != nil {
			return nil, err
		}
		defs = append(defs, member{r.record, def})
	}
	defs = append(defs, endpointSchemas(m)...)
	for _, s := range m.reachable() {
		if m.onlyEmbedded(s.name) {
			continue
		}
		props, required, err := m.members(s)
		if err != nil {
			return nil, err
		}
		defs = append(defs, member{s.name, closed(s.doc, props, required)})
	}
	root := object{
		{"$schema", "https://json-schema.org/draft/2020-12/schema"},
		{"title", "hanalyze records"},
		{"description", "One line of the output of hanalyze -o json. An absent fact is an absent key; durations end in _ms and sizes in _bytes."},
		{"oneOf", oneOf},
		{"$defs", defs},
	}
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	enc.SetIndent("", "  ")
	err := enc.Encode(root)
	return b.Bytes(), err
}

// recordSchema returns the schema of a record: type, envelope, members. A finding may concern the capture as a whole, so
// it alone may lack the members that tell of a flow.
func (m *model) recordSchema(r *structType) (object, error) {
	props := object{{"type", object{{"const", r.record}}}}
	required := []string{"type"}
	if r.envelope {
		endpoints := [2]string{"client", "server"}
		if r.name == "Conn" {
			endpoints = [2]string{"conn_client", "conn_server"}
		}
		props = append(props, envelopeMembers(endpoints)...)
		required = append(required, "ts", "frame", "last_frame")
		if r.name != "Finding" {
			required = append(required, "conn", "community_id", "transport", "client", "server")
		}
	}
	own, ownRequired, err := m.members(r)
	if err != nil {
		return nil, err
	}
	return closed(r.doc, append(props, own...), append(required, ownRequired...)), nil
}

func envelopeMembers(endpoints [2]string) object {
	return object{
		{"ts", timeSchema("the capture's clock at the first packet of what the record describes")},
		{"frame", described(uintSchema(64), "ordinal of that packet in the input")},
		{"last_frame", described(uintSchema(64), "ordinal of the last packet of it")},
		{"conn", described(uintSchema(64), "ordinal of the flow by first packet")},
		{"community_id", described(object{{"type", "string"}, {"pattern", "^(1:[A-Za-z0-9+/]{27}=)?$"}}, "Community ID, version 1")},
		{"transport", object{{"enum", strings.Fields(stringers["Transport"])}}},
		{"client", described(ref(endpoints[0]), "the end that opened the flow")},
		{"server", described(ref(endpoints[1]), "the other end")},
		{"path", described(object{{"type", "string"}, {"minLength", 1}}, "protocols above the transport, outermost first: tls>http2")},
	}
}

// endpointSchemas returns the two ends of a flow, as all records tell them and as conn records do.
func endpointSchemas(m *model) object {
	address := object{
		{"ip", object{{"type", "string"}}},
		{"port", described(uintSchema(16), "transport port")},
	}
	names := object{
		{"name", object{{"type", "string"}, {"minLength", 1}, {"description", "name of the server, when one is known"}}},
		{"name_source", object{{"enum", []string{"dns", "sni", "host", "hosts_file", "capture"}}, {"description", "where the name came from"}}},
	}
	counts, required, _ := m.members(m.structs["Side"])
	must := []string{"ip", "port"}
	both := append(append([]string{}, must...), required...)
	join := func(parts ...object) (o object) {
		for _, p := range parts {
			o = append(o, p...)
		}
		return o
	}
	return object{
		{"client", closed("", address, must)},
		{"server", closed("", join(address, names), must)},
		{"conn_client", closed("", join(address, counts), both)},
		{"conn_server", closed("", join(address, names, counts), both)},
	}
}

// members returns the members of a struct and which of them are always there.
func (m *model) members(s *structType) (props object, required []string, err error) {
	for _, f := range s.fields {
		if joined[s.name+"."+f.name] {
			continue
		}
		if f.embedded {
			inner, _, err := m.members(m.structs[f.typ.elem.name])
			if err != nil {
				return nil, nil, err
			}
			props = append(props, inner...) // none is required: the pointer may be nil
			continue
		}
		if f.typ.name == "Missing" {
			props = append(props, missingSchema()...)
			required = append(required, "complete")
			continue
		}
		v, err := m.valueSchema(f.typ, m.enum(s, f), patterns[s.name+"."+f.name])
		if err != nil {
			return nil, nil, fmt.Errorf("%s.%s: %w", s.name, f.name, err)
		}
		if f.omit && v[0].value == "string" {
			v = append(v, member{"minLength", 1})
		}
		props = append(props, member{f.key, described(v, f.doc)})
		if !f.omit {
			required = append(required, f.key)
		}
	}
	return props, required, nil
}

// valueSchema returns the schema of a type. enum and pattern concern strings, also those in a list.
func (m *model) valueSchema(t typ, enum []string, pattern string) (object, error) {
	switch t.kind {
	case kindPointer:
		return m.valueSchema(*t.elem, enum, pattern)
	case kindSlice:
		items, err := m.valueSchema(*t.elem, enum, pattern)
		return object{{"type", "array"}, {"items", items}}, err
	case kindCounts:
		return object{{"type", "object"}, {"additionalProperties", uintSchema(64)}}, nil
	case kindNamed:
	}
	switch {
	case t.name == "Time":
		return timeSchema(""), nil
	case t.name == "Span":
		return object{{"type", "number"}}, nil
	case len(enum) > 0:
		return object{{"enum", enum}}, nil
	case m.structs[t.name] != nil:
		return ref(t.name), nil
	case pattern != "":
		return object{{"type", "string"}, {"pattern", pattern}}, nil
	}
	switch basic := m.basic(t.name); basic {
	case "string":
		return object{{"type", "string"}}, nil
	case "bool":
		return object{{"type", "boolean"}}, nil
	case "uint8":
		return uintSchema(8), nil
	case "uint16":
		return uintSchema(16), nil
	case "uint32":
		return uintSchema(32), nil
	case "uint", "uint64":
		return uintSchema(64), nil
	case "int", "int64", "int32":
		return object{{"type", "integer"}}, nil
	}
	return nil, fmt.Errorf("type %s is not known", t.name)
}

func missingSchema() object {
	reasons := object{{"enum", hanalyze.MissingNames}}
	return object{
		{"complete", object{{"type", "boolean"}, {"description", "nothing of it is missing"}}},
		{"missing", object{{"type", "array"}, {"items", reasons}, {"minItems", 1}, {"uniqueItems", true}, {"description", "why it is not complete"}}},
	}
}

func uintSchema(bits uint) object {
	if bits == 64 {
		return object{{"type", "integer"}, {"minimum", 0}}
	}
	return object{{"type", "integer"}, {"minimum", 0}, {"maximum", 1<<bits - 1}}
}

func timeSchema(doc string) object {
	return described(object{
		{"type", "string"},
		{"pattern", `^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{9}Z$`},
	}, doc)
}

func ref(name string) object { return object{{"$ref", "#/$defs/" + name}} }

// described returns o with a description, if there is one.
func described(o object, doc string) object {
	if doc == "" {
		return o
	}
	return append(o[:len(o):len(o)], member{"description", doc})
}

// closed returns the schema of an object with these members and no others.
func closed(doc string, props object, required []string) object {
	o := append(described(object{{"type", "object"}}, doc), member{"properties", props})
	if len(required) > 0 {
		o = append(o, member{"required", required})
	}
	return append(o, member{"additionalProperties", false})
}
