#!/usr/bin/env python3
"""Writes one small HTTP exchange many times over, each time behind other headers. The path of the request says which, so that
whoever reads the capture can be seen to have come through.

usage: links.py links|tunnels|fragments|tags OUT.pcapng

links      a link type for each interface of the file
tunnels    Ethernet: tags, labels, tunnels, and IP headers that are not plain
fragments  IPv4 and IPv6 fragments in order and not, overlapping and contradictory
tags       the same addresses and ports under several VLAN tags
"""
import ipaddress
import struct
import sys

ETHERNET, RAW = 1, 101
START, STEP = 1_700_000_000_000_000, 1_000  # µs
A, B = bytes.fromhex('020000000001'), bytes.fromhex('020000000002')
FIN, SYN, PSH, ACK = 1, 2, 8, 16


def checksum(b):
    b += bytes(len(b) % 2)
    s = sum(struct.unpack('>%dH' % (len(b) // 2), b))
    while s >> 16:
        s = (s >> 16) + (s & 0xffff)
    return s ^ 0xffff


class End:
    """One end of a conversation: its address and its number among the conversations make it unique."""

    def __init__(self, net, host, v6):
        self.ip = ipaddress.ip_address('fd78::%x:%x' % (net, host) if v6 else '10.78.%d.%d' % (net, host)).packed
        self.port = 80 if host == 2 else 40000 + net


def ipv4(src, dst, proto, body, options=b'', fragment=0, ident=0x4d4d, ttl=64, length=None):
    n = 20 + len(options)
    head = struct.pack('>BBHHHBBH', 0x40 | n // 4, 0, n + len(body) if length is None else length, ident, fragment, ttl, proto, 0)
    head += src + dst + options
    return head[:10] + struct.pack('>H', checksum(head)) + head[12:] + body


def ipv6(src, dst, proto, body, ttl=64):
    return struct.pack('>IHBB', 6 << 28, len(body), proto, ttl) + src + dst + body


def ip(src, dst, proto, body, **more):
    return (ipv4 if len(src) == 4 else ipv6)(src, dst, proto, body, **more)


def tcp(src, dst, seq, ack, flags, data=b''):
    head = struct.pack('>HHIIBBHHH', src.port, dst.port, seq, ack, 0x50, flags, 64000, 0, 0)
    pseudo = src.ip + dst.ip + struct.pack('>II', len(head) + len(data), 6)
    return head[:16] + struct.pack('>H', checksum(pseudo + head + data)) + head[18:] + data


class Exchange:
    """GET /PATH and its answer, as a list of (from the client?, source, destination, segment)."""

    def __init__(self, net, path, v6=False, isn=(1000, 5000), body=b''):
        self.client, self.server = End(net, 1, v6), End(net, 2, v6)
        x, y = (n + net for n in isn)
        get = b'GET /%s HTTP/1.1\r\nHost: links.example\r\n\r\n' % path.encode()
        ok = b'HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n' % len(body) + body
        g, k = x + 1 + len(get), y + 1 + len(ok)
        self.segments = []
        self.say(True, x, 0, SYN)
        self.say(False, y, x + 1, SYN | ACK)
        self.say(True, x + 1, y + 1, ACK)
        self.say(True, x + 1, y + 1, PSH | ACK, get)
        self.say(False, y + 1, g, PSH | ACK, ok)
        self.say(True, g, k, FIN | ACK)
        self.say(False, k, g + 1, FIN | ACK)
        self.say(True, g + 1, k + 1, ACK)

    def say(self, up, seq, ack, flags, data=b''):
        src, dst = (self.client, self.server) if up else (self.server, self.client)
        self.segments.append((up, src.ip, dst.ip, tcp(src, dst, seq, ack, flags, data)))

    def packets(self, make=ip):
        return [(up, make(src, dst, 6, segment)) for up, src, dst, segment in self.segments]


class File:
    """A pcapng file with an interface for each link type."""

    def __init__(self, path):
        self.out, self.links, self.now = open(path, 'wb'), {}, START
        self.block(0x0a0d0d0a, struct.pack('<IHHq', 0x1a2b3c4d, 1, 0, -1))

    def block(self, kind, body):
        body += bytes(-len(body) % 4)
        n = struct.pack('<I', 12 + len(body))
        self.out.write(struct.pack('<I', kind) + n + body + n)

    def frame(self, link, data):
        if link not in self.links:
            self.links[link] = len(self.links)
            self.block(1, struct.pack('<HHI', link, 0, 0))
        self.now += STEP
        self.block(6, struct.pack('<IIIII', self.links[link], self.now >> 32, self.now & 0xffffffff, len(data), len(data)) + data)


def etype(packet):
    return b'\x08\x00' if packet[0] >> 4 == 4 else b'\x86\xdd'


def macs(up):
    return B + A if up else A + B


def ether(up, packet, tags=b''):
    return macs(up) + tags + etype(packet) + packet


def snap(packet):
    return b'\xaa\xaa\x03\0\0\0' + etype(packet) + packet


def wifi(up, packet):
    head = b'\x08\x01\0\0' + B + A + B if up else b'\x08\x02\0\0' + A + B + B
    return head + b'\x10\0' + snap(packet)


def amsdu(up, packets):
    """All packets in one frame, each but the last padded to a multiple of four."""
    frame = (b'\x88\x01\0\0' + B + A + B if up else b'\x88\x02\0\0' + A + B + B) + b'\x10\0' + b'\x80\0'
    for i, packet in enumerate(packets):
        part = macs(up) + struct.pack('>H', 8 + len(packet)) + snap(packet)
        frame += part + (bytes(-len(part) % 4) if i + 1 < len(packets) else b'')
    return frame


def label(n, bottom):
    return struct.pack('>I', n << 12 | bottom << 8 | 64)


def attribute(kind, body):
    return struct.pack('<HH', 4 + len(body), kind) + body + bytes(-len(body) % 4)


def ppi(up, packet):
    return struct.pack('<BBHI', 0, 0, 8, ETHERNET) + ether(up, packet)


def pktap(up, packet):
    name = lambda text, n: text.encode().ljust(n, b'\0')
    head = struct.pack('<III24sIIIIi20sIHHi20s', 108, 1, ETHERNET, name('en0', 24), 1 if up else 2, 2, 14, 0, 7, name('curl', 20), 0, 6, 0, 7, b'')
    return head + ether(up, packet)


def avs(up, packet):
    return struct.pack('>IIQQIIIIIIIII', 0x80211001, 64, 0, 0, 4, 1, 10, 0, 0, 0, 0, 0, 0).ljust(64, b'\0') + wifi(up, packet)


def pflog(up, packet):
    return struct.pack('>BBBB16s16sIIIiIiB3x', 61, 2, 0, 0, b'em0', b'', 0, 0, 0, -1, 0, -1, 1 if up else 2) + packet


LINKS = [
    ('null-little-endian', 0, lambda up, p: b'\2\0\0\0' + p),
    ('ethernet', ETHERNET, ether),
    ('ieee802.5', 6, lambda up, p: b'\x10\x40' + macs(up) + snap(p)),
    ('ppp', 9, lambda up, p: b'\xff\x03\0\x21' + p),
    ('fddi', 10, lambda up, p: b'\x50' + macs(up) + snap(p)),
    ('raw-12', 12, lambda up, p: p),
    ('raw-14', 14, lambda up, p: p),
    ('ppp-hdlc', 50, lambda up, p: b'\xff\x03\0\x21' + p),
    ('ppp-ether', 51, lambda up, p: struct.pack('>BBHHH', 0x11, 0, 7, len(p) + 2, 0x21) + p),
    ('atm-rfc1483', 100, lambda up, p: snap(p)),
    ('raw', RAW, lambda up, p: p),
    ('c-hdlc', 104, lambda up, p: b'\x0f\0' + etype(p) + p),
    ('ieee802.11', 105, wifi),
    ('loop', 108, lambda up, p: b'\0\0\0\2' + p),
    ('enc', 109, lambda up, p: struct.pack('<III', 2, 0x100, 0) + p),
    ('sll', 113, lambda up, p: struct.pack('>HHH', 4 if up else 0, 1, 6) + A + b'\0\0' + etype(p) + p),
    ('pflog', 117, pflog),
    ('ieee802.11-prism', 119, lambda up, p: struct.pack('<II', 0x44, 144).ljust(144, b'\0') + wifi(up, p)),
    ('ip-over-fc', 122, lambda up, p: b'\x10\0' + macs(up)[:6] + b'\x10\0' + macs(up)[6:] + snap(p)),
    ('ieee802.11-radiotap', 127, lambda up, p: b'\0\0\x09\0\2\0\0\0\0' + wifi(up, p)),
    ('apple-ip-over-ieee1394', 138, lambda up, p: macs(up)[:6] + b'\0\0' + macs(up)[6:] + b'\0\0' + etype(p) + p),
    ('user2-pktap', 149, pktap),
    ('ieee802.11-avs', 163, avs),
    ('ppp-pppd', 166, lambda up, p: bytes([up, 3]) + b'\0\x21' + p),
    ('ppi', 192, ppi),
    ('ppp-with-dir', 204, lambda up, p: bytes([up]) + b'\xff\x03\0\x21' + p),
    ('mpls', 219, lambda up, p: label(100, False) + label(17, True) + p),
    ('ipnet', 226, lambda up, p: struct.pack('>BBHIIIII', 1, 2, 1, len(p), 1, 0, 0, 0) + p),
    ('ipv4', 228, lambda up, p: p),
    ('nflog', 239, lambda up, p: b'\2\0\0\0' + attribute(1, b'\x08\0\1\0') + attribute(9, p)),
    ('pktap', 258, pktap),
    ('sll2', 276, lambda up, p: etype(p) + struct.pack('>HIHBB', 0, 1, 1, 4 if up else 0, 6) + A + b'\0\0' + p),
]


def links(f):
    for net, (name, link, wrap) in enumerate(LINKS, 1):
        for up, packet in Exchange(net, 'link/' + name).packets():
            f.frame(link, wrap(up, packet))
    net += 1
    for up, packet in Exchange(net, 'link/ipv6', v6=True).packets():
        f.frame(229, packet)
    net += 1
    for up, packet in Exchange(net, 'link/null-big-endian', v6=True).packets():
        f.frame(0, b'\0\0\0\x1e' + packet)
    net += 1
    p = [packet for _, packet in Exchange(net, 'link/a-msdu').packets()]
    f.frame(105, wifi(True, p[0]))
    f.frame(105, wifi(False, p[1]))
    f.frame(105, amsdu(True, p[2:4]))
    f.frame(105, wifi(False, p[4]))
    f.frame(105, wifi(True, p[5]))
    f.frame(105, amsdu(False, p[6:7]))
    f.frame(105, amsdu(True, p[7:8]))
    f.frame(147, p[7])  # USER0: nobody can know


OUTER4 = [ipaddress.ip_address(a).packed for a in ('192.0.2.1', '192.0.2.2')]
OUTER6 = [ipaddress.ip_address(a).packed for a in ('2001:db8::1', '2001:db8::2')]


def over(proto, body, ends=OUTER4):
    """A function that puts a packet behind some bytes into an IP packet of another protocol, and that into a frame."""
    def wrap(up, packet):
        src, dst = ends if up else ends[::-1]
        return ether(up, ip(src, dst, proto, body(up, packet)))
    return wrap


def udp(port, body):
    def datagram(up, packet):
        b = body(up, packet)
        return struct.pack('>HHHH', 50000 if up else port, port if up else 50000, 8 + len(b), 0) + b
    return over(17, datagram)


def tagged(tags):
    return lambda up, packet: ether(up, packet, bytes.fromhex(tags))


def between(head, inner):
    """Ethernet, an EtherType and a header, then what inner makes of the packet."""
    return lambda up, packet: macs(up) + bytes.fromhex(head) + inner(up, packet)


def plain(up, packet):
    return packet


def after(head, inner=plain):
    return lambda up, packet: bytes.fromhex(head) + inner(up, packet)


def pppoe(up, packet):
    return macs(up) + struct.pack('>HBBHHH', 0x8864, 0x11, 0, 7, len(packet) + 2, 0x21) + packet


def gtp(up, packet):
    return struct.pack('>BBHI', 0x30, 255, len(packet), 1 if up else 2) + packet


def gtp_extended(up, packet):
    return struct.pack('>BBHI', 0x34, 255, len(packet) + 8, 1 if up else 2) + bytes.fromhex('00000085 01100900') + packet


def llc(up, packet):
    return macs(up) + struct.pack('>H', 8 + len(packet)) + snap(packet)


# Behind what each packet goes, and whether it is IPv6.
TUNNELS = [
    ('802.1q', tagged('8100 0064'), False),
    ('802.1ad', tagged('88a8 0064 8100 00c8'), False),
    ('802.1ah', between('88e7 00000101', ether), False),
    ('vn-tag', tagged('8926 00010002'), False),
    ('mpls', between('8847 00010040 00011140', plain), False),
    ('mpls-pseudo-wire', between('8847 00011140 00000000', ether), False),
    ('pppoe', pppoe, False),
    ('snap', llc, False),
    ('nsh', between('894f 0fc60101 00000101 00000000000000000000000000000000', plain), False),
    ('trill', between('22f3 003f 0001 0002', ether), False),
    ('4in4', over(4, plain), False),
    ('6in4', over(41, plain), True),
    ('4in6', over(4, plain, OUTER6), False),
    ('6in6', over(41, plain, OUTER6), True),
    ('gre', over(47, after('00000800')), False),
    ('gre-key-sequence', over(47, after('300086dd 00000007 00000001')), True),
    ('gre-ethernet', over(47, after('00006558', ether)), False),
    ('nvgre', over(47, after('20006558 00007b01', ether)), False),
    ('gre-pptp', over(47, lambda up, p: struct.pack('>HHHHI', 0x3001, 0x880b, len(p) + 4, 7, 1) + b'\xff\x03\0\x21' + p), False),
    ('erspan-i', over(47, after('000088be', ether)), False),
    ('erspan-ii', over(47, after('100088be 00000001 1001000100000000', ether)), False),
    ('erspan-iii', over(47, after('100022eb 00000001 200100010000000000000000', ether)), False),
    ('etherip', over(97, after('3000', ether)), False),
    ('mpls-in-ip', over(137, after('00011140')), False),
    ('vxlan', udp(4789, after('08000000 00000700', ether)), False),
    ('vxlan-gpe', udp(4790, after('0c000001 00000700')), False),
    ('geneve', udp(6081, after('02006558 00000700 0102030100000000', ether)), False),
    ('gtp-u', udp(2152, gtp), False),
    ('gtp-u-extension', udp(2152, gtp_extended), False),
    ('teredo', udp(3544, after('')), True),
    ('ayiya', udp(5072, after('44521129 00000000' + '00' * 36)), True),
    ('l2tp', udp(1701, after('0002 0001 0002 ff030021')), False),
    ('gre-in-udp', udp(4754, after('00000800')), False),
    ('mpls-in-udp', udp(6635, after('00011140')), False),
    ('vxlan-in-vlan-in-gre', over(47, after('00006558', lambda up, p: macs(up) + bytes.fromhex('81000064') + udp(4789, after('08000000 00000900', ether))(up, p)[12:])), False),
]


def extended(*headers):
    """IPv6 with extension headers: pairs of their number and their bytes behind the first."""
    def make(src, dst, proto, body):
        first = proto
        for kind, rest in reversed(headers):
            body, first = bytes([first]) + rest + body, kind
        return ipv6(src, dst, first, body)
    return make


PAD = b'\0\1\4\0\0\0\0'
HEADERS = [
    ('ipv4-options', lambda *p: ipv4(*p, options=b'\x07\x0b\x04' + bytes(8) + b'\0'), False),
    ('ipv4-no-length', lambda *p: ipv4(*p, length=0), False),
    ('ipv4-authentication', lambda s, d, proto, b: ipv4(s, d, 51, struct.pack('>BBHII12x', proto, 4, 0, 1, 2) + b), False),
    ('ipv6-extensions', extended((0, PAD), (60, PAD), (43, b'\0\xfd\0\0\0\0\0')), True),
    ('ipv6-atomic-fragment', extended((44, b'\0\0\0\1\2\3\4')), True),
]


def tunnels(f):
    net = 0
    for name, wrap, v6 in TUNNELS:
        net += 1
        for up, packet in Exchange(net, 'tunnel/' + name, v6).packets():
            f.frame(ETHERNET, wrap(up, packet))
    for name, make, v6 in HEADERS:
        net += 1
        for up, packet in Exchange(net, 'header/' + name, v6).packets(make):
            f.frame(ETHERNET, ether(up, packet))
    # A thousand packets in one another end somewhere, and cost no more than others.
    deep = ipv4(OUTER4[0], OUTER4[1], 17, struct.pack('>HHHH', 1, 2, 8, 0))
    for _ in range(1000):
        deep = ipv4(OUTER4[0], OUTER4[1], 4, deep)
    f.frame(ETHERNET, ether(True, deep))


def cut4(src, dst, segment, ident, pieces):
    """IPv4 fragments: pieces are (from, to) in bytes of the segment, or (from, bytes)."""
    out = []
    for at, to in pieces:
        part = segment[at:to] if isinstance(to, int) else to
        more = at + len(part) < len(segment)
        out.append(ipv4(src, dst, 6, part, fragment=more << 13 | at // 8, ident=ident))
    return out


def cut6(src, dst, segment, ident, pieces):
    return [ipv6(src, dst, 44, struct.pack('>BBHI', 6, 0, at | (to < len(segment)), ident) + segment[at:to]) for at, to in pieces]


def thirds(segment):
    n = len(segment)
    return [(0, 24), (24, 48), (48, n)]


FRAGMENTS = [
    ('ipv4-in-order', cut4, thirds, False),
    ('ipv4-reversed', cut4, lambda s: thirds(s)[::-1], False),
    ('ipv4-overlap-same', cut4, lambda s: [(0, 32), (24, 56), (48, len(s))], False),
    ('ipv4-overlap-differs', cut4, lambda s: [(0, 32), (24, b'X' * 8 + s[32:56]), (48, len(s))], False),
    ('ipv4-twice', cut4, lambda s: thirds(s)[:2] * 2 + thirds(s)[2:], False),
    ('ipv6-in-order', cut6, thirds, True),
    ('ipv6-reversed', cut6, lambda s: thirds(s)[::-1], True),
    ('ipv6-overlap', cut6, lambda s: [(0, 32), (24, 56), (48, len(s))], True),
    ('ipv4-incomplete', cut4, lambda s: thirds(s)[:2], False),
]


def fragments(f):
    for net, (name, cut, pieces, v6) in enumerate(FRAGMENTS, 1):
        x = Exchange(net, 'fragments/' + name, v6)
        for ident, (up, src, dst, segment) in enumerate(x.segments, net << 8):
            packets = cut(src, dst, segment, ident, pieces(segment)) if len(segment) > 60 else [ip(src, dst, 6, segment)]
            for packet in packets:
                f.frame(ETHERNET, ether(up, packet))


def vlan(n):
    return struct.pack('>HH', 0x8100, n)


def tags(f):
    def play(x, there, back):
        return [ether(up, packet, there if up else back) for up, packet in x.packets()]

    for net, (name, there, back) in enumerate([('each-way-its-own', vlan(80), vlan(81)), ('one-way-none', vlan(80), b''), ('other-way-none', b'', vlan(80))], 1):
        for frame in play(Exchange(net, 'tags/' + name), there, back):
            f.frame(ETHERNET, frame)

    # Every packet before and behind a router on a stick.
    for ident, (up, src, dst, segment) in enumerate(Exchange(4, 'tags/router').segments, 1000):
        for ttl, tag in (64, 80 if up else 81), (63, 81 if up else 80):
            f.frame(ETHERNET, ether(up, ipv4(src, dst, 6, segment, ident=ident, ttl=ttl), vlan(tag)))

    # Two networks with the same addresses, in which the same ports talk at the same time.
    one = play(Exchange(5, 'tags/overlap-one'), vlan(1), vlan(1))
    two = play(Exchange(5, 'tags/overlap-two', isn=(900000, 700000)), vlan(2), vlan(2))
    for pair in zip(one, two):
        for frame in pair:
            f.frame(ETHERNET, frame)

    # The same packets in two networks, with nothing that says that one router saw both.
    for up, packet in Exchange(6, 'tags/same-twice').packets():
        f.frame(ETHERNET, ether(up, packet, vlan(1)))
        f.frame(ETHERNET, ether(up, packet, vlan(2)))


def main():
    how, target = sys.argv[1:]
    {'links': links, 'tunnels': tunnels, 'fragments': fragments, 'tags': tags}[how](File(target))


main()
