// Package caret points at a place in a line that the user wrote.
package caret

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

const (
	contextBefore = 60 // characters of a long line shown before the place
	contextAfter  = 30 // and after it
)

// Point returns a line and under it a mark for the bytes from the first to the one before the last:
//
//	tcp prt 80
//	    ^~~
//
// What cannot be shown on a terminal is replaced, and what is long is cut.
func Point(line string, from, to int) string {
	before, word, after := printable(line[:from]), printable(line[from:to]), printable(line[to:])
	if len(before) > contextBefore {
		before = append([]rune("…"), before[len(before)-contextBefore:]...)
	}
	if len(after) > contextAfter {
		after = append(after[:contextAfter:contextAfter], '…')
	}
	if len(word) > contextBefore {
		word, after = append(word[:contextBefore:contextBefore], '…'), nil
	}
	return "  " + string(before) + string(word) + string(after) + "\n  " +
		strings.Repeat(" ", len(before)) + "^" + strings.Repeat("~", max(0, len(word)-1))
}

// printable returns the characters of s with one that does no harm in place of each that cannot be shown.
func printable(s string) []rune {
	out := make([]rune, 0, len(s))
	for _, r := range s {
		switch {
		case unicode.IsSpace(r):
			r = ' '
		case !unicode.IsPrint(r):
			r = utf8.RuneError
		}
		out = append(out, r)
	}
	return out
}
