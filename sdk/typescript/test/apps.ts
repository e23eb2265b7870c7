// Receiving apps, as an author would write them, and the servers that they run on.
import { serve } from '@hono/node-server'
import express from 'express'
import { Hono } from 'hono'
import { createHash } from 'node:crypto'
import { once } from 'node:events'
import type { Server } from 'node:http'
import type { Duplex } from 'node:stream'
import { WebSocketServer } from 'ws'
import * as forExpress from '../src/express.js'
import * as forHono from '../src/hono.js'
import { fromHeader, type Portal } from '../src/index.js'

export const long = 'lorem ipsum '.repeat(100_000)

/** What an app took for good. */
export class Received {
  readonly bodies: Buffer[] = []
  /** What `/peer/slow` waits for after its first piece. */
  goOn = Promise.resolve()
  proceed = (): void => {}

  hold(): void {
    this.goOn = new Promise((resolve) => (this.proceed = resolve))
  }
}

export async function start(framework: string, port: number, portal: Portal): Promise<{ received: Received; server: Server }> {
  const received = new Received()
  const server = framework === 'express' ? expressApp(received, portal).listen(port, '127.0.0.1') : (serve({ fetch: honoApp(received, portal).fetch, port, hostname: '127.0.0.1' }) as Server)
  const sockets = new WebSocketServer({ noServer: true, handleProtocols: ([first]) => first ?? false })
  const identify = forExpress.identifyUpgrade({ portal })
  server.on('upgrade', async (req, stream: Duplex, head) => {
    const caller = await identify(req)
    if (!caller) stream.end('HTTP/1.1 403 Forbidden\r\nconnection: close\r\n\r\n')
    else
      sockets.handleUpgrade(req, stream, head, (socket) => {
        socket.send(JSON.stringify(caller))
        socket.ping()
        socket.on('message', (data, isBinary) => (!isBinary && String(data) === 'bye' ? socket.close(1000) : socket.send(data, { binary: isBinary })))
      })
  })
  if (!server.listening) await once(server, 'listening')
  return { received, server }
}

function expressApp(received: Received, portal: Portal): express.Express {
  const app = express()
  app.use(forExpress.fromPortal({ portal }))
  app.use(express.raw({ type: () => true, limit: '5mb' }))
  app.use(async (req, res) => {
    const body = Buffer.isBuffer(req.body) ? req.body : Buffer.alloc(0)
    received.bodies.push(body)
    res.setHeader('x-said', req.headers['x-greeting'] ?? '')
    if (req.path === '/peer/slow') {
      res.write('first')
      await received.goOn
      res.end('second')
    } else if (req.path === '/peer/broken') {
      res.write('half')
      await received.goOn
      res.destroy()
    } else if (req.path === '/peer/long') res.send(long)
    else if (req.path === '/peer/moved') res.redirect('/peer')
    else if (req.path === '/peer/greeting') res.send(fromHeader(req.get('x-greeting')!))
    else res.json(report(forExpress.identity(req), body))
  })
  return app
}

function honoApp(received: Received, portal: Portal): Hono {
  const app = new Hono()
  app.use(forHono.fromPortal({ portal }))
  app.all('*', async (c) => {
    const body = Buffer.from(await c.req.arrayBuffer())
    received.bodies.push(body)
    const pieces = async function* (): AsyncGenerator<Uint8Array> {
      yield Buffer.from('first')
      await received.goOn
      yield Buffer.from('second')
    }
    if (c.req.path === '/peer/slow') return new Response(stream(pieces()))
    if (c.req.path === '/peer/long') return c.body(long)
    if (c.req.path === '/peer/greeting') return c.text(fromHeader(c.req.header('x-greeting')!))
    return c.json(report(forHono.identity(c), body))
  })
  return app
}

export function stream(pieces: AsyncIterable<Uint8Array>): ReadableStream<Uint8Array> {
  const iterator = pieces[Symbol.asyncIterator]()
  return new ReadableStream({
    async pull(controller) {
      const next = await iterator.next()
      if (next.done) controller.close()
      else controller.enqueue(next.value)
    },
  })
}

function report(caller: forHono.Identity, body: Buffer): object {
  return { ...caller, length: body.length, sha256: createHash('sha256').update(body).digest('hex') }
}
