"""What becomes of the peers that this app sees: streamed, or posted to the app as Standard Webhooks."""

import base64
import hashlib
import hmac
import json
import time
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class SeenPeer:
    """A peer as an event tells of it. Of one that was removed only the IDs are told."""

    id: str
    short_id: str
    name: str | None = None
    domain: str | None = None
    status: str | None = None
    is_reachable: bool | None = None


@dataclass(frozen=True)
class PeerEvent:
    """Something that happened to a peer that this app sees."""

    type: str
    """Such as ``peer_renamed``. After ``reset`` the present state follows, so forget what you know."""
    id: str | None
    """Of the stream, to go on from: None where it cannot be gone on from. Of a webhook, the same in every attempt."""
    peer: SeenPeer | None
    """None with ``reset``."""
    peers: int | None = None
    """With ``reset``, how many ``peer_visible`` follow; else None."""


class WebhookError(Exception):
    """A request that the core has not signed, or that is too old. Answer it with 401."""


def webhook_event(secret: str, headers: Mapping[str, str], body: bytes) -> PeerEvent:
    """The event in a request to the path that ``webhook`` in ``app_meta.json`` names.

    :param secret: See ``Portal.webhook_secret``.
    :raises WebhookError: The core has not signed it, or it is older than five minutes.
    """
    verify_webhook(secret, headers, body)
    message = json.loads(body)
    return PeerEvent(message["type"], _header(headers, "webhook-id"), _peer(message["data"]))


def verify_webhook(secret: str, headers: Mapping[str, str], body: bytes, *, tolerance: float = 300, now: float | None = None) -> None:
    """Verifies a signature of Standard Webhooks 1.0, by whomever.

    :param secret: ``whsec_`` and base64.
    :param headers: In any case.
    :param tolerance: Seconds that the time of the attempt may lie in the past or in the future.
    :param now: Unix time. Default: the clock.
    :raises WebhookError: The signature is not right, or the time is too far away.
    """
    id, timestamp = _header(headers, "webhook-id"), _header(headers, "webhook-timestamp")
    if not (timestamp.isascii() and timestamp.isdigit()) or abs((time.time() if now is None else now) - int(timestamp)) > tolerance:
        raise WebhookError("The time of the webhook is missing or too far away.")
    key = base64.b64decode(secret.removeprefix("whsec_"), validate=True)
    expected = base64.b64encode(hmac.digest(key, f"{id}.{timestamp}.".encode() + body, hashlib.sha256))
    sent = [each.removeprefix("v1,").encode() for each in _header(headers, "webhook-signature").split(" ") if each.startswith("v1,")]
    if not any([hmac.compare_digest(expected, each) for each in sent]):
        raise WebhookError("The signature of the webhook is not right.")


def parse(pieces: Iterable[bytes]) -> Iterator[PeerEvent | float]:
    """The events of a stream of Server-Sent Events, and the seconds to wait before coming back where it says so."""
    fields: dict[str, str] = {}
    for line in _lines(pieces):
        name, _, value = line.partition(": ")
        if line and name == "retry" and value.isdigit():
            yield int(value) / 1000
        elif line:
            fields[name] = value
        else:
            if "event" in fields:
                yield _event(fields)
            fields = {}


def _event(fields: Mapping[str, str]) -> PeerEvent:
    data = json.loads(fields["data"])
    if fields["event"] == "reset":
        return PeerEvent("reset", fields.get("id"), None, int(data["peers"]))
    return PeerEvent(fields["event"], fields.get("id"), _peer(data))


def _peer(data: Mapping[str, Any]) -> SeenPeer:
    fields: dict[str, Any] = {field: data.get(field) for field in SeenPeer.__dataclass_fields__}
    return SeenPeer(**fields)


def _lines(pieces: Iterable[bytes]) -> Iterator[str]:
    rest = b""
    for piece in pieces:
        *lines, rest = (rest + piece).split(b"\n")
        for line in lines:
            yield line.decode()


def _header(headers: Mapping[str, str], name: str) -> str:
    return next((value for key, value in headers.items() if key.lower() == name), "")
