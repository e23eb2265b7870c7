"""Asks the core, and calls the same app on the Portals of peers."""

import time
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from .core import Answer, Body, Core, Whole, call_target, checked_id
from .deferred import DeferredCalls
from .errors import AnswerBrokenError, BusyError, CoreUnreachableError
from .events import PeerEvent, parse
from .websocket import PeerSocket


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
    permissions: list[str]
    """What the owner has granted to this app: ``profile``, ``devices``."""


@dataclass(frozen=True)
class OwnerProfile:
    """The owner, to an app with the permission ``profile``."""

    name: str
    has_avatar: bool
    """Whether there is a picture."""


@dataclass(frozen=True)
class OwnerDevice:
    """A device of the owner, to an app with the permission ``devices``."""

    id: str
    """The same as ``Identity.id`` when the device calls this app."""
    name: str
    last_seen_at: datetime | None
    """The hour of its last request, or None if its session has expired."""


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
        self._core = Core(token, core, timeout, retries, max_wait, max_answer)
        self.deferred = DeferredCalls(self._core)
        """Calls that the core stores and delivers later."""

    def peers(self, name: str | None = None) -> list[Peer]:
        """All peers that the owner lets this app see; with ``name``, those of that name."""
        return [_peer(item) for item in self._core.pages("/protected/peers", "short_id", name=name)]

    def peer(self, id: str) -> Peer:
        """One of them, by full or short ID.

        :raises NoSuchPeerError: ``peer_unknown``
        """
        return _peer(self._core.get(f"/protected/peers/{checked_id(id)}"))

    def proxy_secret(self) -> ProxySecret:
        """What identifies the Portal's proxy. It stays the same until the app is removed."""
        answer = self._core.get("/protected/proxy-secret")
        return ProxySecret(str(answer["header"]), str(answer["secret"]))

    def describe_self(self) -> PortalSelf:
        """Where this app runs, and under which name."""
        answer = self._core.get("/protected/self")
        return PortalSelf(**{field: answer[field] for field in PortalSelf.__dataclass_fields__})

    def profile(self) -> OwnerProfile:
        """The owner's name. Needs the permission ``profile``.

        :raises NotAuthorizedError: ``permission_not_granted``
        """
        answer = self._core.get("/protected/profile")
        return OwnerProfile(answer["name"], answer["has_avatar"])

    def avatar(self) -> bytes:
        """The owner's picture, a PNG, JPEG, GIF or WebP file. Needs the permission ``profile``.

        :raises NotAuthorizedError: ``permission_not_granted``
        :raises NotFoundError: ``avatar_unknown``
        """
        return self._core.read("/protected/profile/avatar")

    def devices(self) -> list[OwnerDevice]:
        """All devices of the owner. Needs the permission ``devices``.

        :raises NotAuthorizedError: ``permission_not_granted``
        """
        return [_device(item) for item in self._core.pages("/protected/devices", "id")]

    def webhook_secret(self) -> str:
        """With what the core signs the events that it posts to this app, for ``webhook_event``. It stays the same until the app is removed."""
        return str(self._core.get("/protected/webhook-secret")["secret"])

    def events(self, last_event_id: str | None = None) -> Iterator[PeerEvent]:
        """What becomes of the peers that this app sees, for ever: a stream that ends is opened again, and goes on where it was.

        :param last_event_id: The last ``id`` that you have stored, or None to begin with the present state.
        :raises PortalError: The core refuses, other than because it is busy.
        """
        pause = 2.0
        while True:
            try:
                headers = {"Last-Event-ID": last_event_id} if last_event_id else {}
                with self._core.send("GET", "/protected/events", None, headers) as answer:
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
        answer = self._core.send(method.upper(), call_target(id, path), body, headers or {})
        if stream:
            return answer
        with answer:
            whole = answer.read()
        return Whole(answer, whole)

    def connect_peer(self, id: str, path: str = "/", headers: Mapping[str, str] | None = None, protocols: Iterable[str] = ()) -> PeerSocket:
        """Opens a WebSocket to the same app on a peer's Portal."""
        return self._core.open(call_target(id, path), headers or {}, protocols)


def _peer(item: Mapping[str, Any]) -> Peer:
    fields: dict[str, Any] = {field: item.get(field) for field in Peer.__dataclass_fields__}
    return Peer(**fields)


def _device(item: Mapping[str, Any]) -> OwnerDevice:
    seen = item["last_seen_at"]
    return OwnerDevice(item["id"], item["name"], None if seen is None else datetime.fromisoformat(seen))
