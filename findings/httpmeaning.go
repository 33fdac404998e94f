package findings

import (
	"fmt"
	"strings"
	"time"

	"hanalyze"
)

// When a wait is worth telling.
const (
	// longBehind is how long an answer must have waited behind earlier ones: longer is felt.
	longBehind = 100 * time.Millisecond
	// longExpect is how long a client must have waited for a 100 in vain. curl waits a second, others longer.
	longExpect = 300 * time.Millisecond
)

// httpMeaning judges what an exchange means.
func (e *Engine) httpMeaning(r *hanalyze.HTTP) {
	e.credentials(r)
	if r.Cookies != nil {
		e.cookies(r)
	}
	if c := r.Caching; c != nil && c.Refetch != nil {
		e.refetched(r, c.Refetch)
	}
	if c := r.Conditional; c != nil && c.Validator == "contradicts" {
		e.conditionWrong(r)
	}
	if g := r.Range; g != nil && g.Mismatch != "" {
		e.add(&r.Envelope, "http.range_mismatch", fmt.Sprintf("%s: %s", requestLine(r), mismatchTitles[g.Mismatch]), "")
	}
	if d := r.Redirect; d != nil && d.Loop {
		e.add(&r.Envelope, "http.redirect_loop", fmt.Sprintf("%s goes to %s, as it did before", requestLine(r), d.Location), hanalyze.Inferred)
	}
	if blocked, _ := r.Timing.Blocked.Get(); r.BlockedBy != 0 && blocked >= longBehind {
		e.add(&r.Envelope, "http.head_of_line", fmt.Sprintf("%s waited %s behind the answer of exchange %d", requestLine(r), took(blocked), r.BlockedBy), "")
	}
	if x := r.Expect; x != nil && x.Answer == "none" {
		if waited, _ := x.Waited.Get(); waited >= longExpect {
			e.add(&r.Envelope, "http.expect_unanswered", fmt.Sprintf("%s: the client waited %s for 100 (Continue) in vain", requestLine(r), took(waited)), "")
		}
	}
	if n := r.Negotiation; n != nil {
		for _, c := range n.Choices {
			if c.Permille == 0 {
				e.add(&r.Envelope, "http.not_acceptable", fmt.Sprintf("%s: the client does not take %s, and got it", requestLine(r), c.Chosen), "")
			}
		}
	}
}

// requestLine names an exchange by its request.
func requestLine(r *hanalyze.HTTP) string { return r.Method + " " + r.PathQuery }

// took is a time in a title.
func took(d time.Duration) string {
	if d >= time.Second {
		return fmt.Sprintf("%.1f s", d.Seconds())
	}
	return fmt.Sprintf("%d ms", d.Round(time.Millisecond).Milliseconds())
}

// credentials tells of a password that anybody on the way could read.
func (e *Engine) credentials(r *hanalyze.HTTP) {
	if a := r.Auth; a != nil && strings.EqualFold(a.Scheme, "basic") && r.Scheme != "https" && !strings.Contains(r.Path, "tls") {
		to := r.Authority
		if a.Proxy {
			to = "a proxy"
		}
		e.add(&r.Envelope, "http.basic_cleartext", "A password was sent to "+to+" in cleartext (Basic)", "")
	}
}

// mismatchTitles say what is wrong with the part of a resource.
var mismatchTitles = map[string]string{
	"body_length": "the part is not as long as its Content-Range says",
	"not_asked":   "the part is not what was asked for",
	"invalid":     "a part came with a Content-Range that cannot be read",
}

// cookies judges the cookies that a server sets.
func (e *Engine) cookies(r *hanalyze.HTTP) {
	for i := range r.Cookies.Set {
		c := &r.Cookies.Set[i]
		switch {
		case c.Refused != "":
			e.add(&r.Envelope, "http.cookie_refused", fmt.Sprintf("Browsers do not take the cookie %q: %s", c.Name, refusals[c.Refused]), "")
		case r.Scheme == "https" && !c.Secure && !c.Deleted:
			e.add(&r.Envelope, "http.cookie_not_secure", fmt.Sprintf("The cookie %q was set over https without Secure", c.Name), "")
		}
	}
}

// refusals say why browsers do not take a cookie, RFC 6265bis §5.7.
var refusals = map[string]string{
	"foreign_domain":            "it is for a domain that the server does not belong to",
	"secure_over_http":          "it is Secure and came over http",
	"same_site_none_not_secure": "it has SameSite=None without Secure",
	"secure_prefix":             "its name begins with __Secure-, and it is not Secure",
	"public_suffix":             "it is for a domain of domains that belong to others",
	"partitioned_not_secure":    "it is Partitioned and not Secure",
	"host_prefix":               "its name begins with __Host-, and it is not Secure, has a Domain or another Path than /",
}

// refetched tells of a request for what the client could have kept.
func (e *Engine) refetched(r *hanalyze.HTTP, f *hanalyze.HTTPRefetch) {
	if !f.Fresh || f.Asked == "reload" {
		return
	}
	how := "fetched again"
	if f.Asked == "check" {
		how = "checked for changes"
	}
	e.add(&r.Envelope, "http.refetched", fmt.Sprintf("%s was %s although the copy of connection %d was fresh", requestLine(r), how, f.Conn),
		hanalyze.Inferred, r.Start.Packet)
}

// conditionWrong tells of an answer that does not fit the condition of its request.
func (e *Engine) conditionWrong(r *hanalyze.HTTP) {
	title := requestLine(r) + ": all of it was sent though the client had this version"
	if r.Status == 304 {
		title = requestLine(r) + ": the answer says not modified of a version that the client does not have"
	}
	e.add(&r.Envelope, "http.condition_wrong", title, "")
}

// metClose tells of a request that met a connection being closed.
func (e *Engine) metClose(r *hanalyze.HTTP) {
	retry := "it can be sent again"
	if r.MetClose.Retry == "unsafe" {
		retry = "to send it again is not safe"
	}
	if r.MetClose.When == "before" {
		e.add(&r.Envelope, "http.met_close", fmt.Sprintf("%s was sent when the server had closed already; %s", requestLine(r), retry), "", r.Start.Packet)
		return
	}
	how := "the server closed the connection"
	if r.MetClose.How == "reset" {
		how = "the connection was reset"
	}
	e.add(&r.Envelope, "http.unanswered", fmt.Sprintf("%s got no answer: %s; %s", requestLine(r), how, retry), "", r.Start.Packet)
}
