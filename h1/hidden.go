package h1

import "strings"

// hiddenFields are Content-Length and Transfer-Encoding fields that some readers see and others do not. Whoever wants two
// readers to disagree about the end of a message hides one of these from the first.
type hiddenFields struct {
	how        string // how the first of them is hidden, "" when there is none
	length     lengthField
	coding     codingField // these two are seen by others only
	dropLength bool
	dropCoding bool    // these two are seen here, and not by others
	mixed      bool    // the head has line ends with and without CR
	bareLF     [2]bool // a bare LF stands beside the length, the coding
}

// framingName is a field that frames.
type framingName uint8

const (
	noFraming framingName = iota
	lengthName
	codingName
)

// framingNameOf returns which framing field a name may be taken for by a reader who drops what does not belong into a
// name, takes another byte for the hyphen, or stops at a NUL.
func framingNameOf(name string) framingName {
	for _, part := range [...]string{name, upToNUL(name)} {
		switch {
		case sameLetters(part, "contentlength"):
			return lengthName
		case sameLetters(part, "transferencoding"):
			return codingName
		}
	}
	return noFraming
}

func upToNUL(s string) string {
	before, _, _ := strings.Cut(s, "\x00")
	return before
}

// sameLetters reports whether the letters and digits of s, in any case, are those of want.
func sameLetters(s, want string) bool {
	n := 0
	for i := range len(s) {
		c := s[i] | 0x20
		if (c < 'a' || c > 'z') && (s[i] < '0' || s[i] > '9') {
			continue
		}
		if n == len(want) || c != want[n] {
			return false
		}
		n++
	}
	return n == len(want)
}

// show takes notice of a field that others see and that does not count here.
func (x *hiddenFields) show(name, value, how string) {
	switch framingNameOf(name) {
	case lengthName:
		x.length.add(trimSpace(value))
	case codingName:
		x.coding.add(trimSpace(value))
	case noFraming:
		return
	}
	x.because(how)
}

// showLine is show for a whole line.
func (x *hiddenFields) showLine(line, how string) {
	if name, value, ok := strings.Cut(line, ":"); ok {
		x.show(name, value, how)
	}
}

// drop takes notice of a field that counts here and that others do not see.
func (x *hiddenFields) drop(name, how string) {
	switch framingNameOf(name) {
	case lengthName:
		x.dropLength = true
	case codingName:
		x.dropCoding = true
	case noFraming:
		return
	}
	x.because(how)
}

func (x *hiddenFields) because(how string) {
	if x.how == "" {
		x.how = how
	}
}

// oddName takes notice of a field whose name has the given oddities. White space before the colon is read over here, as
// most lenient readers do; others drop the field or take the space for a part of the name.
func (x *hiddenFields) oddName(name, value string, odd Notes) {
	switch {
	case odd&SpaceBeforeColon != 0 && odd&unusualName == 0:
		x.drop(name, "white space stands before its colon")
	case odd&unusualName != 0:
		x.show(name, value, "its name has bytes that some drop or replace")
	}
}

// noteFold takes notice that the value of a field is folded: it may be read as empty.
func (x *hiddenFields) noteFold(name string) {
	if len(name) >= shortestFraming {
		x.drop(name, "its value is folded")
	}
}

// shortestFraming is the length of the shorter name that frames.
const shortestFraming = len("Content-Length")

// noteBareLF takes notice that a bare LF ends the line of a field or the one before.
func (x *hiddenFields) noteBareLF(name string) {
	if len(name) < shortestFraming {
		return
	}
	switch framingNameOf(name) {
	case lengthName:
		x.bareLF[0] = true
	case codingName:
		x.bareLF[1] = true
	case noFraming:
	}
}

// dropBareLF hides the fields of a request beside a bare LF, if there are line ends of both kinds: readers who know one of
// them join lines. Responses are left alone: what programs write and what servers add around it often end their lines
// differently.
func (x *hiddenFields) dropBareLF() {
	if !x.mixed {
		return
	}
	x.dropLength = x.dropLength || x.bareLF[0]
	x.dropCoding = x.dropCoding || x.bareLF[1]
	if x.bareLF != [2]bool{} {
		x.because("a bare LF ends its line or the one before")
	}
}

// showBehindCR takes notice of a field that follows a CR within a line, which some readers take for the end of the line.
func (x *hiddenFields) showBehindCR(line string) {
	for {
		_, rest, ok := strings.Cut(line, "\r")
		if !ok {
			return
		}
		x.showLine(rest, "it stands behind a bare CR")
		line = rest
	}
}

// others returns f as the other readers see it.
func (f *fields) others() fields {
	o, x := *f, &f.hidden
	if x.dropLength {
		o.length = lengthField{}
	}
	if x.dropCoding {
		o.coding = codingField{}
	}
	if x.length.present {
		o.length = x.length
	}
	if x.coding.present {
		o.coding = x.coding
	}
	o.hidden = hiddenFields{}
	return o
}
