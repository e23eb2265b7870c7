import { AnswerBrokenError, BusyError, CoreUnreachableError, InvalidCallError, NoSuchPeerError, PortalError, problemError, retryAfter } from './errors.js'
import { parseEvents, type PeerEvent } from './events.js'
import { toHeader } from './names.js'
import type { paths } from './openapi.js'
import type { PeerSocket, SocketOptions } from './websocket.js'

type Ok<Path extends keyof paths> = paths[Path] extends { get: { responses: { 200: { content: { 'application/json': infer Body } } } } } ? Body : never

/** A peer that the owner lets this app see. Calls can succeed if `status` is `mutual`. */
export type Peer = Ok<'/protected/peers/{id}'>

/** What the Portal's proxy sends with every request to this app. */
export type ProxySecret = Ok<'/protected/proxy-secret'>

/** Where this app runs, and how the owner chooses the peers that it sees. */
export type PortalSelf = Ok<'/protected/self'>

export interface PortalOptions {
  /** Default: `PORTAL_APP_TOKEN`; without either, the core knows the app by its container. */
  token?: string
  /** The core's address. Default: `PORTAL_CORE_URL`, else `http://portal_core`. */
  core?: string
  /** How often a call is repeated after 429 or 503 with `Retry-After`, if that cannot do it twice. Default 2. */
  retries?: number
  /** Seconds that all pauses of one call may take together; a longer `Retry-After` throws at once. Default 30. */
  maxWait?: number
  /** Bytes of a message of a WebSocket. Default 16 MiB. */
  maxMessage?: number
}

const idempotent = ['GET', 'HEAD', 'OPTIONS', 'PUT', 'DELETE', 'TRACE']
const notSent = ['rate_limited', 'database_unavailable']
const maxProblem = 64 << 10

/** The core of the Portal that this app belongs to. */
export class Portal {
  readonly #core: URL
  readonly #token: string | undefined
  readonly #retries: number
  readonly #maxWait: number
  readonly #maxMessage: number

  constructor(options: PortalOptions = {}) {
    const environment = globalThis.process?.env ?? {}
    this.#core = new URL(options.core ?? (environment['PORTAL_CORE_URL'] || 'http://portal_core'))
    if (!/^https?:$/.test(this.#core.protocol)) throw new TypeError('The address of the core has the form http://host:port.')
    this.#token = options.token ?? (environment['PORTAL_APP_TOKEN'] || undefined)
    this.#retries = options.retries ?? 2
    this.#maxWait = options.maxWait ?? 30
    this.#maxMessage = options.maxMessage ?? 16 << 20
  }

  /** All peers that the owner lets this app see; with `name`, those of that name. */
  async peers(name?: string): Promise<Peer[]> {
    const found: Peer[] = []
    for (let after: string | undefined; ; after = found.at(-1)!.short_id) {
      const query = new URLSearchParams({ limit: '1000', ...(name !== undefined && { name }), ...(after !== undefined && { after }) })
      const page = (await this.#get(`/protected/peers?${query}`)) as Peer[]
      found.push(...page)
      if (page.length < 1000) return found
    }
  }

  /** One of them, by full or short ID. Throws `peer_unknown`. */
  async peer(id: string): Promise<Peer> {
    return (await this.#get(`/protected/peers/${checkedId(id)}`)) as Peer
  }

  /** What identifies the Portal's proxy. It stays the same until the app is removed. */
  async proxySecret(): Promise<ProxySecret> {
    return (await this.#get('/protected/proxy-secret')) as ProxySecret
  }

  /** Where this app runs, and under which name. */
  async describeSelf(): Promise<PortalSelf> {
    return (await this.#get('/protected/self')) as PortalSelf
  }

  /** With what the core signs the events that it posts to this app, for `webhookEvent`. It stays the same until the app is removed. */
  async webhookSecret(): Promise<string> {
    return ((await this.#get('/protected/webhook-secret')) as Ok<'/protected/webhook-secret'>).secret
  }

  /**
   * What becomes of the peers that this app sees, for ever: a stream that ends is opened again, and goes on where it was. Throws if the core refuses, other
   * than because it is busy, and when `signal` says so.
   *
   * @param options `lastEventId` is the last `id` that you have stored; without it, the present state comes first.
   */
  async *events(options: { lastEventId?: string; signal?: AbortSignal } = {}): AsyncGenerator<PeerEvent, never> {
    let last = options.lastEventId
    for (let pause = 2000; ; await sleep(pause / 1000, options.signal)) {
      try {
        const answer = await this.#send('/protected/events', { headers: last ? { 'last-event-id': last } : {}, signal: options.signal ?? null })
        if (answer.status !== 200) throw problemError(answer.status, answer.headers, await start(answer))
        for await (const event of parseEvents(answer.body!)) {
          if (typeof event === 'number') pause = event
          else {
            yield event
            last = event.id ?? last
          }
        }
      } catch (error) {
        options.signal?.throwIfAborted()
        if (error instanceof PortalError && !(error instanceof BusyError || error instanceof CoreUnreachableError || error instanceof AnswerBrokenError)) throw error
      }
    }
  }

  /**
   * Sends a request to the same app on a peer's Portal, signed by the core. It takes what `fetch` takes, and returns what it returns, for any answer
   * but a problem of the core or the peer, which it throws. Header values may be any text, and are sent as UTF-8.
   *
   * @param path Path and query. Text from others belongs into it only encoded, with `encodeURIComponent`.
   */
  async callPeer(id: string, path = '/', init: RequestInit = {}): Promise<Response> {
    return await this.#send(callTarget(id, path), init)
  }

  /** Opens a WebSocket to the same app on a peer's Portal. On Node and what offers its `node:http`. */
  async connectPeer(id: string, path = '/', options: SocketOptions = {}): Promise<PeerSocket> {
    const { openSocket } = await import('./websocket.js') // so that the rest needs nothing of Node
    const headers = this.#headers(options.headers)
    return await openSocket(new URL(callTarget(id, path), this.#core), headers, options, this.#maxMessage)
  }

  async #get(target: string): Promise<unknown> {
    const answer = await this.#send(target, {})
    if (answer.status !== 200) throw problemError(answer.status, answer.headers, await start(answer))
    return await answer.json()
  }

  async #send(target: string, init: RequestInit): Promise<Response> {
    const method = (init.method ?? 'GET').toUpperCase()
    const repeatable = !(init.body instanceof ReadableStream) && !(typeof init.body === 'object' && init.body !== null && Symbol.asyncIterator in init.body)
    let waited = 0
    for (let attempt = 0; ; attempt++) {
      const answer = await this.#attempt(target, { ...init, method }, repeatable)
      const isProblem = answer.status >= 400 && /^application\/problem\+json\s*(;|$)/i.test(answer.headers.get('content-type') ?? '')
      const error = isProblem ? problemError(answer.status, answer.headers, await start(answer)) : undefined
      const pause = retryAfter(answer.headers)
      const mayRepeat = (answer.status === 429 || answer.status === 503) && repeatable && (idempotent.includes(method) || isUnsent(error))
      if (!mayRepeat || pause === undefined || attempt >= this.#retries || waited + pause > this.#maxWait) {
        if (error) throw error
        return endKnown(answer)
      }

      await answer.body?.cancel().catch(() => {})
      waited += pause
      await sleep(pause, init.signal)
    }
  }

  async #attempt(target: string, init: RequestInit, repeatable: boolean): Promise<Response> {
    const request = new Request(new URL(target, this.#core), {
      ...init,
      headers: this.#headers(init.headers),
      redirect: 'manual', // the peer's app's own business
      ...(!repeatable && { duplex: 'half' }),
    })
    try {
      return await fetch(request)
    } catch (cause) {
      if (init.signal?.aborted) throw cause
      throw new CoreUnreachableError('core_unreachable', { detail: cause instanceof Error ? cause.message : String(cause), cause })
    }
  }

  #headers(given: RequestInit['headers']): Headers {
    const entries: Iterable<readonly [string, string]> =
      given instanceof Headers ? given : Array.from(given && Symbol.iterator in given ? given : Object.entries(given ?? {}), ([name, value]) => [name!, toHeader(value!)])
    const headers = new Headers()
    for (const [name, value] of entries) headers.append(name, value)
    if (this.#token) headers.set('proxy-authorization', `Bearer ${this.#token}`) // Authorization is for the peer
    return headers
  }
}

/** Whether the peer's core has signed status and body of an answer. It holds for the whole body, once that has been read. */
export function isVerified(answer: Response): boolean {
  return answer.headers.get('x-ptl-answer-verified') === '1'
}

function isUnsent(error: PortalError | undefined): boolean {
  return error !== undefined && notSent.includes(error.code) && !error.verified
}

/** An ID is only letters and digits, so that none leads to another path of the core. */
function checkedId(id: string): string {
  if (!/^[0-9A-Za-z]+$/.test(id)) throw new NoSuchPeerError('peer_unknown', { detail: 'An ID has only letters and digits.' })
  return id
}

/** Refuses what would leave `/internal/call_peer/{id}/`: with this app's token, that would be a request to the core itself. */
function callTarget(id: string, path: string): string {
  const prefix = `/internal/call_peer/${checkedId(id)}`
  const encoded = path.replace(/[\x00-\x20]/g, encodeURIComponent) // URL would remove some of them
  const [onlyPath] = encoded.split('?', 1)
  if (!encoded.startsWith('/')) throw new InvalidCallError('path_ambiguous', { detail: 'A path begins with /.' })
  if (/#/.test(encoded) || /\\|(\/|%2f|%5c)(\.|%2e){1,2}([/;]|%2f|%5c|$)/i.test(onlyPath!))
    throw new InvalidCallError('path_ambiguous', { detail: 'A path has no segments of dots, no backslash and no fragment.' })
  return prefix + encoded
}

/**
 * Node's `fetch` takes the end of a connection for the end of a chunked body if the answer says `Connection: close`, as one does that begins while the core
 * shuts down. Such a body ends with an error, because nobody can tell whether it is whole.
 */
function endKnown(answer: Response): Response {
  const { headers, status, statusText } = answer
  if (!answer.body || !/close/i.test(headers.get('connection') ?? '') || !/chunked/i.test(headers.get('transfer-encoding') ?? '')) return answer
  const body = answer.body.pipeThrough(
    new TransformStream<Uint8Array, Uint8Array>({
      flush: (controller) => controller.error(new AnswerBrokenError('answer_broken', { detail: 'The core has closed the connection, perhaps before the end of the answer.' })),
    }),
  )
  return new Response(body, { headers, status, statusText })
}

/** A problem is short; of anything longer nothing is needed. */
async function start(answer: Response): Promise<string> {
  const decoder = new TextDecoder()
  let [body, length] = ['', 0]
  const reader = answer.body?.getReader()
  for (let piece = await reader?.read(); piece && !piece.done; piece = await reader?.read()) {
    body += decoder.decode(piece.value, { stream: true })
    length += piece.value.length
    if (length > maxProblem) {
      await reader?.cancel().catch(() => {})
      return ''
    }
  }
  return body
}

async function sleep(seconds: number, signal: AbortSignal | null | undefined): Promise<void> {
  await new Promise<void>((resolve, reject) => {
    const stop = (): void => {
      clearTimeout(timer)
      reject(signal!.reason)
    }
    const timer = setTimeout(() => {
      signal?.removeEventListener('abort', stop)
      resolve()
    }, seconds * 1000)
    signal?.addEventListener('abort', stop, { once: true })
  })
}
