"""The middleware with requests that no core would send, and with servers and frameworks that behave in unusual ways."""

import asyncio
import base64
import hashlib
import io
from collections.abc import Callable, Iterable, Iterator
from typing import Any

import pytest

from peerregistry import DigestMismatchError, Portal, asgi, identity, wsgi


def digest(body: bytes) -> str:
    return f"sha-256=:{base64.b64encode(hashlib.sha256(body).digest()).decode()}:"


SIGNED = b"signed by the peer"
WRONG = ["", "sha-256=:AAAA:", digest(b"other"), digest(SIGNED).replace("sha-256", "sha-512"), digest(SIGNED)[:-1], "sha-256=:" + "*" * 44 + ":"]
RIGHT = [digest(SIGNED), "sha-512=:AAAA:, " + digest(SIGNED), digest(SIGNED) + ",md5=:AAAA:"]


def run_asgi(app: asgi.Application, pieces: list[bytes], headers: dict[str, str]) -> list[Any]:
    """What the server would send. It has the body in these pieces."""
    messages = [{"type": "http.request", "body": piece, "more_body": True} for piece in pieces]
    messages[-1]["more_body"] = False
    sent: list[Any] = []

    async def receive() -> Any:
        return messages.pop(0)

    async def send(message: Any) -> None:
        sent.append(message)

    scope = {"type": "http", "headers": [(name.lower().encode(), value.encode()) for name, value in headers.items()]}
    asyncio.run(asgi.PortalMiddleware(app, Portal("t"), check_proxy=False)(scope, receive, send))
    return sent


async def reads_all(scope: asgi.Scope, receive: asgi.Receive, send: asgi.Send) -> None:
    body = b""
    while True:
        message = await receive()
        body += message["body"]
        if not message["more_body"]:
            break
    await send({"type": "http.response.start", "status": 200, "headers": []})
    await send({"type": "http.response.body", "body": body})


def peer(content_digest: str, **more: str) -> dict[str, str]:
    return {"X-Ptl-Client-Type": "peer", "X-Ptl-Client-Id": "abc", "Content-Digest": content_digest, **more}


@pytest.mark.parametrize("pieces", [[SIGNED], [SIGNED, b""], [SIGNED[:5], SIGNED[5:]], [b"", SIGNED[:5], b"", SIGNED[5:], b""]])
def test_asgi_hands_out_the_last_piece_only_if_the_digest_is_right(pieces: list[bytes]) -> None:
    for right in RIGHT:
        sent = run_asgi(reads_all, list(pieces), peer(right))
        assert (sent[0]["status"], sent[1]["body"]) == (200, SIGNED)
    for wrong in WRONG:
        sent = run_asgi(reads_all, list(pieces), peer(wrong))
        assert sent[0]["status"] == 400 and b"digest_mismatch" in sent[1]["body"] and len(sent) == 2


def test_asgi_refuses_a_wrong_body_even_if_the_framework_answers_the_error_itself() -> None:
    async def catches(scope: asgi.Scope, receive: asgi.Receive, send: asgi.Send) -> None:
        for _ in range(2):
            with pytest.raises(DigestMismatchError):
                await receive()
        await send({"type": "http.response.start", "status": 500, "headers": []})
        await send({"type": "http.response.body", "body": b"oops"})

    assert run_asgi(catches, [SIGNED], peer(digest(b"other")))[0]["status"] == 400


def test_asgi_breaks_off_what_was_answered_before_the_end_of_a_wrong_body() -> None:
    async def answers_early(scope: asgi.Scope, receive: asgi.Receive, send: asgi.Send) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await receive()

    with pytest.raises(DigestMismatchError):
        run_asgi(answers_early, [SIGNED], peer(digest(b"other")))


@pytest.mark.parametrize("headers", [{"X-Ptl-Client-Type": "terminal"}, {}, peer("", **{"X-Ptl-Body-Verified": "1"})])
def test_nothing_is_compared_for_others_and_after_the_core_has(headers: dict[str, str]) -> None:
    assert run_asgi(reads_all, [SIGNED], headers)[1]["body"] == SIGNED
    assert run_wsgi(whole, SIGNED, headers)[1] == SIGNED


@pytest.mark.parametrize(
    "headers, expected",
    [
        ({"X-Ptl-Client-Type": "terminal", "X-Ptl-Client-Id": "7", "X-Ptl-Client-Name": "Zoë 🐚"}, ("terminal", "7", "Zoë 🐚")),
        ({"X-Ptl-Client-Type": "owner", "X-Ptl-Client-Id": "7"}, ("anonymous", "", "")),
        ({}, ("anonymous", "", "")),
    ],
)
def test_the_identity_is_what_the_core_says_and_else_anonymous(headers: dict[str, str], expected: tuple[str, str, str]) -> None:
    seen: list[Any] = []

    async def looks(scope: asgi.Scope, receive: asgi.Receive, send: asgi.Send) -> None:
        seen.append(identity(scope))

    def looks_too(environ: Any, start_response: Any) -> Iterable[bytes]:
        seen.append(identity(environ))
        start_response("204 No Content", [])
        return []

    run_asgi(looks, [b""], headers)
    run_wsgi(looks_too, b"", headers)
    assert [(each.type, each.id, each.name) for each in seen] == [expected] * 2


def test_without_the_cores_secret_nobody_comes_in() -> None:
    sent: list[Any] = []

    async def receive() -> Any:
        return {"type": "http.request", "body": b"", "more_body": False}

    async def send(message: Any) -> None:
        sent.append(message)

    away = Portal("t", "http://127.0.0.1:9")
    asyncio.run(asgi.PortalMiddleware(reads_all, away)({"type": "http", "headers": [(b"x-ptl-proxy-secret", b"")]}, receive, send))
    assert sent[0]["status"] == 503 and (b"retry-after", b"5") in sent[0]["headers"]
    assert call(wsgi.PortalMiddleware(whole, away), {"wsgi.input": io.BytesIO()})[0].startswith("503")


Wsgi = Callable[[Any, Any], Iterable[bytes]]


def call(app: Any, environ: dict[str, Any]) -> tuple[str, bytes]:
    heads: list[str] = []
    body = io.BytesIO()

    def start_response(status: str, headers: list[tuple[str, str]], exc_info: Any = None) -> Callable[[bytes], object]:
        if exc_info and heads:
            raise exc_info[1]
        heads.append(status)
        return body.write

    for piece in app(environ, start_response):
        assert heads, "the body began before the head"
        body.write(piece)
    assert len(heads) == 1
    return heads[0], body.getvalue()


def run_wsgi(app: Wsgi, body: bytes, headers: dict[str, str], length: int | None = -1) -> tuple[str, bytes]:
    environ: dict[str, Any] = {"wsgi.input": io.BytesIO(body), "REQUEST_METHOD": "POST"}
    if length is None:
        environ["wsgi.input_terminated"] = True
    else:
        environ["CONTENT_LENGTH"] = str(len(body) if length < 0 else length)
    for name, value in headers.items():
        environ["HTTP_" + name.upper().replace("-", "_")] = value.encode().decode("latin-1")
    return call(wsgi.PortalMiddleware(app, Portal("t"), check_proxy=False), environ)


def whole(environ: Any, start_response: Any) -> Iterable[bytes]:
    body = environ["wsgi.input"].read()
    start_response("200 OK", [])
    return [body]


def by_lines(environ: Any, start_response: Any) -> Iterator[bytes]:
    start_response("200 OK", [])
    yield b""
    yield b"".join(environ["wsgi.input"])


def by_writing(environ: Any, start_response: Any) -> Iterable[bytes]:
    write = start_response("200 OK", [])
    write(environ["wsgi.input"].read(1000))
    write(environ["wsgi.input"].read())
    return []


@pytest.mark.parametrize("app", [whole, by_lines, by_writing])
@pytest.mark.parametrize("length", [-1, None])
def test_wsgi_hands_out_the_last_piece_only_if_the_digest_is_right(app: Wsgi, length: int | None) -> None:
    for right in RIGHT:
        assert run_wsgi(app, SIGNED, peer(right), length) == ("200 OK", SIGNED)
    for wrong in WRONG:
        status, body = run_wsgi(app, SIGNED, peer(wrong), length)
        assert status == "400 Bad Request" and b"digest_mismatch" in body


def test_wsgi_reads_no_further_than_the_body_and_notices_a_shorter_one() -> None:
    assert run_wsgi(whole, SIGNED + b"next request", peer(digest(SIGNED)), len(SIGNED))[1] == SIGNED
    assert run_wsgi(whole, SIGNED[:-1], peer(digest(SIGNED)), len(SIGNED))[0].startswith("400")
    assert run_wsgi(whole, b"", peer(digest(b"")), 0) == ("200 OK", b"")
    assert run_wsgi(whole, b"", peer(digest(SIGNED)), 0)[0].startswith("400")


def test_wsgi_hands_out_no_more_than_all_but_the_last_piece_of_a_wrong_body() -> None:
    long, got = bytes(300_000), bytearray()

    def reads_on(environ: Any, start_response: Any) -> Iterable[bytes]:
        try:
            while piece := environ["wsgi.input"].read(1000):
                got.extend(piece)
        except DigestMismatchError:
            with pytest.raises(DigestMismatchError):
                environ["wsgi.input"].read()
            start_response("500 Oops", [])
        return [b"oops"]

    assert run_wsgi(reads_on, long, peer(digest(b"other")))[0].startswith("400")
    assert 0 < len(got) <= 300_000 - 300_000 % (64 << 10)


def test_wsgi_breaks_off_what_was_answered_before_the_end_of_a_wrong_body() -> None:
    def answers_early(environ: Any, start_response: Any) -> Iterator[bytes]:
        start_response("200 OK", [])
        yield b"early"
        yield environ["wsgi.input"].read()

    with pytest.raises(DigestMismatchError):
        run_wsgi(answers_early, SIGNED, peer(digest(b"other")))


def test_wsgi_passes_errors_of_the_app_on() -> None:
    def fails(environ: Any, start_response: Any) -> Iterable[bytes]:
        raise KeyError("mine")

    with pytest.raises(KeyError, match="mine"):
        run_wsgi(fails, b"", peer(digest(b"")))
