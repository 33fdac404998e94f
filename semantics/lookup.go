package semantics

import "hanalyze/internal/word"

// Names of fields are looked up by a hash of their length and two letters, which happens to tell all fields apart, and
// compared eight bytes at a time: every header of every exchange is looked up.

// The shortest and the longest name: age, if-unmodified-since.
const minName, maxName = 3, 19

// words are a name of minName to maxName bytes in three pieces that cover all of it and may overlap.
type words [3]uint64

// spelling is the name of a field, ready to be compared.
type spelling struct {
	name    words
	letters words // 0x20 where name has a letter, which may be a capital
}

// byHash is the one field that a name of a hash can be.
var byHash = func() (table [256]Field) {
	for f := Other + 1; f < numFields; f++ {
		table[hash(names[f])] = f
	}
	return table
}()

var spellings = func() (table [numFields]spelling) {
	for f := Other + 1; f < numFields; f++ {
		letters := []byte(names[f])
		for i, c := range letters {
			letters[i] = 0
			if c != '-' {
				letters[i] = 0x20
			}
		}
		table[f] = spelling{split3(names[f]), split3(string(letters))}
	}
	return table
}()

// hash tells the fields apart: its factors were found by trying. Capitals have the hash of their small letters.
func hash(name string) uint8 {
	n := len(name)
	return uint8(n)*109 + (name[0]|0x20)*91 + (name[n-1]|0x20)*225
}

// is reports whether name, which has its length, is the field's but for the case of letters. It is exact: a bit may differ
// only where the field's name has a letter.
func (k *spelling) is(name string) bool {
	n, want, letters := len(name), &k.name, &k.letters
	switch {
	case n >= 16:
		return (word.Eight(name)^want[0])&^letters[0]|(word.Eight(name[8:])^want[1])&^letters[1]|(word.Eight(name[n-8:])^want[2])&^letters[2] == 0
	case n >= 8:
		return (word.Eight(name)^want[0])&^letters[0]|(word.Eight(name[n-8:])^want[2])&^letters[2] == 0
	case n >= 4:
		return (word.Ends(name)^want[0])&^letters[0] == 0
	}
	return (three(name)^want[0])&^letters[0] == 0
}

// split3 returns the pieces of s, of which there are as many as its length asks for.
func split3(s string) (w words) {
	n := len(s)
	switch {
	case n >= 16:
		w = words{word.Eight(s), word.Eight(s[8:]), word.Eight(s[n-8:])}
	case n >= 8:
		w = words{word.Eight(s), 0, word.Eight(s[n-8:])}
	case n >= 4:
		w[0] = word.Ends(s)
	default:
		w[0] = three(s)
	}
	return w
}

// three returns the three bytes of s.
func three(s string) uint64 { return uint64(s[0]) | uint64(s[1])<<8 | uint64(s[2])<<16 }
