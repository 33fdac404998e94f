//go:build !linux

package privileges

import "errors"

// Confine does nothing on systems other than Linux.
func Confine(...string) error { return nil }

// MayWrite finds nothing to object to on systems other than Linux.
func MayWrite(string) error { return nil }

// Become is for Linux.
func Become(string) error { return errors.New("becoming another user is supported on Linux only") }
