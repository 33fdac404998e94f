package findings

import (
	"fmt"
	"net/netip"
	"strings"
	"time"

	"hanalyze"
)

const (
	// searchPause is the longest time between two tries of one search: a resolver library goes through its list at once.
	searchPause = 5 * time.Second
	// searchTries is how many endings make a search list worth a word.
	searchTries = 3
	// maxSearches bounds the clients followed. When there are more, all are forgotten: a search takes a second.
	maxSearches = 4096
)

// searches are the names that clients asked for in vain, one after the other.
type searches map[netip.Addr]*search

// search is a row of names that begin alike, as a client makes them that appends its search domains in turn.
type search struct {
	base  string // the labels that all begin with
	names []string
	last  hanalyze.Time
}

// nxdomain tells of a name that does not exist, and once of each row of them.
func (e *Engine) nxdomain(r *hanalyze.DNS, what string) {
	e.add(&r.Envelope, "dns.nxdomain", what+" does not exist", "")
	if r.Question == nil || strings.HasPrefix(r.Question.Name, "_") { // services are looked for by full names
		return
	}
	if e.questions.searches == nil || len(e.questions.searches) >= maxSearches {
		e.questions.searches = searches{}
	}
	s := e.questions.searches.follow(r.Flow.Client.Addr(), strings.ToLower(r.Question.Name), r.Last.Time)
	if s == nil || len(s.names) != searchTries {
		return
	}
	var endings []string
	for _, n := range s.names {
		if n = strings.TrimPrefix(n[len(s.base):], "."); n != "" {
			endings = append(endings, n)
		}
	}
	e.add(&r.Envelope, "dns.search_list",
		fmt.Sprintf("%s was tried with endings that do not exist: %s", s.base, strings.Join(endings, ", ")), hanalyze.Inferred)
}

// follow adds a name to the client's row and returns the row if the name made it longer.
func (all searches) follow(client netip.Addr, name string, at hanalyze.Time) *search {
	s := all[client]
	if s != nil && name == s.names[len(s.names)-1] { // A and AAAA of one name
		s.last = at
		return nil
	}
	base := ""
	if s != nil && at.Sub(s.last) <= searchPause {
		base = alike(s.base, name)
	}
	if base == "" {
		all[client] = &search{base: name, names: []string{name}, last: at}
		return nil
	}
	if len(s.names) <= searchTries {
		s.names = append(s.names, name)
	}
	s.base, s.last = base, at
	return s
}

// alike returns the labels that both names begin with, "" when the first differs.
func alike(a, b string) string {
	n := 0
	for {
		x, y := label(a[n:]), label(b[n:])
		if x != y || x == "" {
			return strings.TrimSuffix(a[:n], ".")
		}
		n += len(x)
		if n == len(a) || n == len(b) {
			return strings.TrimSuffix(a[:n], ".")
		}
		n++ // the dot
	}
}

// label returns the first label of a name.
func label(s string) string {
	first, _, _ := strings.Cut(s, ".")
	return first
}
