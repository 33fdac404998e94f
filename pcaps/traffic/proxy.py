#!/usr/bin/env python3
"""A forward proxy on port 3128: CONNECT opens a tunnel, an absolute URI is fetched. With --auth it wants the name and
password alice:wonderland first.

usage: proxy.py [--auth]
"""
import base64
import http.server
import select
import socket
import sys
import urllib.parse

WANTED = 'Basic ' + base64.b64encode(b'alice:wonderland').decode()


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version, server_version, sys_version = 'HTTP/1.1', 'example-proxy', ''

    def log_message(self, *_):
        pass

    def allowed(self):
        if '--auth' not in sys.argv or self.headers.get('Proxy-Authorization') == WANTED:
            return True
        self.send_response(407)
        self.send_header('Proxy-Authenticate', 'Basic realm="example"')
        self.send_header('Content-Length', '0')
        self.end_headers()
        return False

    def do_CONNECT(self):
        if not self.allowed():
            return
        host, port = self.path.rsplit(':', 1)
        peer = socket.create_connection((host, int(port)))
        self.send_response_only(200, 'Connection established')
        self.end_headers()
        self.wfile.flush()
        self.close_connection = True
        ends = {self.connection: peer, peer: self.connection}
        while True:
            for s in select.select(list(ends), [], [])[0]:
                data = s.recv(65536)
                if not data:
                    return
                ends[s].sendall(data)

    def do_GET(self):
        if not self.allowed():
            return
        url = urllib.parse.urlsplit(self.path)
        with socket.create_connection((url.hostname, url.port or 80)) as peer:
            peer.sendall(('GET %s HTTP/1.1\r\nHost: %s\r\nVia: 1.1 example-proxy\r\nConnection: close\r\n\r\n' % (url.path or '/', url.netloc)).encode())
            self.close_connection = True
            while data := peer.recv(65536):
                self.wfile.write(data)


http.server.ThreadingHTTPServer(('', 3128), Handler).serve_forever()
