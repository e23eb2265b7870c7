"""Calls peers through a Portal's core, and checks what arrives from it. See README.md."""

from .client import Answer, Peer, Portal, ProxySecret
from .errors import (
    AnswerBrokenError,
    BusyError,
    CoreUnreachableError,
    DigestMismatchError,
    InvalidCallError,
    NoSuchPeerError,
    NotAuthorizedError,
    PeerFailedError,
    PortalError,
)
from .names import from_header, to_header
from .receiving import Identity, identity
from .websocket import PeerSocket

__all__ = [
    "Answer",
    "AnswerBrokenError",
    "BusyError",
    "CoreUnreachableError",
    "DigestMismatchError",
    "Identity",
    "InvalidCallError",
    "NoSuchPeerError",
    "NotAuthorizedError",
    "Peer",
    "PeerFailedError",
    "PeerSocket",
    "Portal",
    "PortalError",
    "ProxySecret",
    "from_header",
    "identity",
    "to_header",
]
