package hanalyze

// What an HTTP exchange means beyond its bytes. All of these are absent where there is nothing to say. What rests on other
// exchanges than the one itself says basis inferred.

// HTTPPersistence tells why the connection goes on after an exchange, or does not (RFC 9112 §9.3). Absent where it goes on
// because that is the default of HTTP/1.1 and HTTP/2.
type HTTPPersistence struct {
	Why     string  `json:"why"`                 // connection_close, keep_alive, http10 (closing is its default), until_close (the end of the body is told by closing)
	By      string  `json:"by,omitzero"`         // who asked for it: client, server or both
	Timeout Span    `json:"timeout_ms,omitzero"` // Keep-Alive: how long an idle connection stays open
	Max     *uint64 `json:"max,omitzero"`        // Keep-Alive: how many more requests it takes
}

// HTTPMetClose tells of a request without an answer that met a connection which was being closed, not by the client.
type HTTPMetClose struct {
	How   string `json:"how"`               // fin: the server had closed it; reset: one of the ends aborted it
	When  string `json:"when"`              // before: it was closed when the request was sent; during: while the answer was awaited
	After Span   `json:"after_ms,omitzero"` // from the close to the request, or from the request to the close
	Retry string `json:"retry"`             // safe: the method is idempotent and may be sent again (RFC 9110 §9.2.2); unsafe: the server may have acted on it
}

// HTTPExpect tells what became of Expect: 100-continue (RFC 9110 §10.1.1).
type HTTPExpect struct {
	Answer string `json:"answer"`             // 100 (go on), 417 (refused), final (another answer instead), none (the client did not wait to the end)
	Waited Span   `json:"waited_ms,omitzero"` // from the request's head to the answer, or to the body that came without one
}

// HTTPRange tells of a request for parts of a resource and what came (RFC 9110 §14).
type HTTPRange struct {
	Asked    string      `json:"asked,omitzero"`       // Range, as sent
	Outcome  string      `json:"outcome"`              // partial, several (parts in one body), unsatisfiable, or whole: the range was ignored or If-Range did not hold
	First    *uint64     `json:"first_byte,omitzero"`  // Content-Range of the answer
	Last     *uint64     `json:"last_byte,omitzero"`   // inclusive
	Total    *uint64     `json:"total_bytes,omitzero"` // length of the whole resource
	Mismatch string      `json:"mismatch,omitzero"`    // what is wrong with the answer: body_length, not_asked, invalid (Content-Range cannot be read)
	Joined   *HTTPJoined `json:"joined,omitzero"`      // together with earlier parts of the same version of it
}

// HTTPJoined tells which bytes of a resource one client has got by now, over all connections. The version is told by ETag,
// else by Last-Modified.
type HTTPJoined struct {
	Parts    uint64 `json:"parts"`    // answers that carried some
	Bytes    uint64 `json:"bytes"`    // bytes that are there, each counted once
	Pieces   uint64 `json:"pieces"`   // contiguous pieces they make
	Complete bool   `json:"complete"` // nothing is missing
	Basis    Basis  `json:"basis,omitzero"`
}

// HTTPConditional tells of a conditional request (RFC 9110 §13).
type HTTPConditional struct {
	Conditions []string `json:"conditions"`         // if_match, if_none_match, if_modified_since, if_unmodified_since, if_range
	Outcome    string   `json:"outcome,omitzero"`   // not_modified, sent (the condition held), precondition_failed
	Validator  string   `json:"validator,omitzero"` // agrees or contradicts: the answer's validator beside the one of the request
}

// HTTPCaching tells what caches may do with an answer (RFC 9111), a private one such as a browser's above all.
type HTTPCaching struct {
	Storable string       `json:"storable,omitzero"`    // any: every cache may keep it; private: the client's only; none. Absent of a 304, which only renews what is stored
	Lifetime Span         `json:"lifetime_ms,omitzero"` // how long it is fresh
	From     string       `json:"from,omitzero"`        // what says so: max_age, expires or heuristic (a tenth of its age when it was sent, RFC 9111 §4.2.2)
	Age      Span         `json:"age_ms,omitzero"`      // Age: a cache on the way had it so long
	Check    bool         `json:"check,omitzero"`       // no-cache: the server is to be asked before each use
	Refetch  *HTTPRefetch `json:"refetch,omitzero"`     // the client had it already
}

// HTTPRefetch tells that a client asked for what an earlier exchange had given it and it could have kept.
type HTTPRefetch struct {
	Frame uint64 `json:"frame"`          // first packet of the exchange that gave it
	Conn  uint64 `json:"conn"`           // its connection
	Age   Span   `json:"age_ms"`         // how old the copy was
	Fresh bool   `json:"fresh"`          // it was still fresh: the request was needless
	Asked string `json:"asked"`          // check: only whether it has changed; whole: for all of it again
	Same  bool   `json:"same,omitzero"`  // the answer says that it has not changed
	Basis Basis  `json:"basis,omitzero"` // inferred: what a client keeps is not seen
}

// HTTPCookies tells which cookies an exchange carried, by name. Values are never part of it.
type HTTPCookies struct {
	Sent    []string     `json:"sent,omitzero"`     // by the client, at most MaxHTTPCookies
	NotSent []string     `json:"not_sent,omitzero"` // set earlier for this URL, and not sent back though they have not expired
	Set     []HTTPCookie `json:"set,omitzero"`      // by the server, at most MaxHTTPCookies
	Basis   Basis        `json:"basis,omitzero"`    // inferred, where not_sent is told: which program a request is of is told by address and User-Agent
}

// HTTPDelivery tells of an answer whose body did not come at once.
type HTTPDelivery struct {
	Kind     string `json:"kind"`                  // sse (text/event-stream), stream (piece by piece, as it arose) or long_poll (held back until there was something to say)
	Pauses   uint64 `json:"pauses,omitzero"`       // times the body stood still
	MaxPause Span   `json:"max_pause_ms,omitzero"` // the longest
	Basis    Basis  `json:"basis,omitzero"`        // inferred, where only times tell
}

// MaxHTTPCookies bounds the lists of HTTPCookies: browsers keep some 180 for a site and send a few dozen.
const MaxHTTPCookies = 64

// HTTPCookie is a Set-Cookie header without its value (RFC 6265bis).
type HTTPCookie struct {
	Name        string `json:"name"`
	Domain      string `json:"domain,omitzero"`      // with its subdomains; absent: this host only
	Path        string `json:"path,omitzero"`        // absent: the folder of the request
	Expires     string `json:"expires,omitzero"`     // by Max-Age, else Expires: RFC 3339; absent: with the session
	SameSite    string `json:"same_site,omitzero"`   // strict, lax or none
	Secure      bool   `json:"secure,omitzero"`      // over https only
	HTTPOnly    bool   `json:"http_only,omitzero"`   // out of the reach of scripts
	Partitioned bool   `json:"partitioned,omitzero"` // a jar for each top-level site
	Deleted     bool   `json:"deleted,omitzero"`     // it expires at once: the server takes it back
	Refused     string `json:"refused,omitzero"`     // why browsers do not take it: foreign_domain, secure_over_http, same_site_none_not_secure, secure_prefix, host_prefix, public_suffix, partitioned_not_secure
}

// HTTPRedirect tells of an answer that sends the client elsewhere, or of the request that went there.
type HTTPRedirect struct {
	Location string `json:"location,omitzero"` // where to, as an absolute URL
	Method   string `json:"method,omitzero"`   // with which method, where it changes (RFC 9110 §15.4)
	Hop      uint64 `json:"hop,omitzero"`      // how many redirects led to this exchange
	From     uint64 `json:"from,omitzero"`     // first packet of the exchange that sent the client here
	Chain    uint64 `json:"chain,omitzero"`    // first packet of the exchange the chain began with
	Spent    Span   `json:"spent_ms,omitzero"` // from the beginning of the chain to this request
	Loop     bool   `json:"loop,omitzero"`     // it sends the client where the same answer has sent it in this chain
	Basis    Basis  `json:"basis,omitzero"`    // inferred: that a request follows a redirect is told by client, URL and time
}

// HTTPNegotiation tells how the answer fits what the client said it prefers (RFC 9110 §12).
type HTTPNegotiation struct {
	Vary    []string     `json:"vary,omitzero"`    // request headers that the answer depends on, at most MaxHTTPVary
	Choices []HTTPChoice `json:"choices,omitzero"` // where the answer is not what the client would like best
}

// MaxHTTPVary bounds HTTPNegotiation.Vary; more than a handful makes an answer useless to caches.
const MaxHTTPVary = 16

// HTTPChoice is what the server chose where the client had preferences.
type HTTPChoice struct {
	Of       string `json:"of"`         // type, coding or language
	Chosen   string `json:"chosen"`     // what came
	Permille uint16 `json:"q_permille"` // the weight the client gave it, in thousandths; 0: it does not take it
}

// HTTPAuth tells how a client showed who it is, or was asked to (RFC 9110 §11). Credentials are never part of it.
type HTTPAuth struct {
	Proxy      bool            `json:"proxy,omitzero"`      // for a proxy on the way
	Scheme     string          `json:"scheme,omitzero"`     // of the credentials sent; absent: none were, or they name no scheme
	Params     []string        `json:"params,omitzero"`     // names of their parameters
	Challenges []HTTPChallenge `json:"challenges,omitzero"` // what the server asks for
	Round      uint64          `json:"round,omitzero"`      // how many challenges on this connection came before the request, since the last success
	Outcome    string          `json:"outcome,omitzero"`    // challenged (asked to show), refused (shown, and asked again or forbidden), accepted
}

// HTTPChallenge is one challenge of WWW-Authenticate or Proxy-Authenticate.
type HTTPChallenge struct {
	Scheme string   `json:"scheme"`
	Realm  string   `json:"realm,omitzero"`
	Params []string `json:"params,omitzero"` // names of its parameters
}

// HTTPUse is what a TCP connection was used for by HTTP.
type HTTPUse struct {
	Exchanges     uint64 `json:"exchanges"`               // exchanges told
	PipelineDepth uint64 `json:"pipeline_depth,omitzero"` // most requests that were unanswered at once, where they were pipelined
	MaxIdle       Span   `json:"max_idle_ms,omitzero"`    // longest time between an answer and the next request
	LastIdle      Span   `json:"last_idle_ms,omitzero"`   // from the last answer to the end
	End           string `json:"end"`                     // why no request followed: connection_close, http10, until_close, upgrade, idle (closed unused), aborted (in the middle of an exchange), open
	By            string `json:"by,omitzero"`             // who ended it, where it was not announced: client or server
}
