"""Calls peers through a Portal's core, and checks what arrives from it. See README.md."""

from .client import OwnerDevice, OwnerProfile, Peer, Portal, PortalSelf, ProxySecret
from .core import Answer
from .deferred import CallReceipt, DeferredAnswer, DeferredCall, DeferredCalls
from .errors import (
    AnswerBrokenError,
    BusyError,
    CoreUnreachableError,
    DigestMismatchError,
    InvalidCallError,
    NoSuchPeerError,
    NotAuthorizedError,
    NotFoundError,
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
    "CallReceipt",
    "CoreUnreachableError",
    "DeferredAnswer",
    "DeferredCall",
    "DeferredCalls",
    "DigestMismatchError",
    "Identity",
    "InvalidCallError",
    "NoSuchPeerError",
    "NotAuthorizedError",
    "NotFoundError",
    "OwnerDevice",
    "OwnerProfile",
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
