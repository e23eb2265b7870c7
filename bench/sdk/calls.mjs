// One round after the other, as standard input says: "bare" or "sdk", each answered with calls per second. Arguments: the core, the token, the peer.
import { createInterface } from 'node:readline'
import { Portal } from '../../sdk/typescript/dist/src/index.js'

const count = 1000
const [core, token, peer] = process.argv.slice(2)
const portal = new Portal({ core, token })
const calls = {
  bare: () => fetch(`${core}/internal/call_peer/${peer}/postcards?x=1`, { headers: { 'proxy-authorization': `Bearer ${token}` }, redirect: 'manual' }),
  sdk: () => portal.callPeer(peer, '/postcards?x=1'),
}

for await (const line of createInterface({ input: process.stdin })) {
  const began = performance.now()
  for (let i = 0; i < count; i++) await (await calls[line]()).arrayBuffer()
  console.log(count / ((performance.now() - began) / 1000))
}
