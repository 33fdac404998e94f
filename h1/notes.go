package h1

import "strings"

// Notes are the oddities of a head that do not hinder its reading, as a set.
type Notes uint32

// The notes, in the order of their names.
const (
	BareLF           Notes = 1 << iota // a line ends with LF alone, RFC 9112 §2.2
	BareCR                             // CR within a line, RFC 9112 §2.2
	Folded                             // a value goes on in the next line, RFC 9112 §5.2; joined by one space
	LeadingFold                        // the first header line begins with white space; left out, RFC 9112 §2.2
	NoColon                            // a header line without a colon; told as a name without a value
	SpaceBeforeColon                   // RFC 9112 §5.1
	EmptyName                          // a header line that begins with a colon
	BadName                            // a header name that is not a token, RFC 9110 §5.1
	NulByte                            // a NUL byte in the head
	TargetSpace                        // white space in the request target
	StartLineSpace                     // white space in the start line that is not one single space
	VersionCase                        // "http" not in capitals
	OddVersion                         // not HTTP/1.0 or HTTP/1.1
	NoReasonSpace                      // the status line ends with the status code, RFC 9112 §4
	StatusRange                        // a status code below 100 or above 599, RFC 9110 §15
	Truncated                          // the head is not listed to its end
	HostMissing                        // an HTTP/1.1 request without Host, RFC 9112 §3.2
	HostRepeated                       // several Host headers, RFC 9112 §3.2
	HostDiffers                        // Host names another host than the absolute target, RFC 9112 §3.2.2
	LengthRepeated                     // several equal Content-Lengths, RFC 9110 §8.6

	// unusualName is not told: the name of a header has bytes besides letters, digits and hyphens.
	unusualName Notes = 1 << 31
)

var noteNames = [...]string{"bare_lf", "bare_cr", "folded", "leading_fold", "no_colon", "space_before_colon", "empty_name", "bad_name",
	"nul_byte", "target_space", "start_line_space", "version_case", "odd_version", "no_reason_space", "status_range", "truncated",
	"host_missing", "host_repeated", "host_differs", "length_repeated"}

// Names returns the names of the notes.
func (n Notes) Names() []string {
	var names []string
	for i, name := range noteNames {
		if n&(1<<i) != 0 {
			names = append(names, name)
		}
	}
	return names
}

// String returns the names of the notes, joined by commas; "" for none.
func (n Notes) String() string { return strings.Join(n.Names(), ",") }
