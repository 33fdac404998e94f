#!/usr/bin/env python3
"""Writes a capture again in another format, the same one in every run.

usage: formats.py FORMAT IN.pcap OUT

big-endian  pcap, all fields big-endian
modified    pcap with the 24-byte record headers of Alexey Kuznetzov's libpcap
ixia        pcap as Ixia's lcap writes it: nanoseconds, the size of all records behind the header
version-2   pcap 2.2, where the original length stands before the captured one
blocks      pcapng: two sections of different byte orders; interfaces with units of 10^-9 s and of 2^-20 s after an offset;
            enhanced, obsolete and simple packet blocks; names, statistics, secrets, custom blocks, comments
zeros       pcap with 600 bytes in the middle that are zeros
smashed     pcapng with two places overwritten: a block's length, and a header with the block before it
"""
import struct
import sys

HEAD, RECORD = 24, 16  # bytes of the file's header and of a packet's
NANO = 0xa1b23c4d
CLIENT, SERVER = bytes([10, 77, 0, 1]), bytes([10, 77, 0, 2])


def read(path):
    data = open(path, 'rb').read()
    nano = struct.unpack_from('<I', data)[0] == NANO
    packets, at = [], HEAD
    while at < len(data):
        seconds, fraction, captured, length = struct.unpack_from('<IIII', data, at)
        packets.append((seconds * 10**9 + fraction * (1 if nano else 1000), length, data[at + RECORD:at + RECORD + captured]))
        at += RECORD + captured
    return packets


def pcap(packets, order='<', magic=0xa1b2c3d4, minor=4, unit=1000, extra=0, swap=False, sizes=False):
    records = b''
    for time, length, data in packets:
        lengths = (length, len(data)) if swap else (len(data), length)
        records += struct.pack(order + 'IIII', time // 10**9, time % 10**9 // unit, *lengths) + bytes(extra) + data
    head = struct.pack(order + 'IHHIIII', magic, 2, minor, 0, 0, 262144, 1)
    return head + (struct.pack(order + 'I', len(records)) if sizes else b'') + records


class Section:
    """One section of a pcapng."""

    def __init__(self, order, *options):
        self.order = order
        self.out = b''
        self.block(0x0a0d0d0a, self.pack('IHHq', 0x1a2b3c4d, 1, 0, -1) + self.options(options))

    def pack(self, form, *values):
        return struct.pack(self.order + form, *values)

    def options(self, options, end=True):
        out = b''
        for code, value in options:
            out += self.pack('HH', code, len(value)) + value + bytes(-len(value) % 4)
        return out + self.pack('HH', 0, 0) if options and end else out

    def block(self, kind, body):
        total = 12 + len(body)
        self.out += self.pack('II', kind, total) + body + self.pack('I', total)

    def interface(self, link, snaplen, *options):
        self.block(1, self.pack('HHI', link, 0, snaplen) + self.options(options))

    def enhanced(self, interface, ticks, length, data, *options):
        self.block(6, self.pack('IIIII', interface, ticks >> 32, ticks & 0xffffffff, len(data), length)
                   + data + bytes(-len(data) % 4) + self.options(options))

    def obsolete(self, interface, ticks, length, data):
        self.block(2, self.pack('HHIIII', interface, 0xffff, ticks >> 32, ticks & 0xffffffff, len(data), length)
                   + data + bytes(-len(data) % 4))

    def simple(self, length, data):
        self.block(3, self.pack('I', length) + data + bytes(-len(data) % 4))

    def names(self, *pairs):
        self.block(4, self.options([(1, address + name + b'\0') for address, name in pairs]) )

    def secrets(self, lines):
        self.block(10, self.pack('II', 0x544c534b, len(lines)) + lines + bytes(-len(lines) % 4))

    def statistics(self, interface, received, dropped):
        self.block(5, self.pack('III', interface, 0, 0) + self.options([(4, self.pack('Q', received)), (5, self.pack('Q', dropped))]))


def blocks(packets):
    half = len(packets) // 2
    a = Section('>', (1, b'two sections, one of each byte order'), (4, b'formats.py'))
    a.interface(1, 262144, (2, b'eth0'), (9, b'\x09'))
    a.interface(1, 0, (2, b'unused0'))
    a.names((SERVER, b'server.lan.example.test'), (CLIENT, b'desk.lan.example.test'))
    a.secrets(b'CLIENT_RANDOM ' + b'00' * 32 + b' ' + b'11' * 48 + b'\n')
    for i, (time, length, data) in enumerate(packets[:half]):
        if i == 2:
            a.enhanced(0, time, length, data, (1, b'the third packet'))
        elif i == 3:
            a.obsolete(0, time, length, data)
        elif i == 4:
            a.simple(length, data)
        else:
            a.enhanced(0, time, length, data)
    a.block(0xbad, a.pack('I', 32473) + b'custom..')  # the enterprise number for examples, RFC 5612
    a.statistics(0, half, 0)
    b = Section('<')
    offset = packets[0][0] // 10**9 - 100
    b.interface(1, 262144, (2, b'eth1'), (9, bytes([0x80 | 20])), (14, b.pack('q', offset)))
    for time, length, data in packets[half:]:
        b.enhanced(0, (time - offset * 10**9) * 2**20 // 10**9, length, data)
    b.statistics(0, len(packets) - half + 3, 3)
    return a.out + b.out


def zeros(packets):
    out = bytearray(pcap(packets))
    at = HEAD + sum(RECORD + len(p[2]) for p in packets[:14])
    out[at:at + 600] = bytes(600)
    return bytes(out)


def smashed(packets):
    s = Section('<')
    s.interface(1, 262144, (9, b'\x09'))
    starts = []
    for time, length, data in packets:
        starts.append(len(s.out))
        s.enhanced(0, time, length, data)
    out = bytearray(s.out)
    out[starts[8] + 4:starts[8] + 8] = struct.pack('<I', 0xfffffff0)
    out[starts[16] - 20:starts[16] + 12] = b'\xee' * 32
    return bytes(out)


FORMATS = {
    'big-endian': lambda p: pcap(p, order='>'),
    'modified': lambda p: pcap(p, magic=0xa1b2cd34, extra=8),
    'ixia': lambda p: pcap(p, magic=0x1c0001ac, unit=1, sizes=True),
    'version-2': lambda p: pcap(p, minor=2, swap=True),
    'blocks': blocks,
    'zeros': zeros,
    'smashed': smashed,
}


def main():
    how, source, target = sys.argv[1:]
    with open(target, 'wb') as out:
        out.write(FORMATS[how](read(source)))


main()
