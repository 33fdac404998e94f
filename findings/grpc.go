package findings

import (
	"fmt"

	"hanalyze"
)

// grpc judges a gRPC call.
func (e *Engine) grpc(r *hanalyze.HTTP) {
	g := r.GRPC
	call := r.PathQuery
	if g.Service != "" {
		call = g.Service + "/" + g.Method
	}
	if g.Status != nil && *g.Status != 0 {
		title := fmt.Sprintf("%s failed with status %d", call, *g.Status)
		if g.StatusName != "" {
			title = fmt.Sprintf("%s failed with %s (%d)", call, g.StatusName, *g.Status)
		}
		if g.Message != "" {
			title += fmt.Sprintf(": %q", g.Message)
		}
		e.add(&r.Envelope, "grpc.status", title, "")
	}
	for _, side := range [...]struct {
		of   string
		sent *hanalyze.GRPCMessages
	}{{"request", &g.Request}, {"response", &g.Response}} {
		if side.sent.Cut {
			e.add(&r.Envelope, "grpc.cut", fmt.Sprintf("The %s of %s ended within a message", side.of, call), "")
		}
		if side.sent.Malformed {
			e.add(&r.Envelope, "grpc.malformed", fmt.Sprintf("The %s of %s is no sequence of messages", side.of, call), "")
		}
	}
}
