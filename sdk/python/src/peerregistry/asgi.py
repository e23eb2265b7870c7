"""Middleware for ASGI: Starlette, FastAPI, Django, Quart and others."""

import asyncio
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any

from .client import Portal
from .errors import DigestMismatchError
from .receiving import KEY, NOT_FROM_PORTAL, NOT_SIGNED, SECRET_UNKNOWN, BodyDigest, Door, Refusal, read_identity, same_secret

Scope = MutableMapping[str, Any]
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
Application = Callable[[Scope, Receive, Send], Awaitable[None]]


class PortalMiddleware:
    """Lets only requests of the Portal's proxy in, says who sent them, and refuses bodies that their peer has not signed.

    The app finds the caller with ``identity(scope)``.
    """

    def __init__(self, app: Application, portal: Portal | None = None, *, check_proxy: bool = True) -> None:
        """
        :param portal: Is asked for the proxy's secret once. Default: ``Portal()``.
        :param check_proxy: False only where nothing but the Portal's proxy can reach the app.
        """
        self._app = app
        self._door = Door(portal or Portal()) if check_proxy else None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] not in ("http", "websocket"):
            await self._app(scope, receive, send)
            return
        if self._door and (refusal := await self._refusal(self._door, scope)):
            await _refuse(refusal, scope, receive, send)
            return

        caller = read_identity(_text(scope, b"x-ptl-client-type"), _text(scope, b"x-ptl-client-id"), _text(scope, b"x-ptl-client-name"))
        scope[KEY] = caller
        if scope["type"] == "http" and caller.type == "peer" and _text(scope, b"x-ptl-body-verified") != "1":
            await _Compared(BodyDigest(_text(scope, b"content-digest")), receive, send).run(self._app, scope)
        else:
            await self._app(scope, receive, send)

    @staticmethod
    async def _refusal(door: Door, scope: Scope) -> Refusal | None:
        secret = door.secret() if door.is_known else await asyncio.to_thread(door.secret)
        if secret is None:
            return SECRET_UNKNOWN
        return None if same_secret(_values(scope, secret.header.lower().encode()), secret) else NOT_FROM_PORTAL


class _Compared:
    """One request whose body is compared while the app reads it. The app gets its last piece only if all of it was right."""

    def __init__(self, digest: BodyDigest, receive: Receive, send: Send) -> None:
        self._digest, self._receive, self._send = digest, receive, send
        self._held: bytes = b""
        self._is_whole = False
        self._error: DigestMismatchError | None = None
        self._has_started = False

    async def run(self, app: Application, scope: Scope) -> None:
        try:
            await app(scope, self._next, self._pass)
        except Exception:
            if self._error is None or self._has_started:
                raise  # the server breaks the response off
        if self._error and not self._has_started:
            await _refuse(NOT_SIGNED, scope, self._receive, self._send)

    async def _next(self) -> Message:
        if self._error:
            raise self._error
        message = await self._receive()
        if message["type"] != "http.request" or self._is_whole:
            return message

        piece, released = message.get("body", b""), self._held
        self._digest.add(piece)
        if message.get("more_body", False):
            self._held = piece
            return {"type": "http.request", "body": released, "more_body": True}
        try:
            self._digest.verify()
        except DigestMismatchError as error:
            self._error = error
            raise
        self._is_whole = True
        return {"type": "http.request", "body": released + piece, "more_body": False}

    async def _pass(self, message: Message) -> None:
        """What the app answers to a wrong body, such as the 500 of its framework, is replaced, unless it began before the end of the body."""
        if self._error and not self._has_started:
            return
        self._has_started = True
        await self._send(message)


def _values(scope: Scope, name: bytes) -> list[bytes]:
    return [value for key, value in scope["headers"] if key.lower() == name]


def _text(scope: Scope, name: bytes) -> str:
    """Empty if the header is not there exactly once."""
    values = _values(scope, name)
    return values[0].decode("utf-8", "replace") if len(values) == 1 else ""


async def _refuse(refusal: Refusal, scope: Scope, receive: Receive, send: Send) -> None:
    if scope["type"] == "websocket":
        await receive()  # websocket.connect; closing before accepting makes the server answer 403
        await send({"type": "websocket.close", "code": 1008})
        return
    headers = [(b"content-type", b"application/problem+json"), (b"content-length", str(len(refusal.body)).encode())]
    if refusal.status == 503:
        headers.append((b"retry-after", b"5"))
    await send({"type": "http.response.start", "status": refusal.status, "headers": headers})
    await send({"type": "http.response.body", "body": refusal.body})
