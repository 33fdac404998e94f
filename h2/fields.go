package h2

import (
	"fmt"
	"strings"

	"hanalyze"
)

// fieldFacts is what a field section says about the message.
type fieldFacts struct {
	pseudo          bool // a pseudo-field is there
	unresolvedFirst bool // the first field has no known name
	statusUnknown   bool // a field that is not known may be :status
	protocol        bool // :protocol is there
	method          string
	status          uint16 // 0 when unknown
	length          uint64 // content-length; valid iff hasLength
	hasLength       bool
}

func readFields(fields []hanalyze.Header) (f fieldFacts) {
	f.unresolvedFirst = len(fields) > 0 && fields[0].Unresolved && fields[0].Name == UnknownName
	for i := range fields {
		h := &fields[i]
		f.statusUnknown = f.statusUnknown || h.Unresolved && (h.Name == UnknownName || h.Name == ":status")
		switch {
		case h.Name == "content-length":
			f.length, f.hasLength = parseDecimal(h.Value)
			f.hasLength = f.hasLength && !h.Unresolved
		case h.Name == "" || h.Name[0] != ':':
		case h.Name == ":method":
			f.pseudo = true
			f.method = h.Value
		case h.Name == ":status":
			f.pseudo = true
			if v, ok := parseDecimal(h.Value); ok && len(h.Value) == 3 {
				f.status = uint16(v)
			}
		default:
			f.pseudo = true
			f.protocol = f.protocol || h.Name == ":protocol"
		}
	}
	return f
}

// parseDecimal reads digits, at most 18 of them.
func parseDecimal(s string) (v uint64, ok bool) {
	if s == "" || len(s) > 18 {
		return 0, false
	}
	for i := range len(s) {
		if s[i] < '0' || s[i] > '9' {
			return 0, false
		}
		v = v*10 + uint64(s[i]-'0')
	}
	return v, true
}

// pseudoSet is a set of pseudo-fields.
type pseudoSet uint8

const (
	pseudoMethod pseudoSet = 1 << iota
	pseudoScheme
	pseudoAuthority
	pseudoPath
	pseudoProtocol // RFC 8441
	pseudoStatus

	requestPseudo = pseudoMethod | pseudoScheme | pseudoAuthority | pseudoPath | pseudoProtocol
)

func pseudoOf(name string) pseudoSet {
	switch name {
	case ":method":
		return pseudoMethod
	case ":scheme":
		return pseudoScheme
	case ":authority":
		return pseudoAuthority
	case ":path":
		return pseudoPath
	case ":protocol":
		return pseudoProtocol
	case ":status":
		return pseudoStatus
	}
	return 0
}

// checkFields returns the first thing that RFC 9113 §8.2 and §8.3 forbid about a field section, "" if nothing. Of a
// partial one, nothing is expected to be there.
func checkFields(fields []hanalyze.Header, role Role, partial bool) string {
	var have pseudoSet
	allowed := pseudoSet(0)
	switch role {
	case RoleRequest, RolePush:
		allowed = requestPseudo
	case RoleResponse, RoleInterim:
		allowed = pseudoStatus
	case RoleTrailers:
	}
	regular, connect := false, false
	for i := range fields {
		f := &fields[i]
		if f.Name == UnknownName && f.Unresolved {
			partial = true
			continue
		}
		if !strings.HasPrefix(f.Name, ":") {
			regular = true
			if wrong := checkRegular(f); wrong != "" {
				return wrong
			}
			continue
		}
		p := pseudoOf(f.Name)
		switch {
		case p&allowed == 0:
			return fmt.Sprintf("%q does not belong in a %v section", f.Name, role)
		case regular:
			return fmt.Sprintf("%q after a regular field", f.Name)
		case have&p != 0:
			return fmt.Sprintf("%q twice", f.Name)
		}
		have |= p
		connect = connect || p == pseudoMethod && f.Value == "CONNECT"
	}
	if partial {
		return ""
	}
	return checkPresent(have, role, connect)
}

// checkRegular is RFC 9113 §8.2.1 and §8.2.2.
func checkRegular(f *hanalyze.Header) string {
	if f.Name == "" {
		return "empty field name"
	}
	for i := range len(f.Name) {
		switch c := f.Name[i]; {
		case c >= 'A' && c <= 'Z':
			return fmt.Sprintf("upper case in field name %q", f.Name)
		case c <= 0x20 || c >= 0x7f || c == ':':
			return fmt.Sprintf("byte 0x%02x in field name %q", c, f.Name)
		}
	}
	if strings.IndexByte(f.Value, 0) >= 0 || strings.IndexByte(f.Value, '\n') >= 0 || strings.IndexByte(f.Value, '\r') >= 0 {
		return fmt.Sprintf("NUL or line end in the value of %q", f.Name)
	}
	if v := f.Value; v != "" && (isBlank(v[0]) || isBlank(v[len(v)-1])) {
		return fmt.Sprintf("white space around the value of %q", f.Name)
	}
	switch f.Name {
	case "connection", "proxy-connection", "keep-alive", "transfer-encoding", "upgrade":
		return fmt.Sprintf("connection-specific field %q", f.Name)
	case "te":
		if f.Value != "trailers" && !f.Unresolved {
			return fmt.Sprintf("te is %q", f.Value)
		}
	}
	return ""
}

func isBlank(c byte) bool { return c == ' ' || c == '\t' }

// checkPresent is RFC 9113 §8.3.1, §8.3.2 and §8.5.
func checkPresent(have pseudoSet, role Role, connect bool) string {
	want := pseudoSet(0)
	switch role {
	case RoleRequest, RolePush:
		want = pseudoMethod | pseudoScheme | pseudoPath
		if connect && have&pseudoProtocol == 0 {
			want = pseudoMethod | pseudoAuthority
		}
	case RoleResponse, RoleInterim:
		want = pseudoStatus
	case RoleTrailers:
	}
	for _, name := range [...]string{":method", ":scheme", ":authority", ":path", ":status"} {
		if p := pseudoOf(name); want&p != 0 && have&p == 0 {
			return fmt.Sprintf("%q is missing", name)
		}
	}
	return ""
}
