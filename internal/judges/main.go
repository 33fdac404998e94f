// Command judges compares what hanalyze says of TCP with two independent judges over a folder of captures: tshark's
// tcp.analysis flags, packet by packet, and tcptrace's figures, end by end.
//
//	judges [-hanalyze FILE] [-table FILE] [-only TEXT] [-judge NAME] [-v] CORPUS
//
// Every difference must be explained: by a rule that is checked on the packets (rules.go, ends.go), or by an entry of the
// table, which names the packets and says who is right. It fails when a difference has no explanation, and when a rule or
// an entry explains nothing any more. With -v every explained difference is told as well.
package main

import (
	"flag"
	"fmt"
	"os"
	"runtime"
	"strings"
	"sync"
)

func main() {
	binary := flag.String("hanalyze", "./hanalyze", "the `FILE` to run")
	table := flag.String("table", "internal/judges/explained.json", "`FILE` of explained differences")
	only := flag.String("only", "", "captures whose name holds `TEXT`")
	judge := flag.String("judge", "", "ask only this `JUDGE`: tshark or tcptrace")
	verbose := flag.Bool("v", false, "tell explained differences too")
	flag.Parse()
	if flag.NArg() != 1 {
		flag.Usage()
		os.Exit(2)
	}
	corpus, err := openCorpus(flag.Arg(0), *only)
	if err != nil {
		fail(err)
	}
	known, err := readTable(*table)
	if err != nil {
		fail(err)
	}
	t := newTally(known)
	for _, r := range compareAll(corpus, *binary, *judge) {
		t.add(r)
	}
	t.print(os.Stdout, *verbose)
	if !t.fine(*only+*judge == "") {
		os.Exit(1)
	}
}

func fail(err error) {
	fmt.Fprintln(os.Stderr, "judges:", err)
	os.Exit(2)
}

// result is what the comparison of one capture gives.
type result struct {
	capture string
	err     error
	notes   []string // judges that could not read it, or are not the expected version
	agreed  []agreement
	diffs   []*difference
}

// agreement counts the places of one figure where either side says anything.
type agreement struct {
	figure             string
	ours, theirs, both int
}

// difference is one place where a judge and we do not agree.
type difference struct {
	figure string
	frame  uint64 // for figures of packets
	conn   uint64 // our number of the connection
	side   string // for figures of ends: client or server
	theirs string
	ours   string
	rule   *rule // what explains it, nil when nothing does
}

// compareAll compares all captures, as many at a time as there are processors, and returns the results in order.
func compareAll(c *corpus, binary, judge string) []result {
	results := make([]result, len(c.names))
	next := make(chan int)
	var workers sync.WaitGroup
	for range runtime.NumCPU() {
		workers.Go(func() {
			for i := range next {
				results[i] = compare(c, c.names[i], binary, judge)
			}
		})
	}
	for i := range c.names {
		next <- i
	}
	close(next)
	workers.Wait()
	return results
}

// compare runs hanalyze and the judges over one capture.
func compare(c *corpus, name, binary, judge string) result {
	r := result{capture: name}
	told, err := tell(binary, c.path(name))
	if err != nil {
		r.err = err
		return r
	}
	if judge != "tcptrace" {
		flags, note := c.askTshark(name, told)
		r.note(note)
		if flags != nil {
			compareFrames(&r, told, flags)
			compareCounts(&r, told, flags)
		}
	}
	if judge != "tshark" {
		traces, note := askTcptrace(c.path(name))
		r.note(note)
		compareEnds(&r, told, traces)
	}
	return r
}

func (r *result) note(text string) {
	if text != "" {
		r.notes = append(r.notes, text)
	}
}

// firstLine is the first line of a program's complaint.
func firstLine(b []byte) string {
	line, _, _ := strings.Cut(strings.TrimSpace(string(b)), "\n")
	return line
}
