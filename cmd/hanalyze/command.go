package main

import (
	"errors"
	"fmt"
	"io"
	"runtime"
	"runtime/debug"
	"strings"

	"github.com/spf13/cobra"

	"hanalyze/capture"
	"hanalyze/capture/filter"
	"hanalyze/output"
	"hanalyze/query"
)

// flags are the values of the command line.
type flags struct {
	read        []string
	follow      bool
	interfaces  []string
	filter      string
	packets     *filter.Expression // parsed from filter; nil: all packets
	match       string
	records     *query.Query // compiled from match; nil: all records
	format      string
	json        bool
	workers     int
	count       uint64
	seconds     float64
	write       string
	rotate      []string
	rotation    capture.Rotation // parsed from rotate
	user        string
	snaplen     int
	buffer      int
	noPromisc   bool
	events      []string
	color       string
	showSecrets bool
	ladder      string
	quiet       bool
	list        bool
	keylogs     []string
	conn        []string
	conns       output.Conns // parsed from conn
	bodies      int          // bytes of each body to tell, -1: bodies are not looked at
	extract     string
	extractMax  int // MiB
}

const long = `hanalyze tells what happened on the wire: the DNS question, the TCP handshake with the states of both ends,
the TLS hellos, every HTTP/1 and HTTP/2 exchange with its times, what was lost, and who closed the
connection and why. As text to read, or as one JSON object per line to process.`

const examples = `  hanalyze -r trace.pcap                          the story of every connection in a file
  hanalyze -r a.pcap -r b.pcapng.gz               several files, merged by time
  hanalyze -r ring/                               all captures of a directory, by time
  hanalyze -r trace.pcap --follow                 a file that is still being written, one line per event
  tcpdump -w - -U | hanalyze -r -                 from standard input
  sudo hanalyze -i eth0                           live, one line per event; Ctrl-C ends it
  hanalyze -r trace.pcap -f 'tcp port 80'         only these packets
  sudo hanalyze -i any -a 30 -w kept.pcapng       30 seconds of all interfaces, and keep the packets
  hanalyze -r trace.pcap --json | jq 'select(.type=="http" and .status>=400) | .url'
  hanalyze -r trace.pcap --json --events tcp,h2   with every TCP step and every HTTP/2 frame
  hanalyze -r trace.pcap -Y 'type == "http" && status >= 500'   connections with a failed request
  hanalyze -r trace.pcap --conn 3,7-9             only some connections, by their numbers
  hanalyze -r trace.pcap --conn 3 --ladder        every packet of one as an arrow, with the states of both ends
  hanalyze -r trace.pcap --bodies 500             with the beginning of every body, decoded
  hanalyze -r trace.pcap --extract files/         write all bodies to files
  hanalyze explain tcp.zero_window                what a finding means`

func newCommand(stdout, stderr io.Writer) *cobra.Command {
	var f flags
	cmd := &cobra.Command{
		Use:           "hanalyze (-r FILE | -i INTERFACE) [flags]",
		Short:         "Tell what happened on the wire",
		Long:          long,
		Example:       examples,
		SilenceErrors: true,
		SilenceUsage:  true,
		Args: func(_ *cobra.Command, args []string) error {
			if f.ladder != "" && len(args) > 0 && (args[0] == "short" || args[0] == "full") {
				return fmt.Errorf("write --ladder=%s", args[0])
			}
			return noArgs(args)
		},
		RunE: func(cmd *cobra.Command, _ []string) error {
			if f.list {
				return listInterfaces(stdout)
			}
			if err := f.check(); err != nil {
				return err
			}
			return analyze(&f, stdout, stderr)
		},
	}
	cmd.SetOut(stdout)
	cmd.SetErr(stderr)
	fl := cmd.Flags()
	fl.SortFlags = false
	fl.StringArrayVarP(&f.read, "read", "r", nil, "read packets from `FILE` (pcap or pcapng, also in gzip, zstd, lz4 or xz; - is standard input; a directory: all captures in it); several are merged by time; may be repeated")
	fl.BoolVar(&f.follow, "follow", false, "go on reading the file as it grows, and the files that follow it in a directory or under its name, until Ctrl-C")
	fl.StringArrayVarP(&f.interfaces, "interface", "i", nil, "capture on `INTERFACE` (any: all of them); may be repeated")
	fl.StringVarP(&f.filter, "filter", "f", "", "read only packets that match `EXPRESSION` (pcap-filter(7): tcp port 80); packets keep their numbers in the file")
	fl.StringVarP(&f.match, "record-filter", "Y", "", "tell only records for which `EXPRESSION` over their JSON fields holds (status >= 500); as text, connections with such a record; the summary stays that of the whole input")
	fl.StringVarP(&f.format, "output", "o", "text", "output `FORMAT`: text or json (NDJSON, one object per line)")
	fl.BoolVar(&f.json, "json", false, "same as -o json")
	fl.StringSliceVar(&f.events, "events", nil, "with -o json, print these `EVENTS` as well: tcp (steps), h2 (frames), ws (WebSocket messages), packets")
	fl.StringSliceVar(&f.conn, "conn", nil, "tell only of these connections, by `NUMBER`: 3, 1,4-6 or 9-; the summary stays that of the whole input; may be repeated")
	fl.IntVarP(&f.workers, "jobs", "j", runtime.GOMAXPROCS(0), "decode with `N` workers; the output is the same for every N")
	fl.Uint64VarP(&f.count, "count", "c", 0, "stop after `N` packets")
	fl.Float64VarP(&f.seconds, "autostop", "a", 0, "stop after `SECONDS` of capture")
	fl.StringVarP(&f.write, "write", "w", "", "keep the packets in `FILE` (pcapng)")
	fl.StringArrayVarP(&f.rotate, "ring-buffer", "b", nil, "with -w FILE, begin a new file at `LIMIT`: filesize:KB, duration:SECONDS or packets:N; files:N keeps the last N; may be repeated")
	fl.IntVarP(&f.snaplen, "snaplen", "s", 0, "capture at most `BYTES` of each packet (default: all)")
	fl.IntVarP(&f.buffer, "buffer-size", "B", capture.DefaultBufferBytes>>20, "let the kernel keep up to `MIB` mebibytes of each interface until they are read")
	fl.BoolVarP(&f.noPromisc, "no-promiscuous-mode", "p", false, "do not put the interface into promiscuous mode")
	fl.StringVarP(&f.user, "relinquish-privileges", "Z", "", "become `USER` once the interfaces are open; capabilities are given up in any case")
	fl.BoolVarP(&f.list, "list-interfaces", "D", false, "list the interfaces that can be captured on, and exit")
	fl.IntVar(&f.bodies, "bodies", -1, "decode the bodies of HTTP messages and tell the first `BYTES` of each, and of WebSocket messages; 0 tells size, hash and type of bodies only")
	fl.Lookup("bodies").DefValue = "0" // keeps the help from naming -1, which means that nobody asked
	fl.StringVar(&f.extract, "extract", "", "write the bodies of HTTP messages to files in `DIR`, with a manifest")
	fl.IntVar(&f.extractMax, "extract-limit", defaultExtract, "write at most `MIB` mebibytes of bodies")
	addColorFlag(cmd, &f.color)
	fl.StringVar(&f.ladder, "ladder", "", "show each TCP connection as a ladder, an arrow for each packet; `HOW` is short (runs of ordinary packets are one arrow) or full")
	fl.Lookup("ladder").NoOptDefVal = "short"
	fl.BoolVar(&f.showSecrets, "show-secrets", false, "show cookies and credentials instead of ***")
	fl.BoolVarP(&f.quiet, "quiet", "q", false, "no warnings on standard error")
	fl.StringArrayVar(&f.keylogs, "keylog", nil, "TLS key log `FILE`; read and checked, but nothing is decrypted yet; may be repeated")
	cmd.SetFlagErrorFunc(func(_ *cobra.Command, err error) error { return err })
	cmd.AddCommand(explainCommand(stdout), filterCommand(stdout), schemaCommand(stdout), versionCommand(stdout))
	cmd.CompletionOptions.HiddenDefaultCmd = false
	cmd.InitDefaultCompletionCmd("completion")
	return cmd
}

// noArgs refuses words that are no flags, and says what was probably meant.
func noArgs(args []string) error {
	if len(args) == 0 {
		return nil
	}
	return fmt.Errorf("unexpected argument %q: a file is read with -r %s", args[0], args[0])
}

// maxBuffer is how large a ring may be, in mebibytes: more would be a slip.
const maxBuffer = 2048

// check finds contradictions between flags.
func (f *flags) check() error {
	if f.json {
		f.format = "json"
	}
	switch {
	case len(f.read) == 0 && len(f.interfaces) == 0:
		return errors.New("nothing to read: give a file with -r or an interface with -i")
	case len(f.read) > 0 && len(f.interfaces) > 0:
		return errors.New("-r and -i exclude each other")
	case f.follow && (len(f.read) != 1 || f.read[0] == "-"):
		return errors.New("--follow reads one file or directory; standard input is followed anyway")
	case f.format != "text" && f.format != "json":
		return fmt.Errorf("-o %s: want text or json", f.format)
	case f.workers < 1:
		return fmt.Errorf("-j %d: want at least 1", f.workers)
	case f.seconds < 0:
		return fmt.Errorf("-a %g: want seconds", f.seconds)
	case f.snaplen < 0:
		return fmt.Errorf("-s %d: want bytes", f.snaplen)
	case f.buffer < 1 || f.buffer > maxBuffer:
		return fmt.Errorf("-B %d: want 1 to %d mebibytes", f.buffer, maxBuffer)
	case len(f.read) > 0 && (f.snaplen > 0 || f.noPromisc || f.user != "" || f.buffer != capture.DefaultBufferBytes>>20):
		return errors.New("-s, -p, -B and -Z are for live capture: they need -i")
	case len(f.rotate) > 0 && f.write == "":
		return errors.New("-b says when to begin a new file: it needs -w FILE")
	case f.write == "-":
		return errors.New("-w -: standard output is for what is told; name a file")
	case f.ladder != "" && f.ladder != "short" && f.ladder != "full":
		return fmt.Errorf("--ladder=%s: want short or full", f.ladder)
	case f.ladder != "" && f.format != "text":
		return errors.New("--ladder is text: with -o json, --events packets tells every packet")
	case f.ladder != "" && f.live():
		return errors.New("--ladder draws whole connections, so it needs a whole file: keep the packets with -w FILE, then give it with -r")
	case len(f.events) > 0 && f.format != "json":
		return errors.New("--events needs -o json; live text tells TCP steps anyway")
	}
	if err := f.checkBodies(); err != nil {
		return err
	}
	for _, e := range f.events {
		if eventTypes[e] == "" {
			return fmt.Errorf("--events %s: want tcp, h2, ws or packets", e)
		}
	}
	if err := checkColor(f.color); err != nil {
		return err
	}
	var err error
	if f.rotation, err = parseRotation(f.rotate); err != nil {
		return err
	}
	if f.packets, err = parseFilter(f.filter); err != nil {
		return err
	}
	if f.match != "" {
		if f.records, err = query.Compile(f.match); err != nil {
			return fmt.Errorf("-Y: %w", err)
		}
	}
	f.conns, err = parseConns(f.conn)
	return err
}

// eventTypes are the words --events takes, and the record types they switch on.
var eventTypes = map[string]string{"tcp": "tcp_event", "h2": "http2_frame", "ws": "websocket_message", "packets": "packet"}

func addColorFlag(cmd *cobra.Command, color *string) {
	cmd.Flags().StringVar(color, "color", "auto", "use colours `WHEN`: auto (on a terminal, respecting NO_COLOR), always or never")
}

func checkColor(color string) error {
	if color != "auto" && color != "always" && color != "never" {
		return fmt.Errorf("--color %s: want auto, always or never", color)
	}
	return nil
}

func schemaCommand(stdout io.Writer) *cobra.Command {
	return &cobra.Command{
		Use:   "schema",
		Short: "Print the JSON Schema of the records",
		Args:  cobra.NoArgs,
		RunE: func(*cobra.Command, []string) error {
			_, err := stdout.Write(output.Schema())
			return asInput(err)
		},
	}
}

func versionCommand(stdout io.Writer) *cobra.Command {
	return &cobra.Command{
		Use:   "version",
		Short: "Print the version",
		Args:  cobra.NoArgs,
		RunE: func(*cobra.Command, []string) error {
			_, err := fmt.Fprintf(stdout, "hanalyze %s %s %s/%s\n", version(), runtime.Version(), runtime.GOOS, runtime.GOARCH)
			return asInput(err)
		},
	}
}

// version is what the Go tool stamped into the binary: a tag, or the commit it was built from.
func version() string {
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return "unknown"
	}
	return strings.TrimPrefix(info.Main.Version, "v")
}

// asInput marks an error as one of input or output. That a filter does not suit the input is one of usage.
func asInput(err error) error {
	var unsuitable *filter.Error
	switch {
	case err == nil:
		return nil
	case errors.As(err, &unsuitable):
		return fmt.Errorf("-f: %w", err)
	}
	return inputError{err}
}
