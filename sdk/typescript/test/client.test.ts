// The client against a server that answers whatever a test wants, byte for byte.
import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { once } from 'node:events'
import { type AddressInfo, createServer } from 'node:net'
import { describe, it } from 'node:test'
import { AnswerBrokenError, BusyError, CoreUnreachableError, fromHeader, PeerFailedError, Portal, PortalError, type PortalOptions, toHeader } from '../src/index.js'
import { stream } from './apps.js'
import { core, json, ok, rateLimited, unavailable } from './core.js'

const call = (address: string, init: RequestInit = {}, options: PortalOptions = {}): Promise<Response> => new Portal({ token: 't', core: address, ...options }).callPeer('abcdef', '/', init)

describe('the client', () => {
  it('never lets an answer that breaks off look whole', async () => {
    const broken = ['Content-Length: 10\r\n\r\nhalf', 'Transfer-Encoding: chunked\r\n\r\n4\r\nhalf\r\n', 'Transfer-Encoding: chunked\r\n\r\n9\r\nhalf']
    await core(broken.map((rest) => `HTTP/1.1 200 OK\r\n${rest}`), async (address) => {
      for (const _ of broken) await assert.rejects(async () => await (await call(address)).text())
    })
  })

  for (const [method, answer] of [['GET', unavailable], ['put', unavailable], ['POST', rateLimited], ['GET', rateLimited]] as const)
    it(`repeats a call if that cannot do it twice: ${method} ${answer.slice(9, 12)}`, async () => {
      await core([answer, answer, ok], async (address, requests) => {
        assert.equal(await (await call(address, { method, body: method === 'GET' ? null : 'body' })).text(), 'ok')
        assert.equal(requests.length, 3)
      })
    })

  const others: Record<string, [string, BodyInit, string]> = {
    'the peer may have taken it': ['POST', 'body', unavailable],
    "the peer's app says so": ['POST', 'body', rateLimited.replace('Retry-After', 'X-Ptl-Answer-Verified: 1\r\nRetry-After')],
    'it is too long': ['PUT', 'body', rateLimited.replace('Retry-After: 0', 'Retry-After: 31')],
    'it is a date': ['PUT', 'body', rateLimited.replace('Retry-After: 0', 'Retry-After: Thu, 26 Nov 2026 12:00:00 GMT')],
    'nobody says when': ['PUT', 'body', rateLimited.replace('Retry-After', 'X-Other')],
    'the body has been read': ['PUT', 'stream', rateLimited],
  }
  for (const [why, [method, body, answer]] of Object.entries(others))
    it(`does not repeat a call if ${why}`, async () => {
      await core([answer, ok], async (address, requests) => {
        const pieces = async function* (): AsyncGenerator<Uint8Array> {
          yield Buffer.from('body')
        }
        const called = call(address, { method, body: body === 'stream' ? stream(pieces()) : body })
        if (answer === unavailable) assert.equal((await called).status, 503)
        else await assert.rejects(called, BusyError)
        assert.equal(requests.length, 1)
      })
    })

  it('bounds attempts, and stops waiting when it is told to', async () => {
    const slow = rateLimited.replace('Retry-After: 0', 'Retry-After: 9')
    await core([...Array<string>(3).fill(rateLimited), slow], async (address, requests) => {
      await assert.rejects(call(address), BusyError)
      assert.equal(requests.length, 3)
      const begun = performance.now()
      await assert.rejects(call(address, { signal: AbortSignal.timeout(50) }), { name: 'TimeoutError' })
      assert.ok(performance.now() - begun < 5000)
      await assert.rejects(call(address, { signal: AbortSignal.abort() }), { name: 'AbortError' })
    })
  })

  it('finds a code in every problem', async () => {
    const head = 'HTTP/1.1 502 x\r\nContent-Type: application/problem+json; charset=utf-8\r\n\r\n'
    const problems: [string, string][] = [['{"code":"peer_unreachable","reason":"clock_skew"}', 'peer_unreachable'], ['[]', 'http_502'], ['\xff', 'http_502'], ['{"code":1}', 'http_502'], [`{"code":"late"${' '.repeat(100_000)}}`, 'http_502']]
    await core(problems.map(([body]) => head + body), async (address) => {
      for (const [, code] of problems)
        await assert.rejects(call(address), (error: PortalError) => error instanceof PeerFailedError && error.code === code && error.reason === (code === 'http_502' ? undefined : 'clock_skew'))
    })
  })

  it('sends the token beside the Authorization that is for the peer', async () => {
    await core([ok, ok], async (address, requests) => {
      process.env['PORTAL_CORE_URL'] = address
      process.env['PORTAL_APP_TOKEN'] = 'from-environment'
      await new Portal().callPeer('abcdef', '/straße', { headers: { authorization: 'Basic peer' } })
      await new Portal({ token: 'argument' }).callPeer('abcdef', '?q', { headers: new Headers() }).catch((error: PortalError) => assert.equal(error.code, 'path_ambiguous'))
      const head = requests[0]!.toLowerCase().split('\r\n')
      assert.equal(head[0], 'get /internal/call_peer/abcdef/stra%c3%9fe http/1.1')
      assert.ok(head.includes('proxy-authorization: bearer from-environment') && head.includes('authorization: basic peer'))
    })
  })

  it('reads the picture and all devices of the owner', async () => {
    const first = Array.from({ length: 1000 }, (_, i) => ({ id: `${i}`, name: 'Laptop', last_seen_at: null }))
    const last = { id: '1000', name: 'Zoës Telefon', last_seen_at: '2026-05-04T12:00:00+00:00' }
    await core([ok.replace('OK\r\n', 'OK\r\nContent-Type: image/png\r\n'), json(first), json([last])], async (address, requests) => {
      const portal = new Portal({ core: address })
      const picture = await portal.avatar()
      assert.deepEqual([picture.type, await picture.text()], ['image/png', 'ok'])
      assert.deepEqual(await portal.devices(), [...first, last])
      const targets = requests.map((request) => request.split(' ')[1])
      assert.deepEqual(targets, ['/protected/profile/avatar', '/protected/devices?limit=1000', '/protected/devices?limit=1000&after=999'])
    })
  })

  it('leaves a header value as it is that is no UTF-8', () => {
    assert.deepEqual(['Zoë', 'Ω', toHeader('Zoë')].map(fromHeader), ['Zoë', 'Ω', 'Zoë'])
  })

  it('tells a core that is away from a peer that is, and a wrong argument from both', async () => {
    await assert.rejects(new Portal({ core: 'http://127.0.0.1:9' }).peers(), (error: PortalError) => error instanceof CoreUnreachableError && error.code === 'core_unreachable')
    await assert.rejects(call('http://127.0.0.1:9', { headers: { 'x-a': 'b\r\nx-c: d' } }), TypeError)
    for (const address of ['portal_core', 'ftp://portal_core', '']) assert.throws(() => new Portal({ core: address || ' ' }), TypeError)
  })
})

const frame = (first: number, payload: string, length = payload.length): Buffer => Buffer.concat([Buffer.from([first, length]), Buffer.from(payload, 'latin1')])

describe('a WebSocket', () => {
  const cases: [string, Buffer[], unknown[], boolean][] = [
    ['in parts, with a ping between', [frame(0x01, 'a'), frame(0x89, '!'), frame(0x80, 'b'), frame(0x88, '\x03\xe8')], ['ab'], false],
    ['without an end', [frame(0x82, 'a'), frame(0x8a, '')], [new Uint8Array([97])], true],
    ['with text that is not UTF-8', [frame(0x81, '\xff')], [], true],
    ['with an extension that nobody asked for', [frame(0xc1, 'a')], [], true],
    ['with a continuation of nothing', [frame(0x80, 'a')], [], true],
    ['with a message inside another', [frame(0x01, 'a'), frame(0x01, 'b')], [], true],
    ['with an unknown kind', [frame(0x83, 'a')], [], true],
    ['with a ping in parts', [frame(0x09, 'a'), frame(0x81, 'b')], [], true],
    ['with a long ping', [frame(0x89, 'a'.repeat(126), 126)], [], true],
    ['with a mask', [frame(0x81, '\0'.repeat(7) + '\x01a', 255)], [], true],
    ['that is too large', [frame(0x82, '\xff'.repeat(8), 127)], [], true],
    ['that is too large in parts', [frame(0x02, 'a'.repeat(70)), frame(0x80, 'a'.repeat(70))], [], true],
  ]
  for (const [what, frames, expected, fails] of cases)
    it(`${what} is ${fails ? 'broken off' : 'read'}`, async () => {
      const server = createServer((socket) => {
        socket.once('data', (data) => {
          const key = /sec-websocket-key: (.*)\r/i.exec(data.toString())![1]!
          const hash = createHash('sha1').update(key + '258EAFA5-E914-47DA-95CA-C5AB0DC85B11').digest('base64')
          socket.end(Buffer.concat([Buffer.from(`HTTP/1.1 101 x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Accept: ${hash}\r\n\r\n`), ...frames]))
        })
        socket.on('error', () => {})
      }).listen(0, '127.0.0.1')
      await once(server, 'listening')
      const socket = await new Portal({ core: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, maxMessage: 130 }).connectPeer('abcdef')
      const seen: unknown[] = []
      const reading = (async () => {
        for await (const message of socket) seen.push(message)
      })()
      if (fails) await assert.rejects(reading, AnswerBrokenError)
      else await reading
      assert.deepEqual(seen, expected)
      server.close()
    })

  it('whose handshake does not match its key is refused', async () => {
    await core(['HTTP/1.1 101 Upgraded\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Accept: AAAA\r\n\r\n'], async (address) => {
      await assert.rejects(new Portal({ core: address }).connectPeer('abcdef'), (error: PortalError) => error.code === 'answer_invalid')
    })
  })
})
