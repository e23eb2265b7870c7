"""Events from a stream that breaks off, and webhooks against the values that Standard Webhooks publishes."""

import pytest

from peerregistry import NoSuchPeerError, NotAuthorizedError, PeerEvent, Portal, SeenPeer, WebhookError, verify_webhook, webhook_event
from test_client import core, pauses

SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
HEADERS = {
    "Webhook-Id": "msg_p5jXN8AQM9LWM0D4loKWxJek",
    "Webhook-Timestamp": "1614265330",
    "Webhook-Signature": "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=",
}
BODY = b'{"test": 2432232314}'
NOW = 1614265330.0
HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n\r\n"

__all__ = ["pauses"]  # a fixture


def test_a_stream_that_ends_is_opened_again_after_the_last_event(pauses: list[float]) -> None:
    first = HEAD + b'retry: 500\n\nevent: reset\ndata: {"peers":1}\n\nid: e-1\nevent: peer_visible\ndata: {"id":"abcdef","short_id":"abcdef","name":"Z\xc3\xb6e"}\n\n:\n\nid: e-2\nevent: pe'
    second = HEAD + b'id: e-2\nevent: peer_removed\ndata: {"id":"abcdef","short_id":"abcdef"}\n\n'
    with core(first, b"HTTP/1.1 503 x\r\nContent-Type: application/problem+json\r\nContent-Length: 2\r\n\r\n{}", second) as (address, requests):
        events = Portal("t", address).events()
        assert [next(events) for _ in range(3)] == [
            PeerEvent("reset", None, None, 1),
            PeerEvent("peer_visible", "e-1", SeenPeer("abcdef", "abcdef", "Zöe")),
            PeerEvent("peer_removed", "e-2", SeenPeer("abcdef", "abcdef")),
        ]
    assert b"Last-Event-ID" not in requests[0] and all(b"Last-Event-ID: e-1\r\n" in request for request in requests[1:])
    assert pauses == [0.5, 0.5]


def test_a_stream_that_is_refused_raises() -> None:
    refused = b'HTTP/1.1 401 x\r\nContent-Type: application/problem+json\r\nContent-Length: 24\r\n\r\n{"code":"token_invalid"}'
    with core(refused) as (address, _), pytest.raises(NotAuthorizedError):
        next(Portal("t", address).events())


def test_an_original_that_cannot_be_called_is_nobody_to_call() -> None:
    refused = b'HTTP/1.1 409 x\r\nContent-Type: application/problem+json\r\nContent-Length: 29\r\n\r\n{"code":"original_needs_rsa"}'
    with core(refused) as (address, _), pytest.raises(NoSuchPeerError):
        Portal("t", address).call_peer("abcdef")


def test_the_published_webhook_is_verified() -> None:
    verify_webhook(SECRET, HEADERS, BODY, now=NOW)
    rotated = {**HEADERS, "Webhook-Signature": "v1a,x v1,bm90IGl0 " + HEADERS["Webhook-Signature"]}
    verify_webhook(SECRET, rotated, BODY, now=NOW + 300)


@pytest.mark.parametrize(
    ("headers", "body", "now"),
    [
        (HEADERS, b'{"test": 2432232315}', NOW),
        (HEADERS, BODY, NOW + 301),
        (HEADERS, BODY, NOW - 301),
        ({**HEADERS, "Webhook-Id": "msg_other"}, BODY, NOW),
        ({**HEADERS, "Webhook-Timestamp": "1614265331"}, BODY, NOW),
        ({**HEADERS, "Webhook-Timestamp": "soon"}, BODY, NOW),
        ({**HEADERS, "Webhook-Signature": HEADERS["Webhook-Signature"][3:]}, BODY, NOW),
        ({}, BODY, NOW),
    ],
)
def test_any_other_webhook_is_refused(headers: dict[str, str], body: bytes, now: float) -> None:
    with pytest.raises(WebhookError):
        verify_webhook(SECRET, headers, body, now=now)


def test_an_event_is_read_only_from_a_fresh_webhook() -> None:
    with pytest.raises(WebhookError):
        webhook_event(SECRET, HEADERS, BODY)
