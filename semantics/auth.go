package semantics

import "strings"

// Authentication, RFC 9110 §11. Nothing of a credential but its scheme is returned, and names of parameters only where the
// scheme is known to have them: a token can look like a parameter.

// Challenge is one challenge of WWW-Authenticate or Proxy-Authenticate.
type Challenge struct {
	Scheme string
	Realm  string
	Params []string // names of its parameters, in order, realm included
}

// Limits of what is read of challenges.
const (
	// maxChallenges bounds the challenges read of one answer; servers offer two or three.
	maxChallenges = 16
	// maxParams bounds the parameter names read of one challenge; Digest has eight.
	maxParams = 16
	// maxSchemeBytes bounds a scheme; the longest in use, AWS4-HMAC-SHA256, has 16 bytes. A longer first word is rather the
	// secret itself.
	maxSchemeBytes = 24
)

// Challenges reads the challenges of field f. A comma separates parameters as well as challenges (RFC 9110 §11.6.1): an
// element that is a token followed by a space or nothing begins a challenge.
func (s *Section) Challenges(f Field) (list []Challenge) {
	for e := range s.Elements(f) {
		scheme, param := splitScheme(e)
		if scheme != "" {
			if len(list) == maxChallenges {
				return list
			}
			list = append(list, Challenge{Scheme: scheme})
		}
		if len(list) > 0 && param != "" {
			list[len(list)-1].add(param)
		}
	}
	return list
}

// splitScheme splits an element of a challenge list: "Basic realm=x", "realm=x" and "Negotiate" are all possible.
func splitScheme(element string) (scheme, param string) {
	word, rest, _ := strings.Cut(element, " ")
	rest = trim(rest)
	if !isToken(word) || len(word) > maxSchemeBytes || strings.HasPrefix(rest, "=") {
		return "", element
	}
	return word, rest
}

// add notes a parameter. What has no "=", or nothing behind it, is a token68: data of the scheme.
func (c *Challenge) add(param string) {
	name, value := parameter(param)
	if !isToken(name) || trim(strings.TrimLeft(param[len(name):], " \t")) == "" || strings.Trim(param[len(name):], "= \t") == "" {
		return
	}
	if strings.EqualFold(name, "realm") {
		c.Realm = value
	}
	if len(c.Params) < maxParams {
		c.Params = append(c.Params, strings.ToLower(name))
	}
}

// Credentials returns the scheme of Authorization or Proxy-Authorization, "" when it has none, and the names of the
// parameters of schemes that are known to have some.
func (s *Section) Credentials(f Field) (scheme string, params []string) {
	scheme, rest, found := strings.Cut(s.Get(f), " ")
	if !found || !isToken(scheme) || len(scheme) > maxSchemeBytes {
		return "", nil
	}
	known := schemeParams[strings.ToLower(scheme)]
	if known == "" {
		return scheme, nil
	}
	for e := range Elements(rest) {
		name, _ := parameter(e)
		if name = strings.ToLower(name); len(params) < maxParams && strings.Contains(known, " "+name+" ") {
			params = append(params, name)
		}
	}
	return scheme, params
}

// schemeParams are the schemes whose credentials have named parameters, and these names.
var schemeParams = map[string]string{
	"digest":           " username username* realm uri algorithm nonce nc cnonce qop response opaque userhash ",                                   // RFC 7616 §3.4
	"hoba":             " result ",                                                                                                                // RFC 7486
	"mutual":           " version vkey sid nonce session ",                                                                                        // RFC 8120
	"oauth":            " realm oauth_consumer_key oauth_token oauth_signature_method oauth_signature oauth_timestamp oauth_nonce oauth_version ", // RFC 5849
	"vapid":            " t k ",                                                                                                                   // RFC 8292
	"aws4-hmac-sha256": " credential signedheaders signature ",
	"signature":        " keyid algorithm headers signature created expires ",
}
