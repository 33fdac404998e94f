package story

import "hanalyze"

// quic takes the server's name from the ClientHello in a QUIC connection.
func (j *Joiner) quic(r *hanalyze.QUIC) {
	if r.TLS != nil && r.TLS.SNI != "" {
		r.Flow.ServerName, r.Flow.ServerNameSource = r.TLS.SNI, sourceSNI
	}
}
