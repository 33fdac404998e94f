"""Servers that begin in the clear and turn to TLS, each just good enough for one client.

usage: dialogues.py ADDRESS CERTIFICATE KEY [USUAL PORT]

With two ports, only the protocol of the usual one is served, on the other; what clients say inside TLS is printed and sent
back. Else the ports are: 25 SMTP, 110 POP3, 143 IMAP, 21 FTP, 5432 PostgreSQL; 2525 is an SMTP server that refuses to turn to TLS, 3306 MySQL.
"""
import socket
import ssl
import sys
import threading

# By port: what the server says first, then what it answers to commands that begin so; the last one is followed by TLS.
LINES = {
    25: ("220 mail.example.test ESMTP", {"EHLO": "250-mail.example.test\r\n250 STARTTLS"}, "STARTTLS", "220 ready"),
    2525: ("220 mail.example.test ESMTP", {"EHLO": "250-mail.example.test\r\n250-AUTH PLAIN\r\n250 STARTTLS", "STARTTLS": "454 not now",
                                           "AUTH": "235 welcome", "QUIT": "221 bye"}, None, None),
    110: ("+OK ready", {"CAPA": "+OK\r\nSTLS\r\n."}, "STLS", "+OK go on"),
    143: ("* OK [CAPABILITY IMAP4rev1 STARTTLS] ready", {". CAPABILITY": "* CAPABILITY IMAP4rev1 STARTTLS\r\n. OK done"}, ". STARTTLS", ". OK go on"),
    21: ("220 ready", {"FEAT": "211-Features\r\n AUTH TLS\r\n211 End"}, "AUTH TLS", "234 go on"),
}

# Those that are served one at a time only.
MORE_LINES = {
    24: ("220 mail.example.test LMTP", {"LHLO": "250-mail.example.test\r\n250 STARTTLS"}, "STARTTLS", "220 ready"),
    119: ("201 ready", {"CAPABILITIES": "101 list\r\nVERSION 2\r\nSTARTTLS\r\n."}, "STARTTLS", "382 go on"),
    4190: ('"IMPLEMENTATION" "example"\r\n"STARTTLS"\r\nOK', {}, "STARTTLS", "OK go on"),
    6667: (":irc.example.test 020 * :Please wait", {}, "STARTTLS", ":irc.example.test 670 * :go on"),
}


def lines(sock, port):
    """Talks until the client asks for TLS or leaves, and tells whether it did."""
    greeting, answers, ask, go = (LINES | MORE_LINES)[port]
    sock.sendall(greeting.encode() + b"\r\n")
    with sock.makefile("rb", buffering=0) as f:
        for line in f:
            line = line.decode().strip()
            if ask and line == ask:
                sock.sendall(go.encode() + b"\r\n")
                return True
            for command, answer in answers.items():
                if line.startswith(command):
                    sock.sendall(answer.encode() + b"\r\n")
    return False


def postgresql(sock, _):
    sock.recv(8)
    sock.sendall(b"S")
    return True


def mysql(sock, _):
    greeting = b"\x0a8.0.36\0\x01\0\0\0ABCDEFGH\0\xff\xff\xff\x02\0\xff\xdf\x15" + bytes(10) + b"ABCDEFGHIJKL\0mysql_native_password\0"
    sock.sendall(len(greeting).to_bytes(3, "little") + b"\0" + greeting)
    return len(sock.recv(36)) == 36


def ldap(sock, _):
    sock.recv(100)  # messageID 1: an extended request
    sock.sendall(bytes.fromhex("300c02010178070a010004000400"))
    return True


def xmpp(sock, _):
    sock.recv(1000)
    sock.sendall(b"<?xml version='1.0'?><stream:stream xmlns='jabber:client' xmlns:stream='http://etherx.jabber.org/streams' id='1' version='1.0'>"
                 b"<stream:features><starttls xmlns='urn:ietf:params:xml:ns:xmpp-tls'><required/></starttls></stream:features>")
    sock.recv(1000)
    sock.sendall(b"<proceed xmlns='urn:ietf:params:xml:ns:xmpp-tls'/>")
    return True


def serve(listener, port, context):
    talk = {5432: postgresql, 3306: mysql, 389: ldap, 5222: xmpp}.get(port, lines)
    while True:
        sock, _ = listener.accept()
        with sock:
            if not talk(sock, port):
                continue
            try:
                with context.wrap_socket(sock, server_side=True) as secure:
                    said = secure.recv(1000)
                    print(said.decode(), flush=True)
                    secure.sendall(said.replace(b"ping", b"pong"))
                    secure.recv(1000)
            except (ssl.SSLError, OSError):
                pass


def main():
    address, certificate, key, *one = sys.argv[1:]
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(certificate, key)
    context.maximum_version = ssl.TLSVersion.TLSv1_2
    if one:
        usual, port = map(int, one)
        listener = socket.create_server((address, port))
        print("ACCEPT", flush=True)
        serve(listener, usual, context)
    for port in [*LINES, 5432, 3306]:
        listener = socket.create_server((address, port))
        threading.Thread(target=serve, args=(listener, port, context)).start()


main()
