package capture

import (
	"errors"
	"fmt"
	"net"
	"strings"

	"hanalyze/capture/filter"
)

// DefaultBufferBytes is the size of an interface's ring unless LiveOptions says otherwise: nearly a second of 500,000 small
// packets a second. A busy machine does not always get to hanalyze sooner: with 16 MiB it lost one in ten of them, with 64
// none.
const DefaultBufferBytes = 64 << 20

// maxSnaplen is the most that is kept of a packet, as in libpcap. What is put in front of it still fits MaxFrame.
const maxSnaplen = 256 << 10

// LiveOptions says what to capture.
type LiveOptions struct {
	Interfaces  []string           // names; AnyInterface stands for all of them
	Snaplen     int                // bytes kept of each packet; 0 or more than 262,144: that many
	Promiscuous bool               // see also what is not addressed to this machine; not with AnyInterface
	Filter      *filter.Expression // which packets the kernel hands over; nil: all. One that does not suit an interface is OpenLive's error, a *filter.Error
	BufferBytes int                // size of the kernel's ring of each interface; 0: DefaultBufferBytes
	Program     string             // path of the program, for the advice in a PermissionError; empty: hanalyze
	Warn        func(string)       // told each of Warnings at once, from within ReadBatch; may be nil
}

// PermissionError is the error of OpenLive when the process may not capture.
type PermissionError struct {
	Interface  string
	Capability string // what is missing, such as CAP_NET_RAW
	Program    string // path of the program
}

// Error says in one line what is missing and how to grant it (capabilities(7)).
func (e *PermissionError) Error() string {
	program := "$(command -v hanalyze)"
	if e.Program != "" {
		program = shellQuote(e.Program)
	}
	return fmt.Sprintf("%s: capturing needs the capability %s; grant it with: sudo setcap cap_net_raw,cap_net_admin=eip %s",
		e.Interface, e.Capability, program)
}

// shellQuote quotes a path for a shell if it needs to be.
func shellQuote(s string) string {
	for _, c := range s {
		switch {
		case c >= 'a' && c <= 'z', c >= 'A' && c <= 'Z', c >= '0' && c <= '9', strings.ContainsRune("/._-+@%,:=", c):
		default:
			return "'" + strings.ReplaceAll(s, "'", `'\''`) + "'"
		}
	}
	return s
}

// findInterface looks an interface up by name. The error lists those there are.
func findInterface(name string) (index int, loopback bool, err error) {
	if name == AnyInterface {
		return 0, false, nil
	}
	list, err := Interfaces()
	if err != nil {
		return 0, false, err
	}
	var names []string
	for _, i := range list {
		switch {
		case i.Name != name:
			names = append(names, i.Name)
		case !i.Up:
			return 0, false, fmt.Errorf("%s: the interface is down", name)
		default:
			return i.Index, i.Loopback, nil
		}
	}
	return 0, false, fmt.Errorf("%s: no such interface; there are %s", name, strings.Join(names, ", "))
}

// interfaceExists reports whether there is still an interface of this index.
func interfaceExists(index int) bool {
	_, err := net.InterfaceByIndex(index)
	return err == nil
}

// errNoInterfaces is the error of OpenLive without interfaces.
var errNoInterfaces = errors.New("no interface to capture from")
