package main

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"math/big"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"
)

// identities makes the keys and certificates of the scenes: NAME.pem and NAME.key.
func identities(t *testing.T, dir string) {
	t.Helper()
	var err error
	must := func(e error) {
		if e != nil {
			t.Fatal(e)
		}
	}
	key := func(kind string) (k crypto.Signer) {
		switch kind {
		case "rsa":
			k, err = rsa.GenerateKey(rand.Reader, 2048)
		case "ec":
			k, err = ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
		case "ed25519":
			_, k, err = ed25519.GenerateKey(rand.Reader)
		}
		must(err)
		return k
	}
	now := time.Now()
	serial := int64(1)
	issue := func(name, host string, k crypto.Signer, days int, parent *x509.Certificate, signer crypto.Signer) *x509.Certificate {
		serial++
		c := &x509.Certificate{
			SerialNumber: big.NewInt(serial), Subject: pkix.Name{CommonName: host},
			NotBefore: now.AddDate(0, 0, min(days, 0)-1), NotAfter: now.AddDate(0, 0, days),
			DNSNames: []string{host}, IsCA: name == "ca", BasicConstraintsValid: true,
		}
		if parent == nil {
			parent, signer = c, k
		}
		der, err := x509.CreateCertificate(rand.Reader, c, parent, k.Public(), signer)
		must(err)
		pkcs8, err := x509.MarshalPKCS8PrivateKey(k)
		must(err)
		must(os.WriteFile(filepath.Join(dir, name+".pem"), pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der}), 0o600))
		must(os.WriteFile(filepath.Join(dir, name+".key"), pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: pkcs8}), 0o600))
		return c
	}
	rsaKey, ec := key("rsa"), key("ec")
	caKey := key("ec")
	ca := issue("ca", "Test Authority", caKey, 100, nil, nil)
	issue("rsa", "host.example", rsaKey, 50, ca, caKey)
	issue("ec", "host.example", ec, 50, ca, caKey)
	issue("ed25519", "host.example", key("ed25519"), 50, ca, caKey)
	issue("expired", "host.example", ec, -10, ca, caKey)
	issue("other", "other.example", ec, 50, ca, caKey)
	issue("self", "host.example", ec, 50, nil, nil)
	issue("client", "client.example", ec, 50, ca, caKey)
	issue("stranger", "client.example", ec, 50, nil, nil)
	public, err := x509.MarshalPKIXPublicKey(ec.Public())
	must(err)
	must(os.WriteFile(filepath.Join(dir, "ec.pub"), pem.EncodeToMemory(&pem.Block{Type: "PUBLIC KEY", Bytes: public}), 0o600))
	must(os.WriteFile(filepath.Join(dir, "early"), []byte("early bird\n"), 0o600))
	must(os.WriteFile(filepath.Join(dir, "psk"), []byte("alice:00112233445566778899aabbccddeeff\n"), 0o600))
}

// serve is an openssl server with one of the identities, talk a client that expects host.example.
func serve(identity, args string) string {
	return "openssl s_server -accept 127.0.0.1:PORT -cert DIR/" + identity + ".pem -key DIR/" + identity + ".key " + args
}

func talk(args string) string {
	return "openssl s_client -connect 127.0.0.1:PORT -servername host.example -CAfile DIR/ca.pem -verify_hostname host.example " + args
}

const (
	psk = " -psk 00112233445566778899aabbccddeeff -psk_identity alice"
	// old allows what OpenSSL's defaults forbid.
	old = " -cipher ALL:COMPLEMENTOFALL:@SECLEVEL=0"
)

func scenes() []scene {
	return slices.Concat(resumptionScenes(), suiteScenes(), retryScenes(), clientScenes(), refusals(), certificateScenes(), recordScenes(),
		datagramScenes(), gnutlsScenes(), switchScenes())
}

// suiteScenes are the versions, key exchanges and kinds of certificates.
func suiteScenes() (all []scene) {
	full := "handshake_rtts=2 sni=host.example"
	one := func(client string) tlsRun { return tlsRun{client: talk(client), want: full} }
	for _, version := range []string{"-tls1", "-tls1_1", "-tls1_2"} {
		for identity, suites := range map[string][]string{
			"rsa": {"AES128-SHA", "DHE-RSA-AES128-SHA", "ECDHE-RSA-AES128-SHA", "ADH-AES128-SHA", "AECDH-AES128-SHA"},
			"ec":  {"ECDHE-ECDSA-AES256-SHA"},
		} {
			s := scene{name: version + " " + identity, server: serve(identity, old)}
			for _, suite := range suites {
				s.runs = append(s.runs, one(version+" -cipher "+suite+":@SECLEVEL=0"))
			}
			all = append(all, s)
		}
	}
	modern := map[string][]string{
		"rsa": {"AES256-GCM-SHA384", "AES128-CCM8", "NULL-SHA256", "DHE-RSA-CHACHA20-POLY1305", "DHE-RSA-AES256-CCM", "ECDHE-RSA-CAMELLIA128-SHA256",
			"ECDHE-RSA-AES256-GCM-SHA384", "ADH-AES256-GCM-SHA384"},
		"ec":      {"ECDHE-ECDSA-CHACHA20-POLY1305", "ECDHE-ECDSA-AES128-CCM8", "ECDHE-ARIA128-GCM-SHA256 -sigalgs ECDSA+SHA384", "ECDHE-ECDSA-AES128-SHA256 -groups X448:P-256"},
		"ed25519": {"ECDHE-ECDSA-AES128-GCM-SHA256 -groups P-521"},
	}
	modern["ec"][2] = "ECDHE-ECDSA-ARIA128-GCM-SHA256"
	for identity, suites := range modern {
		s := scene{name: "1.2 " + identity, server: serve(identity, old)}
		for _, suite := range suites {
			name, more, _ := strings.Cut(suite, " ")
			s.runs = append(s.runs, one("-tls1_2 -cipher "+name+":@SECLEVEL=0 "+more))
		}
		all = append(all, s)
	}
	keyed := scene{name: "1.2 psk", server: serve("rsa", psk+old)}
	for _, suite := range []string{"PSK-AES128-GCM-SHA256", "DHE-PSK-AES128-GCM-SHA256", "ECDHE-PSK-CHACHA20-POLY1305", "RSA-PSK-AES128-GCM-SHA256"} {
		keyed.runs = append(keyed.runs, one("-tls1_2 "+psk+" -cipher "+suite+":@SECLEVEL=0"))
	}
	all = append(all, keyed)
	for _, identity := range []string{"rsa", "ec", "ed25519"} {
		s := scene{name: "1.3 " + identity, server: serve(identity, "")}
		for _, more := range []string{"-ciphersuites TLS_AES_128_GCM_SHA256", "-ciphersuites TLS_CHACHA20_POLY1305_SHA256 -groups P-256", "-groups X448:P-256"} {
			s.runs = append(s.runs, tlsRun{client: talk("-tls1_3 " + more), want: "handshake_rtts=1 sni=host.example key_exchange=ecdhe forward_secrecy=true certificates="})
		}
		all = append(all, s)
	}
	return all
}

// resumptionScenes take up sessions and pre-shared keys, with early data.
func resumptionScenes() []scene {
	keep, use := " -sess_out DIR/PORT.session", " -sess_in DIR/PORT.session"
	use13 := use + keep // each ticket of TLS 1.3 is for one connection
	return []scene{
		{"sessions for other servers", serve("ec", "-early_data"), []tlsRun{
			{client: talk("-tls1_2 -sess_out DIR/foreign.session")}, {client: talk("-tls1_3 -sess_out DIR/foreign13.session")},
		}},
		{"session id", serve("ec", "-no_ticket"), []tlsRun{
			{client: talk("-tls1_2 -no_ticket" + keep), want: "resumption.offered= resumption.new_ticket.bytes="},
			{client: talk("-tls1_2 -no_ticket" + use), want: "resumption.offered=session_id resumption.kind=session_id handshake_rtts=1 server_hello.session_id_echoed=true"},
			{client: talk("-tls1_1 -no_ticket -cipher DEFAULT:@SECLEVEL=0"), fails: true, want: "resumption.kind=none"},
		}},
		{"ticket", serve("ec", ""), []tlsRun{
			{client: talk("-tls1_2" + keep), want: "resumption.offered="},
			{client: talk("-tls1_2" + use), want: "resumption.offered=ticket resumption.kind=ticket handshake_rtts=1"},
		}},
		{"ticket refused", serve("ec", "-no_ticket"), []tlsRun{
			{client: talk("-tls1_2 -sess_in DIR/foreign.session"), want: "resumption.offered=ticket resumption.kind=none handshake_rtts=2"},
		}},
		{"ticket 1.1", serve("ec", old), []tlsRun{
			{client: talk("-tls1_1 -cipher DEFAULT:@SECLEVEL=0" + keep), want: ""},
			{client: talk("-tls1_1 -cipher DEFAULT:@SECLEVEL=0" + use), want: "resumption.offered=ticket resumption.kind=ticket handshake_rtts=1"},
		}},
		{"psk and early data", serve("ec", "-early_data"), []tlsRun{
			{client: talk("-tls1_3" + keep), want: "resumption.offered= early_data=not_offered"},
			{client: talk("-tls1_3" + use13), want: "resumption.offered=psk resumption.kind=psk key_exchange=ecdhe_psk forward_secrecy=true handshake_rtts=1 client_hello.psk_modes=psk_dhe_ke server_hello.psk=0"},
			{client: talk("-tls1_3 -early_data DIR/early" + use13), want: "resumption.kind=psk early_data=accepted early_data_basis=inferred handshake_rtts="},
		}},
		{"early data of a session that is not known", serve("ec", ""), []tlsRun{
			{client: talk("-tls1_3 -early_data DIR/early -sess_in DIR/foreign13.session"), want: "resumption.offered=psk resumption.kind=none early_data=rejected handshake_rtts=1"},
		}},
		{"early data and another group", serve("ec", "-early_data -groups P-384"), []tlsRun{
			{client: talk("-tls1_3 -groups P-384" + keep)},
			{client: talk("-tls1_3 -groups X25519:P-384 -early_data DIR/early" + use), want: "hello_retry.group=secp384r1 early_data=rejected handshake_rtts=2 resumption.offered=psk"},
		}},
		{"external psk", serve("ec", psk), []tlsRun{
			{client: talk("-tls1_3 -ciphersuites TLS_AES_128_GCM_SHA256" + psk), want: "resumption.offered=psk resumption.kind=psk key_exchange=ecdhe_psk client_hello.psks.0.identity_bytes=5 client_hello.psks.0.obfuscated_ticket_age=0"},
			{client: talk("-tls1_3 -psk 0011 -psk_identity bob -ciphersuites TLS_AES_128_GCM_SHA256"), want: "resumption.offered=psk resumption.kind=none key_exchange=ecdhe"},
		}},
		{"psk without key shares", serve("ec", "-allow_no_dhe_kex"+psk), []tlsRun{
			{client: talk("-tls1_3 -allow_no_dhe_kex -ciphersuites TLS_AES_128_GCM_SHA256" + psk), want: "client_hello.psk_modes~=psk_ke resumption.kind=psk"},
		}},
	}
}

// retryScenes are HelloRetryRequests.
func retryScenes() []scene {
	return []scene{
		{"hello retry", serve("rsa", "-groups P-521:P-384"), []tlsRun{
			{client: talk("-tls1_3 -groups X25519:P-384"), want: "hello_retry.group=secp384r1 hello_retry.cookie= handshake_rtts=2 client_hello.key_shares=x25519"},
			{client: talk("-tls1_3 -groups P-384"), want: "hello_retry.group= handshake_rtts=1"},
		}},
		{"stateless", serve("rsa", "-stateless"), []tlsRun{
			// s_server takes no second ClientHello on the same connection.
			{client: talk("-tls1_3"), fails: true, want: "hello_retry.cookie=true hello_retry.group= complete=true alerts.0.dir=c2s"},
		}},
	}
}

// clientScenes ask the client for a certificate.
func clientScenes() []scene {
	shown := " -cert DIR/client.pem -key DIR/client.key"
	asked := "client_auth.requested=true client_auth.types~=ecdsa_sign client_auth.signature_algorithms~=ecdsa_secp256r1_sha256"
	return []scene{
		{"asked", serve("ec", "-verify 1 -CAfile DIR/ca.pem"), []tlsRun{
			{client: talk("-tls1_2"), want: asked + " client_auth.sent= client_auth.authorities=1 client_certificates="},
			{client: talk("-tls1_2" + shown), want: asked + " client_auth.sent=true client_certificates=2 client_certificates.0.subject=CN=client.example"},
			{client: talk("-tls1_3" + shown), want: "client_auth.requested=false client_certificates="}, // encrypted
		}},
		{"required", serve("ec", "-Verify 1 -verify_return_error -CAfile DIR/ca.pem"), []tlsRun{
			{client: talk("-tls1_2" + shown), want: asked + " client_auth.sent=true client_certificates=2"},
			{client: talk("-tls1_2"), fails: true, want: asked + " client_auth.sent= client_certificates="},
			{client: talk("-tls1_2 -cert DIR/stranger.pem -key DIR/stranger.key"), fails: true, want: asked + " client_auth.sent=true client_certificates.0.self_signed=true"},
		}},
	}
}

// refusals are handshakes that end with an alert.
func refusals() []scene {
	no := func(client, want string) tlsRun { return tlsRun{client: client, fails: true, want: want} }
	return []scene{
		{"no common version", serve("ec", "-tls1_2"), []tlsRun{
			no(talk("-tls1_1 -cipher DEFAULT:@SECLEVEL=0"), "version= client_hello.version=1.1"), no(talk("-tls1_3"), "version= client_hello.versions=1.3"),
		}},
		{"no common cipher", serve("ec", "-cipher ECDHE-ECDSA-AES128-GCM-SHA256 -ciphersuites TLS_AES_128_GCM_SHA256"), []tlsRun{
			no(talk("-tls1_2 -cipher ECDHE-RSA-AES128-GCM-SHA256"), "version="), no(talk("-tls1_3 -ciphersuites TLS_AES_256_GCM_SHA384"), "version="),
		}},
		{"no common group", serve("ec", "-groups P-521"), []tlsRun{no(talk("-tls1_3 -groups X25519"), "version="), no(talk("-tls1_2 -groups X25519"), "version=")}},
		{"unknown name", serve("ec", "-servername host.example -servername_fatal -cert2 DIR/ec.pem -key2 DIR/ec.key"), []tlsRun{
			{client: talk("-tls1_2")},
			no("openssl s_client -connect 127.0.0.1:PORT -servername nobody.example -tls1_2", "sni=nobody.example"),
			no("openssl s_client -connect 127.0.0.1:PORT -servername nobody.example -tls1_3", "sni=nobody.example"),
		}},
		{"protocols", serve("ec", "-alpn h2,http/1.1"), []tlsRun{
			{client: talk("-tls1_2 -alpn foo,http/1.1"), want: "alpn.offered=foo,http/1.1"},
			{client: talk("-tls1_2"), want: "alpn.offered="},
			{client: talk("-tls1_3 -alpn h2"), want: "alpn.offered=h2 alpn.chosen="},
			no(talk("-tls1_2 -alpn foo"), "alpn.offered=foo alpn.chosen="), no(talk("-tls1_3 -alpn foo"), "alpn.offered=foo"),
		}},
		{"fallback", serve("ec", ""), []tlsRun{no(talk("-tls1_2 -fallback_scsv"), "client_hello.fallback=true")}},
		{"unknown authority", serve("self", ""), []tlsRun{
			no(talk("-tls1_2 -verify_return_error"), "certificates.0.self_signed=true version=1.2"),
		}},
		{"expired", serve("expired", ""), []tlsRun{no(talk("-tls1_2 -verify_return_error"), "certificates.0.days_left~=- version=1.2")}},
	}
}

// certificateScenes are certificates that a client takes although something is wrong with them.
func certificateScenes() (all []scene) {
	for _, identity := range []string{"expired", "self", "other"} {
		all = append(all, scene{identity, serve(identity, ""), []tlsRun{{client: talk("-tls1_2")}}})
	}
	return append(all, scene{"chain", serve("ec", "-cert_chain DIR/ca.pem"), []tlsRun{
		{client: talk("-tls1_2"), want: "certificates=2 certificates.1.ca=true chain.root_sent=true certificates.0.matches_sni=true certificates.0.days_left=49"},
	}})
}

// recordScenes end connections in either way, cut messages into small records, and begin again inside a connection.
func recordScenes() []scene {
	return []scene{
		{"closed by the server", serve("ec", ""), []tlsRun{{client: talk("-tls1_2"), end: "server"}, {client: talk("-tls1_3"), end: "server"}}},
		{"small records", serve("rsa", "-max_send_frag 512 -split_send_frag 512 -cert_chain DIR/ca.pem"), []tlsRun{
			{client: talk("-tls1_2 -max_send_frag 512"), want: "certificates=2"}, {client: talk("-tls1_3 -max_send_frag 512"), want: "handshake_rtts=1"},
		}},
		{"small fragments agreed", serve("rsa", ""), []tlsRun{
			{client: talk("-tls1_2 -maxfraglen 512"), want: "client_hello.max_fragment_length=512 server_hello.max_fragment_length=512 certificates=1"},
		}},
		{"renegotiation", serve("ec", "-client_renegotiation"), []tlsRun{
			{client: talk("-tls1_2"), end: "renegotiate", want: "finding=tls.renegotiation"},
		}},
		{"status", serve("ec", ""), []tlsRun{{client: talk("-tls1_2 -status -nextprotoneg h2"), want: "client_hello.status_request=ocsp ocsp="}}},
	}
}

// datagramScenes are DTLS.
func datagramScenes() []scene {
	dtls := "path=dtls transport=udp"
	return []scene{
		{"dtls with cookie", serve("ec", "-dtls1_2 -listen -mtu 300"), []tlsRun{
			{client: talk("-dtls1_2 -mtu 300"), want: dtls + " hello_retry.cookie=true handshake_rtts=3 certificates=1"},
		}},
		{"dtls", serve("rsa", "-dtls -mtu 1200"), []tlsRun{
			{client: talk("-dtls1_2 -mtu 400 -no_ticket"), want: dtls + " handshake_rtts=3 hello_retry.cookie=true"},
		}},
		{"dtls on the same ports", serve("ec", "-dtls1_2 -mtu 1200"), []tlsRun{
			{client: talk("-dtls1_2 -mtu 1200 -bind 127.0.0.1:15000 -cipher ECDHE-ECDSA-AES128-GCM-SHA256"), want: dtls + " client.port=15000"},
			{client: talk("-dtls1_2 -mtu 1200 -bind 127.0.0.1:15000 -cipher ECDHE-ECDSA-AES256-GCM-SHA384"), want: dtls + " client.port=15000"},
		}},
		{"dtls 1.0", serve("rsa", "-dtls1 -mtu 300"+old), []tlsRun{
			{client: talk("-dtls1 -mtu 300 -cipher AES128-SHA:@SECLEVEL=0"), want: dtls + " key_exchange=rsa"},
		}},
		{"dtls refused", serve("ec", "-dtls1_2 -mtu 1200"), []tlsRun{
			{client: talk("-dtls1_2 -mtu 1200 -cipher ECDHE-RSA-AES128-GCM-SHA256"), fails: true, want: dtls},
		}},
	}
}

// gnutlsScenes are what GnuTLS can and openssl cannot, and the same by another hand.
func gnutlsScenes() []scene {
	serve := func(args string) string {
		return "gnutls-serv --echo --port PORT --x509certfile DIR/ec.pem --x509keyfile DIR/ec.key " + args
	}
	talk := func(args string) string {
		return "gnutls-cli 127.0.0.1 --port PORT --insecure --no-ca-verification --sni-hostname host.example " + args
	}
	only := func(version string) string { return " --priority NORMAL:-VERS-ALL:+VERS-" + version }
	no := func(client, want string) tlsRun { return tlsRun{client: client, fails: true, want: want} }
	return []scene{
		{"gnutls", serve("--alpn h2 --alpn-fatal --sni-hostname host.example --sni-hostname-fatal"), []tlsRun{
			{client: talk("--alpn h2" + only("TLS1.2")), want: "alpn.chosen=h2 certificates=1 certificates.0.matches_sni=true client_auth.requested=true client_auth.sent="},
			{client: talk("--alpn h2 --resume" + only("TLS1.2")), count: 2, want: "resumption.offered=ticket resumption.kind=ticket handshake_rtts=1"},
			{client: talk("--alpn h2 --resume" + only("TLS1.3")), count: 2, want: "resumption.kind=psk handshake_rtts=1"},
			{client: talk("--alpn h2" + only("TLS1.3:-GROUP-ALL:+GROUP-FFDHE2048")), want: "key_exchange=dhe handshake_rtts=1"},
			{client: talk("--alpn h2" + only("TLS1.3:-GROUP-ALL:+GROUP-SECP521R1:+GROUP-X25519") + " --single-key-share"), want: "client_hello.key_shares=secp521r1"},
			no(talk("--alpn foo"+only("TLS1.2")), "alpn.offered=foo"),
			no("gnutls-cli 127.0.0.1 --port PORT --insecure --alpn h2 --sni-hostname nobody.example"+only("TLS1.2"), "sni=nobody.example"),
		}},
		{"gnutls session id", serve("--noticket"), []tlsRun{
			{client: talk("--resume" + only("TLS1.2")), count: 2, want: "resumption.offered=session_id resumption.kind=session_id"},
		}},
		{"gnutls early data", serve("--earlydata"), []tlsRun{
			{client: talk("--resume --waitresumption --earlydata DIR/early" + only("TLS1.3")), count: 2, want: "resumption.offered=psk resumption.kind=psk client_hello.extensions~=early_data"}, // its fate depends on time, and is not said
		}},
		{"gnutls certificate required", serve("--require-client-cert --x509cafile DIR/ca.pem"), []tlsRun{no(talk(only("TLS1.2")), "client_auth.requested=true client_auth.sent=")}},
		{"gnutls dtls", serve("-u --nocookie --mtu 300 --srtp-profiles SRTP_AES128_CM_HMAC_SHA1_80 --heartbeat"), []tlsRun{
			{client: talk("-u --mtu 300 --heartbeat --srtp-profiles SRTP_AES128_CM_HMAC_SHA1_80"), want: "hello_retry.cookie= handshake_rtts=2 server_hello.srtp_profile=SRTP_AES128_CM_HMAC_SHA1_80 client_hello.heartbeat=allowed"},
		}},
		{"gnutls dtls with cookie", serve("-u"), []tlsRun{{client: talk("-u" + only("DTLS1.0")), want: "hello_retry.cookie=true handshake_rtts=3"}}},
		{"gnutls raw public key", serve("--rawpkkeyfile DIR/ec.key --rawpkfile DIR/ec.pub --priority NORMAL:+CTYPE-SRV-RAWPK"), []tlsRun{
			{client: talk("--priority NORMAL:-VERS-ALL:+VERS-TLS1.2:-CTYPE-SRV-ALL:+CTYPE-SRV-RAWPK"), want: "client_hello.server_certificate_types=RawPublicKey nofinding=tls.malformed"},
		}},
		// gnutls-cli 3.7.9 crashes behind a handshake of TLS 1.2 with DHE-PSK; s_client plays that.
		{"gnutls psk", serve("--pskpasswd DIR/psk --priority NORMAL:+ECDHE-PSK"), []tlsRun{
			{client: talk("--pskusername alice --pskkey 00112233445566778899aabbccddeeff --priority NORMAL:-VERS-ALL:+VERS-TLS1.3:-KX-ALL:+ECDHE-PSK"), want: "resumption.kind=psk client_hello.psks.0.identity_bytes=5"},
		}},
	}
}

// switchScenes are dialogues that turn to TLS: the path tells which.
func switchScenes() (all []scene) {
	for _, p := range []struct {
		port     int
		starttls string // s_client's word
		path     string
	}{
		{25, "smtp", "smtp"}, {110, "pop3", "pop3"}, {143, "imap", "imap"}, {21, "ftp", "ftp"}, {24, "lmtp", "lmtp"}, {119, "nntp", "nntp"},
		{4190, "sieve", "sieve"}, {6667, "irc", "irc"}, {389, "ldap", "ldap"}, {5222, "xmpp", "xmpp"}, {5432, "postgres", "postgresql"}, {3306, "mysql", "mysql"},
	} {
		all = append(all, scene{"starttls " + p.path, "python3 ../../pcaps/traffic/dialogues.py 127.0.0.1 DIR/ec.pem DIR/ec.key " + strconv.Itoa(p.port) + " PORT", []tlsRun{
			{client: talk("-starttls " + p.starttls), want: "path=" + p.path + ">tls handshake_rtts=2"},
		}})
	}
	// PostgreSQL 17 may begin with TLS at once: what is inside is told by the protocol's name.
	return append(all, scene{"postgresql at once", serve("ec", "-alpn postgresql"), []tlsRun{
		{client: talk("-tls1_2 -alpn postgresql"), want: "path=tls alpn.offered=postgresql alpn.chosen=postgresql"},
	}})
}
