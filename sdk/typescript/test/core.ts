// A server that answers whatever a test wants, byte for byte.
import { once } from 'node:events'
import { type AddressInfo, createServer } from 'node:net'

export const rateLimited = 'HTTP/1.1 429 x\r\nContent-Type: application/problem+json\r\nRetry-After: 0\r\nContent-Length: 23\r\n\r\n{"code":"rate_limited"}'
export const unavailable = 'HTTP/1.1 503 x\r\nRetry-After: 0\r\nContent-Length: 0\r\n\r\n'
export const ok = 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok'

/** An answer of the core with JSON. */
export function json(value: object): string {
  const body = JSON.stringify(value)
  return `HTTP/1.1 200 OK\r\nContent-Length: ${Buffer.byteLength(body)}\r\n\r\n${body}`
}

/** Gives one answer to each connection, and keeps the requests. */
export async function core(answers: readonly string[], use: (address: string, requests: string[]) => Promise<void>): Promise<void> {
  const requests: string[] = []
  const server = createServer((socket) => {
    socket.on('error', () => {})
    socket.once('data', (data) => {
      const answer = answers[requests.length]!.replace(' x\r\n', ' x\r\nConnection: close\r\n').replace('OK\r\n', 'OK\r\nConnection: close\r\n')
      requests.push(data.toString())
      socket.end(answer)
    })
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  try {
    await use(`http://127.0.0.1:${(server.address() as AddressInfo).port}`, requests)
  } finally {
    server.close()
  }
}
