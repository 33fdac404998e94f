package starttls

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"hanalyze"
	"hanalyze/internal/convo"
)

// told is a Conn that tells when TLS begins.
type told struct {
	*Conn
	emit convo.Emit
	done bool
}

func (t *told) Feed(d hanalyze.Dir, b []byte) int {
	n := t.Conn.Feed(d, b)
	if t.Switched() && !t.done {
		t.done = true
		t.emit("switched", nil)
	}
	return n
}

func create(p *Protocol) convo.New {
	return func(emit convo.Emit) convo.Parser {
		return &told{emit: emit, Conn: NewConn(p, func(e Event) { emit(strings.TrimSpace(e.Kind.String()+" "+e.Detail), nil) })}
	}
}

// The files of each protocol are named after it.
func TestConversations(t *testing.T) {
	for i := range Protocols {
		p := &Protocols[i]
		t.Run(p.Name, func(t *testing.T) { convo.Run(t, filepath.Join("testdata", p.Name+"_*.txt"), create(p)) })
	}
}

// Each conversation is found to be in its protocol and in no other, however much of its beginning is there, and never so sure
// of a wrong one.
func TestSniffConversations(t *testing.T) {
	files, err := filepath.Glob("testdata/*.txt")
	if err != nil || len(files) == 0 {
		t.Fatal(err)
	}
	for _, file := range files {
		name, _, _ := strings.Cut(filepath.Base(file), "_")
		c := parse(t, file)
		var first [2][]byte
		found := ""
		for _, s := range c.Steps {
			for _, x := range s.Data {
				first[s.Dir] = append(first[s.Dir], x)
				if found == "" {
					found = sniffAll(first)
				}
			}
		}
		if found != name {
			t.Errorf("%s was taken for %q", file, found)
		}
	}
}

// sniffAll asks as a Stream does: the first that does not say no decides.
func sniffAll(first [2][]byte) string {
	for _, p := range Protocols {
		switch p.Sniff(first[0], first[1]) {
		case Yes:
			return p.Name
		case Maybe:
			return ""
		}
	}
	return ""
}

// What is not one of these protocols is told so at once, so that nothing waits for it.
func TestSniffOthers(t *testing.T) {
	for _, c := range [][2]string{
		{"GET / HTTP/1.1\r\nHost: a\r\n\r\n", ""}, {"", "SSH-2.0-OpenSSH_9.2\r\n"}, {"\x16\x03\x01\x02\x00\x01\x00", ""}, {"PRI * HTTP/2.0\r\n", ""},
		{"\x00\x1d\x12\x34\x01\x00\x00\x01\x00\x00\x00\x00\x00\x00\x01a\x02bc\x00", ""}, {"", "HTTP/1.1 200 OK\r\n"}, {"\x05\x01\x00", ""}, {"", "\x00\x01\x02\x03\x04\x05\x06\x07"},
	} {
		for _, p := range Protocols {
			if v := p.Sniff([]byte(c[0]), []byte(c[1])); v != No {
				t.Errorf("%s says %d of %q", p.Name, v, c)
			}
		}
	}
}

func FuzzConn(f *testing.F) {
	for i := range Protocols {
		f.Add(uint8(i), []byte("EHLO a\r\nSTARTTLS\r\n"), []byte("220 a\r\n250-STARTTLS\r\n250 X\r\n220 go\r\n"), uint8(7))
	}
	f.Fuzz(func(t *testing.T, which uint8, c2s, s2c []byte, cut uint8) {
		p := &Protocols[int(which)%len(Protocols)]
		p.Sniff(c2s, s2c)
		steps := []convo.Step{{Dir: hanalyze.S2C, Data: s2c}, {Dir: hanalyze.C2S, Data: c2s}, {Dir: hanalyze.S2C, Gap: 5}, {Dir: hanalyze.S2C, Data: s2c}, {Dir: hanalyze.C2S, Data: c2s}}
		conv := &convo.Conversation{Steps: steps}
		whole := conv.Play(create(p), nil)
		if got := conv.Play(create(p), func(i int) bool { return i%(int(cut)+1) == 0 }); got != whole {
			t.Fatalf("%s: whole\n%s\ncut\n%s", p.Name, whole, got)
		}
	})
}

func parse(t *testing.T, file string) *convo.Conversation {
	t.Helper()
	src, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	c, err := convo.Parse(src)
	if err != nil {
		t.Fatal(err)
	}
	return c
}
