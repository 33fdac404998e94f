// Package privileges gives up what a process need not be able to do any more once its sockets and files are open. A capture
// brings in bytes that anybody may have sent; should a parser of them have a hole, then what is found behind it is a process
// that has no capability, cannot get one back by running another program, and opens no file.
package privileges

import "errors"

// ErrCgo is the error of Confine in a program built with cgo, whose threads the Go runtime cannot reach all at once; nothing
// was given up then.
var ErrCgo = errors.New("a build with cgo cannot give up its privileges; build with CGO_ENABLED=0")
