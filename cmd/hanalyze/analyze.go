package main

import (
	"fmt"
	"io"
	"os"
	"os/signal"
	"strconv"
	"strings"
	"sync/atomic"
	"syscall"
	"text/tabwriter"
	"time"

	"golang.org/x/term"

	"hanalyze/capture"
	"hanalyze/capture/filter"
	"hanalyze/output"
	"hanalyze/pipeline"
)

// pipeWidth is the width of text that goes to no terminal: a file is read in editors and on pages, which show about this.
const pipeWidth = 100

// analyze runs the main job.
func analyze(f *flags, stdout, stderr io.Writer) (err error) {
	warn := func(text string) {
		if !f.quiet {
			fmt.Fprintln(stderr, "hanalyze: warning: "+output.Printable(text))
		}
	}
	if err := checkKeylogs(f.keylogs, warn); err != nil {
		return inputError{err}
	}
	src, err := f.open(warn)
	if err != nil {
		return asInput(err)
	}
	defer src.Close()
	o := pipeline.Options{
		Source: src, Live: f.live(), Flush: f.live() || pipes(f.read), Workers: f.workers, MaxPackets: f.count,
		MaxDuration: time.Duration(f.seconds * float64(time.Second)),
		Out:         stdout, Render: f.renderer(stdout), Events: f.selected(), Secrets: f.showSecrets,
	}
	if f.packets != nil && !f.capturing() {
		o.Filter = filter.NewMatcher(f.packets) // live, the kernel has it
	}
	if f.capturing() {
		if err := f.become(); err != nil {
			return inputError{err}
		}
	}
	if f.write != "" {
		kept, err := f.keep(src)
		if err != nil {
			return inputError{err}
		}
		o.Save = kept
		defer func() {
			if cerr := kept.Close(); err == nil {
				err = asInput(cerr)
			}
		}()
	}
	if f.bodies >= 0 || f.extract != "" {
		b, err := f.openBodies()
		if err != nil {
			return inputError{err}
		}
		o.Bodies = b
		if b.Extract != nil {
			defer func() {
				if cerr := b.Extract.Close(); err == nil {
					err = asInput(cerr)
				}
			}()
		}
	}
	if f.capturing() {
		if err := f.confine(warn); err != nil {
			return inputError{err}
		}
	}
	stop := stopOnSignal(src, o.Live, o.MaxDuration)
	defer stop()
	stats, err := pipeline.Run(o)
	if f.records != nil && f.records.Err() != nil {
		warn(fmt.Sprintf("-Y could not be computed for some records: %v", f.records.Err()))
	}
	warnAbsent(f.conns, stats.Connections.TCP+stats.Connections.UDP, warn)
	return asInput(err)
}

// open opens the files or interfaces.
func (f *flags) open(warn func(string)) (*source, error) {
	switch {
	case f.follow:
		s, err := capture.Follow(f.read[0], warn)
		return &source{Source: s}, err
	case len(f.interfaces) == 0:
		s, err := capture.OpenFiles(f.read, warn)
		return &source{Source: s}, err
	}
	s, err := capture.OpenLive(capture.LiveOptions{
		Interfaces: f.interfaces, Snaplen: f.snaplen, Promiscuous: !f.noPromisc, BufferBytes: f.buffer << 20,
		Filter: f.packets, Program: program(), Warn: warn,
	})
	return &source{Source: s}, err
}

// capturing reports whether packets come from interfaces.
func (f *flags) capturing() bool { return len(f.interfaces) > 0 }

// live reports whether what is read is still happening: the text is then one of events.
func (f *flags) live() bool { return f.follow || f.capturing() }

// pipes reports whether there is something other than files and directories among the inputs.
func pipes(names []string) bool {
	for _, name := range names {
		st, err := os.Stat(name)
		if name == "-" {
			st, err = os.Stdin.Stat()
		}
		if err == nil && !st.IsDir() && !st.Mode().IsRegular() {
			return true
		}
	}
	return false
}

// source is a Source that ends when it is told to.
type source struct {
	capture.Source
	stopped atomic.Bool
}

// Stop makes the next ReadBatch the last. It may be called from any goroutine.
func (s *source) Stop() {
	s.stopped.Store(true)
	if live, ok := s.Source.(capture.Stopper); ok {
		live.Stop()
	}
}

// ReadBatch reads from the source until it is stopped. A live source knows by itself when it has given everything.
func (s *source) ReadBatch(b *capture.Batch) error {
	if _, live := s.Source.(capture.Stopper); !live && s.stopped.Load() {
		return io.EOF
	}
	return s.Source.ReadBatch(b)
}

// stopOnSignal makes the first SIGINT or SIGTERM the end of the input; a second one kills the process. Live capture also
// ends after the given time, whether or not packets arrive; zero is no limit.
func stopOnSignal(s *source, live bool, limit time.Duration) (release func()) {
	signals := make(chan os.Signal, 1)
	signal.Notify(signals, os.Interrupt, syscall.SIGTERM)
	done := make(chan struct{})
	var timeout <-chan time.Time
	if live && limit > 0 {
		timeout = time.After(limit)
	}
	go func() {
		select {
		case <-signals:
			signal.Stop(signals)
		case <-timeout:
		case <-done:
			return
		}
		s.Stop()
	}()
	return func() { signal.Stop(signals); close(done) }
}

// selected says which of the record types that are off by default are printed.
func (f *flags) selected() map[string]bool {
	on := map[string]bool{}
	for _, t := range eventTypes {
		on[t] = false
	}
	for _, e := range f.events {
		on[eventTypes[e]] = true
	}
	// What WebSocket messages say stands in their records.
	if f.bodies > 0 {
		on["websocket_message"] = true
	}
	// A ladder is made of packets.
	if f.ladder != "" {
		on["packet"] = true
	}
	// Live text is made of steps.
	if f.format == "text" && f.live() {
		on["tcp_event"] = true
	}
	return on
}

func (f *flags) renderer(stdout io.Writer) output.Renderer {
	o := textOptions(stdout, f.color)
	o.ShowSecrets, o.Conns = f.showSecrets, f.conns
	if f.records != nil {
		o.Match = f.records.Match
	}
	switch {
	case f.format == "json":
		return output.NewJSON(o)
	case f.live():
		return output.NewLive(o)
	}
	switch f.ladder {
	case "short":
		o.Ladder = output.ShortLadder
	case "full":
		o.Ladder = output.FullLadder
	}
	return output.NewStory(o)
}

// textOptions returns the width and the colours that text on stdout is to have; color is what --color says.
func textOptions(stdout io.Writer, color string) output.Options {
	o := output.Options{Width: pipeWidth}
	if columns, err := strconv.Atoi(os.Getenv("COLUMNS")); err == nil && columns > 0 {
		o.Width = columns
	}
	terminal := false
	if file, ok := stdout.(*os.File); ok {
		terminal = term.IsTerminal(int(file.Fd()))
		if w, _, err := term.GetSize(int(file.Fd())); err == nil && w > 0 {
			o.Width = w
		}
	}
	// https://no-color.org: any value that is not empty.
	o.Color = color == "always" || color == "auto" && terminal && os.Getenv("NO_COLOR") == "" && os.Getenv("TERM") != "dumb"
	return o
}

func listInterfaces(w io.Writer) error {
	list, err := capture.Interfaces()
	if err != nil {
		return inputError{err}
	}
	t := tabwriter.NewWriter(w, 0, 8, 2, ' ', 0)
	for _, i := range list {
		state := "down"
		if i.Up {
			state = "up"
		}
		fmt.Fprintf(t, "%s\t%s\t%s\t%s\n", i.Name, state, i.Description, strings.Join(i.Addresses, " "))
	}
	return asInput(t.Flush())
}

// program returns the path of this program for the advice to grant it a capability, "" where it is not known.
func program() string {
	path, err := os.Executable()
	if err != nil {
		return ""
	}
	return path
}
