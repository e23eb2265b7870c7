import { callTarget, type Core, type Ok, refusal, utf8Headers } from './core.js'
import { NotFoundError } from './errors.js'
import { toHeader } from './names.js'

/** A call that is delivered later, as the core knows it at this moment. */
export type DeferredCall = Ok<'/protected/calls/{call}'>

/** What the peer's core has signed. With the peer's public key, everybody can verify it (RFC 9421). */
export type CallReceipt = Ok<'/protected/calls/{call}/receipt'>

/** What `fetch` takes, without a stream, which is read only once, and `FormData`, whose bytes differ each time. */
export interface DeferredInit extends Omit<RequestInit, 'body'> {
  body?: Exclude<BodyInit, ReadableStream | FormData> | null
  /**
   * The `Idempotency-Key`, 1 to 128 visible ASCII characters, which belongs to this request alone. Default: a random one. An app that may crash before it has
   * stored the id chooses its own key, such as the id of what it sends, so that it can send the same request again.
   */
  key?: string
}

/** This app's calls that are delivered later, each known by the id that `send` returns. */
export class DeferredCalls {
  readonly #core: Core

  constructor(core: Core) {
    this.#core = core
  }

  /**
   * Has the core store a request to the same app on a peer's Portal, and returns the id of the call. That the peer is unknown or not mutual is thrown at once.
   * For a key, the core stores a request only once. Therefore it is repeated after 429 or 503 whatever its method, and you may repeat it, too: the id stays the
   * same. Throws `idempotency_key_reused` if another request had this key.
   *
   * @param path As in `Portal.callPeer`.
   */
  async send(id: string, path = '/', { key, ...init }: DeferredInit = {}): Promise<string> {
    const headers = utf8Headers(init.headers)
    headers.set('prefer', 'respond-async')
    headers.set('idempotency-key', toHeader(key ?? (await randomKey())))
    const answer = await this.#core.send(callTarget(id, path), { ...init, headers }, true)
    const location = answer.headers.get('location')
    if (answer.status !== 202 || location === null) throw await refusal(answer)
    return location.slice(location.lastIndexOf('/') + 1)
  }

  /** All calls, in the order in which they were accepted. */
  async list(): Promise<DeferredCall[]> {
    return await this.#core.pages<DeferredCall>('/protected/calls', 'id')
  }

  /** One of them. Throws `call_unknown`. */
  async find(call: string): Promise<DeferredCall> {
    return (await this.#core.get(target(call))) as DeferredCall
  }

  /** The body of the peer's answer, with its type; status and header fields are those of the call. Throws `call_unknown` and `answer_missing`. */
  async answer(call: string): Promise<Response> {
    return await this.#core.read(`${target(call)}/answer`)
  }

  /** Proof that the request was answered so. Throws `call_unknown` and `receipt_missing`. */
  async receipt(call: string): Promise<CallReceipt> {
    return (await this.#core.get(`${target(call)}/receipt`)) as CallReceipt
  }

  /** Cancels the call if it waits, and deletes what is kept of it. A request that is just being sent may still arrive. Throws `call_unknown`. */
  async cancel(call: string): Promise<void> {
    const answer = await this.#core.send(target(call), { method: 'DELETE' })
    if (answer.status !== 204) throw await refusal(answer)
  }
}

/** Node 18 has no global `crypto`. */
async function randomKey(): Promise<string> {
  return (globalThis.crypto ?? (await import('node:crypto'))).randomUUID()
}

/** The id of a call is only hexadecimal digits and dashes, so that none leads to another path of the core. */
function target(call: string): string {
  if (!/^[0-9A-Fa-f-]+$/.test(call)) throw new NotFoundError('call_unknown', { detail: 'The id of a call has only hexadecimal digits and dashes.' })
  return `/protected/calls/${call}`
}
