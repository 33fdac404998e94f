package output

import (
	"cmp"
	"maps"
	"slices"
	"strconv"
	"strings"

	"hanalyze"
)

// maxFindingKinds bounds the table of findings. The catalogue has far fewer kinds.
const maxFindingKinds = 256

// tally counts findings by their id, and what HTTP exchanges tell together.
type tally struct {
	kinds map[string]*kindTally
	web   webTally
}

// kindTally is one line of the table of findings.
type kindTally struct {
	severity hanalyze.Severity
	id       string
	count    uint64
	conns    []uint64 // the first maxShown
	more     uint64   // how many others
}

// add counts a finding.
func (t *tally) add(f *hanalyze.Finding) {
	if t.kinds == nil {
		t.kinds = map[string]*kindTally{}
	}
	k := t.kinds[f.ID]
	if k == nil {
		if len(t.kinds) >= maxFindingKinds {
			return
		}
		k = &kindTally{severity: f.Severity, id: f.ID}
		t.kinds[f.ID] = k
	}
	k.count += max(f.Count, 1)
	for _, id := range f.Conns {
		switch {
		case slices.Contains(k.conns, id):
		case len(k.conns) < maxShown:
			k.conns = append(k.conns, id)
		default:
			k.more++
		}
	}
}

// sorted returns the kinds, worst first.
func (t *tally) sorted() []*kindTally {
	return slices.SortedFunc(maps.Values(t.kinds), func(a, b *kindTally) int {
		return cmp.Or(cmp.Compare(b.severity, a.severity), cmp.Compare(b.count, a.count), cmp.Compare(a.id, b.id))
	})
}

// summaryIndent is the column of the summary's text: two spaces, the longest label, two spaces.
const summaryIndent = 2 + len("connections") + 2

// appendSummary appends what the stats record tells, and the findings.
func appendSummary(b []byte, p page, s *hanalyze.Stats, t *tally) []byte {
	row := func(label string, words ...chunk) {
		b = append(b, "  "...)
		b = p.paint(b, chunk{pad(label, summaryIndent-2), dim})
		b = p.wrap(b, summaryIndent, summaryIndent, words)
	}
	b = p.paint(b, chunk{"Summary", bold})
	b = append(b, '\n')
	for i := range s.Inputs {
		row("input", inputWords(&s.Inputs[i])...)
	}
	total := []chunk{{count(s.Packets.Read, "packet") + " read", plain}, {size(s.Bytes), plain}}
	if d, ok := s.Duration.Get(); ok {
		total = append(total, chunk{"over " + lasting(d), plain})
	}
	row("capture", total...)
	if k := s.Kernel; k != nil {
		dropped := chunk{count(k.Dropped, "packet") + " dropped", plain}
		if k.Dropped > 0 {
			dropped.color = red
		}
		row("kernel", chunk{count(k.Received, "packet") + " received", plain}, dropped)
	}
	row("packets", append([]chunk{{strconv.FormatUint(s.Packets.Decoded, 10) + " decoded", plain}}, skipped(s.Packets.Skipped)...)...)
	if g := s.Fragments; g != nil {
		row("fragments", fragmentWords(g)...)
	}
	row("connections", chunk{strconv.FormatUint(s.Connections.TCP, 10) + " TCP", plain}, chunk{strconv.FormatUint(s.Connections.UDP, 10) + " UDP", plain})
	if words := counts(s.Records, plain); len(words) > 0 {
		row("records", words...)
	}
	row("streams", chunk{strconv.FormatUint(s.Streams.Decoded, 10) + " decoded", plain}, chunk{strconv.FormatUint(s.Streams.Opaque, 10) + " not understood", plain})
	if words := counts(s.Limits, yellow); len(words) > 0 {
		row("limits", words...)
	}
	if words := t.web.words(); len(words) > 0 {
		row("http", words...)
	}
	label := "findings"
	for _, k := range t.sorted() {
		row(label, k.words()...)
		label = ""
	}
	return b
}

// words tells one line of the table of findings. The columns fit "warning" and the ids of the catalogue.
func (k *kindTally) words() []chunk {
	conns := ""
	for i, id := range k.conns {
		if i > 0 {
			conns += " "
		}
		conns += "#" + strconv.FormatUint(id, 10)
	}
	if k.more > 0 {
		conns += " and " + strconv.FormatUint(k.more, 10) + " more"
	}
	return []chunk{
		{pad(k.severity.String(), len("warning")), severityColor(k.severity)},
		{pad(Printable(k.id), 26), plain},
		{padLeft("×"+strconv.FormatUint(k.count, 10), 6), plain},
		{conns, dim},
	}
}

func inputWords(in *hanalyze.StatsInput) []chunk {
	format := in.Format
	if in.Compression != "" {
		format += " in " + in.Compression
	}
	words := []chunk{{clip(in.Name), bold}, {Printable(format), dim}, {count(in.Packets, "packet"), plain}}
	if in.Truncated && in.Error == "" {
		words = append(words, chunk{"the file ends inside a packet", red})
	}
	if in.Dropped != nil && *in.Dropped > 0 {
		words = append(words, chunk{strconv.FormatUint(*in.Dropped, 10) + " dropped", red})
	}
	if in.Error != "" {
		words = append(words, chunk{clip(in.Error), red})
	}
	return words
}

// fragmentWords tells what became of IP fragments.
func fragmentWords(g *hanalyze.StatsFragments) []chunk {
	words := []chunk{{count(g.Reassembled, "datagram") + " put together", plain}}
	for _, w := range []struct {
		n     uint64
		what  string
		color color
	}{
		{g.TimedOut, "timed out", plain},
		{g.Overlapping, "overlapping", plain},
		{g.Differing, "differing", yellow},
		{g.Contradictory, "contradictory", yellow},
	} {
		if w.n > 0 {
			words = append(words, chunk{strconv.FormatUint(w.n, 10) + " " + w.what, w.color})
		}
	}
	return words
}

// skipped tells how many packets were not decoded, and why.
func skipped(reasons map[string]uint64) []chunk {
	var total uint64
	for _, n := range reasons {
		total += n
	}
	if total == 0 {
		return nil
	}
	return append([]chunk{{strconv.FormatUint(total, 10) + " skipped:", yellow}}, counts(reasons, plain)...)
}

// counts returns the entries of a map that are not zero, by name: "9 not ip".
func counts(m map[string]uint64, c color) (words []chunk) {
	for _, name := range slices.Sorted(maps.Keys(m)) {
		if n := m[name]; n > 0 {
			words = append(words, chunk{strconv.FormatUint(n, 10) + " " + strings.ReplaceAll(Printable(name), "_", " "), c})
		}
	}
	return words
}
