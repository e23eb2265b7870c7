"""Middleware for WSGI: Flask, Django, Bottle and others."""

import io
from collections.abc import Callable, Iterable, Iterator
from typing import IO, Any
from wsgiref.types import StartResponse, WSGIApplication, WSGIEnvironment

from .client import Portal
from .errors import DigestMismatchError
from .names import from_header
from .receiving import KEY, NOT_FROM_PORTAL, NOT_SIGNED, SECRET_UNKNOWN, BodyDigest, Door, Refusal, read_identity, same_secret

_PIECE = 64 << 10
_REASONS = {400: "Bad Request", 403: "Forbidden", 503: "Service Unavailable"}


class PortalMiddleware:
    """Lets only requests of the Portal's proxy in, says who sent them, and refuses bodies that their peer has not signed.

    The app finds the caller with ``identity(environ)``.
    """

    def __init__(self, app: WSGIApplication, portal: Portal | None = None, *, check_proxy: bool = True) -> None:
        """
        :param portal: Is asked for the proxy's secret once. Default: ``Portal()``.
        :param check_proxy: False only where nothing but the Portal's proxy can reach the app.
        """
        self._app = app
        self._door = Door(portal or Portal()) if check_proxy else None

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        if self._door and (refusal := self._refusal(self._door, environ)):
            return _refuse(refusal, start_response)

        caller = read_identity(*(from_header(environ.get(f"HTTP_X_PTL_CLIENT_{part}", "")) for part in ("TYPE", "ID", "NAME")))
        environ[KEY] = caller
        if caller.type != "peer" or environ.get("HTTP_X_PTL_BODY_VERIFIED") == "1":
            return self._app(environ, start_response)

        body = _ComparedBody(environ["wsgi.input"], _length(environ), BodyDigest(environ.get("HTTP_CONTENT_DIGEST", "")))
        environ["wsgi.input"] = io.BufferedReader(body, _PIECE)
        return _answer(self._app, environ, start_response, body)

    @staticmethod
    def _refusal(door: Door, environ: WSGIEnvironment) -> Refusal | None:
        secret = door.secret()
        if secret is None:
            return SECRET_UNKNOWN
        sent = environ.get("HTTP_" + secret.header.upper().replace("-", "_"), "")
        return None if same_secret([sent.encode("latin-1")], secret) else NOT_FROM_PORTAL


class _ComparedBody(io.RawIOBase):
    """Reads one piece ahead, so that the last is only handed out if all of it was right."""

    def __init__(self, source: IO[bytes], length: int | None, digest: BodyDigest) -> None:
        self._source, self._left, self._digest = source, length, digest
        self._ready = self._ahead = b""
        self._is_whole = False
        self.error: DigestMismatchError | None = None

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        if self.error:
            raise self.error
        while not self._ready and not self._is_whole:
            self._advance()
        count = min(len(buffer), len(self._ready))
        buffer[:count], self._ready = self._ready[:count], self._ready[count:]
        return count

    def _advance(self) -> None:
        size = _PIECE if self._left is None else min(_PIECE, self._left)
        piece = self._source.read(size) if size else b""
        if piece:
            self._digest.add(piece)
            if self._left is not None:
                self._left -= len(piece)
        else:
            self._is_whole = True
            try:
                self._digest.verify()
            except DigestMismatchError as error:
                self.error = error
                raise
        self._ready, self._ahead = self._ahead, piece


def _answer(app: WSGIApplication, environ: WSGIEnvironment, start_response: StartResponse, body: _ComparedBody) -> Iterator[bytes]:
    """Passes the app's response on. Its head waits for the first bytes, so that a wrong body can still be refused."""
    head: tuple[Any, ...] = ()
    write: Callable[[bytes], object] | None = None  # the server's; None until the head is sent

    def start(*arguments: Any) -> Callable[[bytes], object]:
        nonlocal head
        if write:
            return start_response(*arguments)  # an error after the head, which the server raises
        head = arguments
        return lambda piece: begin()(piece)

    def begin() -> Callable[[bytes], object]:
        nonlocal write
        if write is None:
            if body.error:
                raise body.error
            write = start_response(*head)
        return write

    response: Iterable[bytes] = ()
    try:
        response = app(environ, start)
        for piece in response:
            if piece:
                begin()
                yield piece
        if not body.error:
            begin()
    except Exception:
        if body.error is None or write:
            raise
    finally:
        if hasattr(response, "close"):
            response.close()
    if body.error and not write:
        yield from _refuse(NOT_SIGNED, start_response)


def _length(environ: WSGIEnvironment) -> int | None:
    """None if the server marks the end of the input itself; without either, there is no body."""
    declared = environ.get("CONTENT_LENGTH") or ""
    if declared.isascii() and declared.isdigit():
        return int(declared)
    return None if environ.get("wsgi.input_terminated") else 0


def _refuse(refusal: Refusal, start_response: StartResponse) -> list[bytes]:
    headers = [("Content-Type", "application/problem+json"), ("Content-Length", str(len(refusal.body)))]
    if refusal.status == 503:
        headers.append(("Retry-After", "5"))
    start_response(f"{refusal.status} {_REASONS[refusal.status]}", headers)
    return [refusal.body]
