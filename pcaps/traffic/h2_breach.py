#!/usr/bin/env python3
"""An HTTP/2 client that ends badly: it resets a large download, pings, reads a small page, and then sends DATA on stream 0,
which RFC 9113 section 6.1 answers with GOAWAY (PROTOCOL_ERROR)."""
import socket
import struct

HOST, PORT = 'www.example.test', 8080
DATA, HEADERS, RST_STREAM, SETTINGS, PING, GOAWAY = 0, 1, 3, 4, 6, 7
END_STREAM, ACK, END_HEADERS = 1, 1, 4
CANCEL = 8


def frame(kind, flags, stream, payload=b''):
    return struct.pack('>I', len(payload))[1:] + struct.pack('>BBI', kind, flags, stream) + payload


def request(stream, path):
    """A GET whose fields are indexed or literal without indexing (RFC 7541 section 6.2.2), none Huffman-coded."""
    authority = ('%s:%d' % (HOST, PORT)).encode()
    block = b'\x82\x86' + b'\x04' + bytes([len(path)]) + path + b'\x01' + bytes([len(authority)]) + authority
    return frame(HEADERS, END_STREAM | END_HEADERS, stream, block)


def frames(s):
    """The frames that arrive, as (type, flags, stream)."""
    read = s.makefile('rb').read
    while len(head := read(9)) == 9:
        read(int.from_bytes(head[:3], 'big'))
        yield head[3], head[4], int.from_bytes(head[5:], 'big')


def wait(arriving, kind, stream):
    for k, _, s in arriving:
        if (k, s) == (kind, stream):
            return


address = socket.getaddrinfo(HOST, PORT, socket.AF_INET, socket.SOCK_STREAM)[0][4]
with socket.create_connection(address, timeout=10) as s:
    arriving = frames(s)
    s.sendall(b'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n' + frame(SETTINGS, 0, 0))
    wait(arriving, SETTINGS, 0)
    s.sendall(frame(SETTINGS, ACK, 0) + request(1, b'/noise.bin'))
    wait(arriving, DATA, 1)
    s.sendall(frame(RST_STREAM, 0, 1, struct.pack('>I', CANCEL)) + frame(PING, 0, 0, b'are you?'))
    wait(arriving, PING, 0)
    s.sendall(request(3, b'/missing'))
    wait(arriving, HEADERS, 3)
    s.sendall(frame(DATA, 0, 0, b'this belongs to no stream'))
    wait(arriving, GOAWAY, 0)
