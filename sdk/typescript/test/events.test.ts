// Events from a stream that breaks off, and webhooks against the values that Standard Webhooks publishes.
import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { describe, it } from 'node:test'
import { NoSuchPeerError, NotAuthorizedError, Portal, type PeerEvent } from '../src/index.js'
import { verifyWebhook, WebhookError, webhookEvent } from '../src/webhooks.js'

const secret = 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw'
const headers = {
  'Webhook-Id': 'msg_p5jXN8AQM9LWM0D4loKWxJek',
  'Webhook-Timestamp': '1614265330',
  'Webhook-Signature': 'v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=',
}
const body = '{"test": 2432232314}'
const now = 1614265330

/** Gives one answer to each request, and keeps the id after which each asked. */
async function core(answers: readonly [number, string][], use: (portal: Portal, after: (string | undefined)[]) => Promise<void>): Promise<void> {
  const after: (string | undefined)[] = []
  const server = createServer((request, response) => {
    const [status, text] = answers[after.length]!
    after.push(request.headers['last-event-id'] as string | undefined)
    response.writeHead(status, { 'content-type': status === 200 ? 'text/event-stream' : 'application/problem+json' }).end(text)
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  try {
    await use(new Portal({ token: 't', core: `http://127.0.0.1:${(server.address() as AddressInfo).port}` }), after)
  } finally {
    server.close()
    server.closeAllConnections()
  }
}

describe('events', () => {
  it('go on after the last one when the stream has ended', async () => {
    const first =
      'retry: 1\n\nevent: reset\ndata: {"peers":1}\n\nid: e-1\nevent: peer_visible\ndata: {"id":"abcdef","short_id":"abcdef","name":"Zöe"}\n\n:\n\nid: e-2\nevent: pe'
    const second = 'id: e-2\nevent: peer_removed\ndata: {"id":"abcdef","short_id":"abcdef"}\n\n'
    await core([[200, first], [503, '{}'], [200, second]], async (portal, after) => {
      const heard: PeerEvent[] = []
      for await (const event of portal.events()) if (heard.push(event) === 3) break
      assert.deepEqual(heard, [
        { type: 'reset', id: undefined, peer: undefined, peers: 1 },
        { type: 'peer_visible', id: 'e-1', peer: { id: 'abcdef', short_id: 'abcdef', name: 'Zöe' } },
        { type: 'peer_removed', id: 'e-2', peer: { id: 'abcdef', short_id: 'abcdef' } },
      ])
      assert.deepEqual(after, [undefined, 'e-1', 'e-1'])
    })
  })

  it('end when the core refuses, and when they are told to', async () => {
    await core([[401, '{"code":"token_invalid"}'], [200, 'retry: 100000\n\n']], async (portal) => {
      await assert.rejects(portal.events().next(), NotAuthorizedError)
      await assert.rejects(portal.events({ signal: AbortSignal.timeout(100) }).next(), { name: 'TimeoutError' })
    })
  })

  it('a peer that knows only RSA is nobody to call', async () => {
    await core([[409, '{"code":"original_needs_rsa"}']], async (portal) => {
      await assert.rejects(portal.callPeer('abcdef'), NoSuchPeerError)
    })
  })
})

describe('webhooks', () => {
  it('are verified as Standard Webhooks publishes', () => {
    verifyWebhook(secret, headers, body, 300, now)
    verifyWebhook(secret, new Headers({ ...headers, 'Webhook-Signature': `v1a,x v1,bm90IGl0 ${headers['Webhook-Signature']}` }), Buffer.from(body), 300, now + 300)
  })

  const others: [string, typeof headers | object, string, number][] = [
    ['another body', headers, '{"test": 2432232315}', now],
    ['too old', headers, body, now + 301],
    ['from the future', headers, body, now - 301],
    ['another id', { ...headers, 'Webhook-Id': 'msg_other' }, body, now],
    ['another time', { ...headers, 'Webhook-Timestamp': '1614265331' }, body, now],
    ['no time', { ...headers, 'Webhook-Timestamp': 'soon' }, body, now],
    ['no version', { ...headers, 'Webhook-Signature': headers['Webhook-Signature'].slice(3) }, body, now],
    ['nothing', {}, body, now],
  ]
  for (const [what, sent, content, at] of others)
    it(`are refused otherwise: ${what}`, () => {
      assert.throws(() => verifyWebhook(secret, sent as typeof headers, content, 300, at), WebhookError)
    })

  it('are read only while they are fresh', () => {
    assert.throws(() => webhookEvent(secret, headers, body), WebhookError)
  })
})
