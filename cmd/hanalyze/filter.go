package main

import (
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"

	"github.com/spf13/cobra"

	"hanalyze"
	"hanalyze/capture/filter"
)

const filterLong = `Compiles a capture filter and prints its BPF program, as tcpdump -d does: -d the instructions, -dd a C array,
-ddd decimal numbers. The language is that of pcap-filter(7); "man pcap-filter" explains it.`

// filterCommand prints what a capture filter is compiled to.
func filterCommand(stdout io.Writer) *cobra.Command {
	var dump int
	var link string
	cmd := &cobra.Command{
		Use:   "filter [-d] EXPRESSION",
		Short: "Print the program of a capture filter",
		Long:  filterLong,
		Example: `  hanalyze filter -d 'tcp port 80 and host 192.0.2.1'
  hanalyze filter -ddd --link-type LINUX_SLL2 'udp port 53'`,
		RunE: func(_ *cobra.Command, args []string) error {
			l, err := linkType(link)
			if err != nil {
				return err
			}
			e, err := filter.Parse(strings.Join(args, " "))
			if err != nil {
				return err
			}
			p, err := e.Compile(l, filter.Options{})
			if err != nil {
				return err
			}
			text := p.Listing
			switch dump {
			case 2:
				text = p.CSource
			case 3:
				text = p.Decimal
			}
			_, err = io.WriteString(stdout, text())
			return asInput(err)
		},
	}
	cmd.Flags().CountVarP(&dump, "dump", "d", "print the program: -d instructions, -dd C, -ddd decimal")
	cmd.Flags().StringVar(&link, "link-type", "ETHERNET", "compile for packets of this link type, by `NAME` or number")
	cmd.Flags().Lookup("dump").NoOptDefVal = "+1"
	return cmd
}

// linkType finds a link type by number or by its name in tcpdump's registry, of which EN10MB is another one.
func linkType(s string) (hanalyze.LinkType, error) {
	if n, err := strconv.ParseUint(s, 10, 16); err == nil {
		return hanalyze.LinkType(n), nil
	}
	if strings.EqualFold(s, "EN10MB") {
		return hanalyze.LinkEthernet, nil
	}
	const numbers = 1 << 9 // the registry has fewer
	for l := range hanalyze.LinkType(numbers) {
		if strings.EqualFold(l.String(), s) {
			return l, nil
		}
	}
	return 0, fmt.Errorf("--link-type %s: unknown; give the number", s)
}

// parseFilter reads what -f says; nil if it says nothing.
func parseFilter(text string) (*filter.Expression, error) {
	if strings.TrimSpace(text) == "" {
		return nil, nil
	}
	e, err := filter.Parse(text)
	if err != nil {
		return nil, fmt.Errorf("-f: %w", err)
	}
	var unsuitable *filter.Error
	p, err := e.Compile(hanalyze.LinkEthernet, filter.Options{})
	if errors.As(err, &unsuitable) {
		return e, nil // it may suit the link type there is
	}
	if constant, accepts := p.Constant(); constant && !accepts {
		return nil, fmt.Errorf("-f %q: no packet can match", text)
	}
	return e, nil
}
