import { createHash, randomBytes } from 'node:crypto'
import { request as plain, type ClientRequest, type IncomingMessage } from 'node:http'
import { request as secure } from 'node:https'
import type { Duplex } from 'node:stream'
import { AnswerBrokenError, CoreUnreachableError, problemError } from './errors.js'

export interface SocketOptions {
  headers?: RequestInit['headers']
  /** Subprotocols that are offered. */
  protocols?: readonly string[]
}

const [text, binary, close, ping, pong] = [1, 2, 8, 9, 10]
const maxProblem = 64 << 10

/**
 * The client's side of a WebSocket (RFC 6455) on a connection that the core has upgraded, without extensions. The `WebSocket` of browsers cannot
 * send an app's token, and Node 20 has none.
 */
export class PeerSocket implements AsyncIterable<string | Uint8Array> {
  /** The upgraded connection, for code that brings its own frames and has not read from this. `head` came first. */
  readonly stream: Duplex
  readonly head: Uint8Array
  /** The one that the peer's app chose, or undefined. */
  readonly protocol: string | undefined
  readonly #maxMessage: number
  #pieces: AsyncIterator<Buffer> | undefined
  #buffered: Buffer
  #isClosing = false

  constructor(stream: Duplex, head: Buffer, protocol: string | undefined, maxMessage: number) {
    this.stream = stream
    this.head = this.#buffered = head
    this.protocol = protocol
    this.#maxMessage = maxMessage
    stream.on('error', () => {}) // reading and writing tell
  }

  /** Sends text or bytes as one message. */
  async send(message: string | Uint8Array): Promise<void> {
    await this.#write(typeof message === 'string' ? text! : binary!, Buffer.from(message as Uint8Array))
  }

  /** The next message: text, bytes, or undefined if the peer's app has closed the connection in order. */
  async receive(): Promise<string | Uint8Array | undefined> {
    let [kind, length] = [0, 0]
    const pieces: Buffer[] = []
    for (;;) {
      const { isLast, opcode, payload } = await this.#read()
      if (opcode === close) {
        await this.close(payload.subarray(0, 2))
        return undefined
      }
      if (opcode === ping) await this.#write(pong!, payload)
      if (opcode >= close!) continue
      if ((opcode === 0) !== (kind !== 0)) throw this.#broken('a frame is out of order')
      kind ||= opcode
      pieces.push(payload)
      length += payload.length
      if (length > this.#maxMessage) throw this.#broken(`a message has more than ${this.#maxMessage} bytes`)
      if (isLast) return kind === text ? this.#text(Buffer.concat(pieces)) : new Uint8Array(Buffer.concat(pieces))
    }
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<string | Uint8Array> {
    for (let message = await this.receive(); message !== undefined; message = await this.receive()) yield message
  }

  /** Says goodbye (1000) and ends the connection. */
  async close(code: Uint8Array = Buffer.from([3, 232])): Promise<void> {
    if (this.#isClosing) return
    this.#isClosing = true
    await this.#write(close!, Buffer.from(code)).catch(() => {})
    this.stream.destroy()
  }

  async #write(opcode: number, payload: Buffer): Promise<void> {
    const { length } = payload
    const size = length < 126 ? Buffer.alloc(1) : Buffer.alloc(length < 1 << 16 ? 3 : 9)
    size[0] = 128 | (length < 126 ? length : length < 1 << 16 ? 126 : 127)
    if (size.length === 3) size.writeUInt16BE(length, 1)
    if (size.length === 9) size.writeBigUInt64BE(BigInt(length), 1)
    const mask = randomBytes(4)
    const masked = Buffer.from(payload)
    for (let i = 0; i < length; i++) masked[i]! ^= mask[i & 3]!
    await new Promise<void>((resolve, reject) => {
      const sent = (error?: Error | null): void => (error ? reject(this.#broken('the connection broke off', error)) : resolve())
      this.stream.write(Buffer.concat([Buffer.from([128 | opcode]), size, mask, masked]), sent)
    })
  }

  async #read(): Promise<{ isLast: boolean; opcode: number; payload: Buffer }> {
    const [first, second] = (await this.#exactly(2)) as unknown as [number, number]
    const [isLast, opcode] = [first > 127, first & 15]
    const isControl = opcode >= close!
    if (first & 0x70 || second > 127 || (isControl && (!isLast || second > 125)) || ![0, text, binary, close, ping, pong].includes(opcode))
      throw this.#broken('a frame is malformed')
    const length = second < 126 ? second : second === 126 ? (await this.#exactly(2)).readUInt16BE() : Number((await this.#exactly(8)).readBigUInt64BE())
    if (length > this.#maxMessage) throw this.#broken(`a message has more than ${this.#maxMessage} bytes`)
    return { isLast, opcode, payload: await this.#exactly(length) }
  }

  async #exactly(length: number): Promise<Buffer> {
    const pieces = [this.#buffered]
    this.#pieces ??= this.stream[Symbol.asyncIterator]() as AsyncIterator<Buffer>
    for (let have = this.#buffered.length; have < length; have += pieces.at(-1)!.length) {
      const next = await this.#pieces.next().catch((cause: unknown) => {
        throw this.#broken('the connection broke off', cause)
      })
      if (next.done) throw this.#broken('the connection broke off')
      pieces.push(next.value)
    }
    const all = pieces.length === 1 ? this.#buffered : Buffer.concat(pieces)
    this.#buffered = all.subarray(length)
    return all.subarray(0, length)
  }

  #text(message: Buffer): string {
    try {
      return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(message)
    } catch {
      throw this.#broken('a text is not UTF-8')
    }
  }

  #broken(what: string, cause?: unknown): AnswerBrokenError {
    this.stream.destroy()
    return new AnswerBrokenError('answer_broken', { detail: `The WebSocket ended: ${what}.`, cause })
  }
}

export async function openSocket(url: URL, headers: Headers, options: SocketOptions, maxMessage: number): Promise<PeerSocket> {
  const key = randomBytes(16).toString('base64')
  const opening = { connection: 'Upgrade', upgrade: 'websocket', 'sec-websocket-version': '13', 'sec-websocket-key': key }
  for (const [name, value] of Object.entries(opening)) headers.set(name, value)
  if (options.protocols?.length) headers.set('sec-websocket-protocol', options.protocols.join(', '))
  const sent: ClientRequest = (url.protocol === 'https:' ? secure : plain)(url, { headers: Object.fromEntries(headers) })
  return await new Promise<PeerSocket>((resolve, reject) => {
    sent.on('error', (cause) => reject(new CoreUnreachableError('core_unreachable', { detail: cause.message, cause })))
    sent.on('response', (answer) => void refusal(answer).then(reject, reject))
    sent.on('upgrade', (answer, stream: Duplex, head) => {
      if (answer.headers['sec-websocket-accept'] === accept(key)) {
        resolve(new PeerSocket(stream, head, answer.headers['sec-websocket-protocol'], maxMessage))
        return
      }
      stream.destroy()
      reject(new AnswerBrokenError('answer_invalid', { detail: "The answer to the WebSocket's handshake does not match its key.", status: 101 }))
    })
    sent.end()
  })
}

async function refusal(answer: IncomingMessage): Promise<Error> {
  let body = ''
  for await (const piece of answer) {
    body += String(piece)
    if (body.length > maxProblem) break
  }
  const headers = new Headers(Object.entries(answer.headers).flatMap(([name, value]) => (typeof value === 'string' ? [[name, value] as [string, string]] : [])))
  return problemError(answer.statusCode!, headers, body)
}

function accept(key: string): string {
  return createHash('sha1').update(key + '258EAFA5-E914-47DA-95CA-C5AB0DC85B11').digest('base64')
}
