#!/usr/bin/env python3
"""What streams of HTTP/2 carry besides pages: a WebSocket connection (RFC 8441), and gRPC calls.

usage: h2_streams.py server|websocket|grpc

server     grants extended CONNECT and echoes WebSocket frames; answers gRPC calls by their method
websocket  a client with two messages, a ping and a close, on one stream
grpc       a client with a unary call, a call whose answer has three messages, and one that fails
"""
import itertools
import socket
import struct
import sys

NAME, PORT = 'www.example.test', 8080
PREFACE = b'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n'
DATA, HEADERS, SETTINGS, GOAWAY = 0, 1, 4, 7
END_STREAM, ACK, END_HEADERS = 1, 1, 4
ENABLE_CONNECT_PROTOCOL = 8
TEXT, CLOSE, PING, PONG, FIN = 1, 8, 9, 10, 0x80


def frame(kind, flags, stream, payload=b''):
    return struct.pack('>I', len(payload))[1:] + struct.pack('>BBI', kind, flags, stream) + payload


def fields(*pairs):
    """A field block of literals without indexing (RFC 7541 section 6.2.2), none Huffman-coded."""
    return b''.join(b'\x00' + string(name) + string(value) for name, value in pairs)


def string(text):
    assert len(text) < 127
    return bytes([len(text)]) + text.encode()


def frames(s):
    """The frames that arrive, as (type, flags, stream, payload)."""
    read = s.makefile('rb').read
    while len(head := read(9)) == 9:
        yield head[3], head[4], int.from_bytes(head[5:], 'big'), read(int.from_bytes(head[:3], 'big'))


def message(text):
    """A gRPC message: not compressed, its length, and a protobuf string as field 1."""
    body = b'\x0a' + string(text)
    return b'\x00' + struct.pack('>I', len(body)) + body


def web_frame(opcode, payload, mask=None):
    """A WebSocket frame (RFC 6455 section 5.2) of fewer than 126 bytes."""
    if mask is None:
        return bytes([FIN | opcode, len(payload)]) + payload
    return bytes([FIN | opcode, 0x80 | len(payload)]) + mask + bytes(c ^ mask[i % 4] for i, c in enumerate(payload))


def connect():
    address = socket.getaddrinfo(NAME, PORT, socket.AF_INET, socket.SOCK_STREAM)[0][4]
    s = socket.create_connection(address, timeout=10)
    s.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    s.sendall(PREFACE + frame(SETTINGS, 0, 0))
    arriving = frames(s)
    for kind, flags, _, _ in arriving:
        if kind == SETTINGS and not flags & ACK:
            s.sendall(frame(SETTINGS, ACK, 0))
            return s, arriving


def leave(s):
    s.sendall(frame(GOAWAY, 0, 0, bytes(8)))
    s.close()


def websocket():
    s, arriving = connect()
    s.sendall(frame(HEADERS, END_HEADERS, 1, fields(
        (':method', 'CONNECT'), (':protocol', 'websocket'), (':scheme', 'http'), (':authority', '%s:%d' % (NAME, PORT)),
        (':path', '/chat'), ('sec-websocket-version', '13'), ('sec-websocket-protocol', 'chat'))))
    mask = itertools.count(0x1a2b3c4d, 0x01030507)
    for opcode, payload in ((TEXT, b'hello'), (PING, b'still there?'), (TEXT, 'grüß dich'.encode()), (CLOSE, b'\x03\xe8bye')):
        sent = web_frame(opcode, payload, struct.pack('>I', next(mask)))
        s.sendall(frame(DATA, END_STREAM if opcode == CLOSE else 0, 1, sent))
        for kind, _, _, _ in arriving:
            if kind == DATA:
                break
    leave(s)


def grpc():
    s, arriving = connect()
    for stream, method in (1, 'SayHello'), (3, 'SayHellos'), (5, 'SayNothing'):
        s.sendall(frame(HEADERS, END_HEADERS, stream, fields(
            (':method', 'POST'), (':scheme', 'http'), (':authority', '%s:%d' % (NAME, PORT)), (':path', '/greet.Greeter/' + method),
            ('content-type', 'application/grpc+proto'), ('te', 'trailers'), ('grpc-timeout', '2S'))))
        s.sendall(frame(DATA, END_STREAM, stream, message('Ada')))
        for _, flags, on, _ in arriving:
            if on == stream and flags & END_STREAM:
                break
    leave(s)


def answer(s, stream, path):
    """Answers a gRPC call."""
    head = (':status', '200'), ('content-type', 'application/grpc+proto')
    if path.endswith('SayNothing'):
        s.sendall(frame(HEADERS, END_HEADERS | END_STREAM, stream, fields(*head, ('grpc-status', '12'), ('grpc-message', 'no such method%21'))))
        return
    s.sendall(frame(HEADERS, END_HEADERS, stream, fields(*head)))
    for _ in range(3 if path.endswith('SayHellos') else 1):
        s.sendall(frame(DATA, 0, stream, message('Hello Ada')))
    s.sendall(frame(HEADERS, END_HEADERS | END_STREAM, stream, fields(('grpc-status', '0'))))


def echo(s, stream, payload):
    """Answers a WebSocket frame."""
    mask, opcode = payload[2:6], payload[0] & 0xf
    said = bytes(c ^ mask[i % 4] for i, c in enumerate(payload[6:]))
    s.sendall(frame(DATA, END_STREAM if opcode == CLOSE else 0, stream, web_frame(PONG if opcode == PING else opcode, said)))


def server():
    listener = socket.create_server(('', PORT))
    while True:
        s, _ = listener.accept()
        if s.recv(len(PREFACE), socket.MSG_WAITALL) == PREFACE:  # not somebody who looks whether the port is open
            break
    s.sendall(frame(SETTINGS, 0, 0, struct.pack('>HI', ENABLE_CONNECT_PROTOCOL, 1)) + frame(SETTINGS, ACK, 0))
    path, tunnel = '', False
    for kind, flags, stream, payload in frames(s):
        if kind == HEADERS:
            tunnel = b'websocket' in payload
            path = payload.decode('latin-1').split(':path')[1].split('\0')[0]
            if tunnel:
                s.sendall(frame(HEADERS, END_HEADERS, stream, fields((':status', '200'), ('sec-websocket-protocol', 'chat'))))
        elif kind == DATA and tunnel:
            echo(s, stream, payload)
        elif kind == DATA and flags & END_STREAM:
            answer(s, stream, path)


{'server': server, 'websocket': websocket, 'grpc': grpc}[sys.argv[1]]()
