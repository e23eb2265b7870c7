"""Receiving apps, as an author would write them, and the servers that they run on."""

import asyncio
import hashlib
import json
import threading
from collections.abc import Iterable
from contextlib import ExitStack
from dataclasses import asdict, dataclass, field
from socketserver import ThreadingMixIn
from typing import Any, Protocol
from wsgiref.simple_server import WSGIRequestHandler, WSGIServer, make_server
from wsgiref.types import StartResponse, WSGIEnvironment

from hypercorn.asyncio import serve
from hypercorn.config import Config

from peerregistry import Portal, asgi, identity, wsgi

LONG = b"lorem ipsum " * 100_000


@dataclass
class Received:
    """What an app took for good."""

    bodies: list[bytes] = field(default_factory=list)
    go_on: threading.Event = field(default_factory=threading.Event)
    """Until it is set, ``/peer/slow`` stands still after its first piece."""


class AsgiApp(Protocol):
    async def __call__(self, scope: asgi.Scope, receive: asgi.Receive, send: asgi.Send) -> None: ...


def asgi_app(received: Received) -> AsgiApp:
    async def app(scope: asgi.Scope, receive: asgi.Receive, send: asgi.Send) -> None:
        if scope["type"] == "lifespan":
            while True:
                message = await receive()
                await send({"type": message["type"] + ".complete"})
                if message["type"] == "lifespan.shutdown":
                    return
        if scope["type"] == "websocket":
            await echo(scope, receive, send)
            return

        body = b""
        while True:
            message = await receive()
            body += message.get("body", b"")
            if message["type"] == "http.disconnect" or not message.get("more_body"):
                break
        if message["type"] == "http.disconnect":
            return
        received.bodies.append(body)
        answer, greeting = report(scope, body), dict(scope["headers"]).get(b"x-greeting", b"")
        await send({"type": "http.response.start", "status": 200, "headers": [(b"content-type", b"application/json"), (b"x-said", greeting)]})
        if scope["path"] == "/peer/slow":
            await send({"type": "http.response.body", "body": b"first", "more_body": True})
            await asyncio.to_thread(received.go_on.wait, 20)
            answer = b"second"
        if scope["path"] == "/peer/long":
            answer = LONG
        await send({"type": "http.response.body", "body": answer})

    return app


async def echo(scope: asgi.Scope, receive: asgi.Receive, send: asgi.Send) -> None:
    await receive()
    await send({"type": "websocket.accept", "subprotocol": next(iter(scope["subprotocols"]), None)})
    await send({"type": "websocket.send", "text": json.dumps(asdict(identity(scope)))})
    while (message := await receive())["type"] == "websocket.receive":
        if message.get("text") == "bye":
            await send({"type": "websocket.close", "code": 1000})
            return
        await send({"type": "websocket.send", "text": message.get("text"), "bytes": message.get("bytes")})


def wsgi_app(received: Received) -> Any:
    def app(environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        body = environ["wsgi.input"].read(int(environ.get("CONTENT_LENGTH") or 0))
        received.bodies.append(body)
        start_response("200 OK", [("Content-Type", "application/json"), ("X-Said", environ.get("HTTP_X_GREETING", ""))])
        if environ["PATH_INFO"] == "/peer/long":
            yield LONG
        elif environ["PATH_INFO"] == "/peer/slow":
            yield b"first"
            received.go_on.wait(20)
            yield b"second"
        else:
            yield report(environ, body)

    return app


def report(request: Any, body: bytes) -> bytes:
    return json.dumps({**asdict(identity(request)), "length": len(body), "sha256": hashlib.sha256(body).hexdigest()}).encode()


class Servers(ExitStack):
    """Hypercorn and wsgiref, in threads of this process."""

    def start(self, framework: str, port: int, portal: Portal) -> Received:
        received = Received()
        if framework == "asgi":
            self._asgi(asgi.PortalMiddleware(asgi_app(received), portal), port)
        else:
            self._wsgi(wsgi.PortalMiddleware(wsgi_app(received), portal), port)
        return received

    def _asgi(self, app: asgi.PortalMiddleware, port: int) -> None:
        config = Config()
        config.bind, config.errorlog, config.graceful_timeout = [f"127.0.0.1:{port}"], None, 0.1
        listening, loop, stop = threading.Event(), asyncio.new_event_loop(), asyncio.Event()

        async def stopped() -> None:
            await stop.wait()

        async def announced(scope: Any, receive: Any, send: Any) -> None:
            async def sends(message: Any) -> None:
                await send(message)
                if message["type"] == "lifespan.startup.complete":
                    listening.set()

            await app(scope, receive, sends if scope["type"] == "lifespan" else send)

        thread = threading.Thread(target=loop.run_until_complete, args=(serve(announced, config, shutdown_trigger=stopped),))
        thread.start()
        self.callback(thread.join)
        self.callback(loop.call_soon_threadsafe, stop.set)
        assert listening.wait(20)

    def _wsgi(self, app: wsgi.PortalMiddleware, port: int) -> None:
        server = make_server("127.0.0.1", port, app, ThreadedServer, QuietHandler)
        threading.Thread(target=server.serve_forever, args=(0.05,)).start()
        self.callback(server.server_close)
        self.callback(server.shutdown)


class ThreadedServer(ThreadingMixIn, WSGIServer):
    daemon_threads = True


class QuietHandler(WSGIRequestHandler):
    def log_message(self, format: str, *args: Any) -> None:
        pass
