package decode

import (
	"fmt"
	"strings"

	"hanalyze"
)

func writeWebSocket(b *strings.Builder, r *hanalyze.WebSocket, times bool) {
	accept := ""
	if r.AcceptValid != nil {
		accept = fmt.Sprint(*r.AcceptValid)
	}
	fmt.Fprintf(b, "websocket %s\n", words(r.Path, r.URL, named("subprotocol", r.Subprotocol), named("extensions", strings.Join(r.Extensions, ", ")),
		named("declined", strings.Join(r.Declined, ", ")), named("accept", accept), named("violations", strings.Join(r.Violations, ",")),
		when(r.Reversed, "reversed"), missing(r.Missing)))
	fmt.Fprintf(b, "\tclient %+v\n\tserver %+v\n", r.Messages.Client, r.Messages.Server)
	if c := r.Close; c != nil {
		fmt.Fprintf(b, "\tclose %s\n", words(named("by", c.By), fmt.Sprint(c.Code), c.Name, named("reason", c.Reason), named("answer", fmt.Sprint(c.Answer)), string(c.Basis)))
	}
	if times {
		fmt.Fprintf(b, "\tpackets %d-%d%s\n", r.Start.Packet, r.Last.Packet, ms("duration", r.Duration)+ms("silence", r.LongestSilence))
	}
}

func writeWebSocketMessage(b *strings.Builder, r *hanalyze.WebSocketMessage, times bool) {
	size := "?"
	if r.Bytes != nil {
		size = fmt.Sprint(*r.Bytes)
	}
	fmt.Fprintf(b, "%s %s\n", r.Dir, words(r.Opcode, "bytes="+size, fmt.Sprintf("frames=%d", r.Frames), when(r.Compressed, fmt.Sprintf("wire=%d", r.WireBytes)),
		when(r.LostBytes > 0, fmt.Sprintf("lost=%d", r.LostBytes)), when(r.Code != 0, fmt.Sprint(r.Code)), named("reason", r.Reason), when(r.Cut, "cut"), missing(r.Missing),
		when(r.Kept != nil, fmt.Sprintf("%q", r.Kept)), when(r.BodyTruncated, "…")))
	if times {
		fmt.Fprintf(b, "\tpackets %d-%d%s\n", r.Start.Packet, r.Last.Packet, ms("rtt", r.RTT))
	}
}
