package output

import (
	"strconv"
	"strings"
	"time"

	"hanalyze"
)

// dnsWords tells a question and its answer.
func dnsWords(d *hanalyze.DNS) []chunk {
	question := chunk{"(no question)", plain}
	if q := d.Question; q != nil {
		question = chunk{clip(q.Name) + " " + Printable(q.Type), bold}
	} else if len(d.DSO) > 0 {
		question = chunk{tlvWords(&d.DSO[0]), bold}
	}
	list := []chunk{question}
	switch d.Outcome {
	case "unanswered":
		list = append(list, chunk{"no answer", red})
	case "malformed":
		list = append(list, chunk{"malformed", red})
	case "unsolicited":
		list = append(list, chunk{"answer without a question", yellow})
	}
	if data := answerWords(d); data != "" {
		list = append(list, chunk{"→ " + data, plain})
	}
	list = append(list, negativeWords(d.Negative))
	if d.Rcode != "" {
		c := dim
		if d.Rcode != "NOERROR" {
			c = red
		}
		list = append(list, chunk{Printable(d.Rcode), c})
	}
	list = append(list, took(d.RTT))
	if d.Opcode != "QUERY" {
		list = append(list, chunk{Printable(d.Opcode), dim})
	}
	if d.Retries > 0 {
		list = append(list, chunk{"asked " + times(d.Retries+1), yellow})
	}
	if d.Truncated {
		list = append(list, chunk{"truncated", yellow})
	}
	if d.Outcome == "one_way" {
		list = append(list, oneWay(d))
	}
	list = append(list, sourceWords(d))
	list = append(list, jobWords(d)...)
	list = append(list, relationWords(d)...)
	return append(list, incomplete(d.Missing))
}

// answerWords returns the answers to the question: "203.0.113.7, 203.0.113.8 (CNAME edge.example.net)".
func answerWords(d *hanalyze.DNS) string {
	if d.Transfer != nil || d.Update != nil {
		return "" // told otherwise
	}
	var data []string
	n := 0
	for i := range d.Answers {
		if rr := &d.Answers[i]; rr.Type != "CNAME" && rr.Type != "RRSIG" {
			if n++; n <= maxShown {
				data = append(data, shorten(clip(rr.Data), 60))
			}
		}
	}
	s := strings.Join(data, ", ")
	if n > maxShown {
		s += " and " + strconv.Itoa(n-maxShown) + " more"
	}
	if c := d.CNAMEChain; len(c) > 1 {
		cname := "CNAME " + shorten(clip(c[len(c)-1]), 60)
		if s == "" {
			return cname
		}
		s += " (" + cname + ")"
	}
	return s
}

// negativeWords tells that there is nothing, and for how long that holds.
func negativeWords(n *hanalyze.DNSNegative) chunk {
	if n == nil {
		return chunk{}
	}
	text := "→ no such name"
	if n.Kind == "nodata" {
		text = "→ the name exists, but has no such data"
	}
	if n.TTL != nil {
		text += ", good for " + seconds(*n.TTL)
	}
	return chunk{text, plain}
}

// seconds tells a time to live.
func seconds(n uint64) string {
	const most = 1 << 32 // what 32 bits hold: no duration overflows
	return lasting(time.Duration(min(n, most)) * time.Second)
}

// oneWay tells what a message is that wants no answer, or whose answer goes its own way.
func oneWay(d *hanalyze.DNS) chunk {
	switch {
	case d.Protocol == "dns" || d.Opcode != "QUERY" || d.Flow == nil || !d.Flow.Server.Addr().IsMulticast():
		return chunk{}
	case d.Messages.Responses > 0:
		return chunk{"told to all", dim}
	case d.Question != nil && d.Question.UnicastResponse:
		return chunk{"asked of all, to be answered to the asker alone", dim}
	}
	return chunk{"asked of all", dim}
}

// sourceWords tells who an answer comes from. That a resolver answers for others is the rule and needs no word.
func sourceWords(d *hanalyze.DNS) chunk {
	switch d.AnswerFrom {
	case "authoritative":
		return chunk{"authoritative", dim}
	case "cache":
		return chunk{"from a cache", dim}
	case "referral":
		return chunk{"referral to " + servers(d), plain}
	}
	return chunk{}
}

// servers names those a referral leads to.
func servers(d *hanalyze.DNS) string {
	var names []string
	n := 0
	for i := range d.Authority {
		if rr := &d.Authority[i]; rr.Type == "NS" {
			if n++; n <= maxShown {
				names = append(names, clip(rr.Data))
			}
		}
	}
	s := strings.Join(names, ", ")
	if n > maxShown {
		s += " and " + strconv.Itoa(n-maxShown) + " more"
	}
	return s
}

// jobWords tells of updates, transfers and signatures.
func jobWords(d *hanalyze.DNS) (list []chunk) {
	if u := d.Update; u != nil {
		for i, p := range u.Prerequisites[:min(len(u.Prerequisites), maxShown)] {
			word := "if "
			if i > 0 {
				word = "and "
			}
			list = append(list, chunk{word + shorten(clip(p), 80), plain})
		}
		for _, c := range u.Changes[:min(len(u.Changes), maxShown)] {
			list = append(list, chunk{shorten(clip(c), 80), plain})
		}
		if n := len(u.Prerequisites) + len(u.Changes) - len(list); n > 0 {
			list = append(list, chunk{"and " + strconv.Itoa(n) + " more", dim})
		}
	}
	list = append(list, statefulWords(d.DSO)...)
	if t := d.Transfer; t != nil && d.Messages.Responses > 0 {
		list = append(list, chunk{transferWords(t), plain})
	}
	if d.Signed != "" {
		list = append(list, chunk{"signed (" + strings.ToUpper(Printable(d.Signed)) + ")", dim})
	}
	return list
}

// statefulWords tells what a stateful operation says besides its first TLV.
func statefulWords(tlvs []hanalyze.DNSTLV) (list []chunk) {
	for i := range tlvs[:min(len(tlvs), maxShown)] {
		t := &tlvs[i]
		switch {
		case t.Response:
			list = append(list, chunk{"answered " + tlvWords(t), plain})
		case i > 0:
			list = append(list, chunk{tlvWords(t), plain})
		}
		for _, c := range t.Changes[:min(len(t.Changes), maxShown)] {
			list = append(list, chunk{shorten(clip(c), 80), plain})
		}
		if n := len(t.Changes) - maxShown; n > 0 {
			list = append(list, chunk{"and " + strconv.Itoa(n) + " more", dim})
		}
	}
	return list
}

// tlvWords tells one TLV: "SUBSCRIBE example.com PTR IN".
func tlvWords(t *hanalyze.DNSTLV) string {
	return strings.TrimRight(clip(t.Name)+" "+shorten(clip(t.Data), 80), " ")
}

// transferWords tells what came of a zone transfer.
func transferWords(t *hanalyze.DNSTransfer) string {
	from, to := strconv.FormatUint(uint64(t.FromSerial), 10), strconv.FormatUint(uint64(t.Serial), 10)
	switch t.Result {
	case "whole":
		return "the whole zone, " + count(t.Records, "record") + ", serial " + to
	case "incremental":
		return "the changes from serial " + from + " to " + to + ", " + count(t.Records, "record")
	case "up_to_date":
		return "nothing newer than serial " + from
	case "refused":
		return "no transfer"
	case "cut":
		return "not the end of the zone, " + count(t.Records, "record")
	}
	return count(t.Records, "record") + " of the zone, its end was not seen"
}

// relationWords tells what an exchange has to do with others.
func relationWords(d *hanalyze.DNS) (list []chunk) {
	if d.Basis == hanalyze.Inferred {
		list = append(list, chunk{"paired by the ID alone", yellow})
	}
	switch d.Mismatch {
	case "id":
		list = append(list, chunk{"its ID is not that of the question", red})
	case "question":
		list = append(list, chunk{"its ID is that of another question", red})
	}
	if d.Contradicts > 0 {
		list = append(list, chunk{"contradicts the answer in " + ordinals("packet", []uint64{d.Contradicts}), red})
	}
	if f := d.Follows; f != nil {
		list = append(list, chunk{"again: " + linkWords(f), yellow})
	}
	if a := d.AskedOfAll; a != nil {
		list = append(list, chunk{"asked of all in " + ordinals("packet", []uint64{a.Frame}) + " (" + flow(a.Conn) + ")", dim})
	}
	if a := d.AskedAgain; a != nil {
		list = append(list, chunk{"asked again in " + ordinals("packet", []uint64{a.Frame}) + " (" + flow(a.Conn) + ")", dim})
	}
	if c := d.Cached; c != nil {
		list = append(list, chunk{"the answer in " + ordinals("packet", []uint64{c.Frame}) + " was good for " + seconds(c.Left) + " more", dim})
	}
	if r := d.Race; r != nil {
		if lead, ok := r.Lead.Get(); ok {
			list = append(list, chunk{lasting(lead) + " after the answer for " + Printable(r.Type), dim})
		}
	}
	return list
}

// linkWords tells why a question was asked again, and where it was before.
func linkWords(l *hanalyze.DNSLink) string {
	where := ordinals("packet", []uint64{l.Frame}) + " (" + flow(l.Conn) + ")"
	switch l.Reason {
	case "truncated":
		return "the answer to " + where + " was truncated"
	case "failed":
		return where + " failed"
	}
	return "no answer to " + where
}

func flow(conn uint64) string { return "#" + strconv.FormatUint(conn, 10) }

// lookup adds the line that tells how the client knew the server's address.
func (s *Story) lookup(k *block, c *hanalyze.Conn) {
	l := c.Lookup
	if l == nil {
		return
	}
	name := clip(l.Name)
	if l.Target != "" {
		name += " (" + clip(l.Target) + ")"
	}
	words := []chunk{{name, plain}, {"told in " + ordinals("packet", []uint64{l.Frame}) + ago(l.Age), dim}}
	if l.Of > 1 {
		words = append(words, chunk{"address " + strconv.FormatUint(l.Place, 10) + " of " + strconv.FormatUint(l.Of, 10), dim})
	}
	switch l.Via {
	case "https_hint":
		words = append(words, chunk{"a hint of its HTTPS record", dim})
	case "additional":
		words = append(words, chunk{"told along with another answer", dim})
	}
	if l.Expired {
		words = append(words, chunk{"good for " + seconds(l.TTL) + " only", yellow})
	}
	for _, t := range l.Tried {
		words = append(words, chunk{"before: " + clip(t.IP) + " " + Printable(t.Outcome) + " (" + flow(t.Conn) + ")", yellow})
	}
	s.line(k, &hanalyze.Meta{Packet: c.Start.Packet, Time: c.Start.Time}, " ", chunk{"name", plain}, words)
}

// ago returns ", 2.4 ms before".
func ago(age hanalyze.Span) string {
	d, ok := age.Get()
	if !ok {
		return ""
	}
	return ", " + lasting(d) + " before"
}
