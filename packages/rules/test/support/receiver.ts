import { once } from 'node:events'
import type { IncomingHttpHeaders, RequestListener, Server } from 'node:http'
import { createServer } from 'node:http'
import { createServer as createTlsServer } from 'node:https'
import type { AddressInfo, Socket } from 'node:net'

/** A request as it was received. */
export interface ReceivedRequest {
  readonly method: string | undefined
  readonly path: string | undefined
  readonly headers: IncomingHttpHeaders
  readonly body: string
}

/** A server on loopback that keeps what it was sent. */
export interface Receiver extends AsyncDisposable {
  readonly url: string
  readonly port: number
  readonly requests: readonly ReceivedRequest[]
  /** Connections made so far. */
  readonly connections: number
}

type Answer = (
  response: Parameters<RequestListener>[1],
  request: ReceivedRequest & { readonly number: number; readonly socket: Socket }
) => void

/** Listens; `answer` answers each request, the first of which has number 1. */
export async function openReceiver(
  answer: Answer = response => response.end('ok'),
  tls?: { key: string; cert: string }
): Promise<Receiver> {
  const requests: ReceivedRequest[] = []
  const sockets = new Set<Socket>()
  let connections = 0
  const listener: RequestListener = (incoming, response) => {
    const parts: Buffer[] = []
    incoming.on('error', () => undefined)
    response.on('error', () => undefined)
    incoming.on('data', (part: Buffer) => parts.push(part))
    incoming.on('end', () => {
      const { method, url: path, headers, socket } = incoming
      const request = { method, path, headers, body: Buffer.concat(parts).toString() }
      requests.push(request)
      answer(response, { ...request, number: requests.length, socket })
    })
  }
  const server: Server = tls === undefined ? createServer(listener) : createTlsServer(tls, listener)
  server.on('connection', (socket: Socket) => {
    connections += 1
    sockets.add(socket)
    socket.on('error', () => undefined)
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  return {
    url: `${tls === undefined ? 'http' : 'https'}://127.0.0.1:${port}`,
    port,
    requests,
    get connections() {
      return connections
    },
    async [Symbol.asyncDispose]() {
      for (const socket of sockets) socket.destroy()
      server.close()
      await once(server, 'close')
    }
  }
}
