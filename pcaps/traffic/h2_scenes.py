#!/usr/bin/env python3
"""HTTP/2 that hardly any program shows on demand, frame by frame.

usage: h2_scenes.py stall|floods|refused|server

stall    a client that grants 20,000 bytes and then lets the server wait 50 ms before it grants more, again and again
floods   a client that opens and cancels 300 streams, and sends 300 PING and 300 SETTINGS frames
refused  a client with three requests for the server below
server   refuses stream 1, answers stream 3, and says with GOAWAY that stream 5 will not be processed
"""
import socket
import struct
import sys
import time

NAME, PORT = 'www.example.test', 8080
PREFACE = b'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n'
DATA, HEADERS, RST_STREAM, SETTINGS, PING, GOAWAY, WINDOW_UPDATE = 0, 1, 3, 4, 6, 7, 8
END_STREAM, ACK, END_HEADERS = 1, 1, 4
MAX_CONCURRENT_STREAMS, INITIAL_WINDOW_SIZE = 3, 4
NO_ERROR, REFUSED_STREAM, CANCEL = 0, 7, 8
WINDOW, PAUSE, MANY = 20_000, 0.05, 300


def frame(kind, flags, stream, payload=b''):
    return struct.pack('>I', len(payload))[1:] + struct.pack('>BBI', kind, flags, stream) + payload


def setting(name, value):
    return frame(SETTINGS, 0, 0, struct.pack('>HI', name, value))


def code(kind, stream, value):
    return frame(kind, 0, stream, struct.pack('>I', value))


def request(stream, path):
    """A GET whose fields are indexed or literal without indexing (RFC 7541 section 6.2.2), none Huffman-coded."""
    authority = ('%s:%d' % (NAME, PORT)).encode()
    block = b'\x82\x86' + b'\x04' + bytes([len(path)]) + path + b'\x01' + bytes([len(authority)]) + authority
    return frame(HEADERS, END_STREAM | END_HEADERS, stream, block)


def frames(s):
    """The frames that arrive, as (type, flags, stream, length)."""
    read = s.makefile('rb').read
    while len(head := read(9)) == 9:
        length = int.from_bytes(head[:3], 'big')
        read(length)
        yield head[3], head[4], int.from_bytes(head[5:], 'big'), length


def wait(arriving, kind, flags=0):
    for k, f, _, _ in arriving:
        if k == kind and f & flags == flags:
            return


def connect():
    address = socket.getaddrinfo(NAME, PORT, socket.AF_INET, socket.SOCK_STREAM)[0][4]
    s = socket.create_connection(address, timeout=10)
    s.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return s, frames(s)


def stall():
    s, arriving = connect()
    s.sendall(PREFACE + setting(INITIAL_WINDOW_SIZE, WINDOW))
    wait(arriving, SETTINGS, ACK)
    s.sendall(frame(SETTINGS, ACK, 0) + request(1, b'/images/00.png') + request(3, b'/noise.bin'))
    got = 0
    for kind, flags, stream, length in arriving:
        if kind != DATA or stream != 3:
            continue
        got += length
        if flags & END_STREAM:
            break
        if got % WINDOW == 0:
            time.sleep(PAUSE)
            s.sendall(code(WINDOW_UPDATE, 0, WINDOW) + code(WINDOW_UPDATE, 3, WINDOW))
    s.sendall(frame(GOAWAY, 0, 0, struct.pack('>II', 0, NO_ERROR)))
    s.close()


def floods():
    s, arriving = connect()
    s.sendall(PREFACE + frame(SETTINGS, 0, 0))
    wait(arriving, SETTINGS, ACK)
    s.sendall(frame(SETTINGS, ACK, 0))
    s.sendall(frame(PING, 0, 0, b'are you?') * MANY)
    s.sendall(frame(SETTINGS, 0, 0) * MANY)
    for i in range(MANY):
        stream = 2 * i + 1
        s.sendall(request(stream, b'/style.css') + code(RST_STREAM, stream, CANCEL))
    time.sleep(0.2)
    s.close()


def refused():
    s, arriving = connect()
    s.sendall(PREFACE + frame(SETTINGS, 0, 0))
    wait(arriving, SETTINGS, ACK)
    s.sendall(frame(SETTINGS, ACK, 0))
    for stream, path in (1, b'/first'), (3, b'/second'), (5, b'/third'):
        s.sendall(request(stream, path))
    wait(arriving, GOAWAY)
    s.close()


def server():
    listener = socket.create_server(('', PORT))
    while True:
        s, _ = listener.accept()
        if s.recv(len(PREFACE), socket.MSG_WAITALL) == PREFACE:  # not somebody who looks whether the port is open
            break
    arriving = frames(s)
    s.sendall(setting(MAX_CONCURRENT_STREAMS, 2) + frame(SETTINGS, ACK, 0))
    for kind, _, stream, _ in arriving:
        if (kind, stream) == (HEADERS, 5):
            break
    s.sendall(code(RST_STREAM, 1, REFUSED_STREAM))
    s.sendall(frame(HEADERS, END_HEADERS, 3, b'\x88') + frame(DATA, END_STREAM, 3, b'second\n'))
    s.sendall(frame(GOAWAY, 0, 0, struct.pack('>II', 3, NO_ERROR) + b'going down for maintenance'))
    s.recv(1)


{'stall': stall, 'floods': floods, 'refused': refused, 'server': server}[sys.argv[1]]()
