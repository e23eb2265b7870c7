"""Calls that are delivered later, against a server that answers whatever a test wants."""

import json
import re
from datetime import datetime, timezone
from typing import Any

import pytest

from peerregistry import BusyError, CallReceipt, DeferredAnswer, InvalidCallError, NoSuchPeerError, NotFoundError, Portal, PortalError
from test_client import OK, RATE_LIMITED, UNAVAILABLE, core, ok, pauses

ID = "8e03978e-40d5-43e8-bc93-6e26fd1d3a65"
ACCEPTED = f"HTTP/1.1 202 Accepted\r\nLocation: /protected/calls/{ID}\r\nContent-Length: 0\r\n\r\n".encode()
TOO_MANY = RATE_LIMITED.replace(b"23\r\n\r\n", b"25\r\n\r\n").replace(b"rate_limited", b"too_many_calls").replace(b": 1\r\n", b": 60\r\n")
CALL: dict[str, Any] = {
    "id": ID,
    "peer": "abcdef",
    "idempotency_key": "card-17",
    "method": "POST",
    "path": "/cards?x=1",
    "state": "waiting",
    "accepted_at": "2026-05-04T12:00:00.1234567+00:00",
    "attempts": 1,
    "next_attempt_at": "2026-05-04T12:00:10+00:00",
    "reason": "connection_refused",
    "ended_at": None,
    "expires_at": "2026-05-11T12:00:00+00:00",
    "answer": None,
    "of_a_later_version": True,
}

__all__ = ["pauses"]  # a fixture


def test_a_call_is_sent_with_its_key_and_known_by_its_id() -> None:
    with core(ACCEPTED) as (address, requests):
        assert Portal("t", address).deferred.send("abcdef", "/cards", "post", b"body", {"X-Name": "ö"}, key="card-17") == ID
    lines = requests[0].split(b"\r\n")
    assert lines[0] == b"POST /internal/call_peer/abcdef/cards HTTP/1.1"
    assert {b"Prefer: respond-async", b"Idempotency-Key: card-17", "X-Name: ö".encode()} <= set(lines)
    assert b"Proxy-Authorization: Bearer t" in lines


def test_a_call_without_a_key_gets_one_of_its_own() -> None:
    with core(ACCEPTED, ACCEPTED) as (address, requests):
        for _ in range(2):
            Portal("t", address).deferred.send("abcdef")
    keys = [re.findall(rb"\r\nIdempotency-Key: (\S+)\r\n", request) for request in requests]
    assert [len(each) for each in keys] == [1, 1] and keys[0] != keys[1]


@pytest.mark.parametrize("refusal", [UNAVAILABLE, RATE_LIMITED, RATE_LIMITED.replace(b"rate_limited", b"some_refusal")])
def test_a_call_is_repeated_with_the_same_key_whatever_its_method(pauses: list[float], refusal: bytes) -> None:
    with core(refusal, refusal, ACCEPTED) as (address, requests):
        assert Portal("t", address).deferred.send("abcdef", "/", "POST", b"body") == ID
    assert pauses == [1, 1]
    assert len({re.findall(rb"\r\nIdempotency-Key: (\S+)\r\n", request)[0] for request in requests}) == 1


def test_too_many_calls_are_not_waited_for(pauses: list[float]) -> None:
    with core(TOO_MANY, ACCEPTED) as (address, _), pytest.raises(BusyError) as refused:
        Portal("t", address).deferred.send("abcdef", "/", "POST")
    assert (refused.value.code, refused.value.retry_after, pauses) == ("too_many_calls", 60, [])


@pytest.mark.parametrize("answer, code", [(ACCEPTED.replace(b"202 Accepted", b"200 OK"), "http_200"), (b"HTTP/1.1 202 Accepted\r\nContent-Length: 0\r\n\r\n", "http_202")])
def test_an_answer_without_the_address_of_a_call_raises(answer: bytes, code: str) -> None:
    with core(answer) as (address, _), pytest.raises(PortalError) as failed:
        Portal("t", address).deferred.send("abcdef")
    assert failed.value.code == code


def test_all_calls_are_listed_in_pages() -> None:
    first, last = [{**CALL, "id": f"{i:08x}"} for i in range(1000)], {**CALL, "id": ID}
    with core(ok(first), ok([last])) as (address, requests):
        listed = Portal("t", address).deferred.list()
    assert [call.id for call in listed] == [call["id"] for call in [*first, last]]
    lines = [request.split(b"\r\n")[0] for request in requests]
    assert lines == [b"GET /protected/calls?limit=1000 HTTP/1.1", b"GET /protected/calls?after=000003e7&limit=1000 HTTP/1.1"]


def test_a_call_is_read_with_its_times_and_its_answer() -> None:
    answer = {"status": 201, "fields": [{"field": "X-Said", "value": "ö"}], "bytes": 0, "is_verified": True}
    with core(ok(CALL), ok({**CALL, "state": "delivered", "ended_at": CALL["expires_at"], "answer": answer})) as (address, _):
        waiting, ended = (Portal("t", address).deferred.find(ID) for _ in range(2))
    assert (waiting.id, waiting.path, waiting.state, waiting.reason, waiting.answer) == (ID, "/cards?x=1", "waiting", "connection_refused", None)
    assert (waiting.accepted_at, waiting.ended_at) == (datetime(2026, 5, 4, 12, 0, 0, 123456, timezone.utc), None)
    assert (ended.ended_at, ended.answer) == (ended.expires_at, DeferredAnswer(201, (("X-Said", "ö"),), 0, True))


def test_the_answer_the_receipt_and_the_end_of_a_call_have_their_own_addresses() -> None:
    signed, bound = {"field": "Signature", "value": "a"}, {"field": "Signature", "value": "b"}
    receipt = {"method": "POST", "target_uri": "https://x.example.org/", "request": [signed], "answer_status": 201, "answer": [bound]}
    with core(OK, ok(receipt), b"HTTP/1.1 204 No Content\r\n\r\n") as (address, requests):
        deferred = Portal("t", address).deferred
        assert deferred.answer(ID) == b"ok"
        assert deferred.receipt(ID) == CallReceipt("POST", "https://x.example.org/", (("Signature", "a"),), 201, (("Signature", "b"),))
        deferred.cancel(ID)
    lines = [request.split(b" HTTP")[0].decode() for request in requests]
    assert lines == [f"GET /protected/calls/{ID}/answer", f"GET /protected/calls/{ID}/receipt", f"DELETE /protected/calls/{ID}"]


def test_no_id_or_path_leads_to_the_core_itself() -> None:
    with core(OK) as (address, requests):
        deferred = Portal("t", address).deferred
        for call in ("", "..", f"{ID}/../../peers", f"{ID}\n", f"{ID}?", "%2e%2e", "٣"):
            for ask in (deferred.find, deferred.answer, deferred.receipt, deferred.cancel):
                with pytest.raises(NotFoundError) as unknown:
                    ask(call)
                assert unknown.value.code == "call_unknown"
        with pytest.raises(InvalidCallError):
            deferred.send("abcdef", "/../../../protected/calls")
        with pytest.raises(NoSuchPeerError):
            deferred.send("..", "/")
    assert requests == []


@pytest.mark.parametrize("code", ["call_unknown", "answer_missing", "receipt_missing", "avatar_unknown"])
def test_what_is_not_kept_is_not_found(code: str) -> None:
    problem = json.dumps({"code": code}).encode()
    head = f"HTTP/1.1 404 x\r\nContent-Type: application/problem+json\r\nContent-Length: {len(problem)}\r\n\r\n".encode()
    with core(head + problem) as (address, _), pytest.raises(NotFoundError) as missing:
        Portal("t", address).deferred.answer(ID)
    assert missing.value.code == code
