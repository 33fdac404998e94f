package output

import (
	"strconv"
	"strings"

	"hanalyze"
)

// call adds what an exchange is as a gRPC call to its lines.
func (s *Story) call(k *block, g *hanalyze.GRPC) {
	status := chunk{}
	if g.Status != nil {
		status = chunk{g.StatusName, green}
		if g.StatusName == "" {
			status.text = "status " + strconv.FormatUint(uint64(*g.Status), 10)
		}
		if *g.Status != 0 {
			status.color = red
		}
	}
	list := []chunk{{callName(g), bold}, {strings.ReplaceAll(g.Kind, "_", " "), plain}, status}
	if g.Message != "" {
		list = append(list, chunk{`"` + clip(g.Message) + `"`, status.color})
	}
	if d, ok := g.Timeout.Get(); ok {
		list = append(list, chunk{"must be done in " + lasting(d), dim})
	}
	s.more(k, nil, " ", chunk{"grpc", plain}, append(append(list, callWords("asks with", &g.Request)...), callWords("answers with", &g.Response)...))
}

// callName returns the method, and what carries it where that is not HTTP/2 alone.
func callName(g *hanalyze.GRPC) string {
	name := clip(g.Method)
	if g.Web {
		name += " (gRPC-Web)"
	}
	return name
}

// callWords tells the messages of one direction.
func callWords(verb string, m *hanalyze.GRPCMessages) []chunk {
	if m.Messages == 0 && !m.Malformed && !m.Unread {
		return nil
	}
	list := []chunk{{verb + " " + count(m.Messages, "message"), plain}, {size(m.Bytes), plain}}
	if m.Compressed > 0 {
		list = append(list, chunk{"compressed " + clip(m.Encoding), dim})
	}
	switch {
	case m.Malformed:
		list = append(list, chunk{"no gRPC", yellow})
	case m.Cut:
		list = append(list, chunk{"cut", yellow})
	case m.Unread:
		list = append(list, chunk{"or more, not captured", yellow})
	}
	return list
}
