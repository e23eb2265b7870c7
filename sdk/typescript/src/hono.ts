import { DigestMismatchError } from './errors.js'
import { BodyDigest, Door, notSigned, type Identity, type ReadHeader, type ReceiveOptions, type Refusal, identity } from './receiving.js'

export { identity, type Identity, type ReceiveOptions }

/** What is used of Hono's `Context`. */
export interface Context {
  req: { raw: Request }
  get res(): Response
  set res(response: Response | undefined)
}

export type Middleware = (c: Context, next: () => Promise<void>) => Promise<Response | void>

/**
 * Middleware for Hono, on every runtime that has `node:crypto`. It lets only requests of the Portal's proxy in, says who sent them with `identity(c)`, and
 * refuses bodies that their peer has not signed. Use it before everything that reads bodies.
 */
export function fromPortal(options: ReceiveOptions = {}): Middleware {
  const door = new Door(options)
  return async (c, next) => {
    const header: ReadHeader = (name) => c.req.raw.headers.get(name) ?? undefined
    const refusal = await door.refuse(c, header)
    if (refusal) return respond(refusal)

    const digest = BodyDigest.of(header)
    if (!digest) return await next()
    if (c.req.raw.bodyUsed) throw new Error('fromPortal() has to be used before what reads the body.')
    if (!c.req.raw.body) return digest.verify() ? await next() : respond(notSigned)

    let isWrong = false
    const body = c.req.raw.body.pipeThrough(withhold(digest, () => (isWrong = true)))
    c.req.raw = new Request(c.req.raw, { body, duplex: 'half' } as RequestInit)
    await next()
    if (!isWrong) return
    c.res = undefined // else its headers would stay
    c.res = respond(notSigned)
  }
}

/** Passes each piece on when the next one has come, and the last one when the digest is right. */
function withhold(digest: BodyDigest, onMismatch: () => void): TransformStream<Uint8Array, Uint8Array> {
  let held: Uint8Array | undefined
  return new TransformStream({
    transform(piece, controller) {
      digest.add(piece)
      if (held) controller.enqueue(held)
      held = piece
    },
    flush(controller) {
      if (digest.verify()) {
        if (held) controller.enqueue(held)
        return
      }
      onMismatch()
      controller.error(new DigestMismatchError())
    },
  })
}

function respond({ status, headers, body }: Refusal): Response {
  return new Response(body, { status, headers })
}
