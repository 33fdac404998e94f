// Command hanalyze tells, from a packet capture or a live interface, what happened between two machines.
package main

import (
	"errors"
	"fmt"
	"io"
	"os"
	"runtime/debug"
)

// Exit statuses.
const (
	exitOK    = 0 // the input was read to its end, also when that came too early
	exitInput = 1 // the input cannot be read, or the output not be written
	exitUsage = 2 // the command line is wrong
)

// gcPercent lets the heap grow by half between collections: what lives is little and what dies is much, so collecting twice
// as often costs a few percent of time and saves a third of the memory. GOGC overrides it.
const gcPercent = 50

func main() {
	if os.Getenv("GOGC") == "" {
		debug.SetGCPercent(gcPercent)
	}
	os.Exit(run(os.Args[1:], os.Stdout, os.Stderr))
}

// run is main with its surroundings as arguments, so that tests can call it in their own process.
func run(args []string, stdout, stderr io.Writer) int {
	cmd := newCommand(stdout, stderr)
	cmd.SetArgs(args)
	err := cmd.Execute()
	if err == nil {
		return exitOK
	}
	fmt.Fprintf(stderr, "hanalyze: %v\n", err)
	var failed inputError
	if errors.As(err, &failed) {
		return exitInput
	}
	fmt.Fprintln(stderr, "Run 'hanalyze --help' for usage.")
	return exitUsage
}

// inputError marks an error of the input or the output; every other error is one of usage.
type inputError struct{ error }

func (e inputError) Unwrap() error { return e.error }
