"""The client against a server that answers whatever a test wants, byte for byte."""

import json
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from datetime import datetime, timezone

import pytest

from peerregistry import AnswerBrokenError, BusyError, CoreUnreachableError, InvalidCallError, OwnerDevice, PeerFailedError, Portal, PortalError

RATE_LIMITED = b'HTTP/1.1 429 x\r\nContent-Type: application/problem+json\r\nRetry-After: 1\r\nContent-Length: 23\r\n\r\n{"code":"rate_limited"}'
UNAVAILABLE = b"HTTP/1.1 503 x\r\nRetry-After: 1\r\nContent-Length: 0\r\n\r\n"
OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"


@contextmanager
def core(*answers: bytes | list[bytes]) -> Iterator[tuple[str, list[bytes]]]:
    """Gives one answer to each connection, or one after another, closes it, and keeps the requests."""
    listener, requests = socket.create_server(("127.0.0.1", 0)), list[bytes]()

    def serve() -> None:
        for each in answers:
            try:
                connection, _ = listener.accept()
            except OSError:
                return
            with connection:
                for answer in each if isinstance(each, list) else [each.replace(b"\r\n", b"\r\nConnection: close\r\n", 1)]:
                    requests.append(connection.recv(1 << 16))
                    connection.sendall(answer)

    thread = threading.Thread(target=serve)
    thread.start()
    try:
        yield f"http://127.0.0.1:{listener.getsockname()[1]}", requests
    finally:
        listener.shutdown(socket.SHUT_RDWR)
        listener.close()
        thread.join()


def ok(value: object) -> bytes:
    """An answer of the core with JSON."""
    body = json.dumps(value).encode()
    return f"HTTP/1.1 200 OK\r\nContent-Length: {len(body)}\r\n\r\n".encode() + body


@pytest.fixture
def pauses(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    seen: list[float] = []
    monkeypatch.setattr(time, "sleep", seen.append)
    return seen


@pytest.mark.parametrize(
    "answer",
    [
        b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhalf",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nhalf\r\n",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n9\r\nhalf",
    ],
    ids=["length", "chunks", "chunk"],
)
def test_an_answer_that_breaks_off_never_looks_whole(answer: bytes) -> None:
    with core(answer, answer) as (address, _):
        with pytest.raises(AnswerBrokenError):
            Portal("t", address).call_peer("abcdef")
        with Portal("t", address).call_peer("abcdef", stream=True) as broken, pytest.raises(AnswerBrokenError):
            for piece in broken:
                assert piece == b"half"


@pytest.mark.parametrize("method, answer", [("GET", UNAVAILABLE), ("PUT", UNAVAILABLE), ("POST", RATE_LIMITED), ("GET", RATE_LIMITED)])
def test_a_call_is_repeated_if_that_cannot_do_it_twice(pauses: list[float], method: str, answer: bytes) -> None:
    with core(answer, answer, OK) as (address, requests):
        assert Portal("t", address).call_peer("abcdef", "/", method, b"body").read() == b"ok"
    assert pauses == [1, 1] and len(requests) == 3


@pytest.mark.parametrize(
    "method, body, answer",
    [
        ("POST", b"body", UNAVAILABLE),  # not known to be unsent
        ("POST", b"body", RATE_LIMITED.replace(b"Retry-After", b"X-Ptl-Answer-Verified: 1\r\nRetry-After")),  # the peer's app says so
        ("GET", b"body", RATE_LIMITED.replace(b"Retry-After: 1", b"Retry-After: 31")),
        ("GET", b"body", RATE_LIMITED.replace(b"Retry-After: 1", b"Retry-After: Thu, 26 Nov 2026 12:00:00 GMT")),
        ("GET", b"body", RATE_LIMITED.replace(b"Retry-After", b"X-Other")),
        ("PUT", iter([b"body"]), RATE_LIMITED),  # its body has been read
    ],
    ids=["sent", "peer", "long", "date", "without", "stream"],
)
def test_a_call_is_not_repeated_otherwise(pauses: list[float], method: str, body: bytes | Iterator[bytes], answer: bytes) -> None:
    with core(answer, OK) as (address, requests):
        if answer is UNAVAILABLE:
            assert Portal("t", address).call_peer("abcdef", "/", method, body).status == 503
        else:
            with pytest.raises(BusyError):
                Portal("t", address).call_peer("abcdef", "/", method, body)
    assert pauses == [] and len(requests) == 1


def test_attempts_and_pauses_are_bounded(pauses: list[float]) -> None:
    with core(*[RATE_LIMITED] * 9) as (address, requests):
        with pytest.raises(BusyError):
            Portal("t", address).call_peer("abcdef")
        assert (pauses, len(requests)) == ([1, 1], 3)
        with pytest.raises(BusyError):
            Portal("t", address, retries=9, max_wait=3).call_peer("abcdef")
        assert (len(pauses), len(requests)) == (5, 7)


@pytest.mark.parametrize(
    "body, code",
    [(b'{"code":"peer_unreachable","reason":"clock_skew"}', "peer_unreachable"), (b"[]", "http_502"), (b"\xff", "http_502"), (b'{"code":1}', "http_502")],
)
def test_every_problem_has_a_code(body: bytes, code: str) -> None:
    head = b"HTTP/1.1 502 x\r\nContent-Type: application/problem+json; charset=utf-8\r\n\r\n"
    with core(head + body) as (address, _), pytest.raises(PeerFailedError) as failed:
        Portal("t", address).call_peer("abcdef")
    assert failed.value.code == code
    assert failed.value.reason == ("clock_skew" if code == "peer_unreachable" else None)


def test_an_endless_problem_is_not_read() -> None:
    with core(b"HTTP/1.1 500 x\r\nContent-Type: application/problem+json\r\n\r\n" + b'{"code":"late"' + b" " * 100_000 + b"}") as (address, _), pytest.raises(PortalError) as failed:
        Portal("t", address).call_peer("abcdef")
    assert failed.value.code == "http_500"


def test_a_connection_is_used_again_after_a_whole_answer_only() -> None:
    chunked = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\n\r\n"
    with core([OK, chunked, RATE_LIMITED, OK.replace(b"2\r\n", b"3\r\n")], OK, [OK], OK) as (address, requests):
        portal = Portal("t", address, retries=0)
        assert [portal.call_peer("abcdef").read() for _ in range(2)] == [b"ok"] * 2
        with pytest.raises(BusyError):
            portal.call_peer("abcdef")
        with portal.call_peer("abcdef", stream=True) as answer:
            assert next(iter(answer)) == b"ok"  # and one byte more
        assert len(requests) == 4
        assert [portal.call_peer("abcdef").read() for _ in range(2)] == [b"ok"] * 2
        time.sleep(0.1)  # the server has closed it meanwhile
        assert portal.call_peer("abcdef").read() == b"ok"


def test_the_token_is_sent_beside_the_Authorization_that_is_for_the_peer(monkeypatch: pytest.MonkeyPatch) -> None:
    with core(OK, OK) as (address, requests):
        monkeypatch.setenv("PORTAL_CORE_URL", address)
        monkeypatch.setenv("PORTAL_APP_TOKEN", "from-environment")
        Portal().call_peer("abcdef", "/straße", headers={"Authorization": "Basic peer", "X-Name": "ö"})
        Portal("argument").call_peer("abcdef")
    head = requests[0].split(b"\r\n")
    assert head[0] == b"GET /internal/call_peer/abcdef/stra%C3%9Fe HTTP/1.1"
    assert {b"Proxy-Authorization: Bearer from-environment", b"Authorization: Basic peer", "X-Name: ö".encode()} <= set(head)
    assert b"Proxy-Authorization: Bearer argument" in requests[1]


def test_a_core_that_is_away_is_told_apart_from_a_peer_that_is() -> None:
    with core() as (address, _):
        pass
    with pytest.raises(CoreUnreachableError) as failed:
        Portal("t", address).peers()
    assert failed.value.code == "core_unreachable"


def test_the_picture_and_all_devices_of_the_owner_are_read() -> None:
    picture = b"HTTP/1.1 200 OK\r\nContent-Type: image/png\r\nContent-Length: 4\r\n\r\n\x89PNG"
    first = [{"id": f"{i:04}", "name": "Laptop", "last_seen_at": None} for i in range(1000)]
    last = {"id": "1000", "name": "Zoës Telefon", "last_seen_at": "2026-05-04T12:00:00+00:00"}
    with core(picture, ok(first), ok([last])) as (address, requests):
        portal = Portal("t", address)
        assert portal.avatar() == b"\x89PNG"
        devices = portal.devices()
    assert (len(devices), devices[0]) == (1001, OwnerDevice("0000", "Laptop", None))
    assert devices[1000] == OwnerDevice("1000", "Zoës Telefon", datetime(2026, 5, 4, 12, tzinfo=timezone.utc))
    targets = [request.split(b" ")[1] for request in requests]
    assert targets == [b"/protected/profile/avatar", b"/protected/devices?limit=1000", b"/protected/devices?after=0999&limit=1000"]


def test_a_head_that_is_not_HTTP_or_too_large_is_no_answer() -> None:
    for head in (b"HTTP/1.1 nonsense\r\n\r\n", b"HTTP/1.1 200 OK\r\n" + b"X-A: b\r\n" * 1000 + b"\r\n"):
        with core(head) as (address, _), pytest.raises(AnswerBrokenError) as failed:
            Portal("t", address).call_peer("abcdef")
        assert failed.value.code == "answer_invalid"


def test_line_breaks_in_headers_are_refused() -> None:
    with core(OK) as (address, requests):
        with pytest.raises(ValueError):
            Portal("t", address).call_peer("abcdef", headers={"X-A": "b\r\nX-C: d"})
        assert requests == []


def test_an_address_that_is_none_is_refused() -> None:
    for address in ("portal_core", "ftp://portal_core", "http://"):
        with pytest.raises(ValueError):
            Portal("t", address)


def frame(first: int, payload: bytes, length: int | None = None) -> bytes:
    return bytes([first, len(payload) if length is None else length]) + payload


@pytest.mark.parametrize(
    "frames, messages, fails",
    [
        (frame(0x01, b"a") + frame(0x89, b"!") + frame(0x80, b"b") + frame(0x88, b"\x03\xe8"), ["ab"], False),
        (frame(0x82, b"a") + frame(0x8A, b""), [b"a"], True),  # no end
        (frame(0x81, b"\xff"), [], True),
        (frame(0xC1, b"a"), [], True),  # an extension that nobody asked for
        (frame(0x80, b"a"), [], True),
        (frame(0x01, b"a") + frame(0x01, b"b"), [], True),
        (frame(0x83, b"a"), [], True),
        (frame(0x09, b"a") + frame(0x81, b"b"), [], True),  # a ping in parts
        (frame(0x89, b"a" * 126, 126), [], True),
        (frame(0x81, b"a" * 129), [], True),  # a server masks nothing
        (frame(0x82, b"\xff" * 8, 127), [], True),
        (frame(0x02, b"a" * 70) + frame(0x80, b"a" * 70), [], True),
    ],
)
def test_a_WebSocket_takes_only_what_RFC_6455_allows(monkeypatch: pytest.MonkeyPatch, frames: bytes, messages: list[str | bytes], fails: bool) -> None:
    monkeypatch.setattr("os.urandom", bytes)
    head = b"HTTP/1.1 101 x\r\nUpgrade: websocket\r\nSec-WebSocket-Accept: ICX+Yqv66kxgM0FcWaLWlFLwTAI=\r\n\r\n"
    with core([head + frames]) as (address, _):
        opened = Portal("t", address, max_answer=130).connect_peer("abcdef")
        seen: list[str | bytes] = []
        end: AbstractContextManager[object] = nullcontext()
        if fails:
            end = pytest.raises(AnswerBrokenError)
        with end:
            seen.extend(opened)
        assert seen == messages


@pytest.mark.parametrize("head", [b"Connection: Upgrade\r\nSec-WebSocket-Accept: AAAA\r\n\r\n", b"Connection: close\r\n\r\n", b"\r\n"])
def test_a_handshake_that_does_not_match_its_key_is_no_WebSocket(head: bytes) -> None:
    with core([b"HTTP/1.1 101 x\r\n" + head]) as (address, _), pytest.raises(AnswerBrokenError) as failed:
        Portal("t", address).connect_peer("abcdef")
    assert failed.value.code == "answer_invalid"


def test_an_invalid_method_does_not_reach_the_core() -> None:
    with core(OK) as (address, requests):
        with pytest.raises((InvalidCallError, ValueError)):
            Portal("t", address).call_peer("abcdef", "/", "GET / HTTP/1.1\r\nX:")
        assert requests == []
