import type { IncomingMessage, ServerResponse } from 'node:http'
import { DigestMismatchError } from './errors.js'
import { BodyDigest, Door, notSigned, type Identity, type ReadHeader, type ReceiveOptions, type Refusal, identity } from './receiving.js'

export { identity, type Identity, type ReceiveOptions }

export type Middleware = (req: IncomingMessage, res: ServerResponse, next: (error?: unknown) => void) => void

/**
 * Middleware for Express and what is like it. It lets only requests of the Portal's proxy in, says who sent them with `identity(req)`, and refuses bodies
 * that their peer has not signed. Use it before everything that reads bodies.
 */
export function fromPortal(options: ReceiveOptions = {}): Middleware {
  const door = new Door(options)
  return (req, res, next) => {
    try {
      const digest = BodyDigest.of(headerOf(req))
      if (digest) withhold(req, digest, () => refuse(req, res))
    } catch (error) {
      next(error)
      return
    }
    door.refuse(req, headerOf(req)).then((refusal) => {
      if (refusal) write(res, refusal)
      else if (!res.writableEnded) next()
    }, next)
  }
}

/** For a server's `upgrade` event. Returns who asks, or undefined if the request did not come through the Portal, so that it must not be answered. */
export function identifyUpgrade(options: ReceiveOptions = {}): (req: IncomingMessage) => Promise<Identity | undefined> {
  const door = new Door(options)
  return async (req) => ((await door.refuse(req, headerOf(req))) ? undefined : identity(req))
}

function headerOf(req: IncomingMessage): ReadHeader {
  return (name) => req.headers[name]?.toString()
}

/** Every piece of a body reaches its reader through `push`. The last one waits there until the digest is right. */
function withhold(req: IncomingMessage, digest: BodyDigest, onMismatch: () => void): void {
  if (req.readableDidRead) throw new Error('fromPortal() has to be used before what reads the body.')
  const push = req.push
  let held = (req.readableLength > 0 ? req.read() : null) as Buffer | null // what came while other middleware waited
  let isOver = false
  if (held) digest.add(held)
  if (req.complete) {
    if (!digest.verify()) onMismatch()
    else if (held) req.unshift(held)
    return
  }

  req.push = (piece: Uint8Array | string | null, encoding?: BufferEncoding): boolean => {
    if (isOver) return false
    const before = held
    if (piece !== null) {
      held = typeof piece === 'string' ? Buffer.from(piece, encoding) : Buffer.from(piece)
      digest.add(held)
      return push.call(req, before ?? Buffer.alloc(0)) // a piece without bytes asks for more
    }
    isOver = true
    if (!digest.verify()) {
      onMismatch()
      return false
    }
    if (before) push.call(req, before)
    return push.call(req, null)
  }
}

/** Answers 400 unless the app has begun to answer, and breaks off what reads the body. */
function refuse(req: IncomingMessage, res: ServerResponse): void {
  const end = (): void => void req.destroy(new DigestMismatchError())
  if (res.headersSent) {
    end()
    return
  }
  res.once('finish', end)
  write(res, notSigned)
}

function write(res: ServerResponse, refusal: Refusal): void {
  if (res.headersSent) return
  res.writeHead(refusal.status, { ...refusal.headers, connection: 'close', 'content-length': Buffer.byteLength(refusal.body) })
  res.end(refusal.body)
}
