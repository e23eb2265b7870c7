// Against two live Portals: every request here went through both cores.
import assert from 'node:assert/strict'
import { createHash, randomBytes } from 'node:crypto'
import { request, type Server } from 'node:http'
import { after, before, describe, it } from 'node:test'
import { setTimeout } from 'node:timers/promises'
import { AnswerBrokenError, BusyError, fromHeader, type DeferredCall, type DeferredCalls, InvalidCallError, isVerified, NoSuchPeerError, NotAuthorizedError, NotFoundError, Portal, type PortalError, type PortalOptions } from '../src/index.js'
import { long, type Received, start, stream } from './apps.js'

interface Registry {
  core: string
  their_core: string
  self: { id: string; name: string }
  peer: { id: string; short_id: string; name: string; domain: string }
  silent: string
  apps: Record<string, { port: number; token: string; their_token: string }>
}

const described = process.env['SDK_REGISTRY']
const behindGateway = ['express', 'hono']
const behindAskingProxy = ['express-asked', 'hono-asked']
const every = [...behindGateway, ...behindAskingProxy]

describe('against two live Portals', { skip: described ? false : 'no registry: ./test ScriptSdkTests starts one' }, () => {
  const registry = JSON.parse(described ?? '{}') as Registry
  const received: Record<string, Received> = {}
  const servers: Server[] = []
  const portal = (app: string, options: PortalOptions = {}): Portal => new Portal({ token: registry.apps[app]!.token, core: registry.core, ...options })

  before(async () => {
    for (const [name, app] of Object.entries(registry.apps)) {
      const started = await start(name.split('-')[0]!, app.port, new Portal({ token: app.their_token, core: registry.their_core }))
      received[name] = started.received
      servers.push(started.server)
    }
  })

  after(() => {
    for (const server of servers) {
      server.close()
      server.closeAllConnections()
    }
  })

  it('lists and finds the visible peers', async () => {
    const ours = portal('hono')
    const peer = await ours.peer(registry.peer.short_id)
    assert.deepEqual([peer.id, peer.name, peer.domain, peer.status], [registry.peer.id, 'Bob', registry.peer.domain, 'mutual'])
    assert.equal((await ours.peers()).length, 2)
    assert.deepEqual(await ours.peers('Bob'), [peer])
    assert.deepEqual(await ours.peers('Nobody'), [])
  })

  it('tells an app where it runs and what becomes of its peers', async () => {
    const ours = portal('hono')
    const self = await ours.describeSelf()
    assert.deepEqual([self.id, self.name, self.app], [registry.self.id, registry.self.name, 'hono'])
    assert.match(await ours.webhookSecret(), /^whsec_/)
    const seen: (string | undefined)[] = []
    for await (const event of ours.events()) if (seen.push(event.peer?.id) === 3) break
    assert.deepEqual(new Set(seen), new Set([undefined, registry.peer.id, registry.silent]))
  })

  it('an app reads of the owner what was granted to it', async () => {
    const granted = portal('hono')
    assert.deepEqual((await granted.describeSelf()).permissions, ['profile', 'devices'])
    assert.deepEqual(await granted.profile(), { name: registry.self.name, has_avatar: false })
    await refused(granted.avatar(), NotFoundError, 404, 'avatar_unknown')
    assert.deepEqual((await granted.devices()).map((device) => device.name), ['Telephone'])
  })

  it('an app reads nothing of the owner that was not granted', async () => {
    const other = portal('hono-asked')
    assert.deepEqual((await other.describeSelf()).permissions, [])
    for (const read of ['profile', 'avatar', 'devices'] as const) await refused(other[read](), NotAuthorizedError, 403, 'permission_not_granted')
  })

  for (const app of every) {
    for (const [what, body] of Object.entries({ none: null, empty: '', short: 'Grüße', long: randomBytes(1_000_000) })) {
      it(`a call arrives whole with the caller's identity: ${app}, ${what}`, async () => {
        const answer = await portal(app).callPeer(registry.peer.id, '/peer?x=%2F', { method: 'POST', body })
        assert.equal(answer.status, 200)
        assert.equal(isVerified(answer), behindGateway.includes(app))
        const bytes = Buffer.from(body ?? '')
        assert.deepEqual(await answer.json(), { type: 'peer', ...registry.self, length: bytes.length, sha256: createHash('sha256').update(bytes).digest('hex') })
      })
    }

    it(`a stream is sent as it is read: ${app}`, async () => {
      const pieces = async function* (): AsyncGenerator<Uint8Array> {
        yield Buffer.alloc(70_000, 'a')
        await setTimeout(1)
        yield Buffer.alloc(70_001, 'b')
      }
      const answer = await portal(app).callPeer(registry.peer.id, '/peer', { method: 'POST', body: stream(pieces()) })
      assert.equal(((await answer.json()) as { length: number }).length, 140_001)
    })

    it(`who reaches the port itself is turned away: ${app}`, async () => {
      const before = received[app]!.bodies.length
      for (const secret of [undefined, '', 'guessed']) {
        const headers = { 'x-ptl-client-type': 'terminal', 'x-ptl-client-id': 'forged', ...(secret !== undefined && { 'x-ptl-proxy-secret': secret }) }
        const answer = await fetch(`http://127.0.0.1:${registry.apps[app]!.port}/`, { method: 'POST', body: 'x', headers })
        assert.deepEqual([answer.status, ((await answer.json()) as { code: string }).code], [403, 'not_from_portal'])
      }
      assert.equal(received[app]!.bodies.length, before)
    })

    it(`a call is delivered later and its answer kept: ${app}`, async () => {
      const calls = portal(app).deferred
      const id = await calls.send(registry.peer.id, '/peer?x=1', { method: 'POST', body: 'Grüße', key: 'card-1' })
      const call = await ended(calls, id)
      assert.deepEqual([call.peer, call.idempotency_key, call.method, call.path], [registry.peer.id, 'card-1', 'POST', '/peer?x=1'])
      assert.deepEqual([call.state, call.attempts, call.reason, call.next_attempt_at], ['delivered', 1, null, null])

      const answer = await calls.answer(id)
      assert.match(answer.headers.get('content-type')!, /^application\/json/)
      const body = await answer.text()
      assert.deepEqual(JSON.parse(body), { type: 'peer', ...registry.self, length: 7, sha256: createHash('sha256').update('Grüße').digest('hex') })
      assert.deepEqual([call.answer?.status, call.answer?.bytes, call.answer?.is_verified], [200, Buffer.byteLength(body), behindGateway.includes(app)])
      assert.ok((await calls.list()).some((each) => each.id === id))
    })
  }

  for (const app of behindAskingProxy) {
    for (const length of [1, 1000, 1_000_000]) {
      it(`a body that was changed behind the core is refused: ${app}, ${length}`, async () => {
        const before = received[app]!.bodies.length
        const call = portal(app).callPeer(registry.peer.id, '/peer/changed', { method: 'POST', body: 'x'.repeat(length) })
        await refused(call, InvalidCallError, 400, 'digest_mismatch')
        assert.equal(received[app]!.bodies.length, before)
      })
    }
  }

  for (const app of behindGateway) {
    it(`an answer is handed out while it is still sent: ${app}`, async () => {
      received[app]!.hold()
      const answer = await portal(app).callPeer(registry.peer.id, '/peer/slow')
      const reader = answer.body!.pipeThrough(new TextDecoderStream()).getReader()
      assert.equal((await reader.read()).value, 'first')
      received[app]!.proceed()
      assert.equal((await reader.read()).value, 'second')
    })

    it(`header values are UTF-8 in both directions: ${app}`, async () => {
      const answer = await portal(app).callPeer(registry.peer.id, '/peer/greeting', { headers: { 'X-Greeting': 'Grüße 🐚' } })
      assert.equal(await answer.text(), 'Grüße 🐚')
      if (app === 'express') assert.equal(fromHeader(answer.headers.get('x-said')!), 'Grüße 🐚')
    })

    it(`a long answer is read whole: ${app}`, async () => {
      assert.equal(await (await portal(app).callPeer(registry.peer.id, '/peer/long')).text(), long)
    })
  }

  it('a deferred call that the peer has signed has a receipt', async () => {
    const calls = portal('express').deferred
    const id = await calls.send(registry.peer.id, '/peer/signed', { method: 'POST', headers: { 'X-Greeting': 'Grüße 🐚' } })
    const { answer } = await ended(calls, id)
    assert.deepEqual(answer?.fields.filter((each) => each.field.toLowerCase() === 'x-said').map((each) => each.value), ['Grüße 🐚'])
    const receipt = await calls.receipt(id)
    assert.deepEqual([receipt.method, receipt.target_uri, receipt.answer_status], ['POST', `https://express.${registry.peer.domain}/peer/signed`, 200])
    for (const fields of [receipt.request, receipt.answer]) assert.ok(fields.some((each) => each.field === 'Signature'))
  })

  it('a key belongs to one request', async () => {
    const [calls, peer, bodies] = [portal('hono').deferred, registry.peer.id, received['hono']!.bodies]
    const before = bodies.length
    const first = { method: 'POST', body: 'first', key: 'once' }
    const id = await calls.send(peer, '/peer', first)
    assert.equal(await calls.send(peer, '/peer', first), id)
    await refused(calls.send(peer, '/peer', { ...first, body: 'second' }), InvalidCallError, 422, 'idempotency_key_reused')
    await ended(calls, id)
    assert.deepEqual(bodies.slice(before).map(String), ['first'])
  })

  it('a call that nobody can deliver is refused at once', async () => {
    const calls = portal('hono').deferred
    const before = await calls.list()
    await refused(calls.send(registry.silent, '/peer', { method: 'POST' }), NoSuchPeerError, 409, 'peering_not_mutual')
    await refused(calls.send('aaaaaa', '/peer', { method: 'POST' }), NoSuchPeerError, 404, 'peer_unknown')
    assert.deepEqual(await calls.list(), before)
  })

  it('of a cancelled call nothing is kept', async () => {
    const calls = portal('hono').deferred
    const id = await calls.send(registry.peer.id, '/peer', { method: 'POST' })
    await calls.cancel(id)
    for (const ask of ['find', 'answer', 'receipt', 'cancel'] as const) await refused(calls[ask](id), NotFoundError, 404, 'call_unknown')
  })

  it('a redirect is returned', async () => {
    assert.equal((await portal('express').callPeer(registry.peer.id, '/peer/moved')).status, 302)
  })

  it('an answer that breaks off never looks whole', async () => {
    received['express']!.hold()
    const reader = (await portal('express').callPeer(registry.peer.id, '/peer/broken')).body!.getReader()
    assert.equal(String.fromCharCode(...(await reader.read()).value!), 'half')
    received['express']!.proceed()
    await assert.rejects(reader.read())
  })

  it('each refusal is an exception with its code', async () => {
    const [ours, peer] = [portal('hono'), registry.peer.id]
    await refused(ours.callPeer('aaaaaa'), NoSuchPeerError, 404, 'peer_unknown')
    await refused(ours.peer('aaaaaa'), NoSuchPeerError, 404, 'peer_unknown')
    await refused(ours.callPeer(registry.silent), NoSuchPeerError, 409, 'peering_not_mutual')
    await refused(ours.callPeer(peer, '/private'), NotAuthorizedError, 403, 'forbidden')
    await refused(ours.callPeer(peer, '/peer/a%2Fb'), InvalidCallError, 400, 'path_ambiguous')
    await refused(ours.callPeer(peer, '/peer', { method: 'POST', body: Buffer.alloc(3_000_001) }), InvalidCallError, 413, 'body_too_large')
    await refused(new Portal({ token: 'none', core: registry.core }).peers(), NotAuthorizedError, 401, 'token_invalid')
  })

  it('no path leads from the call to the core itself', async () => {
    const ours = portal('hono')
    for (const path of ['/../../../protected/proxy-secret', '/a/%2e%2E/../../protected/peers', '/..', '/.;/', '/a\\..\\b', 'a', '/a#b'])
      await refused(ours.callPeer(registry.peer.id, path), InvalidCallError, undefined, 'path_ambiguous')
    const tabs = '/a/.\t./.\t./.\t./.\t./protected/peers' // which URL would leave out
    await refused(ours.callPeer(registry.peer.id, tabs), InvalidCallError, 400, 'path_ambiguous')
    for (const id of ['..', 'a/../..', '', 'é', 'a?']) await refused(ours.callPeer(id, '/peer'), NoSuchPeerError, undefined, 'peer_unknown')

    // Why this matters:
    const headers = { authorization: `Bearer ${registry.apps['hono']!.token}` }
    assert.ok('secret' in ((await (await fetch(`${registry.core}/internal/call_peer/${registry.peer.id}/../../../protected/proxy-secret`, { headers })).json()) as object))
  })

  it('a refusal for too many calls is retried when the core says', async () => {
    const [app, peer] = [received['express']!, registry.peer.id]
    app.hold()
    const held = await Promise.all([1, 2, 3].map(() => portal('express').callPeer(peer, '/peer/slow')))
    const once = { method: 'POST', body: 'once' }
    await refused(portal('express', { retries: 0 }).callPeer(peer, '/peer', once), BusyError, 429, 'rate_limited')

    const before = app.bodies.length
    const [answer] = await Promise.all([portal('express').callPeer(peer, '/peer', once), setTimeout(300).then(app.proceed), ...held.map((each) => each.text())])
    assert.equal(answer.status, 200)
    assert.deepEqual(app.bodies.slice(before).map(String), ['once'])
  })

  it('a WebSocket to a peer carries text and bytes in both directions', async () => {
    const socket = await portal('express').connectPeer(registry.peer.id, '/peer/socket', { protocols: ['notes', 'other'] })
    assert.equal(socket.protocol, 'notes')
    assert.deepEqual(JSON.parse((await socket.receive()) as string), { type: 'peer', ...registry.self })
    for (const message of ['Grüße 🐚', new Uint8Array(0), new Uint8Array([0, 255]), 'x'.repeat(126), new Uint8Array(randomBytes(200_000))]) {
      await socket.send(message)
      assert.deepEqual(await socket.receive(), message)
    }
    await socket.send('bye')
    for await (const message of socket) assert.fail(String(message))
    await assert.rejects(socket.send('more'), AnswerBrokenError)
  })

  it('a WebSocket that is refused throws the code', async () => {
    await refused(portal('express').connectPeer(registry.peer.id, '/private'), NotAuthorizedError, 403, 'forbidden')
    const headers = { connection: 'Upgrade', upgrade: 'websocket', 'sec-websocket-version': '13', 'sec-websocket-key': 'AAAAAAAAAAAAAAAAAAAAAA==' }
    const status = await new Promise((resolve, reject) => {
      request(`http://127.0.0.1:${registry.apps['express']!.port}/`, { headers }, (answer) => resolve(answer.resume().statusCode)).on('error', reject).end()
    })
    assert.equal(status, 403)
  })
})

/** The call, once it does not wait any more. */
async function ended(calls: DeferredCalls, id: string): Promise<DeferredCall> {
  for (const until = performance.now() + 20_000; ; await setTimeout(50)) {
    const call = await calls.find(id)
    if (call.state !== 'waiting') return call
    assert.ok(performance.now() < until, JSON.stringify(call))
  }
}

async function refused(call: Promise<unknown>, family: typeof PortalError, status: number | undefined, code: string): Promise<void> {
  await assert.rejects(call, (error: PortalError) => {
    assert.ok(error instanceof family, String(error))
    assert.deepEqual([error.status, error.code, Boolean(error.detail)], [status, code, true])
    return true
  })
}
