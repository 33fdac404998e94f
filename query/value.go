package query

import (
	"encoding"
	"fmt"
	"maps"
	"net/netip"
	"reflect"
	"time"

	"hanalyze"
)

// convert returns a value as JSON has it, made of int, float64, string, bool, lists and objects; nil for an absent one.
func convert(v reflect.Value) any {
	switch v.Type() {
	case spanType:
		return milliseconds(v.Interface().(hanalyze.Span))
	case timeType:
		return timeText(v.Interface().(hanalyze.Time))
	case addrType:
		return v.Interface().(netip.Addr).String()
	}
	if m, ok := v.Interface().(encoding.TextMarshaler); ok && v.Kind() != reflect.Pointer {
		return marshalled(m)
	}
	switch v.Kind() {
	case reflect.String:
		return v.String()
	case reflect.Bool:
		return v.Bool()
	case reflect.Int, reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64:
		return int(v.Int())
	case reflect.Uint, reflect.Uint8, reflect.Uint16, reflect.Uint32, reflect.Uint64:
		if s, ok := v.Interface().(fmt.Stringer); ok {
			return s.String()
		}
		return clampInt(v.Uint())
	case reflect.Pointer:
		if v.IsNil() {
			return nil
		}
		return convert(v.Elem())
	case reflect.Slice:
		out := make([]any, v.Len())
		for i := range out {
			out[i] = convert(v.Index(i))
		}
		return out
	case reflect.Map: // of counts by name
		out := map[string]any{}
		for k, e := range v.Seq2() {
			out[k.String()] = convert(e)
		}
		return out
	case reflect.Struct:
		return convertStruct(v)
	}
	return nil
}

func convertStruct(v reflect.Value) map[string]any {
	out := map[string]any{}
	for i := range v.NumField() {
		f := v.Type().Field(i)
		if embeds(f) {
			if !v.Field(i).IsNil() {
				maps.Copy(out, convertStruct(v.Field(i).Elem()))
			}
			continue
		}
		if f.Type == missingType {
			set := uint8(v.Field(i).Uint())
			if out["complete"] = set == 0; set != 0 {
				out["missing"] = missingNames(set)
			}
			continue
		}
		name := jsonName(f)
		if name == "" || omits(f) && v.Field(i).IsZero() {
			continue
		}
		if c := convert(v.Field(i)); c != nil {
			out[name] = c
		}
	}
	return out
}

func marshalled(m encoding.TextMarshaler) any {
	b, err := m.MarshalText()
	if err != nil {
		return nil
	}
	return string(b)
}

// milliseconds returns a span as JSON has it, nil for an unknown one.
func milliseconds(s hanalyze.Span) any {
	d, known := s.Get()
	if !known {
		return nil
	}
	return float64(d) / float64(time.Millisecond)
}

// timeText returns a time as JSON has it.
func timeText(t hanalyze.Time) string { return t.String() }
