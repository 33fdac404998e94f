#!/usr/bin/env python3
"""A web server on port 8080 for answers that nginx does not give: trailers, early hints, event streams, odd encodings,
slow answers, and bodies that end with the connection.

usage: server.py [HTTP/1.0|HTTP/1.1]
"""
import http.server
import json
import subprocess
import sys
import time
import zlib

TEXT = b''.join(b'line %d of a text that compresses well\n' % i for i in range(100))


class Handler(http.server.BaseHTTPRequestHandler):
    server_version, sys_version = 'example', ''

    def version_string(self):
        return self.server_version

    def log_message(self, *_):
        pass

    def head(self, status, **fields):
        self.send_response(status)
        for name, value in fields.items():
            self.send_header(name.replace('_', '-'), value)
        self.end_headers()

    def body(self, data, **fields):
        self.head(200, Content_Type='text/plain', Content_Length=str(len(data)), **fields)
        self.wfile.write(data)

    def chunk(self, data, extension=b''):
        self.wfile.write(b'%x%s\r\n%s\r\n' % (len(data), extension, data))
        self.wfile.flush()

    def do_GET(self):
        pages = {'/chunked': self.chunked, '/events': self.events, '/hints': self.hints, '/slow': self.slow,
                 '/until-close': self.until_close, '/deflate': self.deflate, '/zstd': self.zstd, '/gzip-chunked': self.gzip_chunked}
        pages.get(self.path, lambda: self.body(b'hello\n'))()

    def do_OPTIONS(self):
        self.head(204, Allow='GET, HEAD, POST, PUT, DELETE, OPTIONS')

    def do_DELETE(self):
        self.head(204)

    def do_POST(self):
        data = self.chunked_body() if 'chunked' in self.headers.get('Transfer-Encoding', '') else self.rfile.read(int(self.headers['Content-Length']))
        self.body(json.dumps({'received_bytes': len(data)}).encode() + b'\n')

    do_PUT = do_PATCH = do_POST

    def chunked_body(self):
        data = b''
        while n := int(self.rfile.readline().split(b';')[0], 16):
            data += self.rfile.read(n)
            self.rfile.readline()
        while self.rfile.readline().strip():
            pass
        return data

    def chunked(self):
        self.head(200, Content_Type='text/plain', Transfer_Encoding='chunked', Trailer='X-Checksum, Server-Timing')
        self.chunk(b'first chunk, ')
        time.sleep(0.1)
        self.chunk(b'second chunk with an extension, ', b';note="a chunk extension"')
        self.chunk(TEXT)
        time.sleep(0.1)
        self.chunk(b'last chunk\n')
        self.wfile.write(b'0\r\nX-Checksum: %08x\r\nServer-Timing: total;dur=200\r\n\r\n' % zlib.crc32(TEXT))

    def events(self):
        self.head(200, Content_Type='text/event-stream', Transfer_Encoding='chunked', Cache_Control='no-store')
        for i in range(4):
            self.chunk(b'id: %d\nevent: price\ndata: {"item": %d, "price": %d.50}\n\n' % (i, i, 10 + i))
            time.sleep(0.2)
        self.wfile.write(b'0\r\n\r\n')

    def hints(self):
        self.send_response_only(103)
        self.send_header('Link', '</style.css>; rel=preload; as=style')
        self.end_headers()
        time.sleep(0.1)
        self.body(TEXT)

    def slow(self):
        time.sleep(0.5)  # the server thinks
        self.head(200, Content_Type='text/plain', Content_Length=str(2 * len(TEXT)))
        self.wfile.write(TEXT)
        time.sleep(0.5)  # the body stalls
        self.wfile.write(TEXT)

    def until_close(self):
        self.close_connection = True
        self.head(200, Content_Type='text/plain')
        self.wfile.write(TEXT)

    def deflate(self):
        self.body(zlib.compress(TEXT), Content_Encoding='deflate')

    def zstd(self):
        self.body(subprocess.run(['zstd', '-q', '-c'], input=TEXT, capture_output=True, check=True).stdout, Content_Encoding='zstd')

    def gzip_chunked(self):
        z = zlib.compressobj(wbits=31)
        self.head(200, Content_Type='text/plain', Content_Encoding='gzip', Transfer_Encoding='chunked')
        for data in (z.compress(TEXT[:2000]) + z.flush(zlib.Z_SYNC_FLUSH), z.compress(TEXT[2000:]) + z.flush()):
            self.chunk(data)
            time.sleep(0.1)
        self.wfile.write(b'0\r\n\r\n')


Handler.protocol_version = sys.argv[1] if len(sys.argv) > 1 else 'HTTP/1.1'
http.server.ThreadingHTTPServer(('', 8080), Handler).serve_forever()
