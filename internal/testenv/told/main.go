// Command told reads the output of go test -json and tells what matters: failed tests with their output, skipped tests with
// their reason, and how many of each there were. It fails when a test did.
package main

import (
	"bufio"
	"encoding/json"
	"fmt"
	"os"
	"strings"
)

// event is a line of go test -json, see go doc test2json.
type event struct {
	Action, Package, Test, Output string
}

func main() {
	said := map[[2]string]string{} // by package and test
	counts := map[string]int{}
	lines := bufio.NewScanner(os.Stdin)
	lines.Buffer(nil, 1<<20)
	for lines.Scan() {
		var e event
		if err := json.Unmarshal(lines.Bytes(), &e); err != nil {
			fmt.Println(lines.Text()) // the go tool's own words, such as build errors
			continue
		}
		id := [2]string{e.Package, e.Test}
		switch e.Action {
		case "output", "build-output":
			said[id] += e.Output
		case "pass", "skip", "fail":
			tell(e, said[id])
			delete(said, id)
			if e.Test != "" {
				counts[e.Action]++
			} else if e.Action == "fail" {
				counts["failed package"]++
			}
		}
	}
	fmt.Printf("%d passed, %d failed, %d skipped\n", counts["pass"], counts["fail"], counts["skip"])
	if err := lines.Err(); err != nil || counts["fail"]+counts["failed package"] > 0 {
		os.Exit(1)
	}
}

// tell prints what a finished test or package said, if it is of interest.
func tell(e event, said string) {
	switch {
	case e.Action == "fail":
		fmt.Print(said)
	case e.Action == "skip" && e.Test != "":
		fmt.Printf("skipped %s %s: %s\n", e.Package, e.Test, reason(said))
	}
}

// reason is the line of a skipped test's output that says why.
func reason(said string) string {
	for line := range strings.Lines(said) {
		if _, why, ok := strings.Cut(line, ".go:"); ok {
			_, why, _ = strings.Cut(why, ": ")
			return strings.TrimSpace(why)
		}
	}
	return "no reason given"
}
