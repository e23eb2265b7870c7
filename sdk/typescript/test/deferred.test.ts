// Calls that are delivered later, against a server that answers whatever a test wants.
import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { BusyError, InvalidCallError, NoSuchPeerError, NotFoundError, Portal, type DeferredCalls, type PortalError } from '../src/index.js'
import { core, json, ok, rateLimited, unavailable } from './core.js'

const id = '8e03978e-40d5-43e8-bc93-6e26fd1d3a65'
const accepted = `HTTP/1.1 202 Accepted\r\nConnection: close\r\nLocation: /protected/calls/${id}\r\nContent-Length: 0\r\n\r\n`
const tooMany = rateLimited.replace('Retry-After: 0\r\nContent-Length: 23', 'Retry-After: 60\r\nContent-Length: 25').replace('rate_limited', 'too_many_calls')

const keyOf = (request: string): string | undefined => /\r\nidempotency-key: (\S+)\r\n/i.exec(request)?.[1]
const lineOf = (request: string): string | undefined => /^(.*) HTTP/.exec(request)?.[1]

async function against(answers: readonly string[], use: (deferred: DeferredCalls, requests: string[]) => Promise<void>): Promise<void> {
  await core(answers, (address, requests) => use(new Portal({ token: 't', core: address }).deferred, requests))
}

describe('a call that is delivered later', () => {
  it('is sent with its key and known by its id', async () => {
    await against([accepted], async (deferred, requests) => {
      const init = { method: 'post', body: 'body', headers: { 'X-Name': 'ö', 'Idempotency-Key': 'none' }, key: 'card-17' }
      assert.equal(await deferred.send('abcdef', '/cards', init), id)
      const lines = requests[0]!.toLowerCase().split('\r\n')
      assert.equal(lines[0], 'post /internal/call_peer/abcdef/cards http/1.1')
      for (const line of ['prefer: respond-async', 'idempotency-key: card-17', 'x-name: ö', 'proxy-authorization: bearer t']) assert.ok(lines.includes(line), line)
    })
  })

  it('gets a key of its own if it has none', async () => {
    await against([accepted, accepted], async (deferred, requests) => {
      await deferred.send('abcdef')
      await deferred.send('abcdef')
      assert.equal(new Set(requests.map(keyOf)).size, 2)
      assert.ok(keyOf(requests[0]!))
    })
  })

  for (const [what, refusal] of Object.entries({ '503': unavailable, '429': rateLimited, 'any code': rateLimited.replace('rate_limited', 'some_refusal') }))
    it(`is repeated with the same key whatever its method: ${what}`, async () => {
      await against([refusal, refusal, accepted], async (deferred, requests) => {
        assert.equal(await deferred.send('abcdef', '/', { method: 'POST', body: 'body' }), id)
        assert.deepEqual([requests.length, new Set(requests.map(keyOf)).size], [3, 1])
      })
    })

  it('does not wait until there is room among too many', async () => {
    await against([tooMany, accepted], async (deferred) => {
      await assert.rejects(deferred.send('abcdef', '/', { method: 'POST' }), (error: PortalError) => error instanceof BusyError && error.code === 'too_many_calls' && error.retryAfter === 60)
    })
  })

  for (const [answer, code] of [[accepted.replace('202 Accepted', '200 x'), 'http_200'], [accepted.replace('Location', 'X-Other'), 'http_202']] as const)
    it(`is not accepted without its address: ${code}`, async () => {
      await against([answer], async (deferred) => {
        await assert.rejects(deferred.send('abcdef'), (error: PortalError) => error.code === code)
      })
    })

  it('is listed with all others, in pages', async () => {
    const first = Array.from({ length: 1000 }, (_, i) => ({ id: `${i}` }))
    await against([json(first), json([{ id }])], async (deferred, requests) => {
      assert.deepEqual(await deferred.list(), [...first, { id }])
      assert.deepEqual(requests.map(lineOf), ['GET /protected/calls?limit=1000', 'GET /protected/calls?limit=1000&after=999'])
    })
  })

  it('has an answer, a receipt and an end, each with its own address', async () => {
    const receipt = { method: 'POST', target_uri: 'https://x.example.org/', request: [], answer_status: 201, answer: [] }
    await against([json({ id }), ok, json(receipt), 'HTTP/1.1 204 x\r\n\r\n'], async (deferred, requests) => {
      assert.equal((await deferred.find(id)).id, id)
      assert.equal(await (await deferred.answer(id)).text(), 'ok')
      assert.deepEqual(await deferred.receipt(id), receipt)
      await deferred.cancel(id)
      const path = `/protected/calls/${id}`
      assert.deepEqual(requests.map(lineOf), [`GET ${path}`, `GET ${path}/answer`, `GET ${path}/receipt`, `DELETE ${path}`])
    })
  })

  it('has no id or path that leads to the core itself', async () => {
    await against([ok], async (deferred, requests) => {
      for (const call of ['', '..', `${id}/../../peers`, `${id}\n`, `${id}?`, '%2e%2e', '٣'])
        for (const ask of ['find', 'answer', 'receipt', 'cancel'] as const)
          await assert.rejects(deferred[ask](call), (error: PortalError) => error instanceof NotFoundError && error.code === 'call_unknown')
      await assert.rejects(deferred.send('abcdef', '/../../../protected/calls'), InvalidCallError)
      await assert.rejects(deferred.send('..', '/'), NoSuchPeerError)
      assert.equal(requests.length, 0)
    })
  })

  for (const code of ['call_unknown', 'answer_missing', 'receipt_missing', 'avatar_unknown'])
    it(`is not found: ${code}`, async () => {
      const problem = JSON.stringify({ code })
      await against([`HTTP/1.1 404 x\r\nContent-Type: application/problem+json\r\nContent-Length: ${problem.length}\r\n\r\n${problem}`], async (deferred) => {
        await assert.rejects(deferred.answer(id), (error: PortalError) => error instanceof NotFoundError && error.code === code)
      })
    })
})
