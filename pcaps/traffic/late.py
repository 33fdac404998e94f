#!/usr/bin/env python3
"""A client that asks once more than the server's patience of half a second allows, twice: a POST when it could know that the
server has closed, and a GET that crosses the server's FIN on a link of 60 ms.
"""
import http.client
import time

HOST = 'www.example.test'


def late(method, pause):
    """A GET, and after a pause another request on the same connection."""
    c = http.client.HTTPConnection(HOST, 81, timeout=5)
    c.request('GET', '/style.css')
    c.getresponse().read()
    time.sleep(pause)
    try:
        c.request(method, '/style.css', body=b'order=17' if method == 'POST' else None)
        c.getresponse().read()
    except (OSError, http.client.HTTPException):
        pass
    c.close()


late('POST', 1.0)
# The answer took 60 ms to come, the FIN leaves 500 ms after it: it is on its way 500 to 560 ms after the answer arrived.
late('GET', 0.47)
