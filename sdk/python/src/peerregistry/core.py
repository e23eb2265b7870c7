"""The connection to the core: requests, answers, and when one is repeated."""

import http.client
import json
import os
import re
import select
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from types import TracebackType
from typing import IO, Any
from urllib.parse import quote, urlencode, urlsplit

from .errors import AnswerBrokenError, CoreUnreachableError, InvalidCallError, NoSuchPeerError, PortalError, of_response, retry_after
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
_DOTS = re.compile(r"(^|[/\\]|%2f|%5c)(\.|%2e){1,2}([/\\;]|%2f|%5c|$)", re.IGNORECASE)


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


class Core:
    """See ``Portal`` for the parameters. It may be used by several threads."""

    def __init__(self, token: str | None, core: str | None, timeout: float, retries: int, max_wait: float, max_answer: int) -> None:
        known = token or os.environ.get("PORTAL_APP_TOKEN")
        self._proof = {"Proxy-Authorization": to_header(f"Bearer {known}")} if known else {}  # Authorization is for the peer
        address = urlsplit(core or os.environ.get("PORTAL_CORE_URL") or "http://portal_core")
        if address.scheme not in ("http", "https") or not address.hostname:
            raise ValueError("The address of the core has the form http://host:port.")
        self._secure, self._host, self._port = address.scheme == "https", address.hostname, address.port
        self._idle: list[tuple[float, http.client.HTTPConnection]] = []  # with the time since when; the latest comes last
        self._timeout, self._retries, self._max_wait, self._max_answer = timeout, retries, max_wait, max_answer

    def get(self, target: str) -> Any:
        """The JSON that the core answers with."""
        return json.loads(self.read(target))

    def pages(self, path: str, cursor: str, **query: str | None) -> list[Any]:
        """All items of a list, which is read in pages.

        :param cursor: The member by which the core knows the last item of a page.
        :param query: Of the request; what is None is left out.
        """
        found: list[Any] = []
        while True:
            sent = {**query, "after": found[-1][cursor] if found else None, "limit": "1000"}
            page = self.get(f"{path}?" + urlencode({key: value for key, value in sent.items() if value is not None}))
            found += page
            if len(page) < 1000:
                return found

    def read(self, target: str) -> bytes:
        """The body that the core answers with."""
        with self.send("GET", target, None, {}) as answer:
            if answer.status != 200:
                raise refusal(answer)
            return answer.read()

    def send(self, method: str, target: str, body: Body | None, headers: Mapping[str, str], *, has_key: bool = False) -> Answer:
        """Sends a request, again if the core asks for it and that cannot do it twice.

        :param has_key: Whether the request has an ``Idempotency-Key``, by which the core recognizes a repetition.

        :raises PortalError: The answer is a problem. Any other is returned, whatever its status.
        """
        waited = 0
        for attempt in range(self._retries + 1):
            connection, response = self._request(method, target, body, headers)
            answer = Answer(connection, response, self._max_answer, self._keep)
            is_problem = answer.status >= 400 and answer.headers.get_content_type() == "application/problem+json"
            error: PortalError | None = None
            if is_problem:
                with answer:
                    error = refusal(answer)

            repeatable = body is None or isinstance(body, bytes)
            harmless = has_key or method in _IDEMPOTENT or (error is not None and error.code in _NOT_SENT and not error.verified)
            if answer.status in (429, 503) and repeatable and harmless:
                pause = retry_after(answer.headers)
                if pause is not None and attempt < self._retries and waited + pause <= self._max_wait:
                    answer.close()
                    waited += pause
                    time.sleep(pause)
                    continue
            if error is not None:
                raise error
            return answer
        raise AssertionError("The last attempt returns or raises.")

    def open(self, target: str, headers: Mapping[str, str], protocols: Iterable[str]) -> PeerSocket:
        """Opens a WebSocket."""
        opening, accept = handshake(protocols)
        connection, response = self._request("GET", target, None, {**headers, **opening})
        answer = Answer(connection, response, self._max_answer, self._keep)
        if response.status != 101:
            with answer:
                raise refusal(answer)
        if answer.headers.get("Sec-WebSocket-Accept") != accept or connection.sock is None:
            answer.close()
            raise AnswerBrokenError("answer_invalid", "The answer to the WebSocket's handshake does not match its key.", status=101)
        return PeerSocket(connection.sock, response.fp, answer.close, answer.headers.get("Sec-WebSocket-Protocol"), self._max_answer)

    def _request(
        self, method: str, target: str, body: Body | None, headers: Mapping[str, str]
    ) -> tuple[http.client.HTTPConnection, http.client.HTTPResponse]:
        connection = self._connection()
        sent = {name: to_header(value) for name, value in headers.items()} | self._proof
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
            waiting = select.poll()
            waiting.register(connection.sock, select.POLLIN)
            is_silent = not waiting.poll(0)  # else the core has closed it
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


class Whole(Answer):
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


def refusal(answer: Answer) -> PortalError:
    """The exception for an answer that is none of those that were expected."""
    return of_response(answer.status, answer.headers, _start(answer))


def _start(answer: Answer) -> bytes:
    """A problem is short; of anything longer nothing is needed."""
    body = bytearray()
    for piece in answer:
        body += piece
        if len(body) > _MAX_PROBLEM:
            return b""
    return bytes(body)


def call_target(id: str, path: str) -> str:
    """The target of a call to a peer.

    :raises NoSuchPeerError: ``peer_unknown``
    :raises InvalidCallError: ``path_ambiguous``
    """
    return f"/internal/call_peer/{checked_id(id)}{_path(path)}"


def checked_id(id: str) -> str:
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
    if "#" in encoded or _DOTS.search(only_path):
        raise InvalidCallError("path_ambiguous", "A path has no segments of dots and no fragment.")
    return encoded
