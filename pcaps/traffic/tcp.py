#!/usr/bin/env python3
"""Plays both ends of a TCP connection, one in each network namespace, so that the order of every call is certain.

usage: tcp.py SCENE CLIENT_NETNS SERVER_NETNS
"""
import ctypes
import os
import socket
import struct
import sys
import threading
import time

SERVER, PORT = '10.77.0.2', 9999
CLIENT, CLIENT_PORT = '10.77.0.1', 9998
NOBODY = '10.77.0.99'
CLONE_NEWNET = 0x40000000
IP_MTU_DISCOVER, IP_PMTUDISC_DO = 10, 2  # of Linux's in.h; the socket module lacks them
PAUSE = 0.2  # seconds; longer than a delayed acknowledgement, so that what follows is a segment of its own

TEXT = b''.join(b'%4d a line of a long text that one end sends\n' % i for i in range(88))  # about 4 kB

libc = ctypes.CDLL(None, use_errno=True)


def tcp_in(netns, family=socket.AF_INET):
    """A TCP socket of the named namespace: a socket stays where it was made."""
    s = socket_in(netns, family, socket.SOCK_STREAM)
    s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    s.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return s


def socket_in(netns, family, kind):
    fd = os.open('/run/netns/' + netns, os.O_RDONLY)
    if libc.setns(fd, CLONE_NEWNET):
        raise OSError(ctypes.get_errno(), 'setns ' + netns)
    os.close(fd)
    s = socket.socket(family, kind)
    s.settimeout(10)
    return s


def connected(client_ns, server_ns, receive_buffer=0):
    """The two ends of a new connection: client, server."""
    listener, c = tcp_in(server_ns), tcp_in(client_ns)
    if receive_buffer:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_buffer)
    listener.bind((SERVER, PORT))
    listener.listen()
    c.connect((SERVER, PORT))
    s, _ = listener.accept()
    listener.close()
    return c, s


def talk(c, s):
    c.sendall(b'a question\n')
    s.recv(100)
    s.sendall(b'an answer\n')
    c.recv(100)
    time.sleep(PAUSE)


def fin4(c_ns, s_ns):
    c, s = connected(c_ns, s_ns)
    talk(c, s)
    c.close()
    time.sleep(PAUSE)
    s.close()


def fin3(c_ns, s_ns):
    c, s = connected(c_ns, s_ns)
    talk(c, s)
    c.close()
    s.recv(1)
    s.close()


def simultaneous_close(c_ns, s_ns):
    c, s = connected(c_ns, s_ns)
    talk(c, s)
    c.close()
    s.close()
    time.sleep(3 * PAUSE)


def half_close(c_ns, s_ns):
    c, s = connected(c_ns, s_ns)
    talk(c, s)
    c.shutdown(socket.SHUT_WR)
    s.recv(1)
    for i in range(5):
        time.sleep(PAUSE)
        s.sendall(b'line %d of what the server still had to say\n' % i)
    s.close()
    while c.recv(1000):
        pass
    c.close()


def reset(c_ns, s_ns):
    c, s = connected(c_ns, s_ns)
    talk(c, s)
    c.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack('ii', 1, 0))
    c.close()


def refused(c_ns, _):
    try:
        tcp_in(c_ns).connect((SERVER, PORT))
    except ConnectionRefusedError:
        pass


def unanswered(c_ns, _):
    c = tcp_in(c_ns)
    c.settimeout(4)  # the SYN of 0 s and the retries after 1 s and 3 s
    try:
        c.connect((NOBODY, PORT))
    except TimeoutError:
        pass


def filtered(c_ns, _):
    for host in ('10.78.0.1', '10.78.0.2', 'fd78::1', 'fd78::2'):
        c = tcp_in(c_ns, family_of(host))
        c.settimeout(2)
        try:
            c.connect((host, PORT))
        except OSError:
            pass
        c.close()


def too_big(c_ns, _):
    for host in ('10.78.0.9', 'fd78::9'):
        family = family_of(host)
        c = socket_in(c_ns, family, socket.SOCK_DGRAM)
        if family == socket.AF_INET:
            c.setsockopt(socket.IPPROTO_IP, IP_MTU_DISCOVER, IP_PMTUDISC_DO)
        c.sendto(TEXT[:1400], (host, PORT))
        time.sleep(PAUSE)
        c.close()


def family_of(host):
    return socket.AF_INET6 if ':' in host else socket.AF_INET


def simultaneous_open(c_ns, s_ns):
    a, b = tcp_in(c_ns), tcp_in(s_ns)
    a.bind((CLIENT, CLIENT_PORT))
    b.bind((SERVER, PORT))
    for end, peer in ((a, (SERVER, PORT)), (b, (CLIENT, CLIENT_PORT))):
        end.setblocking(False)
        end.connect_ex(peer)
    time.sleep(2 * PAUSE)
    for end in (a, b):
        end.settimeout(10)
    talk(a, b)
    a.close()
    time.sleep(PAUSE)
    b.close()


def keep_alive(c_ns, s_ns):
    c, s = connected(c_ns, s_ns)
    c.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
    for option in (socket.TCP_KEEPIDLE, socket.TCP_KEEPINTVL):
        c.setsockopt(socket.IPPROTO_TCP, option, 1)
    talk(c, s)
    time.sleep(3.5)
    c.close()
    time.sleep(PAUSE)
    s.close()


def zero_window(c_ns, s_ns):
    c, s = connected(c_ns, s_ns, receive_buffer=8192)
    data = TEXT * 10
    sender = threading.Thread(target=c.sendall, args=(data,))
    sender.start()
    time.sleep(1.5)  # long enough for the sender to probe the closed window
    got = 0
    while got < len(data):
        got += len(s.recv(65536))
    sender.join()
    c.close()
    time.sleep(PAUSE)
    s.close()


def bulk(c_ns, s_ns):
    c, s = connected(c_ns, s_ns)
    talk(c, s)
    sender = threading.Thread(target=s.sendall, args=(TEXT * 20,))
    sender.start()
    got = 0
    while got < len(TEXT) * 20:
        got += len(c.recv(65536))
    sender.join()
    s.close()
    time.sleep(PAUSE)
    c.close()


SCENES = {f.__name__.replace('_', '-'): f for f in (
    fin4, fin3, simultaneous_close, half_close, reset, refused, unanswered, filtered, too_big,
    simultaneous_open, keep_alive, zero_window, bulk)}

SCENES[sys.argv[1]](sys.argv[2], sys.argv[3])
time.sleep(PAUSE)
