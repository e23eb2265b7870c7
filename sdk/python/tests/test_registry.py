"""Against two live Portals: every request here went through both cores."""

import hashlib
import http.client
import json
import os
import threading
import time
from collections.abc import Callable, Iterator

import pytest

import apps
from conftest import Registry
from peerregistry import BusyError, DeferredCall, DeferredCalls, InvalidCallError, NoSuchPeerError, NotAuthorizedError, NotFoundError, OwnerProfile, PortalError

BEHIND_GATEWAY = ["asgi", "wsgi"]
BEHIND_ASKING_PROXY = ["asgi-asked", "wsgi-asked"]
EVERY = BEHIND_GATEWAY + BEHIND_ASKING_PROXY


def test_the_visible_peers_are_listed_and_found(registry: Registry) -> None:
    portal = registry.portal("asgi")
    peer = portal.peer(registry.peer["short_id"])
    assert (peer.id, peer.name, peer.domain, peer.status) == (registry.peer["id"], "Bob", registry.peer["domain"], "mutual")
    assert peer in portal.peers() and len(portal.peers()) == 2
    assert portal.peers("Bob") == [peer] and portal.peers("Nobody") == []


def test_an_app_hears_where_it_runs_and_what_becomes_of_its_peers(registry: Registry) -> None:
    ours = registry.portal("asgi")
    self = ours.describe_self()
    assert (self.id, self.name, self.app) == (registry.self["id"], registry.self["name"], "asgi")
    assert ours.webhook_secret().startswith("whsec_")
    events = ours.events()
    reset = next(events)
    assert (reset.type, reset.peers) == ("reset", 2)
    seen = [next(events), next(events)]
    assert {event.peer and event.peer.id for event in seen} == {registry.peer["id"], registry.silent}
    assert seen[1].id


@pytest.mark.parametrize("app", EVERY)
@pytest.mark.parametrize("body", [None, b"", "Grüße".encode(), os.urandom(1_000_000)], ids=["none", "empty", "short", "long"])
def test_a_call_arrives_whole_with_the_callers_identity(registry: Registry, app: str, body: bytes | None) -> None:
    answer = registry.portal(app).call_peer(registry.peer["id"], "/peer?x=%2F", "POST", body)
    assert answer.status == 200
    sha256 = hashlib.sha256(body or b"").hexdigest()
    assert answer.json() == {"type": "peer", **registry.self, "length": len(body or b""), "sha256": sha256}
    assert answer.verified == (app in BEHIND_GATEWAY)


@pytest.mark.parametrize("app", BEHIND_GATEWAY)
def test_header_values_are_UTF_8_in_both_directions(registry: Registry, app: str) -> None:
    answer = registry.portal(app).call_peer(registry.peer["id"], "/peer", headers={"X-Greeting": "Grüße 🐚"})
    assert answer.header("x-said") == "Grüße 🐚" and answer.header("x-none") is None


@pytest.mark.parametrize("app", EVERY)
def test_a_body_is_sent_as_it_is_read(registry: Registry, app: str) -> None:
    def pieces() -> Iterator[bytes]:
        yield from (b"a" * 70_000, b"b", b"c" * 70_000)

    answer = registry.portal(app).call_peer(registry.peer["id"], "/peer", "POST", pieces())
    assert answer.json()["length"] == 140_001


@pytest.mark.parametrize("app", BEHIND_ASKING_PROXY)
@pytest.mark.parametrize("length", [1, 1000, 1_000_000])
def test_a_body_that_was_changed_behind_the_core_is_refused(registry: Registry, app: str, length: int) -> None:
    before = list(registry.received[app].bodies)
    with pytest.raises(InvalidCallError) as refused:
        registry.portal(app).call_peer(registry.peer["id"], "/peer/changed", "POST", b"x" * length)
    assert (refused.value.status, refused.value.code) == (400, "digest_mismatch")
    assert registry.received[app].bodies == before


@pytest.mark.parametrize("app", BEHIND_GATEWAY)
def test_an_answer_is_handed_out_while_it_is_still_sent(registry: Registry, app: str) -> None:
    received = registry.received[app]
    received.go_on.clear()
    with registry.portal(app).call_peer(registry.peer["id"], "/peer/slow", stream=True) as answer:
        pieces = iter(answer)
        assert next(pieces) == b"first"
        received.go_on.set()
        assert b"".join(pieces) == b"second"


@pytest.mark.parametrize("app", EVERY)
def test_a_long_answer_is_read_whole_up_to_the_limit(registry: Registry, app: str) -> None:
    assert registry.portal(app).call_peer(registry.peer["id"], "/peer/long").read() == apps.LONG
    with pytest.raises(PortalError) as refused:
        registry.portal(app, max_answer=len(apps.LONG) - 1).call_peer(registry.peer["id"], "/peer/long")
    assert refused.value.code == "answer_too_large"


def test_each_refusal_is_an_exception_with_its_code(registry: Registry) -> None:
    portal, peer = registry.portal("asgi"), registry.peer["id"]
    refusals: list[tuple[type[PortalError], int, str, Callable[[], object]]] = [
        (NoSuchPeerError, 404, "peer_unknown", lambda: portal.call_peer("aaaaaa")),
        (NoSuchPeerError, 404, "peer_unknown", lambda: portal.peer("aaaaaa")),
        (NoSuchPeerError, 409, "peering_not_mutual", lambda: portal.call_peer(registry.silent)),
        (NotAuthorizedError, 403, "forbidden", lambda: portal.call_peer(peer, "/private")),
        (InvalidCallError, 400, "path_ambiguous", lambda: portal.call_peer(peer, "/peer/a%2Fb")),
        (InvalidCallError, 413, "body_too_large", lambda: portal.call_peer(peer, "/peer", "POST", bytes(3_000_001))),
        (InvalidCallError, 413, "body_too_large", lambda: portal.call_peer(peer, "/peer", "POST", iter([bytes(1_000_000)] * 4))),
    ]
    for family, status, code, call in refusals:
        with pytest.raises(family) as refused:
            call()
        assert (refused.value.status, refused.value.code, bool(refused.value.detail)) == (status, code, True)

    with pytest.raises(NotAuthorizedError) as unknown:
        type(portal)("no-token", registry.core).peers()
    assert unknown.value.code == "token_invalid"


@pytest.mark.parametrize("path", ["/../../../protected/proxy-secret", "/a/%2e%2E/../../../protected/proxy-secret", "/..", "/.;/", "/a\\..\\b", "a", "/a#b"])
def test_no_path_leads_from_the_call_to_the_core_itself(registry: Registry, path: str) -> None:
    with pytest.raises(InvalidCallError) as refused:
        registry.portal("asgi").call_peer(registry.peer["id"], path)
    assert (refused.value.status, refused.value.code) == (None, "path_ambiguous")
    for id in ("..", "a/../..", "", "é"):
        with pytest.raises(NoSuchPeerError):
            registry.portal("asgi").call_peer(id, "/peer")


def test_the_core_refuses_such_a_path_itself(registry: Registry) -> None:
    connection = http.client.HTTPConnection(registry.core.removeprefix("http://"))
    token = {"Authorization": f"Bearer {registry.apps['asgi']['token']}"}
    connection.request("GET", f"/internal/call_peer/{registry.peer['id']}/../../../protected/proxy-secret", headers=token)
    assert json.loads(connection.getresponse().read())["code"] == "path_ambiguous"
    connection.close()


def test_a_refusal_for_too_many_calls_is_retried_when_the_core_says(registry: Registry) -> None:
    portal, peer, received = registry.portal("wsgi"), registry.peer["id"], registry.received["wsgi"]
    received.go_on.clear()
    held = [portal.call_peer(peer, "/peer/slow", stream=True) for _ in range(3)]
    for answer in held:
        assert next(iter(answer)) == b"first"
    with pytest.raises(BusyError) as refused:
        registry.portal("wsgi", retries=0).call_peer(peer, "/peer", "POST", b"once")
    assert (refused.value.status, refused.value.code, refused.value.retry_after) == (429, "rate_limited", 1)

    before = len(received.bodies)

    def release() -> None:
        received.go_on.set()
        for answer in held:
            answer.read()

    threading.Timer(0.3, release).start()
    assert portal.call_peer(peer, "/peer", "POST", b"once").status == 200
    assert received.bodies[before:] == [b"once"]


def test_an_app_reads_of_the_owner_what_was_granted_to_it(registry: Registry) -> None:
    granted = registry.portal("asgi")
    assert granted.describe_self().permissions == ["profile", "devices"]
    assert granted.profile() == OwnerProfile(registry.self["name"], has_avatar=False)
    with pytest.raises(NotFoundError) as missing:
        granted.avatar()
    assert missing.value.code == "avatar_unknown"
    (device,) = granted.devices()
    assert device.id and device.name == "Telephone"


def test_an_app_reads_nothing_of_the_owner_that_was_not_granted(registry: Registry) -> None:
    other = registry.portal("asgi-asked")
    assert other.describe_self().permissions == []
    reads: list[Callable[[], object]] = [other.profile, other.avatar, other.devices]
    for read in reads:
        with pytest.raises(NotAuthorizedError) as refused:
            read()
        assert (refused.value.status, refused.value.code) == (403, "permission_not_granted")


def ended(calls: DeferredCalls, id: str) -> DeferredCall:
    """The call, once it does not wait any more."""
    until = time.monotonic() + 20
    while (call := calls.find(id)).state == "waiting":
        assert time.monotonic() < until, call
        time.sleep(0.05)
    return call


@pytest.mark.parametrize("app", EVERY)
def test_a_call_is_delivered_later_and_its_answer_kept(registry: Registry, app: str) -> None:
    calls = registry.portal(app).deferred
    id = calls.send(registry.peer["id"], "/peer?x=1", "POST", "Grüße".encode(), {"X-Greeting": "Ahoy"}, key="card-1")
    call = ended(calls, id)
    assert (call.peer, call.idempotency_key, call.method, call.path) == (registry.peer["id"], "card-1", "POST", "/peer?x=1")
    assert (call.state, call.attempts, call.reason, call.next_attempt_at) == ("delivered", 1, None, None)
    assert call.ended_at and call.accepted_at <= call.ended_at < call.expires_at

    body = calls.answer(id)
    assert json.loads(body) == {"type": "peer", **registry.self, "length": 7, "sha256": hashlib.sha256("Grüße".encode()).hexdigest()}
    assert call.answer and (call.answer.status, call.answer.bytes, call.answer.is_verified) == (200, len(body), app in BEHIND_GATEWAY)
    assert call in calls.list()


@pytest.mark.parametrize("app", BEHIND_GATEWAY)
def test_a_deferred_call_that_the_peer_has_signed_has_a_receipt(registry: Registry, app: str) -> None:
    calls = registry.portal(app).deferred
    id = calls.send(registry.peer["id"], "/peer/signed", "POST", headers={"X-Greeting": "Grüße 🐚"})
    answer = ended(calls, id).answer
    assert answer and [value for name, value in answer.fields if name.lower() == "x-said"] == ["Grüße 🐚"]
    receipt = calls.receipt(id)
    assert (receipt.method, receipt.target_uri, receipt.answer_status) == ("POST", f"https://{app}.{registry.peer['domain']}/peer/signed", 200)
    for fields in (receipt.request, receipt.answer):
        assert {"Signature", "Signature-Input"} <= {name for name, _ in fields}


def test_a_key_belongs_to_one_request(registry: Registry) -> None:
    calls, peer, received = registry.portal("asgi").deferred, registry.peer["id"], registry.received["asgi"]
    before = len(received.bodies)
    id = calls.send(peer, "/peer", "POST", b"first", key="once")
    assert calls.send(peer, "/peer", "POST", b"first", key="once") == id
    with pytest.raises(InvalidCallError) as refused:
        calls.send(peer, "/peer", "POST", b"second", key="once")
    assert (refused.value.status, refused.value.code) == (422, "idempotency_key_reused")
    ended(calls, id)
    assert received.bodies[before:] == [b"first"]


def test_a_call_that_nobody_can_deliver_is_refused_at_once(registry: Registry) -> None:
    calls = registry.portal("asgi").deferred
    before = calls.list()
    for id, status, code in ((registry.silent, 409, "peering_not_mutual"), ("aaaaaa", 404, "peer_unknown")):
        with pytest.raises(NoSuchPeerError) as refused:
            calls.send(id, "/peer", "POST")
        assert (refused.value.status, refused.value.code) == (status, code)
    assert calls.list() == before


def test_of_a_cancelled_call_nothing_is_kept(registry: Registry) -> None:
    calls = registry.portal("asgi").deferred
    id = calls.send(registry.peer["id"], "/peer", "POST")
    calls.cancel(id)
    asked: list[Callable[[str], object]] = [calls.find, calls.answer, calls.receipt, calls.cancel]
    for ask in asked:
        with pytest.raises(NotFoundError) as unknown:
            ask(id)
        assert (unknown.value.status, unknown.value.code) == (404, "call_unknown")


@pytest.mark.parametrize("app", EVERY)
@pytest.mark.parametrize("secret", [None, "", "guessed"])
def test_who_reaches_the_port_itself_is_turned_away(registry: Registry, app: str, secret: str | None) -> None:
    before = list(registry.received[app].bodies)
    connection = http.client.HTTPConnection("127.0.0.1", registry.apps[app]["port"])
    forged = {"X-Ptl-Client-Type": "terminal", "X-Ptl-Client-Id": "forged", "X-Ptl-Body-Verified": "1"}
    connection.request("POST", "/", b"", forged if secret is None else {**forged, "X-Ptl-Proxy-Secret": secret})
    response = connection.getresponse()
    assert (response.status, json.loads(response.read())["code"]) == (403, "not_from_portal")
    assert registry.received[app].bodies == before
    connection.close()


def test_a_WebSocket_to_a_peer_carries_text_and_bytes_in_both_directions(registry: Registry) -> None:
    long = os.urandom(200_000)
    with registry.portal("asgi").connect_peer(registry.peer["id"], "/peer/socket", protocols=["notes", "other"]) as socket:
        assert socket.protocol == "notes"
        assert json.loads(str(socket.receive())) == {"type": "peer", **registry.self}
        messages: list[str | bytes] = ["Grüße 🐚", b"", b"\x00\xff", "x" * 126, long]
        for message in messages:
            socket.send(message)
            assert socket.receive() == message
        socket.send("bye")
        assert list(socket) == []


def test_a_WebSocket_that_is_refused_raises_the_code(registry: Registry) -> None:
    with pytest.raises(NotAuthorizedError) as refused:
        registry.portal("asgi").connect_peer(registry.peer["id"], "/private")
    assert refused.value.code == "forbidden"
    port = registry.apps["asgi"]["port"]
    connection = http.client.HTTPConnection("127.0.0.1", port)
    connection.request("GET", "/peer/socket", headers={"Connection": "Upgrade", "Upgrade": "websocket", "Sec-WebSocket-Version": "13", "Sec-WebSocket-Key": "AAAAAAAAAAAAAAAAAAAAAA=="})
    assert connection.getresponse().status == 403
    connection.close()
