"""Calls peers through a Portal's core, and checks what arrives from it. See README.md."""

from .client import Peer, Portal, PortalSelf, ProxySecret
from .core import Answer
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
from .events import PeerEvent, SeenPeer, WebhookError, verify_webhook, webhook_event
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
    "PeerEvent",
    "PeerFailedError",
    "PeerSocket",
    "Portal",
    "PortalError",
    "PortalSelf",
    "ProxySecret",
    "SeenPeer",
    "WebhookError",
    "from_header",
    "identity",
    "to_header",
    "verify_webhook",
    "webhook_event",
]
