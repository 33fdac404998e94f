package output

import (
	"strconv"
	"strings"

	"hanalyze"
)

// webSocket adds what became of a WebSocket connection: what it is, what each end sent, how it ended.
func (s *Story) webSocket(k *block, w *hanalyze.WebSocket) {
	s.line(k, &w.Start, " ", chunk{"ws", bold}, webSocketWords(w))
	s.more(k, nil, "→", chunk{}, webSocketSideWords("client", &w.Messages.Client))
	s.more(k, nil, "←", chunk{}, webSocketSideWords("server", &w.Messages.Server))
	s.more(k, nil, " ", chunk{}, append(webSocketEnd(w), incomplete(w.Missing)))
}

// webSocketWords tells what the two ends agreed on.
func webSocketWords(w *hanalyze.WebSocket) []chunk {
	list := []chunk{{"WebSocket", plain}}
	if w.StreamID != 0 {
		list = append(list, chunk{"stream " + strconv.FormatUint(uint64(w.StreamID), 10), dim})
	}
	if w.Subprotocol != "" {
		list = append(list, chunk{"subprotocol " + clip(w.Subprotocol), plain})
	}
	for i, e := range w.Extensions {
		if i < maxShown {
			name, _, _ := strings.Cut(e, ";")
			list = append(list, chunk{clip(name), plain})
		}
	}
	list = append(list, took(w.Duration))
	if d, ok := w.LongestSilence.Get(); ok && d > 0 {
		list = append(list, chunk{"longest silence " + lasting(d), dim})
	}
	if p := w.Pings; p != nil {
		mean, _ := p.Mean.Get()
		list = append(list, chunk{count(p.Answered, "ping") + " answered in " + lasting(mean), plain})
	}
	return list
}

// webSocketSideWords tells what one end sent.
func webSocketSideWords(end string, s *hanalyze.WebSocketSide) []chunk {
	n := s.Text + s.Binary
	if n == 0 && s.Ping+s.Pong+s.UnreadBytes == 0 {
		return []chunk{{"the " + end + " sent no message", dim}}
	}
	list := []chunk{{"the " + end + " sent " + count(n, "message"), plain}}
	if n > 0 {
		list = append(list, chunk{kinds(s), dim}, chunk{size(s.Bytes), plain})
	}
	if s.Compressed > 0 && s.WireBytes > 0 {
		list = append(list, chunk{"compressed to " + size(s.WireBytes), plain})
	}
	if s.Frames > n {
		list = append(list, chunk{"in " + count(s.Frames, "frame"), dim})
	}
	if s.Ping > 0 {
		list = append(list, chunk{count(s.Ping, "ping"), dim})
	}
	if s.Pong > 0 {
		list = append(list, chunk{count(s.Pong, "pong"), dim})
	}
	if s.LostBytes > 0 {
		list = append(list, chunk{size(s.LostBytes) + " of them not captured", yellow})
	}
	if s.UnreadBytes > 0 {
		list = append(list, chunk{size(s.UnreadBytes) + " after a gap that cannot be read", yellow})
	}
	return list
}

// kinds says how many messages are text and how many binary, where they are not all of one kind.
func kinds(s *hanalyze.WebSocketSide) string {
	switch {
	case s.Binary == 0:
		return "text"
	case s.Text == 0:
		return "binary"
	}
	return strconv.FormatUint(s.Text, 10) + " text, " + strconv.FormatUint(s.Binary, 10) + " binary"
}

// messageWords tells of a message, or of a ping, pong or close frame.
func messageWords(m *hanalyze.WebSocketMessage) []chunk {
	list := []chunk{{m.Opcode, plain}}
	if m.StreamID != 0 {
		list = append(list, chunk{"stream " + strconv.FormatUint(uint64(m.StreamID), 10), dim})
	}
	if m.Bytes != nil {
		list = append(list, chunk{size(*m.Bytes), plain})
	}
	if m.Compressed && m.WireBytes > 0 {
		list = append(list, chunk{"compressed to " + size(m.WireBytes), dim})
	}
	if m.Frames > 1 {
		list = append(list, chunk{"in " + count(m.Frames, "frame"), dim})
	}
	if m.Code != 0 {
		list = append(list, chunk{strconv.Itoa(int(m.Code)), plain})
	}
	if m.Reason != "" {
		list = append(list, chunk{`"` + clip(m.Reason) + `"`, plain})
	}
	if rtt, ok := m.RTT.Get(); ok {
		list = append(list, chunk{lasting(rtt) + " after the ping", dim})
	}
	if m.LostBytes > 0 {
		list = append(list, chunk{size(m.LostBytes) + " of it not captured", yellow})
	}
	if m.Cut {
		list = append(list, chunk{"not ended by its sender", yellow})
	}
	return append(list, incomplete(m.Missing))
}

// message appends what a message says.
func (p page) message(b []byte, m *hanalyze.WebSocketMessage) []byte {
	if m.Body == "" && m.BodyBase64 != "" {
		return p.barred(b, chunk{"(no text; --json has it in Base64)", dim})
	}
	return p.bodyText(b, m.Body, "", m.BodyTruncated)
}

// webSocketEnd tells how the connection ended.
func webSocketEnd(w *hanalyze.WebSocket) []chunk {
	c := w.Close
	if c == nil {
		return nil
	}
	if c.Basis == hanalyze.Inferred {
		return []chunk{{"ended without a close frame (" + strconv.Itoa(int(c.Code)) + ")", yellow}}
	}
	color := plain
	if 1002 <= c.Code && c.Code < 3000 && c.Code != 1005 {
		color = yellow
	}
	who := "closed"
	if c.By != "" {
		who = "the " + c.By + " closed"
	}
	if c.Code == 1005 {
		who += " without a reason"
	} else if c.Code != 0 {
		who += ": " + strconv.Itoa(int(c.Code))
		if c.Name != "" {
			who += " " + strings.ReplaceAll(c.Name, "_", " ")
		}
	}
	list := []chunk{{who, color}}
	if c.Reason != "" {
		list = append(list, chunk{`"` + clip(c.Reason) + `"`, color})
	}
	if d, ok := c.Took.Get(); ok {
		list = append(list, chunk{"answered in " + lasting(d), dim})
	}
	return list
}
