// Messages from one Portal to another. app_meta.json says who may do what; the Portal sees to it.
import { createServer } from 'node:http'
import { text } from 'node:stream/consumers'
import { Portal, PortalError } from '@peerregistry/client'
import { fromPortal, identity } from '@peerregistry/client/express' // works with node:http as it is

const portal = new Portal() // finds the core by PORTAL_CORE_URL and PORTAL_APP_TOKEN
const received = []

const routes = {
  // A peer's app calls. The Portal has verified who it is.
  'POST /messages': async (req) => {
    const sender = identity(req)
    received.push({ from: sender.id, name: sender.name, text: await text(req) })
    return [204, '']
  },

  // The owner writes to a peer: the Portal signs, and finds the same app at the peer's.
  'POST /send': async (req) => {
    const form = new URLSearchParams(await text(req))
    try {
      const answer = await portal.callPeer(form.get('to'), '/messages', { method: 'POST', body: form.get('text') })
      return answer.ok ? [200, 'It was delivered. <a href="/">Back</a>'] : [502, `The peer answered ${answer.status}`]
    } catch (error) {
      if (!(error instanceof PortalError)) throw error
      return [502, `It was not delivered: ${error.code}`]
    }
  },

  'GET /': async () => {
    const peers = (await portal.peers()).map((peer) => `<option value="${peer.id}">${escaped(peer.name)}</option>`).join('')
    const messages = received.map((each) => `<p><b>${escaped(each.name)}</b>: ${escaped(each.text)}</p>`).join('')
    return [200, `<!doctype html><title>Messages</title><form method="post" action="/send"><select name="to">${peers}</select>
      <input name="text" required><button>Send</button></form>${messages}`]
  },

  'GET /received': async () => [200, JSON.stringify(received)],
}

const escaped = (words) => words.replace(/[&<>"']/g, (sign) => `&#${sign.charCodeAt(0)};`)
const admit = fromPortal({ portal })

createServer((req, res) =>
  admit(req, res, async (error) => {
    const route = routes[`${req.method} ${new URL(req.url, 'http://app').pathname}`] ?? (async () => [404, 'Not found'])
    const [status, page] = await (error ? Promise.reject(error) : route(req)).catch((failure) => (console.error(failure), [500, 'It failed']))
    if (!res.headersSent) res.writeHead(status, { 'content-type': 'text/html; charset=utf-8' }).end(page)
  }),
).listen(process.env.PORT ?? 3000, process.env.HOST ?? '127.0.0.1') // in a container, set HOST=0.0.0.0
