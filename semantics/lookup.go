package semantics

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
	return uint8(n)*169 + (name[0]|0x20)*57 + (name[n-1]|0x20)*239
}

// is reports whether name, which has its length, is the field's but for the case of letters. It is exact: a bit may differ
// only where the field's name has a letter.
func (k *spelling) is(name string) bool {
	w := split3(name)
	return (w[0]^k.name[0])&^k.letters[0]|(w[1]^k.name[1])&^k.letters[1]|(w[2]^k.name[2])&^k.letters[2] == 0
}

// split3 returns the bytes of s, of which there are minName to maxName.
func split3(s string) (w words) {
	n := len(s)
	switch {
	case n >= 16:
		w[2] = word(s[8:])
		fallthrough
	case n >= 8:
		w[0], w[1] = word(s), word(s[n-8:])
	case n >= 4:
		w[0] = uint64(halfWord(s)) | uint64(halfWord(s[n-4:]))<<32
	default:
		w[0] = uint64(s[0]) | uint64(s[1])<<8 | uint64(s[2])<<16
	}
	return w
}

func word(s string) uint64 {
	_ = s[7]
	return uint64(s[0]) | uint64(s[1])<<8 | uint64(s[2])<<16 | uint64(s[3])<<24 |
		uint64(s[4])<<32 | uint64(s[5])<<40 | uint64(s[6])<<48 | uint64(s[7])<<56
}

func halfWord(s string) uint32 {
	_ = s[3]
	return uint32(s[0]) | uint32(s[1])<<8 | uint32(s[2])<<16 | uint32(s[3])<<24
}
