// Command quicpeer plays the ends of QUIC connections for the sample captures, with the QUIC of golang.org/x/net, which
// shares nothing with what reads them.
//
//	quicpeer serve ADDR [retry] [forget]           answers each stream with what came on it; retry asks for a proof of the address,
//	                                               forget restarts after the first answer, without a word
//	quicpeer ask ADDR [-alpn NAME] [-times N] [-greet] [-again D]
//
// ask opens N connections one beside the other from one port, asks on a stream of each, and closes them. With -greet it first
// asks for a version that does not exist, with -again once more on each connection after some time.
package main

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"flag"
	"fmt"
	"io"
	"math/big"
	"net"
	"os"
	"slices"
	"time"

	"golang.org/x/net/quic"
)

// protocol is what both ends speak on streams: an echo, which no other program calls so.
const protocol = "hanalyze-echo"

func main() {
	if err := run(os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, "quicpeer:", err)
		os.Exit(1)
	}
}

func run(args []string) error {
	if len(args) < 2 {
		return errors.New("usage: quicpeer serve ADDR [retry] [forget] | ask ADDR [-alpn NAME] [-times N] [-greet] [-again D]")
	}
	if args[0] == "serve" {
		return serve(args[1], slices.Contains(args[2:], "retry"), slices.Contains(args[2:], "forget"))
	}
	flags := flag.NewFlagSet("ask", flag.ContinueOnError)
	alpn := flags.String("alpn", protocol, "application protocol")
	times := flags.Int("times", 1, "connections")
	greet := flags.Bool("greet", false, "ask for a version that does not exist first")
	again := flags.Duration("again", 0, "ask again after this time")
	if err := flags.Parse(args[2:]); err != nil {
		return err
	}
	return ask(args[1], *alpn, *times, *greet, *again)
}

// resetKey makes the tokens of stateless resets. It is the same after a restart, so that clients believe them.
var resetKey = [32]byte{1}

// serve answers until it is killed.
func serve(addr string, retry, forget bool) error {
	cert, err := certificate()
	if err != nil {
		return err
	}
	config := &quic.Config{
		TLSConfig:                &tls.Config{Certificates: []tls.Certificate{cert}, NextProtos: []string{protocol}, MinVersion: tls.VersionTLS13},
		RequireAddressValidation: retry, StatelessResetKey: resetKey,
	}
	local, err := net.ResolveUDPAddr("udp", addr)
	if err != nil {
		return err
	}
	for ; ; forget = false {
		socket, err := net.ListenUDP("udp", local)
		if err != nil {
			return err
		}
		endpoint, err := quic.NewEndpoint(socket, config)
		if err != nil {
			return err
		}
		fmt.Println("listening")
		if err := accept(endpoint, socket, forget); err != nil {
			return err
		}
	}
}

// accept answers the connections of an endpoint. With forget it returns after the first one was answered, and nobody is told.
func accept(endpoint *quic.Endpoint, socket *net.UDPConn, forget bool) error {
	for {
		conn, err := endpoint.Accept(context.Background())
		if err != nil {
			return err
		}
		go echo(conn)
		if forget {
			time.Sleep(patience / 8)
			return socket.Close()
		}
	}
}

func echo(conn *quic.Conn) {
	for {
		s, err := conn.AcceptStream(context.Background())
		if err != nil {
			return
		}
		b, err := io.ReadAll(s)
		if err != nil {
			continue
		}
		if _, err := s.Write(b); err != nil {
			return
		}
		if err := s.CloseWrite(); err != nil {
			return
		}
	}
}

// certificate makes one for the name that ask gives.
func certificate() (tls.Certificate, error) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return tls.Certificate{}, err
	}
	template := &x509.Certificate{SerialNumber: big.NewInt(1), DNSNames: []string{"quic.example.test"}, NotAfter: time.Now().AddDate(1, 0, 0)}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	return tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key}, err
}

// patience bounds a connection that nobody answers.
const patience = 4 * time.Second

func ask(addr, alpn string, times int, greet bool, again time.Duration) error {
	local := ":0"
	if greet {
		var err error
		if local, err = negotiate(addr); err != nil {
			return err
		}
	}
	endpoint, err := quic.Listen("udp", local, nil)
	if err != nil {
		return err
	}
	config := &quic.Config{
		TLSConfig:        &tls.Config{ServerName: "quic.example.test", NextProtos: []string{alpn}, InsecureSkipVerify: true, MinVersion: tls.VersionTLS13},
		HandshakeTimeout: patience,
	}
	ctx, cancel := context.WithTimeout(context.Background(), 2*patience)
	defer cancel()
	var conns []*quic.Conn
	for range times {
		conn, err := endpoint.Dial(ctx, "udp", addr, config)
		if err != nil {
			return err
		}
		conns = append(conns, conn)
	}
	if err := askAll(ctx, conns); err != nil {
		return err
	}
	if again > 0 {
		time.Sleep(again)
		if err := askAll(ctx, conns); err != nil {
			return err
		}
	}
	for _, conn := range conns {
		if err := conn.Close(); err != nil {
			return err
		}
	}
	return endpoint.Close(ctx)
}

// askAll asks on each connection.
func askAll(ctx context.Context, conns []*quic.Conn) error {
	for i, conn := range conns {
		if err := exchange(ctx, conn, fmt.Sprintf("question %d", i+1)); err != nil {
			return err
		}
	}
	return nil
}

// exchange asks on a new stream and wants the question back.
func exchange(ctx context.Context, conn *quic.Conn, question string) error {
	s, err := conn.NewStream(ctx)
	if err != nil {
		return err
	}
	if _, err := io.WriteString(s, question); err != nil {
		return err
	}
	if err := s.CloseWrite(); err != nil {
		return err
	}
	b, err := io.ReadAll(s)
	if err == nil && string(b) != question {
		err = fmt.Errorf("the answer to %q is %q", question, b)
	}
	return err
}

// negotiate sends a packet of a version that stands for none (RFC 9000 §15), waits for the server's list, and returns the
// address it sent from.
func negotiate(addr string) (local string, err error) {
	conn, err := net.Dial("udp", addr)
	if err != nil {
		return "", err
	}
	defer func() { err = errors.Join(err, conn.Close()) }()
	b := []byte{0xc0, 0x1a, 0x2a, 0x3a, 0x4a, 8, 1, 2, 3, 4, 5, 6, 7, 8, 4, 9, 9, 9, 9, 0, 0x44, 0x9a}
	b = append(b, make([]byte, 0x49a)...)
	if _, err := conn.Write(b); err != nil {
		return "", err
	}
	if err := conn.SetReadDeadline(time.Now().Add(patience)); err != nil {
		return "", err
	}
	_, err = conn.Read(make([]byte, 1500))
	return conn.LocalAddr().String(), err
}
