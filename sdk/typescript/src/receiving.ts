import { createHash, timingSafeEqual } from 'node:crypto'
import { Portal, type ProxySecret } from './client.js'
import { fromHeader } from './names.js'

/** Who sent a request, as the core says. */
export interface Identity {
  /** `terminal` is a device of the owner. */
  readonly type: 'terminal' | 'peer' | 'anonymous'
  /** Of the device, or the peer's full ID; empty if anonymous. Compare this, not the name. */
  readonly id: string
  /** As the owner sees it. Names change, and two peers may have the same. */
  readonly name: string
}

export interface ReceiveOptions {
  /** Is asked for the proxy's secret once. Default: `new Portal()`. */
  portal?: Portal
  /** False only where nothing but the Portal's proxy can reach the app. Default true. */
  checkProxy?: boolean
}

/** An answer of the middleware itself. */
export interface Refusal {
  readonly status: 400 | 403 | 503
  readonly headers: Readonly<Record<string, string>>
  readonly body: string
}

/** The value of a header by its name in lower case. */
export type ReadHeader = (name: string) => string | undefined

const notFromPortal = refusal(403, 'not_from_portal', 'This request did not come through the Portal.')
const secretUnknown = refusal(503, 'core_unreachable', "The Portal's core did not say how to recognize its proxy. Try again later.")
export const notSigned = refusal(400, 'digest_mismatch', 'This is not the body that the peer signed.')

const identities = new WeakMap<object, Identity>()

/** Who sent a request. Express: of `req`. Hono: of `c`. */
export function identity(request: object): Identity {
  const known = identities.get(request)
  if (!known) throw new Error('This request did not pass through fromPortal().')
  return known
}

/** Is this the Portal's proxy, and who calls? */
export class Door {
  readonly #portal: Portal | undefined
  #secret: Promise<ProxySecret> | undefined

  constructor(options: ReceiveOptions) {
    this.#portal = options.checkProxy === false ? undefined : (options.portal ?? new Portal())
  }

  /** Says who calls from then on, unless it returns a refusal. */
  async refuse(request: object, header: ReadHeader): Promise<Refusal | undefined> {
    if (this.#portal) {
      const secret = await this.#ask(this.#portal)
      if (!secret) return secretUnknown
      if (!timingSafeEqual(sha256(header(secret.header.toLowerCase()) ?? ''), sha256(secret.secret))) return notFromPortal
    }
    identities.set(request, readIdentity(header))
    return undefined
  }

  async #ask(portal: Portal): Promise<ProxySecret | undefined> {
    try {
      return await (this.#secret ??= portal.proxySecret())
    } catch {
      this.#secret = undefined
      return undefined
    }
  }
}

function readIdentity(header: ReadHeader): Identity {
  const [type, id, name] = ['type', 'id', 'name'].map((each) => fromHeader(header(`x-ptl-client-${each}`) ?? '')) as [string, string, string]
  return type === 'terminal' || type === 'peer' ? { type, id, name } : { type: 'anonymous', id: '', name: '' }
}

/** Compares a body with its `Content-Digest` while it passes. Whoever uses it withholds the last piece until `verify` has said yes. */
export class BodyDigest {
  readonly #expected: string | undefined
  readonly #hash = createHash('sha256')

  /** @returns Undefined if there is nothing to compare: the caller is no peer, or the core has compared. */
  static of(header: ReadHeader): BodyDigest | undefined {
    return header('x-ptl-client-type') === 'peer' && header('x-ptl-body-verified') !== '1' ? new BodyDigest(header('content-digest') ?? '') : undefined
  }

  private constructor(contentDigest: string) {
    const member = contentDigest.split(',').find((each) => each.trim().startsWith('sha-256='))
    this.#expected = member?.trim().slice('sha-256='.length)
  }

  add(piece: Uint8Array): void {
    this.#hash.update(piece)
  }

  verify(): boolean {
    return this.#expected === `:${this.#hash.digest('base64')}:`
  }
}

function sha256(text: string): Uint8Array {
  return createHash('sha256').update(text).digest()
}

function refusal(status: Refusal['status'], code: string, detail: string): Refusal {
  const headers = { 'content-type': 'application/problem+json', ...(status === 503 && { 'retry-after': '5' }) }
  return { status, headers, body: JSON.stringify({ status, code, detail }) }
}
