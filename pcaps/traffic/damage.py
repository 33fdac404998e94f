#!/usr/bin/env python3
"""Makes a worse capture out of a good one, the same one in every run.

usage: damage.py lossy|reordered|midstream IN.pcap OUT.pcap

lossy      packets are missing, but never a handshake's
reordered  neighbours are swapped (their times stay in order, as a capture's do) and some packets come twice
midstream  everything before the second request is missing
"""
import random
import struct
import sys

SEED = 77
HEAD, RECORD = 24, 16  # bytes of the file's header and of a packet's
TCP_FLAGS = 14 + 20 + 13  # over Ethernet and an IPv4 header without options
SYN = 2


def read(path):
    data = open(path, 'rb').read()
    packets, at = [], HEAD
    while at < len(data):
        seconds, fraction, captured, length = struct.unpack_from('<IIII', data, at)
        packets.append(((seconds, fraction), length, data[at + RECORD:at + RECORD + captured]))
        at += RECORD + captured
    return data[:HEAD], packets


def lossy(packets, rng):
    return [p for p in packets if rng.random() > 1 / 12 or p[2][23] != 6 or p[2][TCP_FLAGS] & SYN]


def reordered(packets, rng):
    times = [p[0] for p in packets]
    order = list(packets)
    i = 5  # the lookup and the handshake stay as they are
    while i + 1 < len(order):
        if rng.random() < 1 / 4:
            order[i], order[i + 1] = order[i + 1], order[i]
            i += 1
        i += 1
    out = []
    for time, (_, length, data) in zip(times, order):
        out += [(time, length, data)] * (2 if rng.random() < 1 / 10 else 1)
    return out


def midstream(packets, _):
    requests = [i for i, p in enumerate(packets) if b'GET /' in p[2]]
    return packets[requests[1]:]


def main():
    how, source, target = sys.argv[1:]
    head, packets = read(source)
    with open(target, 'wb') as out:
        out.write(head)
        for time, length, data in {'lossy': lossy, 'reordered': reordered, 'midstream': midstream}[how](packets, random.Random(SEED)):
            out.write(struct.pack('<IIII', *time, len(data), length) + data)


main()
