#!/usr/bin/env python3
"""Writes the files that the samples' web servers serve: the same bytes and dates in every run of it.

usage: site.py FOLDER
"""
import os
import pathlib
import random
import struct
import sys
import zlib

# The files' modification time, so that Last-Modified and ETag do not tell when a capture was made: 2024-01-01.
DATED = 1704067200
WORDS = 'a page of words that repeat so that they compress well and still read like text on a small shop'.split()


def png(rng, side):
    """An RGB picture of side x side pixels, of noise, so that it does not compress."""
    rows = b''.join(b'\0' + rng.randbytes(3 * side) for _ in range(side))
    out = b'\x89PNG\r\n\x1a\n'
    for kind, data in ((b'IHDR', struct.pack('>IIBBBBB', side, side, 8, 2, 0, 0, 0)), (b'IDAT', zlib.compress(rows)), (b'IEND', b'')):
        out += struct.pack('>I', len(data)) + kind + data + struct.pack('>I', zlib.crc32(kind + data))
    return out


def prose(rng, n):
    return ' '.join(rng.choice(WORDS) for _ in range(n))


def page(title, body):
    return ('<!doctype html>\n<html lang="en"><head><meta charset="utf-8"><title>%s</title>\n'
            '<link rel="icon" href="data:,"><link rel="stylesheet" href="/style.css"><script src="/app.js"></script></head>\n'
            '<body>\n%s\n</body></html>\n' % (title, body)).encode()


def main():
    root, rng = pathlib.Path(sys.argv[1]), random.Random(77)
    (root / 'images').mkdir(parents=True)
    files = {
        'index.html': page('Example shop', '<p>%s</p>' % prose(rng, 150)),
        'style.css': ('\n'.join('.c%d { color: #%06x; margin: %dpx }' % (i, rng.randrange(1 << 24), i) for i in range(30))).encode(),
        'app.js': ('\n'.join('function f%d(x) { return x * %d }' % (i, rng.randrange(100)) for i in range(30))).encode(),
        'data.json': ('[' + ',\n'.join('{"id":%d,"name":"item %d","price":%d.99}' % (i, i, rng.randrange(90)) for i in range(120)) + ']\n').encode(),
        'text.txt': (prose(rng, 1200) + '\n').encode(),
        'noise.bin': rng.randbytes(200000),
        'pictures.html': page('Thirty pictures', '\n'.join('<img src="/images/%02d.png" alt="">' % i for i in range(30))),
    }
    for i in range(30):
        files['images/%02d.png' % i] = png(rng, rng.randrange(18, 32))
    for name, data in files.items():
        (root / name).write_bytes(data)
        os.utime(root / name, (DATED, DATED))


main()
