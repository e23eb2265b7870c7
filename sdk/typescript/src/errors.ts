/** What a response said about a failure. */
export interface Failure {
  detail?: string | undefined
  status?: number | undefined
  reason?: string | undefined
  retryAfter?: number | undefined
  verified?: boolean
  problem?: Readonly<Record<string, unknown>>
  cause?: unknown
}

/** A call that failed. The subclass says what to do, `code` says what happened. */
export class PortalError extends Error {
  /** Stable, in snake case; `http_404` and the like if the problem had none. */
  readonly code: string
  /** One sentence for people, or undefined. */
  readonly detail: string | undefined
  /** Of the response, or undefined if there was none. */
  readonly status: number | undefined
  /** A second code that says why, or undefined. */
  readonly reason: string | undefined
  /** Seconds, or undefined if the response did not say. */
  readonly retryAfter: number | undefined
  /** Whether the peer's core has signed this problem, so that the peer's app wrote it. */
  readonly verified: boolean
  /** All members of the problem (RFC 9457). */
  readonly problem: Readonly<Record<string, unknown>>

  constructor(code: string, failure: Failure = {}) {
    super(failure.detail ? `${code}: ${failure.detail}` : code, { cause: failure.cause })
    this.name = new.target.name
    this.code = code
    this.detail = failure.detail
    this.status = failure.status
    this.reason = failure.reason
    this.retryAfter = failure.retryAfter
    this.verified = failure.verified ?? false
    this.problem = failure.problem ?? {}
  }
}

/**
 * The token is unknown, or the path is not open to the caller: `not_authenticated`, `token_invalid`, `forbidden`; or the owner has not permitted it:
 * `permission_not_granted`.
 */
export class NotAuthorizedError extends PortalError {}

/** There is nobody to call until an owner acts: `peer_unknown`, `peering_not_mutual`, `app_not_installed`; or never: `original_needs_rsa`. */
export class NoSuchPeerError extends PortalError {}

/** The core does not have what was asked for: `call_unknown`, `answer_missing`, `receipt_missing`, `avatar_unknown`. */
export class NotFoundError extends PortalError {}

/** The call itself is at fault: `path_ambiguous`, `method_invalid`, `body_too_large`, `idempotency_key_reused`, and any other status from 400 to 499. */
export class InvalidCallError extends PortalError {}

/**
 * Try again after `retryAfter` seconds: `rate_limited`, `database_unavailable`, `storage_full`, and `too_many_calls`, for which calls that were delivered later
 * may have to be deleted.
 */
export class BusyError extends PortalError {}

/** The peer gave no valid answer: `peer_unreachable`, `peer_timeout`, `answer_invalid`, `answer_forged`. */
export class PeerFailedError extends PortalError {}

/** An answer or a WebSocket ended before its end, so what came of it counts for nothing. */
export class AnswerBrokenError extends PortalError {}

/** The core itself did not answer: `core_unreachable`. */
export class CoreUnreachableError extends PortalError {}

/** A received body is not the one that the peer signed: `digest_mismatch`. */
export class DigestMismatchError extends PortalError {
  constructor() {
    super('digest_mismatch', { status: 400, detail: 'This is not the body that the peer signed.' })
  }
}

/** Makes an exception of a problem. */
export function problemError(status: number, headers: Headers, body: string): PortalError {
  const problem = parse(body)
  const code = text(problem['code']) ?? `http_${status}`
  return new (family(status, code))(code, {
    status,
    problem,
    detail: text(problem['detail']),
    reason: text(problem['reason']),
    retryAfter: retryAfter(headers),
    verified: headers.get('x-ptl-answer-verified') === '1',
  })
}

/** The seconds of `Retry-After`. Undefined if it is missing, or a date, which the core never sends. */
export function retryAfter(headers: Headers): number | undefined {
  const value = headers.get('retry-after') ?? ''
  return /^[0-9]{1,9}$/.test(value) ? Number(value) : undefined
}

function family(status: number, code: string): typeof PortalError {
  if (['peer_unknown', 'peering_not_mutual', 'app_not_installed', 'original_needs_rsa'].includes(code)) return NoSuchPeerError
  if (['call_unknown', 'answer_missing', 'receipt_missing', 'avatar_unknown'].includes(code)) return NotFoundError
  if (status === 401 || status === 403) return NotAuthorizedError
  if (status === 429 || status === 503 || status === 507) return BusyError
  if (status === 502 || status === 504) return PeerFailedError
  return status >= 400 && status < 500 ? InvalidCallError : PortalError
}

function parse(body: string): Record<string, unknown> {
  try {
    const parsed: unknown = JSON.parse(body)
    return typeof parsed === 'object' && parsed !== null && !Array.isArray(parsed) ? { ...parsed } : {}
  } catch {
    return {}
  }
}

function text(value: unknown): string | undefined {
  return typeof value === 'string' ? value : undefined
}
