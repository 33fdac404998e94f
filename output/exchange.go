package output

import (
	"strconv"

	"hanalyze"
)

// From wideFrom columns on an exchange is one line with its answer in columns; below, the request and the answer are a
// line each. These are the columns of the answer: status and reason, media type, size, and room for time and remarks.
const (
	wideFrom      = 140
	statusColumns = 18
	typeColumns   = 18
	sizeColumns   = 12
	timingColumns = 24
)

// exchange adds a request and its response.
func (s *Story) exchange(k *block, h *hanalyze.HTTP) {
	label := chunk{clip(h.Method), bold}
	if h.Method == "" {
		label.text = "?"
	}
	ordinal := chunk{exchangeOrdinal(h), dim}
	room := s.page.width - textIndent - textColumns(ordinal.text) - 2
	if s.page.width < wideFrom {
		s.line(k, &h.Start, "→", label, []chunk{ordinal, {shorten(target(h), room), plain}})
		status, color := answerLabel(h)
		s.more(k, answerStart(h), "←", chunk{status, color}, answerWordsHTTP(h, color))
		return
	}
	room -= 2 + statusColumns + 2 + typeColumns + 2 + sizeColumns + 2 + timingColumns + 2
	s.line(k, &h.Start, "→", label, append([]chunk{ordinal, {pad(shorten(target(h), room), room), plain}}, answerColumns(h)...))
}

// exchangeOrdinal returns the ordinal of an exchange on its connection, and its stream where there are streams.
func exchangeOrdinal(h *hanalyze.HTTP) string {
	s := strconv.FormatUint(h.IndexOnConn, 10) + "."
	if h.StreamID != 0 {
		s += " stream " + strconv.FormatUint(uint64(h.StreamID), 10)
	}
	return s
}

// answerLabel returns the status of an answer, or a word for its absence.
func answerLabel(h *hanalyze.HTTP) (string, color) {
	if h.Status == 0 {
		return "none", yellow
	}
	return strconv.Itoa(int(h.Status)), statusColor(h.Status)
}

// reason returns the reason phrase, or what stands for it.
func reason(h *hanalyze.HTTP) string {
	if h.Status == 0 {
		return "no response"
	}
	if h.Reason == "" {
		return reasonPhrase(h.Status)
	}
	return clip(h.Reason)
}

// reasonPhrase returns the name of a status that HTTP/2 sends without one, for those that are common (RFC 9110 §15).
func reasonPhrase(status uint16) string {
	switch status {
	case 200:
		return "OK"
	case 201:
		return "Created"
	case 204:
		return "No Content"
	case 206:
		return "Partial Content"
	case 301:
		return "Moved Permanently"
	case 302:
		return "Found"
	case 304:
		return "Not Modified"
	case 307:
		return "Temporary Redirect"
	case 308:
		return "Permanent Redirect"
	case 400:
		return "Bad Request"
	case 401:
		return "Unauthorized"
	case 403:
		return "Forbidden"
	case 404:
		return "Not Found"
	case 429:
		return "Too Many Requests"
	case 500:
		return "Internal Server Error"
	case 502:
		return "Bad Gateway"
	case 503:
		return "Service Unavailable"
	case 504:
		return "Gateway Timeout"
	}
	return ""
}

// answerStart returns when the response began, nil when that is not known.
func answerStart(h *hanalyze.HTTP) *hanalyze.Meta {
	total, known := h.Timing.Total.Get()
	receive, known2 := h.Timing.Receive.Get()
	if h.Status == 0 || !known || !known2 {
		return nil
	}
	return &hanalyze.Meta{Packet: h.Last.Packet, Time: h.Start.Time.Add(total - receive)}
}

// answerWordsHTTP tells an answer in free form.
func answerWordsHTTP(h *hanalyze.HTTP, c color) []chunk {
	words := []chunk{{reason(h), c}}
	if h.Response != nil {
		words = append(words, chunk{shorten(clip(h.Response.ContentType), 30), plain}, chunk{body(h.Response), plain})
	}
	words = append(words, exchangeTime(&h.Timing))
	return append(words, remarks(h)...)
}

// answerColumns tells an answer in columns.
func answerColumns(h *hanalyze.HTTP) []chunk {
	status, c := answerLabel(h)
	var mediaType, bytes string
	if h.Response != nil {
		mediaType, bytes = clip(h.Response.ContentType), body(h.Response)
	}
	words := []chunk{
		{"← " + pad(shorten(status+" "+reason(h), statusColumns), statusColumns), c},
		{pad(shorten(mediaType, typeColumns), typeColumns), plain},
		{pad(bytes, sizeColumns), plain},
		exchangeTime(&h.Timing),
	}
	words[3].text = pad(words[3].text, timingColumns)
	return append(words, remarks(h)...)
}
