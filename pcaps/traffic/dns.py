#!/usr/bin/env python3
"""A name server that answers wrongly, and machines that speak multicast DNS and LLMNR.

usage: dns.py serve    at 10.77.0.2: what each name under odd.example.test gets is in ODD
       dns.py ask      from 10.77.0.1: one question for each of them
       dns.py mdns     a question and an announcement to all
       dns.py printer  at 10.77.0.2: answers to LLMNR and to one-shot questions of multicast DNS, and port 9100
       dns.py link     from 10.77.0.1: asks all for the printer and connects to it; asks twice for what is not there
"""
import select
import socket
import struct
import sys
import time

SERVER, OTHER, CLIENT = '10.77.0.2', '10.77.0.3', '10.77.0.1'
GROUP = ('224.0.0.251', 5353)
LLMNR = ('224.0.0.252', 5355)
A, PTR, SRV, TXT = 1, 12, 33, 16
ODD = ('twice', 'guessed', 'elsewhere', 'lower', 'late', 'upward', 'loop')


def name(s):
    return b''.join(bytes([len(w)]) + w.encode() for w in s.split('.')) + b'\0'


def question(ident, flags, s, typ=A, cls=1):
    return struct.pack('>6H', ident, flags, 1, 0, 0, 0) + name(s) + struct.pack('>2H', typ, cls)


def answer(query, address, ident=None, bits=0x8180, rest=b'', counts=(1, 0, 0)):
    head = struct.pack('>6H', struct.unpack('>H', query[:2])[0] if ident is None else ident, bits, 1, *counts)
    record = b'\xc0\x0c' + struct.pack('>2HIH', A, 1, 60, 4) + socket.inet_aton(address) if counts[0] else b''
    return head + query[12:] + record + rest


def reply(server, other, query, peer):
    odd = query[13:13 + query[12]].decode().lower()
    if odd == 'twice':  # an injected answer, then the server's
        server.sendto(answer(query, '203.0.113.66'), peer)
        time.sleep(0.01)
    elif odd == 'guessed':
        for ident in (1, 2, 3):
            server.sendto(answer(query, '203.0.113.66', ident), peer)
    elif odd == 'elsewhere':
        other.sendto(answer(query, SERVER), peer)
        return
    elif odd == 'lower':
        query = query.lower()[:2] + query[2:12] + query[12:].lower()
    elif odd == 'late':
        time.sleep(1.2)
    elif odd == 'upward':
        root = b'\0' + struct.pack('>2HIH', 2, 1, 518400, 20) + name('a.root-servers.net')
        server.sendto(answer(query, '', bits=0x8000, rest=root, counts=(0, 1, 0)), peer)
        return
    elif odd == 'loop':
        server.sendto(query[:2] + struct.pack('>5H', 0x8180, 1, 1, 0, 0) + query[12:] + struct.pack('>H', 0xc000 | len(query))
                      + struct.pack('>2HIH', A, 1, 60, 4) + socket.inet_aton(SERVER), peer)
        return
    server.sendto(answer(query, SERVER), peer)


def serve():
    sockets = []
    for address in (SERVER, OTHER):
        s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        s.bind((address, 53))
        sockets.append(s)
    tcp = socket.create_server((SERVER, 53))  # for whoever waits until the port is open
    while tcp:
        reply(*sockets, *sockets[0].recvfrom(4096))


def ask():
    for ident, odd in enumerate(ODD, 1000):
        s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        s.settimeout(2 if odd == 'late' else 0.3)
        s.connect((SERVER, 53))
        s.send(question(ident, 0 if odd == 'upward' else 0x0100, ('LoWeR' if odd == 'lower' else odd) + '.odd.example.test'))
        try:
            s.recv(4096)
            s.recv(4096)
        except OSError:
            pass  # a timeout, or the answer came from elsewhere


def mdns():
    s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    s.setsockopt(socket.IPPROTO_IP, socket.IP_MULTICAST_IF, socket.inet_aton(CLIENT))
    s.setsockopt(socket.IPPROTO_IP, socket.IP_MULTICAST_TTL, 255)
    s.bind((CLIENT, 5353))
    s.sendto(question(0, 0, '_http._tcp.local', PTR, 0x8001), GROUP)
    time.sleep(0.05)
    host, flush = name('printer.local'), 0x8001
    service = name('Printer._http._tcp.local')
    records = name('_http._tcp.local') + struct.pack('>2HIH', PTR, 1, 4500, len(service)) + service
    target = struct.pack('>3H', 0, 0, 80) + host
    records += service + struct.pack('>2HIH', SRV, flush, 120, len(target)) + target
    records += service + struct.pack('>2HIH', TXT, flush, 4500, 10) + b'\x09path=/web'
    records += host + struct.pack('>2HIH', A, flush, 120, 4) + socket.inet_aton(CLIENT)
    s.sendto(struct.pack('>6H', 0, 0x8400, 0, 4, 0, 0) + records, GROUP)


def printer():
    sockets = []
    for group, port in (LLMNR, GROUP):
        s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        s.setsockopt(socket.IPPROTO_IP, socket.IP_ADD_MEMBERSHIP, socket.inet_aton(group) + socket.inet_aton(SERVER))
        s.bind(('', port))
        sockets.append(s)
    tcp = socket.create_server((SERVER, 9100))
    while tcp:
        for s in select.select([*sockets, tcp], [], [])[0]:
            if s is tcp:
                s.accept()[0].close()
                continue
            query, peer = s.recvfrom(4096)
            if query[12:].startswith(b'\x07printer'):
                s.sendto(answer(query, SERVER, bits=0x8000 if s is sockets[0] else 0x8400), peer)


def link():
    s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    s.setsockopt(socket.IPPROTO_IP, socket.IP_MULTICAST_IF, socket.inet_aton(CLIENT))
    s.settimeout(0.5)
    s.bind((CLIENT, 0))
    for ident, host, to in ((2000, 'printer', LLMNR), (2001, 'wpad', LLMNR), (2001, 'wpad', LLMNR), (2002, 'printer.local', GROUP)):
        s.sendto(question(ident, 0, host), to)
        try:
            s.recv(4096)
            socket.create_connection((SERVER, 9100)).recv(1)
        except OSError:
            pass  # nobody has the name


if __name__ == '__main__':
    {'serve': serve, 'ask': ask, 'mdns': mdns, 'printer': printer, 'link': link}[sys.argv[1]]()
