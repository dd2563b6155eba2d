import { Agent, type Dispatcher, WebSocket } from 'undici'

/** A WebSocket client that is not the server's own library: what it sees, in order. */
export interface Client {
  readonly socket: WebSocket
  /** The next frame; fails when the socket is closed first. */
  next(): Promise<string>
  nextJson(): Promise<Record<string, unknown>>
  send(frame: string | Uint8Array | object): void
  /** Frames that nobody has taken. */
  readonly waiting: readonly string[]
  /** How it was closed. */
  readonly closed: Promise<{ code: number; reason: string }>
  close(): Promise<void>
}

export interface ClientOptions {
  headers?: Record<string, string>
  dispatcher?: Dispatcher
}

/** Resolves when the handshake is done; fails with the server's refusal as the socket tells it. */
export function openClient(url: string, options: ClientOptions = {}): Promise<Client> {
  const socket = new WebSocket(url.replace(/^http/, 'ws'), options)
  const waiting: string[] = []
  const takers: { resolve: (frame: string) => void; reject: (error: Error) => void }[] = []
  socket.addEventListener('message', ({ data }: { data: unknown }) => {
    const frame = String(data)
    const taker = takers.shift()
    if (taker) taker.resolve(frame)
    else waiting.push(frame)
  })
  const closed = new Promise<{ code: number; reason: string }>(resolve => {
    socket.addEventListener('close', ({ code, reason }) => {
      for (const taker of takers) taker.reject(new Error(`closed ${code} ${reason}`))
      takers.length = 0
      resolve({ code, reason })
    })
  })
  const next = (): Promise<string> => {
    const frame = waiting.shift()
    if (frame !== undefined) return Promise.resolve(frame)
    if (socket.readyState >= socket.CLOSING) return Promise.reject(new Error('closed'))
    return new Promise((resolve, reject) => takers.push({ resolve, reject }))
  }
  const client: Client = {
    socket,
    next,
    nextJson: async () => JSON.parse(await next()) as Record<string, unknown>,
    send: frame => {
      if (typeof frame === 'string' || frame instanceof Uint8Array) socket.send(frame)
      else socket.send(JSON.stringify(frame))
    },
    waiting,
    closed,
    close: async () => {
      socket.close()
      await closed
    }
  }
  return new Promise((resolve, reject) => {
    socket.addEventListener('open', () => resolve(client))
    socket.addEventListener('error', event => {
      reject(event.error instanceof Error ? event.error : new Error('refused', { cause: event }))
    })
  })
}

/** Talks to a unix socket. */
export function unixDispatcher(path: string): Dispatcher {
  return new Agent({ connect: { socketPath: path } })
}
