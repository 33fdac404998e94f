package decode

import (
	"flag"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/rogpeppe/go-internal/txtar"

	"hanalyze"
	"hanalyze/internal/convo"
)

// scene is a conversation file: the lines after its title set how the flow is and how it ends.
//
//	mid_stream   the capture missed the opening
//	close WHY    how the flow ends; fin where this line is absent
//	packets      the outcome depends on how the bytes are cut into packets
type scene struct {
	*convo.Conversation
	file      string
	src       []byte
	midStream bool
	why       string
	packets   bool
}

func readScenes(t testing.TB) []*scene {
	files, err := filepath.Glob("testdata/*.txt")
	if err != nil || len(files) == 0 {
		t.Fatalf("no conversations (%v)", err)
	}
	var all []*scene
	for _, name := range files {
		s, err := readScene(name)
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		all = append(all, s)
	}
	return all
}

func readScene(name string) (*scene, error) {
	src, err := os.ReadFile(name)
	if err != nil {
		return nil, err
	}
	c, err := convo.Parse(src)
	if err != nil {
		return nil, err
	}
	s := &scene{Conversation: c, file: name, src: src, why: "fin"}
	for i, line := range strings.Split(c.Title, "\n") {
		w := strings.Fields(line)
		switch {
		case i == 0 || len(w) == 0:
		case w[0] == "mid_stream":
			s.midStream = true
		case w[0] == "close" && len(w) == 2:
			s.why = w[1]
		case w[0] == "packets":
			s.packets = true
		default:
			return nil, fmt.Errorf("unknown setting %q", line)
		}
	}
	return s, nil
}

func (s *scene) play(t testing.TB, cut func(int) bool) *player {
	p := newPlayer(t, hanalyze.TCP, 8080)
	p.flow.MidStream = s.midStream
	p.steps(s.Steps, cut)
	p.close(s.why)
	return p
}

func (s *scene) rewrite(t *testing.T, want string) {
	a := txtar.Parse(s.src)
	for i := range a.Files {
		if a.Files[i].Name == "want" {
			a.Files[i].Data = []byte(want)
			if err := os.WriteFile(s.file, txtar.Format(a), 0o644); err != nil {
				t.Fatal(err)
			}
			return
		}
	}
	t.Fatal("no want section")
}

// TestConversations plays every file whole, with the times and packets the file wants, and then cut in other ways, which
// must tell the same but for times and packets.
func TestConversations(t *testing.T) {
	update := flag.Lookup("update").Value.String() == "true"
	for _, s := range readScenes(t) {
		t.Run(strings.TrimSuffix(filepath.Base(s.file), ".txt"), func(t *testing.T) {
			got := s.play(t, nil).records
			if whole := text(got, true); update {
				s.rewrite(t, whole)
			} else if d := diff(s.Want, whole); d != "" {
				t.Fatalf("(-want +got)\n%s", d)
			}
			if !s.packets {
				s.checkCuts(t, text(got, false))
			}
		})
	}
}

func (s *scene) checkCuts(t *testing.T, want string) {
	check := func(how string, cut func(int) bool) {
		if d := diff(want, text(s.play(t, cut).records, false)); d != "" {
			t.Fatalf("%s (-whole +got)\n%s", how, d)
		}
	}
	check("byte by byte", func(int) bool { return true })
	n := 0
	for _, st := range s.Steps {
		n += len(st.Data)
	}
	for at := 1; at < n; at++ {
		check(fmt.Sprintf("cut at %d", at), func(i int) bool { return i == at })
	}
	for seed := range uint64(50) {
		rnd := rand.New(rand.NewPCG(seed, 1))
		mean := 1 + rnd.IntN(60)
		check(fmt.Sprintf("seed %d", seed), func(int) bool { return rnd.IntN(mean) == 0 })
	}
}

func diff(want, got string) string {
	if want == got {
		return ""
	}
	return cmp.Diff(strings.Split(want, "\n"), strings.Split(got, "\n"))
}
