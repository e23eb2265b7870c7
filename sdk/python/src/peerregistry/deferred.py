"""Calls to peers that the core stores and delivers later."""

import builtins
import re
import uuid
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from .core import Core, call_target, refusal
from .errors import NotFoundError

_TIMES = ("accepted_at", "next_attempt_at", "ended_at", "expires_at")


@dataclass(frozen=True)
class DeferredAnswer:
    """The head of a peer's answer. ``DeferredCalls.answer`` returns its body."""

    status: int
    fields: tuple[tuple[str, str], ...]
    """The header fields, as names and values, which are decoded as UTF-8."""
    bytes: int | None
    """The length of the body, or None if none is kept."""
    is_verified: bool
    """Whether the peer's core has signed the answer, so that there is a receipt."""


@dataclass(frozen=True)
class DeferredCall:
    """A call that is delivered later, as the core knows it at this moment."""

    id: str
    peer: str
    """The full ID."""
    idempotency_key: str
    method: str
    path: str
    """Path and query."""
    state: str
    """``waiting``, ``delivered``, ``failed``, or ``cancelled`` by the owner."""
    accepted_at: datetime
    attempts: int
    """Attempts that have ended."""
    next_attempt_at: datetime | None
    """None if it is due, being delivered, or not waiting any more."""
    reason: str | None
    """The code that says why the last attempt failed, or the call; None if nothing has."""
    ended_at: datetime | None
    expires_at: datetime
    """When delivery is given up or, after the end, the call is forgotten."""
    answer: DeferredAnswer | None
    """None as long as there is none, and if the peer has said only that the call was delivered before."""


@dataclass(frozen=True)
class CallReceipt:
    """What the peer's core has signed. With the peer's public key, everybody can verify it (RFC 9421)."""

    method: str
    target_uri: str
    request: tuple[tuple[str, str], ...]
    """The signature fields of the request as it was sent."""
    answer_status: int
    answer: tuple[tuple[str, str], ...]
    """Those of the answer, which are bound to those of the request."""


class DeferredCalls:
    """This app's calls that are delivered later, each known by the id that ``send`` returns. It may be used by several threads."""

    def __init__(self, core: Core) -> None:
        self._core = core

    def send(
        self,
        id: str,
        path: str = "/",
        method: str = "GET",
        body: bytes | None = None,
        headers: Mapping[str, str] | None = None,
        *,
        key: str | None = None,
    ) -> str:
        """Has the core store a request to the same app on a peer's Portal, and returns the id of the call.

        For a key, the core stores a request only once. Therefore it is repeated after 429 or 503 whatever its method, and you may repeat it, too: the id
        stays the same.

        :param path: As in ``Portal.call_peer``.
        :param key: The ``Idempotency-Key``, 1 to 128 visible ASCII characters, which belongs to this request alone. Default: a random one. An app that may
            crash before it has stored the id chooses its own key, such as the id of what it sends, so that it can send the same request again.
        :raises NoSuchPeerError: ``peer_unknown``, ``peering_not_mutual``; the core says so at once.
        :raises InvalidCallError: ``idempotency_key_reused``, if another request had this key.
        """
        deferral = {"Prefer": "respond-async", "Idempotency-Key": key if key is not None else str(uuid.uuid4())}
        with self._core.send(method.upper(), call_target(id, path), body, {**(headers or {}), **deferral}, has_key=True) as answer:
            if answer.status != 202 or "Location" not in answer.headers:
                raise refusal(answer)
            return str(answer.headers["Location"]).rpartition("/")[2]

    def list(self) -> builtins.list[DeferredCall]:
        """All calls, in the order in which they were accepted."""
        return [_call(item) for item in self._core.pages("/protected/calls", "id")]

    def find(self, call: str) -> DeferredCall:
        """One of them.

        :raises NotFoundError: ``call_unknown``
        """
        return _call(self._core.get(_target(call)))

    def answer(self, call: str) -> bytes:
        """The body of the peer's answer, still encoded if the answer has the field ``Content-Encoding``.

        :raises NotFoundError: ``call_unknown``, ``answer_missing``
        """
        return self._core.read(_target(call) + "/answer")

    def receipt(self, call: str) -> CallReceipt:
        """Proof that the request was answered so.

        :raises NotFoundError: ``call_unknown``, ``receipt_missing``
        """
        item = self._core.get(_target(call) + "/receipt")
        return CallReceipt(item["method"], item["target_uri"], _fields(item["request"]), item["answer_status"], _fields(item["answer"]))

    def cancel(self, call: str) -> None:
        """Cancels the call if it waits, and deletes what is kept of it. A request that is just being sent may still arrive.

        :raises NotFoundError: ``call_unknown``
        """
        with self._core.send("DELETE", _target(call), None, {}) as answer:
            if answer.status != 204:
                raise refusal(answer)


def _target(call: str) -> str:
    """The id of a call is only hexadecimal digits and dashes, so that none leads to another path of the core."""
    if not re.fullmatch("[0-9A-Fa-f-]+", call):
        raise NotFoundError("call_unknown", "The id of a call has only hexadecimal digits and dashes.")
    return f"/protected/calls/{call}"


def _call(item: Mapping[str, Any]) -> DeferredCall:
    answer = item["answer"]
    read: dict[str, Any] = {field: item[field] for field in DeferredCall.__dataclass_fields__}
    read |= {field: datetime.fromisoformat(item[field]) for field in _TIMES if item[field] is not None}
    if answer is not None:
        read["answer"] = DeferredAnswer(answer["status"], _fields(answer["fields"]), answer["bytes"], answer["is_verified"])
    return DeferredCall(**read)


def _fields(items: Iterable[Mapping[str, str]]) -> tuple[tuple[str, str], ...]:
    return tuple((item["field"], item["value"]) for item in items)
