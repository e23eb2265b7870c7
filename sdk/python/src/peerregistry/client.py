"""Asks the core, and calls the same app on the Portals of peers."""

import http.client
import json
import os
import re
import selectors
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from types import TracebackType
from typing import IO, Any
from urllib.parse import quote, urlencode, urlsplit

from .errors import AnswerBrokenError, BusyError, CoreUnreachableError, InvalidCallError, NoSuchPeerError, PortalError, of_response, retry_after
from .events import PeerEvent, parse
from .names import from_header, to_header
from .websocket import PeerSocket, handshake

Body = bytes | IO[bytes] | Iterable[bytes]
_Keep = Callable[[http.client.HTTPConnection], None]

_IDEMPOTENT = {"GET", "HEAD", "OPTIONS", "PUT", "DELETE", "TRACE"}
_NOT_SENT = {"rate_limited", "database_unavailable"}
_PIECE = 64 << 10
_MAX_PROBLEM = 64 << 10
_MAX_IDLE = 8
_IDLE_SECONDS = 60  # the core closes an idle connection after more than two minutes


@dataclass(frozen=True)
class Peer:
    """A peer that the owner lets this app see."""

    id: str
    """The known part of the ID; from first contact on, all 103 characters."""
    short_id: str
    name: str
    """As the owner sees it. Two peers may have the same."""
    domain: str
    status: str
    """``mutual`` if calls can succeed."""
    is_reachable: bool | None
    """None before the first attempt."""
    public_bytes_b64: str | None
    """The PEM text of its key, or None before first contact."""
    has_app: bool | None
    """Whether it has this app and lets this Portal use it, or None if it does not say."""


@dataclass(frozen=True)
class ProxySecret:
    """What the Portal's proxy sends with every request to this app."""

    header: str
    secret: str


@dataclass(frozen=True)
class PortalSelf:
    """Where this app runs."""

    id: str
    """Of the Portal: all 103 characters."""
    short_id: str
    name: str
    domain: str
    app: str
    """The name of this app."""
    visibility: str
    """How the owner chooses the peers that this app sees: ``all``, ``all_except``, ``some`` or ``none``."""


class Answer:
    """A response of a peer's app, as it arrives. Close it, or use it in a ``with`` statement."""

    def __init__(self, connection: http.client.HTTPConnection, response: http.client.HTTPResponse, max_answer: int, keep: "_Keep") -> None:
        self._connection = connection
        self._response = response
        self._keep = keep
        self._left = response.length  # None if the answer is chunked or ends with the connection
        self._is_whole = self._left == 0
        self._is_closed = False
        self._max = max_answer
        self.status = response.status
        self.headers = response.headers
        """As sent, each byte as one character. ``header`` decodes UTF-8."""

    @property
    def verified(self) -> bool:
        """Whether the peer's core has signed status and body. It holds for the whole body, once that has been read."""
        return bool(self.headers.get("X-Ptl-Answer-Verified") == "1")

    def header(self, name: str) -> str | None:
        """The value of a header as UTF-8, or None."""
        value = self.headers.get(name)
        return None if value is None else from_header(value)

    def __iter__(self) -> Iterator[bytes]:
        """The pieces of the body as they arrive. An answer that breaks off raises; it never looks whole."""
        while piece := self._piece():
            yield piece

    def read(self) -> bytes:
        """The whole body, of at most ``max_answer`` bytes."""
        body = bytearray()
        for piece in self:
            body += piece
            if len(body) > self._max:
                self.close()
                raise AnswerBrokenError("answer_too_large", f"The answer has more than {self._max} bytes.")
        return bytes(body)

    def json(self) -> Any:
        return json.loads(self.read())

    def close(self) -> None:
        """Ends the call; what was not read yet is given up."""
        if self._is_closed:
            return
        self._is_closed = True
        self._response.close()
        if self._is_whole and not self._response.will_close and self.status != 101:
            self._keep(self._connection)
        else:
            self._connection.close()

    def __enter__(self) -> "Answer":
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.close()

    def _piece(self) -> bytes:
        if self._is_whole:
            return b""
        try:
            piece = self._response.read1(_PIECE if self._left is None else min(_PIECE, self._left))
        except (OSError, http.client.HTTPException) as error:
            raise AnswerBrokenError("answer_broken", "The answer broke off.") from error
        if self._left is not None:  # counted here: http.client takes the end of the connection for the end of the body
            if not piece:
                raise AnswerBrokenError("answer_broken", "The answer broke off.")
            self._left -= len(piece)
        self._is_whole = not piece or self._left == 0
        return piece


class Portal:
    """The core of the Portal that this app belongs to. It may be used by several threads."""

    def __init__(
        self,
        token: str | None = None,
        core: str | None = None,
        *,
        timeout: float = 150,
        retries: int = 2,
        max_wait: float = 30,
        max_answer: int = 16 << 20,
    ) -> None:
        """
        :param token: Default: ``PORTAL_APP_TOKEN``; without either, the core knows the app by its container.
        :param core: The core's address. Default: ``PORTAL_CORE_URL``, else ``http://portal_core``.
        :param timeout: Seconds without a byte in either direction. The core itself gives up earlier, and says why.
        :param retries: How often a call is repeated after 429 or 503 with ``Retry-After``, if that cannot do it twice.
        :param max_wait: Seconds that all pauses of one call may take together; a longer ``Retry-After`` raises at once.
        :param max_answer: Bytes of an answer that is read as a whole.
        """
        self._token = token or os.environ.get("PORTAL_APP_TOKEN")
        address = urlsplit(core or os.environ.get("PORTAL_CORE_URL") or "http://portal_core")
        if address.scheme not in ("http", "https") or not address.hostname:
            raise ValueError("The address of the core has the form http://host:port.")
        self._secure, self._host, self._port = address.scheme == "https", address.hostname, address.port
        self._idle: list[tuple[float, http.client.HTTPConnection]] = []  # with the time since when; the latest comes last
        self._timeout, self._retries, self._max_wait, self._max_answer = timeout, retries, max_wait, max_answer

    def peers(self, name: str | None = None) -> list[Peer]:
        """All peers that the owner lets this app see; with ``name``, those of that name."""
        found: list[Peer] = []
        while True:
            query = {"name": name, "after": found[-1].short_id if found else None, "limit": "1000"}
            page = self._get("/protected/peers?" + urlencode({key: value for key, value in query.items() if value is not None}))
            found += [_peer(each) for each in page]
            if len(page) < 1000:
                return found

    def peer(self, id: str) -> Peer:
        """One of them, by full or short ID.

        :raises NoSuchPeerError: ``peer_unknown``
        """
        return _peer(self._get(f"/protected/peers/{_id(id)}"))

    def proxy_secret(self) -> ProxySecret:
        """What identifies the Portal's proxy. It stays the same until the app is removed."""
        answer = self._get("/protected/proxy-secret")
        return ProxySecret(str(answer["header"]), str(answer["secret"]))

    def describe_self(self) -> PortalSelf:
        """Where this app runs, and under which name."""
        answer = self._get("/protected/self")
        return PortalSelf(**{field: str(answer[field]) for field in PortalSelf.__dataclass_fields__})

    def webhook_secret(self) -> str:
        """With what the core signs the events that it posts to this app, for ``webhook_event``. It stays the same until the app is removed."""
        return str(self._get("/protected/webhook-secret")["secret"])

    def events(self, last_event_id: str | None = None) -> Iterator[PeerEvent]:
        """What becomes of the peers that this app sees, for ever: a stream that ends is opened again, and goes on where it was.

        :param last_event_id: The last ``id`` that you have stored, or None to begin with the present state.
        :raises PortalError: The core refuses, other than because it is busy.
        """
        pause = 2.0
        while True:
            try:
                headers = {"Last-Event-ID": last_event_id} if last_event_id else {}
                with self._send("GET", "/protected/events", None, headers) as answer:
                    for event in parse(answer):
                        if isinstance(event, PeerEvent):
                            yield event
                            last_event_id = event.id or last_event_id
                        else:
                            pause = event
            except (AnswerBrokenError, BusyError, CoreUnreachableError):
                pass
            time.sleep(pause)

    def call_peer(
        self,
        id: str,
        path: str = "/",
        method: str = "GET",
        body: Body | None = None,
        headers: Mapping[str, str] | None = None,
        *,
        stream: bool = False,
    ) -> Answer:
        """Sends a request to the same app on a peer's Portal, signed by the core.

        :param path: Path and query. Text from others belongs into it only encoded, with ``urllib.parse.quote(text, safe="")``.
        :param body: Bytes, a file, or an iterable of bytes; the last two are sent as they are read, and never sent twice.
        :param stream: Whether the answer is returned as soon as it begins. Else it is read first, so that it is whole or raises.
        :raises PortalError: The core or the peer answered with a problem. Any other answer is returned, whatever its status.
        """
        method = method.upper()
        target = f"/internal/call_peer/{_id(id)}{_path(path)}"
        answer = self._send(method, target, body, headers or {})
        if stream:
            return answer
        with answer:
            whole = answer.read()
        return _Whole(answer, whole)

    def connect_peer(self, id: str, path: str = "/", headers: Mapping[str, str] | None = None, protocols: Iterable[str] = ()) -> PeerSocket:
        """Opens a WebSocket to the same app on a peer's Portal."""
        target = f"/internal/call_peer/{_id(id)}{_path(path)}"
        opening, accept = handshake(protocols)
        connection, response = self._request("GET", target, None, {**(headers or {}), **opening})
        answer = Answer(connection, response, self._max_answer, self._keep)
        if response.status != 101:
            with answer:
                raise of_response(answer.status, answer.headers, _start(answer))
        if answer.headers.get("Sec-WebSocket-Accept") != accept or connection.sock is None:
            answer.close()
            raise AnswerBrokenError("answer_invalid", "The answer to the WebSocket's handshake does not match its key.", status=101)
        return PeerSocket(connection.sock, response.fp, answer.close, answer.headers.get("Sec-WebSocket-Protocol"), self._max_answer)

    def _get(self, target: str) -> Any:
        with self._send("GET", target, None, {}) as answer:
            if answer.status != 200:
                raise of_response(answer.status, answer.headers, _start(answer))
            return answer.json()

    def _send(self, method: str, target: str, body: Body | None, headers: Mapping[str, str]) -> Answer:
        waited = 0
        for attempt in range(self._retries + 1):
            connection, response = self._request(method, target, body, headers)
            answer = Answer(connection, response, self._max_answer, self._keep)
            is_problem = answer.status >= 400 and answer.headers.get_content_type() == "application/problem+json"
            error: PortalError | None = None
            if is_problem:
                with answer:
                    error = of_response(answer.status, answer.headers, _start(answer))

            pause = retry_after(answer.headers)
            repeatable = body is None or isinstance(body, bytes)
            harmless = method in _IDEMPOTENT or (error is not None and error.code in _NOT_SENT and not error.verified)
            if answer.status in (429, 503) and pause is not None and repeatable and harmless:
                if attempt < self._retries and waited + pause <= self._max_wait:
                    answer.close()
                    waited += pause
                    time.sleep(pause)
                    continue
            if error is not None:
                raise error
            return answer
        raise AssertionError("The last attempt returns or raises.")

    def _request(
        self, method: str, target: str, body: Body | None, headers: Mapping[str, str]
    ) -> tuple[http.client.HTTPConnection, http.client.HTTPResponse]:
        connection = self._connection()
        sent = {name: to_header(value) for name, value in headers.items()}
        if self._token:  # Authorization is for the peer
            sent["Proxy-Authorization"] = to_header(f"Bearer {self._token}")
        try:
            try:
                connection.request(method, target, body, sent)
            except (BrokenPipeError, ConnectionResetError):
                pass  # the core may have answered before the end of the body
            return connection, connection.getresponse()
        except OSError as error:
            connection.close()
            raise CoreUnreachableError("core_unreachable", str(error) or type(error).__name__) from error
        except http.client.HTTPException as error:
            connection.close()
            raise AnswerBrokenError("answer_invalid", "The answer is not valid HTTP, or its head is too large.") from error
        except BaseException:  # the body's own
            connection.close()
            raise

    def _connection(self) -> http.client.HTTPConnection:
        while self._idle:
            try:
                since, connection = self._idle.pop()
            except IndexError:  # another thread was faster
                break
            with selectors.DefaultSelector() as selector:
                selector.register(connection.sock, selectors.EVENT_READ)
                is_silent = not selector.select(0)  # else the core has closed it
            if is_silent and time.monotonic() - since < _IDLE_SECONDS:
                return connection
            connection.close()
        if self._secure:
            return http.client.HTTPSConnection(self._host, self._port, timeout=self._timeout)
        return http.client.HTTPConnection(self._host, self._port, timeout=self._timeout)

    def _keep(self, connection: http.client.HTTPConnection) -> None:
        if connection.sock is None or len(self._idle) >= _MAX_IDLE:
            connection.close()
        else:
            self._idle.append((time.monotonic(), connection))


class _Whole(Answer):
    """An answer that has been read."""

    def __init__(self, answer: Answer, body: bytes) -> None:
        self._body = body
        self.status, self.headers = answer.status, answer.headers

    def __iter__(self) -> Iterator[bytes]:
        if self._body:
            yield self._body

    def read(self) -> bytes:
        return self._body

    def close(self) -> None:
        pass


def _start(answer: Answer) -> bytes:
    """A problem is short; of anything longer nothing is needed."""
    body = bytearray()
    for piece in answer:
        body += piece
        if len(body) > _MAX_PROBLEM:
            return b""
    return bytes(body)


def _peer(item: Mapping[str, Any]) -> Peer:
    fields: dict[str, Any] = {field: item.get(field) for field in Peer.__dataclass_fields__}
    return Peer(**fields)


def _id(id: str) -> str:
    """An ID is only letters and digits, so that none leads to another path of the core."""
    if not (id.isascii() and id.isalnum()):
        raise NoSuchPeerError("peer_unknown", "An ID has only letters and digits.")
    return id


def _path(path: str) -> str:
    """Refuses what would leave ``/internal/call_peer/{id}/``: with this app's token, that would be a request to the core itself."""
    encoded = quote(path, safe="!#$%&'()*+,/:;=?@[]~\\\"<>^`{|}")
    if not encoded.startswith("/"):
        raise InvalidCallError("path_ambiguous", "A path begins with /.")
    only_path = encoded.partition("?")[0]
    if "#" in encoded or re.search(r"(^|[/\\]|%2f|%5c)(\.|%2e){1,2}([/\\;]|%2f|%5c|$)", only_path, re.IGNORECASE):
        raise InvalidCallError("path_ambiguous", "A path has no segments of dots and no fragment.")
    return encoded
