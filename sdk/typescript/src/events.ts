/** A peer as an event tells of it. Of one that was removed only the IDs are told. */
export interface SeenPeer {
  id: string
  short_id: string
  name?: string
  domain?: string
  status?: 'pending' | 'mutual' | 'withdrawn'
  is_reachable?: boolean | null
}

/** Something that happened to a peer that this app sees. */
export interface PeerEvent {
  /** Such as `peer_renamed`. After `reset` the present state follows, so forget what you know. */
  type: string
  /** Of the stream, to go on from: undefined where it cannot be gone on from. Of a webhook, the same in every attempt. */
  id: string | undefined
  /** Undefined with `reset`. */
  peer: SeenPeer | undefined
  /** With `reset`, how many `peer_visible` follow. */
  peers?: number
}

/** The events of a stream of Server-Sent Events, and the milliseconds to wait before coming back where it says so. */
export async function* parseEvents(body: ReadableStream<Uint8Array>): AsyncGenerator<PeerEvent | number> {
  let fields: Record<string, string> = {}
  for await (const line of lines(body)) {
    const [name, value = ''] = line.split(/: (.*)/s, 2) as [string, string?]
    if (line === '') {
      if (fields['event'] !== undefined) yield readEvent(fields)
      fields = {}
    } else if (name === 'retry') yield Number(value)
    else fields[name] = value
  }
}

function readEvent(fields: Record<string, string>): PeerEvent {
  const data = JSON.parse(fields['data'] ?? '') as SeenPeer & { peers: number }
  const [type, id] = [fields['event']!, fields['id']]
  return type === 'reset' ? { type, id, peer: undefined, peers: data.peers } : { type, id, peer: data }
}

async function* lines(body: ReadableStream<Uint8Array>): AsyncGenerator<string> {
  const reader = body.getReader()
  const decoder = new TextDecoder()
  let rest = ''
  try {
    for (let piece = await reader.read(); !piece.done; piece = await reader.read()) {
      const complete = (rest + decoder.decode(piece.value, { stream: true })).split('\n')
      rest = complete.pop()!
      yield* complete
    }
  } finally {
    await reader.cancel().catch(() => {})
  }
}
