package capture

import (
	"encoding/binary"
	"net"
)

// AnyInterface is the name that captures from all interfaces at once.
const AnyInterface = "any"

// Interface is a network interface of this machine.
type Interface struct {
	Name        string
	Index       int // 0 for AnyInterface
	Up          bool
	Loopback    bool
	Addresses   []string // in CIDR notation
	Description string   // one word or two: loopback, point to point, all interfaces
}

// Interfaces lists the interfaces in the order of the system, AnyInterface last.
func Interfaces() ([]Interface, error) {
	list, err := net.Interfaces()
	if err != nil {
		return nil, err
	}
	var out []Interface
	for _, i := range list {
		f := Interface{Name: i.Name, Index: i.Index, Up: i.Flags&net.FlagUp != 0, Loopback: i.Flags&net.FlagLoopback != 0}
		switch {
		case f.Loopback:
			f.Description = "loopback"
		case i.Flags&net.FlagPointToPoint != 0:
			f.Description = "point to point"
		}
		addrs, err := i.Addrs()
		if err != nil {
			return nil, err
		}
		for _, a := range addrs {
			f.Addresses = append(f.Addresses, a.String())
		}
		out = append(out, f)
	}
	return append(out, Interface{Name: AnyInterface, Up: true, Description: "all interfaces"}), nil
}

// netmask returns the mask of an interface's first IPv4 address, 0 if it has none.
func netmask(index int) uint32 {
	i, err := net.InterfaceByIndex(index)
	if err != nil {
		return 0
	}
	addrs, err := i.Addrs()
	if err != nil {
		return 0
	}
	for _, a := range addrs {
		if n, ok := a.(*net.IPNet); ok && n.IP.To4() != nil && len(n.Mask) == net.IPv4len {
			return binary.BigEndian.Uint32(n.Mask)
		}
	}
	return 0
}
