// The middleware with requests that no core would send, and with apps that behave in unusual ways.
import assert from 'node:assert/strict'
import express from 'express'
import { Hono } from 'hono'
import { createHash } from 'node:crypto'
import { once } from 'node:events'
import { createServer, type IncomingMessage, type RequestListener } from 'node:http'
import { connect, type AddressInfo } from 'node:net'
import { describe, it } from 'node:test'
import { setImmediate } from 'node:timers/promises'
import * as forExpress from '../src/express.js'
import * as forHono from '../src/hono.js'
import { DigestMismatchError, Portal } from '../src/index.js'
import { stream } from './apps.js'

const digest = (body: string): string => `sha-256=:${createHash('sha256').update(body).digest('base64')}:`
const signed = 'signed by the peer'
const wrong = ['', 'sha-256=:AAAA:', digest('other'), digest(signed).replace('256', '512'), digest(signed).slice(0, -1)]
const right = [digest(signed), `sha-512=:AAAA:, ${digest(signed)}`, `${digest(signed)},md5=:AAAA:`]
const peer = (contentDigest: string): Record<string, string> => ({ 'x-ptl-client-type': 'peer', 'x-ptl-client-id': 'abc', 'content-digest': contentDigest })
const open = { checkProxy: false }

/** Sends a request in two writes with a pause between. */
async function send(app: RequestListener, headers: Record<string, string>, body: string, chunked = false): Promise<{ status: number; body: string }> {
  const server = createServer(app).listen(0, '127.0.0.1')
  await once(server, 'listening')
  const socket = connect((server.address() as AddressInfo).port, '127.0.0.1')
  const framed = chunked ? `${Buffer.byteLength(body).toString(16)}\r\n${body}\r\n0\r\n\r\n` : body
  const framing = chunked ? { 'transfer-encoding': 'chunked' } : { 'content-length': String(Buffer.byteLength(body)) }
  const head = Object.entries({ host: 'x', connection: 'close', ...framing, ...headers }).map(([name, value]) => `${name}: ${value}\r\n`)
  socket.write(Buffer.from(`POST / HTTP/1.1\r\n${head.join('')}\r\n${framed.slice(0, 10)}`))
  await setImmediate()
  socket.write(framed.slice(10))
  let answer = ''
  socket.on('error', () => {})
  socket.setEncoding('utf8')
  socket.on('data', (piece: string) => (answer += piece))
  await once(socket, 'close')
  server.close()
  return { status: Number(answer.slice(9, 12)), body: answer.split('\r\n\r\n').slice(1).join('\r\n\r\n') }
}

function echo(...before: express.RequestHandler[]): RequestListener {
  const app = express()
  app.set('env', 'test') // its default handler logs nothing then
  app.use(...before, forExpress.fromPortal(open), express.text({ type: () => true }))
  app.use((req, res) => void res.send(req.body))
  return app as unknown as RequestListener
}

describe('for Express', () => {
  const pause: express.RequestHandler = (req, _, next) => void (req.complete ? next() : setTimeout(next, 30))
  for (const [how, app] of [['at once', () => echo((_req, _res, next) => next())], ['after a pause', () => echo(pause)]] as const)
    for (const chunked of [false, true])
      it(`the last piece is handed out only if the digest is right: ${how}, ${chunked ? 'chunked' : 'of known length'}`, async () => {
        for (const each of right) assert.deepEqual(await send(app(), peer(each), signed, chunked), { status: 200, body: signed })
        for (const each of wrong) {
          const answer = await send(app(), peer(each), signed, chunked)
          assert.equal(answer.status, 400)
          assert.match(answer.body, /digest_mismatch/)
        }
      })

  it('nothing is compared for others, and after the core has', async () => {
    for (const headers of [{ 'x-ptl-client-type': 'terminal' }, {}, { ...peer(''), 'x-ptl-body-verified': '1' }]) assert.equal((await send(echo(), headers, signed)).status, 200)
  })

  it('an empty body is compared, too', async () => {
    assert.equal((await send(echo(), peer(digest('')), '')).status, 200)
    assert.equal((await send(echo(), peer(digest(signed)), '')).status, 400)
  })

  it('a wrong body ends no process whose app listens to no errors, and it never sees the end', async () => {
    let [length, ended] = [0, false]
    const middleware = forExpress.fromPortal(open)
    const answer = await send(
      (req, res) => middleware(req, res, () => void req.on('data', (piece: Buffer) => (length += piece.length)).on('end', () => (ended = true))),
      peer(digest('other')),
      signed,
    )
    assert.deepEqual([answer.status, length < signed.length, ended], [400, true, false])
  })

  it('who reads a wrong body in a loop gets an error that says so', async () => {
    let error: unknown
    const middleware = forExpress.fromPortal(open)
    const read = async (req: IncomingMessage): Promise<void> => {
      for await (const _ of req);
    }
    const answer = await send((req, res) => middleware(req, res, () => void read(req).catch((each: unknown) => (error = each))), peer(digest('other')), signed)
    assert.equal(answer.status, 400)
    assert.ok(error instanceof DigestMismatchError)
  })

  it('what was answered before the end of a wrong body is broken off', async () => {
    const middleware = forExpress.fromPortal(open)
    const app: RequestListener = (req, res) =>
      middleware(req, res, () => {
        res.writeHead(200, { 'content-length': 100 })
        res.write('early')
        req.resume()
      })
    const answer = await send(app, peer(digest('other')), signed)
    assert.deepEqual([answer.status, answer.body.length < 100], [200, true])
  })

  it('it does not come after what reads the body', async () => {
    assert.equal((await send(echo(express.text({ type: () => true })), peer(digest(signed)), signed)).status, 500)
  })

  it("without the core's secret nobody comes in", async () => {
    const middleware = forExpress.fromPortal({ portal: new Portal({ core: 'http://127.0.0.1:9' }) })
    const answer = await send((req, res) => middleware(req, res, () => assert.fail()), { 'x-ptl-proxy-secret': '' }, '')
    assert.equal(answer.status, 503)
    assert.throws(() => forExpress.identity({}))
  })
})

describe('for Hono', () => {
  const app = new Hono()
  app.use(forHono.fromPortal(open))
  app.all('/', async (c) => c.text(await c.req.text(), 200, { 'x-app': '1' }))
  app.all('/who', (c) => c.json(forHono.identity(c)))
  app.onError((_, c) => c.text('oops', 500, { 'x-app': '1' }))
  const post = async (headers: Record<string, string>, body: BodyInit | null = signed, path = '/'): Promise<Response> => await app.request(path, { method: 'POST', headers, body })

  it('the last piece is handed out only if the digest is right', async () => {
    for (const each of right) assert.equal(await (await post(peer(each))).text(), signed)
    for (const each of wrong) {
      const answer = await post(peer(each))
      assert.deepEqual([answer.status, answer.headers.get('x-app'), answer.headers.get('content-type')], [400, null, 'application/problem+json'])
    }
    assert.equal((await post(peer(digest('')), null)).status, 200)
    assert.equal((await post(peer(digest(signed)), null)).status, 400)
    assert.equal(await (await post({ ...peer(''), 'x-ptl-body-verified': '1' })).text(), signed)
  })

  it('who reads piece by piece gets no more than all but the last piece of a wrong body', async () => {
    const pieces = async function* (): AsyncGenerator<Uint8Array> {
      yield Buffer.from('first')
      yield Buffer.from('last')
    }
    const [seen, failed] = [[] as string[], new Hono()]
    failed.use(forHono.fromPortal(open))
    failed.post('/', async (c) => {
      const reader = c.req.raw.body!.getReader()
      for (let next = await reader.read(); !next.done; next = await reader.read()) seen.push(Buffer.from(next.value).toString())
      return c.text('all')
    })
    failed.onError((_, c) => c.text('oops', 500))
    const init = { method: 'POST', headers: peer(digest('other')), body: stream(pieces()), duplex: 'half' }
    assert.equal((await failed.request('/', init as RequestInit)).status, 400)
    assert.deepEqual(seen, ['first'])
  })

  it('the identity is what the core says, and else anonymous', async () => {
    const name = Buffer.from('Zoë 🐚').toString('latin1')
    const who = async (headers: Record<string, string>): Promise<unknown> => await (await post(headers, null, '/who')).json()
    assert.deepEqual(await who({ 'x-ptl-client-type': 'terminal', 'x-ptl-client-id': '7', 'x-ptl-client-name': name }), { type: 'terminal', id: '7', name: 'Zoë 🐚' })
    assert.deepEqual(await who({ 'x-ptl-client-type': 'owner', 'x-ptl-client-id': '7' }), { type: 'anonymous', id: '', name: '' })
    assert.deepEqual(await who({}), { type: 'anonymous', id: '', name: '' })
  })
})
