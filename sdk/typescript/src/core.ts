import { AnswerBrokenError, CoreUnreachableError, InvalidCallError, NoSuchPeerError, PortalError, problemError, retryAfter } from './errors.js'
import { toHeader } from './names.js'
import type { paths } from './openapi.js'
import type { PeerSocket, SocketOptions } from './websocket.js'

/** What the core answers a `GET` with. */
export type Ok<Path extends keyof paths> = paths[Path] extends { get: { responses: { 200: { content: { 'application/json': infer Body } } } } } ? Body : never

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

/** The connection to the core: requests, answers, and when one is repeated. */
export class Core {
  readonly #address: URL
  readonly #token: string | undefined
  readonly #retries: number
  readonly #maxWait: number
  readonly #maxMessage: number

  constructor(options: PortalOptions = {}) {
    const environment = globalThis.process?.env ?? {}
    this.#address = new URL(options.core ?? (environment['PORTAL_CORE_URL'] || 'http://portal_core'))
    if (!/^https?:$/.test(this.#address.protocol)) throw new TypeError('The address of the core has the form http://host:port.')
    this.#token = options.token ?? (environment['PORTAL_APP_TOKEN'] || undefined)
    this.#retries = options.retries ?? 2
    this.#maxWait = options.maxWait ?? 30
    this.#maxMessage = options.maxMessage ?? 16 << 20
  }

  /** The JSON that the core answers with. */
  async get(target: string): Promise<unknown> {
    return await (await this.read(target)).json()
  }

  /**
   * All items of a list, which is read in pages.
   *
   * @param cursor The member by which the core knows the last item of a page.
   * @param query Of the request; what is undefined is left out.
   */
  async pages<Item extends object>(path: keyof paths, cursor: keyof Item, query: Record<string, string | undefined> = {}): Promise<Item[]> {
    const found: Item[] = []
    for (let after: string | undefined; ; after = String(found.at(-1)![cursor])) {
      const sent = Object.entries({ limit: '1000', ...query, after }).filter((each): each is [string, string] => each[1] !== undefined)
      const page = (await this.get(`${path}?${new URLSearchParams(sent)}`)) as Item[]
      found.push(...page)
      if (page.length < 1000) return found
    }
  }

  /** The answer of the core to a `GET`. */
  async read(target: string): Promise<Response> {
    const answer = await this.send(target, {})
    if (answer.status !== 200) throw await refusal(answer)
    return answer
  }

  /**
   * Sends a request, again if the core asks for it and that cannot do it twice. Throws a problem; any other answer is returned, whatever its status.
   *
   * @param hasKey Whether the request has an `Idempotency-Key`, by which the core recognizes a repetition.
   */
  async send(target: string, init: RequestInit, hasKey = false): Promise<Response> {
    const method = (init.method ?? 'GET').toUpperCase()
    const repeatable = !(init.body instanceof ReadableStream) && !(typeof init.body === 'object' && init.body !== null && Symbol.asyncIterator in init.body)
    let waited = 0
    for (let attempt = 0; ; attempt++) {
      const answer = await this.#attempt(target, { ...init, method }, repeatable)
      if (answer.status < 400) return endKnown(answer)
      const isProblem = /^application\/problem\+json\s*(;|$)/i.test(answer.headers.get('content-type') ?? '')
      const error = isProblem ? await refusal(answer) : undefined
      const pause = retryAfter(answer.headers)
      const mayRepeat = (answer.status === 429 || answer.status === 503) && repeatable && (hasKey || idempotent.includes(method) || isUnsent(error))
      if (!mayRepeat || pause === undefined || attempt >= this.#retries || waited + pause > this.#maxWait) {
        if (error) throw error
        return endKnown(answer)
      }

      await answer.body?.cancel().catch(() => {})
      waited += pause
      await sleep(pause, init.signal)
    }
  }

  /** Opens a WebSocket. */
  async open(target: string, options: SocketOptions): Promise<PeerSocket> {
    const { openSocket } = await import('./websocket.js') // so that the rest needs nothing of Node
    return await openSocket(new URL(target, this.#address), this.#headers(options.headers), options, this.#maxMessage)
  }

  async #attempt(target: string, init: RequestInit, repeatable: boolean): Promise<Response> {
    const url = new URL(target, this.#address)
    const request: RequestInit = {
      ...init,
      headers: this.#headers(init.headers),
      redirect: 'manual', // the peer's app's own business
      ...(!repeatable && { duplex: 'half' }),
    }
    try {
      return await fetch(url, request)
    } catch (cause) {
      if (init.signal?.aborted) throw cause
      if (repeatable) new Request(url, request) // throws if the request itself is at fault
      throw new CoreUnreachableError('core_unreachable', { detail: cause instanceof Error ? cause.message : String(cause), cause })
    }
  }

  #headers(given: RequestInit['headers']): Headers {
    const headers = utf8Headers(given)
    if (this.#token) headers.set('proxy-authorization', `Bearer ${this.#token}`) // Authorization is for the peer
    return headers
  }
}

/** Header values as UTF-8. */
export function utf8Headers(given: RequestInit['headers']): Headers {
  const entries: Iterable<readonly [string, string]> =
    given instanceof Headers ? given : Array.from(given && Symbol.iterator in given ? given : Object.entries(given ?? {}), ([name, value]) => [name!, toHeader(value!)])
  const headers = new Headers()
  for (const [name, value] of entries) headers.append(name, value)
  return headers
}

/** The exception for an answer that is none of those that were expected. */
export async function refusal(answer: Response): Promise<PortalError> {
  return problemError(answer.status, answer.headers, await start(answer))
}

function isUnsent(error: PortalError | undefined): boolean {
  return error !== undefined && notSent.includes(error.code) && !error.verified
}

/** An ID is only letters and digits, so that none leads to another path of the core. */
export function checkedId(id: string): string {
  if (!/^[0-9A-Za-z]+$/.test(id)) throw new NoSuchPeerError('peer_unknown', { detail: 'An ID has only letters and digits.' })
  return id
}

/** The target of a call to a peer. Refuses what would leave `/internal/call_peer/{id}/`: with this app's token, that would be a request to the core itself. */
export function callTarget(id: string, path: string): string {
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

export async function sleep(seconds: number, signal: AbortSignal | null | undefined): Promise<void> {
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
