"""What the ASGI and the WSGI middleware have in common: is this the Portal's proxy, who calls, and is this the body that was signed?"""

import base64
import hashlib
import hmac
import json
import threading
from dataclasses import dataclass
from typing import Any, Literal, cast

from .client import Portal, ProxySecret
from .errors import DigestMismatchError, PortalError

KEY = "peerregistry.identity"
"""Where the identity is found, in the ASGI scope or the WSGI environ."""

ClientType = Literal["terminal", "peer", "anonymous"]


@dataclass(frozen=True)
class Identity:
    """Who sent a request, as the core says."""

    type: ClientType
    """``terminal`` is a device of the owner."""
    id: str
    """Of the device, or the peer's full ID; empty if anonymous. Compare this, not the name."""
    name: str
    """As the owner sees it. Names change, and two peers may have the same."""


def identity(request: Any) -> Identity:
    """Who sent a request: an ASGI scope, a WSGI environ, or an object that has one of them as ``scope`` or ``environ``."""
    scope = getattr(request, "scope", None) or getattr(request, "environ", None) or request
    return cast(Identity, scope[KEY])


def read_identity(type: str, id: str, name: str) -> Identity:
    return Identity(cast(ClientType, type), id, name) if type in ("terminal", "peer") else Identity("anonymous", "", "")


@dataclass(frozen=True)
class Refusal:
    """An answer of the middleware itself."""

    status: int
    code: str
    detail: str

    @property
    def body(self) -> bytes:
        return json.dumps({"status": self.status, "code": self.code, "detail": self.detail}).encode()


NOT_FROM_PORTAL = Refusal(403, "not_from_portal", "This request did not come through the Portal.")
SECRET_UNKNOWN = Refusal(503, "core_unreachable", "The Portal's core did not say how to recognize its proxy. Try again later.")
NOT_SIGNED = Refusal(400, "digest_mismatch", "This is not the body that the peer signed.")


class Door:
    """Compares the proxy's secret, which it asks of the core once."""

    def __init__(self, portal: Portal) -> None:
        self._portal = portal
        self._lock = threading.Lock()
        self._known: ProxySecret | None = None

    def secret(self) -> ProxySecret | None:
        """Blocks until the core has answered, the first time. None if it did not."""
        if self._known is None:
            with self._lock:
                try:
                    self._known = self._known or self._portal.proxy_secret()
                except PortalError:
                    return None
        return self._known

    @property
    def is_known(self) -> bool:
        return self._known is not None


def same_secret(sent: list[bytes], secret: ProxySecret) -> bool:
    return len(sent) == 1 and hmac.compare_digest(sent[0], secret.secret.encode())


class BodyDigest:
    """Compares a body with its ``Content-Digest`` while it passes. Whoever uses it withholds the last piece until ``verify`` has returned."""

    def __init__(self, content_digest: str) -> None:
        self._expected = _sha256(content_digest)
        self._hash = hashlib.sha256()

    def add(self, piece: bytes) -> None:
        self._hash.update(piece)

    def verify(self) -> None:
        """
        :raises DigestMismatchError: the body is another one, or nothing was signed
        """
        if self._expected is None or not hmac.compare_digest(self._hash.digest(), self._expected):
            raise DigestMismatchError(NOT_SIGNED.code, NOT_SIGNED.detail)


def _sha256(content_digest: str) -> bytes | None:
    for member in content_digest.split(","):
        name, _, value = member.strip().partition("=")
        if name == "sha-256" and len(value) == 46 and value[0] == value[-1] == ":":
            try:
                return base64.b64decode(value[1:-1], validate=True)
            except ValueError:
                return None
    return None
