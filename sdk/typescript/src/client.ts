import { callTarget, checkedId, Core, type Ok, type PortalOptions, refusal, sleep } from './core.js'
import { DeferredCalls } from './deferred.js'
import { AnswerBrokenError, BusyError, CoreUnreachableError, PortalError } from './errors.js'
import { parseEvents, type PeerEvent } from './events.js'
import type { PeerSocket, SocketOptions } from './websocket.js'

/** A peer that the owner lets this app see. Calls can succeed if `status` is `mutual`. */
export type Peer = Ok<'/protected/peers/{id}'>

/** What the Portal's proxy sends with every request to this app. */
export type ProxySecret = Ok<'/protected/proxy-secret'>

/** Where this app runs, how the owner chooses the peers that it sees, and what the owner permits it to read. */
export type PortalSelf = Ok<'/protected/self'>

/** The owner, to an app with the permission `profile`. */
export type OwnerProfile = Ok<'/protected/profile'>

/** A device of the owner, to an app with the permission `devices`. */
export type OwnerDevice = Ok<'/protected/devices'>[number]

/** The core of the Portal that this app belongs to. */
export class Portal {
  readonly #core: Core
  /** Calls that the core stores and delivers later. */
  readonly deferred: DeferredCalls

  constructor(options: PortalOptions = {}) {
    this.#core = new Core(options)
    this.deferred = new DeferredCalls(this.#core)
  }

  /** All peers that the owner lets this app see; with `name`, those of that name. */
  async peers(name?: string): Promise<Peer[]> {
    return await this.#core.pages<Peer>('/protected/peers', 'short_id', { name })
  }

  /** One of them, by full or short ID. Throws `peer_unknown`. */
  async peer(id: string): Promise<Peer> {
    return (await this.#core.get(`/protected/peers/${checkedId(id)}`)) as Peer
  }

  /** What identifies the Portal's proxy. It stays the same until the app is removed. */
  async proxySecret(): Promise<ProxySecret> {
    return (await this.#core.get('/protected/proxy-secret')) as ProxySecret
  }

  /** Where this app runs, and under which name. */
  async describeSelf(): Promise<PortalSelf> {
    return (await this.#core.get('/protected/self')) as PortalSelf
  }

  /** The owner's name. Needs the permission `profile`; throws `permission_not_granted`. */
  async profile(): Promise<OwnerProfile> {
    return (await this.#core.get('/protected/profile')) as OwnerProfile
  }

  /** The owner's picture, with its type. Needs the permission `profile`; throws `permission_not_granted` and `avatar_unknown`. */
  async avatar(): Promise<Blob> {
    return await (await this.#core.read('/protected/profile/avatar')).blob()
  }

  /** All devices of the owner. Needs the permission `devices`; throws `permission_not_granted`. */
  async devices(): Promise<OwnerDevice[]> {
    return await this.#core.pages<OwnerDevice>('/protected/devices', 'id')
  }

  /** With what the core signs the events that it posts to this app, for `webhookEvent`. It stays the same until the app is removed. */
  async webhookSecret(): Promise<string> {
    return ((await this.#core.get('/protected/webhook-secret')) as Ok<'/protected/webhook-secret'>).secret
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
        const answer = await this.#core.send('/protected/events', { headers: last ? { 'last-event-id': last } : {}, signal: options.signal ?? null })
        if (answer.status !== 200) throw await refusal(answer)
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
    return await this.#core.send(callTarget(id, path), init)
  }

  /** Opens a WebSocket to the same app on a peer's Portal. On Node and what offers its `node:http`. */
  async connectPeer(id: string, path = '/', options: SocketOptions = {}): Promise<PeerSocket> {
    return await this.#core.open(callTarget(id, path), options)
  }
}

/** Whether the peer's core has signed status and body of an answer. It holds for the whole body, once that has been read. */
export function isVerified(answer: Response): boolean {
  return answer.headers.get('x-ptl-answer-verified') === '1'
}
