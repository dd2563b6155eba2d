import { createServer, type IncomingMessage, type RequestListener, type Server, type ServerOptions } from 'node:http'
import { createServer as createTlsServer, Server as TlsServer } from 'node:https'
import type { AddressInfo, Socket } from 'node:net'
import type { Duplex } from 'node:stream'
import type { WebSocket } from 'ws'
import { isLoopback } from '../auth/source.js'
import { GatewayError, osCode } from '../errors.js'
import type { GatewayLimits } from '../limits.js'
import type { Listening, TcpAddress, UnixAddress } from '../options.js'
import type { Place } from '../place.js'
import { closeSocket, GOING_AWAY } from '../websocket/closing.js'
import { listenOnFile } from './socket-file.js'
import { followTlsFiles, readTlsFiles } from './tls-files.js'

/** Who answers what comes in. */
export interface ListenHost {
  readonly limits: GatewayLimits
  readonly onProblem: ((error: GatewayError) => void) | undefined
  request(place: Place): RequestListener
  upgrade(place: Place, request: IncomingMessage, raw: Duplex, head: Buffer, onOpen: (socket: WebSocket) => void): void
}

/** How long requests and clients may take to end before they are ended. */
const CLOSE_MS = 1000
/** How often Node looks for requests that take too long. */
const CHECK_MS = 500
const DEFAULT_HOST = '127.0.0.1'
const DEFAULT_MODE = 0o600

/** @throws TypeError, RangeError; GatewayError `GATEWAY_LISTEN`, `GATEWAY_SOCKET_IN_USE`, `GATEWAY_TLS` */
export async function listenAt(where: TcpAddress | UnixAddress, host: ListenHost): Promise<Listening> {
  return 'path' in where ? listenUnix(where, host) : listenTcp(where, host)
}

async function listenUnix(
  { path, mode = DEFAULT_MODE, tokens = false }: UnixAddress,
  host: ListenHost
): Promise<Listening> {
  if (typeof path !== 'string' || path === '') throw new TypeError('path: expected the path of a unix socket')
  if (!Number.isInteger(mode) || mode < 0 || mode > 0o777) {
    throw new RangeError(`mode: expected file permissions such as 0o600, got ${String(mode)}`)
  }
  const server = createServer(serverOptions(host.limits))
  const guests = attach(server, { isLoopback: true, asksTokens: tokens, isNamed: false }, host)
  const remove = await listenOnFile(server, path, mode)
  return new OpenPlace(`unix:${path}`, server, guests, remove)
}

async function listenTcp(
  { host: hostname = DEFAULT_HOST, port, tls }: TcpAddress,
  host: ListenHost
): Promise<Listening> {
  if (!Number.isInteger(port) || port < 0 || port > 65_535) {
    throw new RangeError(`port: expected an integer from 0 to 65535, got ${String(port)}`)
  }
  const options = serverOptions(host.limits)
  const server = tls
    ? createTlsServer({ ...options, ...(await readTlsFiles(tls)), handshakeTimeout: host.limits.headersMs })
    : createServer(options)
  const place = { isLoopback: false, asksTokens: true, isNamed: true }
  const guests = attach(server, place, host)
  const { address, family, port: actual } = await bind(server, hostname, port)
  place.isLoopback = isLoopback(address)
  const unfollow = tls && server instanceof TlsServer ? followTlsFiles(server, tls, host) : undefined
  const shown = family === 'IPv6' ? `[${address}]` : address
  return new OpenPlace(`${tls ? 'https' : 'http'}://${shown}:${actual}`, server, guests, async () => unfollow?.())
}

function serverOptions({ headersMs, requestMs }: GatewayLimits): ServerOptions {
  return {
    headersTimeout: headersMs,
    requestTimeout: Math.max(requestMs, headersMs),
    connectionsCheckingInterval: CHECK_MS,
    keepAliveTimeout: 5000,
    maxHeaderSize: 16 * 1024
  }
}

/** Who is there. */
interface Guests {
  /** To whom good-bye is said. */
  readonly sockets: ReadonlySet<WebSocket>
  /** All, from before their first byte or TLS handshake on: the server itself knows of those that speak HTTP only. */
  readonly connections: ReadonlySet<Socket>
}

function attach(server: Server, place: Place, host: ListenHost): Guests {
  const sockets = new Set<WebSocket>()
  const connections = new Set<Socket>()
  server.maxConnections = host.limits.connections
  // Bytes bound them. What is beyond a count is left out in silence, be it the Origin or what a proxy has added.
  server.maxHeadersCount = 0
  server.on('connection', (connection: Socket) => {
    connections.add(connection)
    connection.once('close', () => connections.delete(connection))
  })
  server.on('request', host.request(place))
  server.on('upgrade', (request, raw, head) => {
    host.upgrade(place, request, raw, head, socket => {
      sockets.add(socket)
      socket.once('close', () => sockets.delete(socket))
    })
  })
  return { sockets, connections }
}

function bind(server: Server, host: string, port: number): Promise<AddressInfo> {
  return new Promise((resolve, reject) => {
    // Later errors, such as too many open files, cost a connection; the server goes on.
    server.on('error', error => {
      const code = osCode(error)
      const whatToDo =
        code === 'EADDRINUSE' ? 'stop what listens there, or choose another port' : 'choose an address of this machine'
      const message = `Cannot listen on ${host} port ${port} (${code ?? String(error)}); ${whatToDo}.`
      reject(new GatewayError('GATEWAY_LISTEN', message, { cause: error }))
    })
    server.listen({ host, port }, () => {
      const address = server.address()
      if (address !== null && typeof address !== 'string') resolve(address)
    })
  })
}

class OpenPlace implements Listening {
  readonly url: string
  readonly #server: Server
  readonly #guests: Guests
  readonly #letGo: () => Promise<void>
  #closing: Promise<void> | undefined

  constructor(url: string, server: Server, guests: Guests, letGo: () => Promise<void>) {
    this.url = url
    this.#server = server
    this.#guests = guests
    this.#letGo = letGo
  }

  close(): Promise<void> {
    this.#closing ??= this.#close()
    return this.#closing
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close()
  }

  async #close(): Promise<void> {
    const { sockets, connections } = this.#guests
    await this.#letGo()
    const closed = new Promise<void>(resolve => this.#server.close(() => resolve()))
    this.#server.closeIdleConnections()
    for (const socket of sockets) closeSocket(socket, GOING_AWAY, 'the gateway is closing')
    const timer = setTimeout(() => {
      for (const connection of connections) connection.destroy()
    }, CLOSE_MS)
    await closed
    clearTimeout(timer)
  }
}
