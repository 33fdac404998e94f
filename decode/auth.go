package decode

import (
	"strings"

	"hanalyze"
	"hanalyze/semantics"
)

// auth tells how the client showed who it is and what the server said to it.
func (u *usage) auth(r *meaning) *hanalyze.HTTPAuth {
	credentials, challenges, proxy := authFields(r)
	if !r.asked.Has(credentials) && !r.told.Has(challenges) {
		return nil
	}
	a := &hanalyze.HTTPAuth{Proxy: proxy}
	a.Scheme, a.Params = r.asked.Credentials(credentials)
	for _, c := range r.told.Challenges(challenges) {
		a.Challenges = append(a.Challenges, hanalyze.HTTPChallenge(c))
	}
	shown, rounds := r.asked.Has(credentials), &u.rounds[0]
	if proxy {
		rounds = &u.rounds[1]
	}
	if shown && r.sure {
		a.Round = *rounds
	}
	if r.pair {
		a.Outcome = authOutcome(r.x.Status, shown, a.Scheme)
	}
	switch a.Outcome {
	case "challenged", "refused":
		*rounds++
	case "accepted":
		*rounds = 0
	}
	return a
}

// authFields are the headers of the authentication that the exchange is about: towards a proxy when that asks, or when
// nothing is shown to the server itself.
func authFields(r *meaning) (credentials, challenges semantics.Field, proxy bool) {
	toServer := r.asked.Has(semantics.Authorization) || r.told.Has(semantics.WWWAuthenticate)
	if r.x.Status == 407 || !toServer && r.asked.Has(semantics.ProxyAuthorization) {
		return semantics.ProxyAuthorization, semantics.ProxyAuthenticate, true
	}
	return semantics.Authorization, semantics.WWWAuthenticate, false
}

// authOutcome says what the status of an answer means for credentials that were shown or not. Schemes that take several
// rounds are asked for more with the status that refuses others.
func authOutcome(status uint16, shown bool, scheme string) string {
	asks := status == 401 || status == 407
	several := strings.EqualFold(scheme, "ntlm") || strings.EqualFold(scheme, "negotiate")
	switch {
	case asks && (!shown || several):
		return "challenged"
	case asks || shown && status == 403:
		return "refused"
	case shown && status < 400:
		return "accepted"
	}
	return ""
}
