#!/usr/bin/env python3
"""Both ends of a WebSocket conversation. The server echoes; the client sends text, binary, a ping, a message in fragments,
and closes; then the same with permessage-deflate (RFC 7692).

usage: websocket.py server|client
"""
import asyncio
import sys

import websockets


async def echo(ws):
    async for message in ws:
        await ws.send(message)


async def server():
    async with websockets.serve(echo, '10.77.0.2', 8080, subprotocols=['chat']):
        await asyncio.Future()


async def client():
    for compression in (None, 'deflate'):
        async with websockets.connect('ws://www.example.test:8080/chat', compression=compression, subprotocols=['chat'],
                                      origin='http://www.example.test') as ws:
            for message in ('hello, grüß dich', bytes(range(256)), ['in ', 'three ', 'fragments'], 'a long text ' * 2000):
                await ws.send(message)
                await ws.recv()
            await (await ws.ping(b'are you there?'))
            await ws.close(1000, 'that was all')


asyncio.run({'server': server, 'client': client}[sys.argv[1]]())
