"""The exceptions of this package: one class for each family of codes, by what an app can do about it."""

import json
from collections.abc import Mapping
from email.message import Message
from typing import Any


class PortalError(Exception):
    """A call that failed. The subclass says what to do, ``code`` says what happened."""

    def __init__(
        self,
        code: str,
        detail: str | None = None,
        *,
        status: int | None = None,
        reason: str | None = None,
        retry_after: int | None = None,
        verified: bool = False,
        problem: Mapping[str, Any] | None = None,
    ) -> None:
        super().__init__(f"{code}: {detail}" if detail else code)
        self.code = code
        """Stable, in snake case; ``http_404`` and the like if the problem had none."""
        self.detail = detail
        """One sentence for people, or None."""
        self.status = status
        """Of the response, or None if there was none."""
        self.reason = reason
        """A second code that says why, or None."""
        self.retry_after = retry_after
        """Seconds, or None if the response did not say."""
        self.verified = verified
        """Whether the peer's core has signed this problem, so that the peer's app wrote it."""
        self.problem = problem or {}
        """All members of the problem (RFC 9457)."""


class NotAuthorizedError(PortalError):
    """The token is unknown, or the path is not open to the caller: ``not_authenticated``, ``token_invalid``, ``forbidden``;
    or the owner has not permitted it: ``permission_not_granted``."""


class NoSuchPeerError(PortalError):
    """There is nobody to call until an owner acts: ``peer_unknown``, ``peering_not_mutual``, ``app_not_installed``,
    or never: ``original_needs_rsa``."""


class NotFoundError(PortalError):
    """The core does not have what was asked for: ``call_unknown``, ``answer_missing``, ``receipt_missing``, ``avatar_unknown``."""


class InvalidCallError(PortalError):
    """The call itself is at fault: ``path_ambiguous``, ``method_invalid``, ``body_too_large``, ``idempotency_key_reused``, and any other status from
    400 to 499."""


class BusyError(PortalError):
    """Try again after ``retry_after`` seconds: ``rate_limited``, ``database_unavailable``, ``storage_full``, and ``too_many_calls``, for which calls
    that were delivered later may have to be deleted."""


class PeerFailedError(PortalError):
    """The peer gave no valid answer: ``peer_unreachable``, ``peer_timeout``, ``answer_invalid``, ``answer_forged``."""


class AnswerBrokenError(PortalError):
    """The answer ended before its end, or is larger than accepted, so what was read of it counts for nothing."""


class CoreUnreachableError(PortalError):
    """The core itself did not answer: ``core_unreachable``."""


class DigestMismatchError(PortalError):
    """A received body is not the one that the peer signed: ``digest_mismatch``."""


_NO_SUCH_PEER = {"peer_unknown", "peering_not_mutual", "app_not_installed", "original_needs_rsa"}
_NOT_FOUND = {"call_unknown", "answer_missing", "receipt_missing", "avatar_unknown"}


def of_response(status: int, headers: Message, body: bytes) -> PortalError:
    """Makes an exception of a problem."""
    try:
        parsed = json.loads(body)
    except ValueError:
        parsed = None
    problem: dict[str, Any] = parsed if isinstance(parsed, dict) else {}
    code = _text(problem.get("code")) or f"http_{status}"
    return _family(status, code)(
        code,
        _text(problem.get("detail")),
        status=status,
        reason=_text(problem.get("reason")),
        retry_after=retry_after(headers),
        verified=headers.get("X-Ptl-Answer-Verified") == "1",
        problem=problem,
    )


def retry_after(headers: Message) -> int | None:
    """The seconds of ``Retry-After``. None if it is missing, or a date, which the core never sends."""
    value = str(headers.get("Retry-After", ""))
    return int(value) if value.isascii() and value.isdigit() and len(value) < 10 else None


def _family(status: int, code: str) -> type[PortalError]:
    if code in _NO_SUCH_PEER:
        return NoSuchPeerError
    if code in _NOT_FOUND:
        return NotFoundError
    if status in (401, 403):
        return NotAuthorizedError
    if status in (429, 503, 507):
        return BusyError
    if status in (502, 504):
        return PeerFailedError
    return InvalidCallError if 400 <= status < 500 else PortalError


def _text(value: object) -> str | None:
    return value if isinstance(value, str) else None
