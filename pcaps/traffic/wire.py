#!/usr/bin/env python3
"""The link between wire-client and wire-server, carried frame by frame, so that a sample can have what a plain veth pair
lacks: delay, loss, or a VLAN trunk in the middle.

usage: wire.py [--delay MS] [--drop N,N,...] [--trunk VID]

--delay  every frame waits this long, in both directions
--drop   these full-sized frames from the server (counted from 1) are lost
--trunk  frames cross trunk0 <-> trunk1 with this 802.1Q tag, as between two switches
"""
import argparse
import heapq
import select
import socket
import struct
import time

ETH_P_ALL, SOL_PACKET, PACKET_IGNORE_OUTGOING = 3, 263, 23
FULL = 1000  # bytes; a frame this long carries data, not an acknowledgement


def port(name):
    s = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(ETH_P_ALL))
    s.setsockopt(SOL_PACKET, PACKET_IGNORE_OUTGOING, 1)
    s.bind((name, 0))
    return s


def tagged(vid):
    return lambda frame: frame[:12] + struct.pack('>HH', 0x8100, vid) + frame[12:]


def untagged(frame):
    # The kernel has usually taken the tag off already and keeps it beside the frame.
    return frame[:12] + frame[16:] if frame[12:14] == b'\x81\x00' else frame


def main():
    p = argparse.ArgumentParser()
    p.add_argument('--delay', type=float, default=0)
    p.add_argument('--drop', default='')
    p.add_argument('--trunk', type=int)
    o = p.parse_args()
    drop, full = {int(n) for n in o.drop.split(',') if n}, 0
    a, b = port('wire-client'), port('wire-server')
    if o.trunk is None:
        paths = {a: (b, bytes), b: (a, bytes)}
    else:
        t0, t1 = port('trunk0'), port('trunk1')
        tag = tagged(o.trunk)
        paths = {a: (t0, tag), t1: (b, untagged), b: (t1, tag), t0: (a, untagged)}
    waiting, order = [], 0
    while True:
        timeout = max(0, waiting[0][0] - time.monotonic()) if waiting else None
        for s in select.select(list(paths), [], [], timeout)[0]:
            frame = s.recv(65536)
            out, change = paths[s]
            if s is b and len(frame) >= FULL:
                full += 1
                if full in drop:
                    continue
            order += 1  # keeps frames that are due at the same time in their order
            heapq.heappush(waiting, (time.monotonic() + o.delay / 1000, order, out, change(frame)))
        while waiting and waiting[0][0] <= time.monotonic():
            _, _, out, frame = heapq.heappop(waiting)
            out.send(frame)


main()
