package output

import (
	"strconv"
	"strings"

	"hanalyze"
)

// maxShown bounds lists in a line of text: addresses, answers, packets. The line is to be read, JSON has the rest.
const maxShown = 4

// endpoints returns "client → server (address)" with the server's name first when one is known.
func endpoints(f *hanalyze.Flow) (client, server string) {
	client, server = f.Client.String(), f.Server.String()
	if f.ServerName != "" {
		server = shorten(clip(f.ServerName), 60) + " (" + server + ")"
	}
	return client, server
}

// stack returns a path for people: "tls > http2".
func stack(path string) string { return strings.ReplaceAll(Printable(path), ">", " > ") }

// missingWords say why a record is not complete, in the order of hanalyze.MissingNames.
var missingWords = [...]string{
	"packets are missing from the capture", "packets were cut when captured", "the capture began in the middle",
	"encrypted and no key is at hand", "a limit of hanalyze was reached", "the capture ended first",
}

// incomplete returns what a record says of its missing parts, nothing when it is complete.
func incomplete(m hanalyze.Missing) chunk {
	if m == 0 {
		return chunk{}
	}
	var why []string
	for i, words := range missingWords {
		if m&(1<<i) != 0 {
			why = append(why, words)
		}
	}
	return chunk{"incomplete: " + strings.Join(why, ", "), yellow}
}

// took returns a duration as a chunk, nothing when it is unknown.
func took(s hanalyze.Span) chunk {
	d, ok := s.Get()
	if !ok {
		return chunk{}
	}
	return chunk{lasting(d), dim}
}

// statusColor returns the colour of the class of an HTTP status.
func statusColor(status uint16) color {
	switch status / 100 {
	case 1:
		return dim
	case 2:
		return green
	case 3:
		return cyan
	case 4:
		return yellow
	}
	return red
}

// target returns what an exchange asks for: the path, and the whole URL when the server's name does not tell the host.
func target(h *hanalyze.HTTP) string {
	if h.Method == "" && h.Request != nil && h.Missing&(hanalyze.MissingGap|hanalyze.MissingSnaplen|hanalyze.MissingMidStream) == 0 {
		return "(request that cannot be read)"
	}
	if h.Method == "" {
		return "(request not captured)"
	}
	if h.URL != "" && h.Method != "CONNECT" && (h.Flow == nil || h.Flow.ServerName != hostOf(h.Authority)) {
		return clip(h.URL)
	}
	return clip(h.PathQuery)
}

// hostOf returns the host of an authority without its port.
func hostOf(authority string) string {
	if i := strings.LastIndexByte(authority, ':'); i >= 0 && !strings.HasSuffix(authority, "]") {
		return authority[:i]
	}
	return authority
}

// body returns the size of a message body, what was declared when it differs, and the coding.
func body(m *hanalyze.HTTPMessage) string {
	if m == nil {
		return ""
	}
	s := size(m.BodyBytes)
	if m.DeclaredBytes != nil && *m.DeclaredBytes != m.BodyBytes {
		s += " of " + size(*m.DeclaredBytes)
	} else if m.Cut {
		s += ", then cut off"
	}
	if len(m.ContentEncoding) > 0 && m.BodyBytes > 0 {
		s += " " + shorten(clip(strings.Join(m.ContentEncoding[:min(len(m.ContentEncoding), maxShown)], ",")), 16)
	}
	return s
}

// exchangeTime returns the time of an exchange: "52.4 ms (wait 44 ms)".
func exchangeTime(t *hanalyze.HTTPTiming) chunk {
	c := took(t.Total)
	if wait, ok := t.Wait.Get(); ok && c.text != "" {
		c.text += " (wait " + lasting(wait) + ")"
	}
	return c
}

// remarks returns what is out of the ordinary about an exchange.
func remarks(h *hanalyze.HTTP) (list []chunk) {
	add := func(on bool, text string, c color) {
		if on {
			list = append(list, chunk{text, c})
		}
	}
	if h.Request != nil && h.Request.BodyBytes > 0 {
		add(true, "sent "+body(h.Request), plain)
	}
	add(h.Upgrade != "", "upgrade to "+shorten(clip(h.Upgrade), 24), cyan)
	add(h.Upgraded, "the request was HTTP/1.1", dim)
	add(h.Pushed, "pushed", cyan)
	add(h.Reversed, "asked by the server", cyan)
	add(h.Pipelined, "pipelined", dim)
	if h.Reset != nil {
		list = append(list, streamEnd(h))
	}
	if h.Response != nil {
		for i, r := range h.Response.Interim {
			add(i < maxShown, "after "+strconv.Itoa(int(r.Status)), dim)
		}
	}
	list = append(list, headOfLine(h))
	add(h.Pairing == "guessed", "pairing guessed", yellow)
	if odd := oddHeads(h); odd != "" {
		add(true, odd, dim)
	}
	return append(list, incomplete(h.Missing))
}

// frameWords tells an HTTP/2 frame.
func frameWords(f *hanalyze.HTTP2Frame) []chunk {
	list := []chunk{{Printable(f.FrameType), bold}, {"stream " + strconv.FormatUint(uint64(f.StreamID), 10), plain}, {size(f.FrameBytes), plain}}
	if len(f.Flags) > 0 {
		list = append(list, chunk{Printable(strings.Join(f.Flags, " ")), dim})
	}
	for i, s := range f.Settings {
		if i < maxShown {
			list = append(list, chunk{Printable(s.Name) + " " + strconv.FormatUint(uint64(s.Value), 10), plain})
		}
	}
	if f.ErrorCode != "" {
		list = append(list, chunk{Printable(f.ErrorCode), red})
	}
	if f.WindowIncrement > 0 {
		list = append(list, chunk{"+" + strconv.FormatUint(uint64(f.WindowIncrement), 10), plain})
	}
	if f.PromisedStream > 0 {
		list = append(list, chunk{"promises stream " + strconv.FormatUint(uint64(f.PromisedStream), 10), plain})
	}
	if len(f.Headers) > 0 {
		list = append(list, chunk{count(uint64(len(f.Headers)), "header"), plain})
	}
	if f.Malformed != "" {
		list = append(list, chunk{"malformed: " + clip(f.Malformed), red})
	}
	return append(list, incomplete(f.Missing))
}

// severityColor returns the colour of a finding.
func severityColor(s hanalyze.Severity) color {
	switch s {
	case hanalyze.Error:
		return red
	case hanalyze.Warning:
		return yellow
	case hanalyze.Note:
		return cyan
	case hanalyze.Info:
	}
	return dim
}

// findingWords tells a finding in one line: title, id, packets.
func findingWords(f *hanalyze.Finding) []chunk {
	list := []chunk{{clip(f.Title), severityColor(f.Severity)}, {Printable(f.ID), dim}}
	if f.Count > 1 && !tellsCount(f) {
		list = append(list, chunk{times(f.Count), dim})
	}
	if len(f.Frames) > 0 {
		list = append(list, chunk{ordinals("packet", f.Frames), dim})
	}
	if f.Basis == hanalyze.Inferred {
		list = append(list, chunk{"inferred", dim})
	}
	return list
}

// tellsCount reports whether the title says already how often: "closed for 1.2 s (3 times)", "4 segments".
func tellsCount(f *hanalyze.Finding) bool {
	title := " " + strings.NewReplacer(",", "", "(", "", ")", "").Replace(f.Title) + " "
	return strings.Contains(title, " "+times(f.Count)+" ") || strings.Contains(title, " "+strconv.FormatUint(f.Count, 10)+" ")
}

// ordinals returns "packets 3, 7 and 2 more".
func ordinals(noun string, list []uint64) string {
	s := noun
	if len(list) > 1 {
		s += "s"
	}
	for i, n := range list[:min(len(list), maxShown)] {
		if i > 0 {
			s += ","
		}
		s += " " + strconv.FormatUint(n, 10)
	}
	if len(list) > maxShown {
		s += " and " + strconv.Itoa(len(list)-maxShown) + " more"
	}
	return s
}
