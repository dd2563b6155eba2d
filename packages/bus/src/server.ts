import { createServer, type Server, type Socket } from 'node:net'
import { type Broker, createBroker } from './broker.js'
import type { ConnectionCounters, ConnectionHost } from './newline-json/connection.js'
import { endPolitely, NewlineJsonConnection } from './newline-json/connection.js'
import { GatherBuffers } from './newline-json/socket-writer.js'
import { listenOnFile, type SocketFile } from './socket-file.js'

/** Where and how to listen. */
export interface ListenBusOptions {
  /** The unix socket to create. A missing directory is made, a socket that nobody listens behind is replaced. */
  path: string
  /** The broker to serve; by default one of its own, which closes with the server. */
  broker?: Broker
  /** Permissions of the socket, default 0o600: packets are nobody else's business, and whoever may connect may also publish. */
  mode?: number
  /** Longest line a client may send in bytes, newline included, default the broker's. */
  maxLineBytes?: number
  /** Connections at a time, default 1024; more are closed at once. */
  maxClients?: number
  /** Milliseconds a reader may take no byte while some wait for it, default 30,000; it is removed after one to two times that. */
  stallMs?: number
  /** Milliseconds `close()` gives readers to take what was published before it, default 1,000. */
  drainMs?: number
}

/** What a server has done so far. */
export interface BusServerStats {
  /** Connections now. */
  readonly clients: number
  /** Those of them that read. */
  readonly readers: number
  /** Connections ever accepted. */
  readonly accepted: number
  /** Connections closed at once because there were `maxClients` already. */
  readonly turnedAway: number
  /** Connections that could not be accepted, mostly for want of file descriptors. */
  readonly acceptErrors: number
  /** Events that clients published. */
  readonly received: number
  /** Events refused because their value is not a string. */
  readonly refused: number
  /** Clients cut off because what they sent is no bus line, too long, or of a dialect that is not served. */
  readonly cutOff: number
  /** Readers removed because they took no byte for too long. */
  readonly stalled: number
  /** Events that readers lost because they were too slow, one per event and reader. */
  readonly dropped: number
}

/** A bus on a unix socket. */
export interface BusServer extends AsyncDisposable {
  readonly broker: Broker
  readonly path: string
  readonly stats: BusServerStats
  /** Stops listening, lets readers take what was published, ends every connection. Safe to call twice. */
  close(): Promise<void>
}

const HTTP2_PREFACE = 0x50
const BACKLOG = 4096

/**
 * Puts a bus on a unix socket, speaking newline-JSON as sprbus-json does.
 * @throws TypeError, RangeError; BusError `BUS_SOCKET_IN_USE`, `BUS_LISTEN`
 */
export async function listenBus(options: ListenBusOptions): Promise<BusServer> {
  const { path, mode = 0o600, maxClients = 1024, stallMs = 30_000, drainMs = 1000 } = options
  if (typeof path !== 'string' || path === '') throw new TypeError('path: expected the path of a unix socket')
  checkInteger('mode', mode, 0, 0o777)
  checkInteger('maxClients', maxClients, 1, 1_000_000)
  checkInteger('stallMs', stallMs, 1, 2 ** 31 - 1)
  checkInteger('drainMs', drainMs, 0, 2 ** 31 - 1)
  const broker =
    options.broker ?? createBroker(options.maxLineBytes === undefined ? {} : { maxLineBytes: options.maxLineBytes })
  const maxLineBytes = options.maxLineBytes ?? broker.maxLineBytes
  checkInteger('maxLineBytes', maxLineBytes, 64, broker.maxLineBytes)
  const server = new UnixBusServer({
    path,
    broker,
    ownsBroker: options.broker === undefined,
    maxLineBytes,
    stallMs,
    drainMs
  })
  await server.listen(mode, maxClients)
  return server
}

interface ServerSettings {
  path: string
  broker: Broker
  ownsBroker: boolean
  maxLineBytes: number
  stallMs: number
  drainMs: number
}

class UnixBusServer implements BusServer {
  readonly broker: Broker
  readonly path: string
  readonly #settings: ServerSettings
  readonly #server: Server
  readonly #sockets = new Set<Socket>()
  readonly #connections = new Set<NewlineJsonConnection>()
  readonly #counters: ConnectionCounters = { received: 0, refused: 0, cutOff: 0, stalled: 0, dropped: 0 }
  readonly #host: ConnectionHost
  #file: SocketFile | undefined
  #accepted = 0
  #turnedAway = 0
  #acceptErrors = 0
  #closing: Promise<void> | undefined

  constructor(settings: ServerSettings) {
    const { path, broker, maxLineBytes, stallMs } = settings
    this.path = path
    this.broker = broker
    this.#settings = settings
    this.#host = { broker, maxLineBytes, stallMs, buffers: new GatherBuffers(), counters: this.#counters }
    this.#server = createServer({ allowHalfOpen: true }, socket => this.#accept(socket))
  }

  get stats(): BusServerStats {
    const { dropped, ...counters } = this.#counters
    let readers = 0
    let droppedNow = dropped
    for (const connection of this.#connections) {
      if (connection.isReader) readers += 1
      droppedNow += connection.dropped
    }
    return {
      clients: this.#sockets.size,
      readers,
      accepted: this.#accepted,
      turnedAway: this.#turnedAway,
      acceptErrors: this.#acceptErrors,
      ...counters,
      dropped: droppedNow
    }
  }

  async listen(mode: number, maxClients: number): Promise<void> {
    this.#server.maxConnections = maxClients
    this.#server.on('drop', () => {
      this.#turnedAway += 1
    })
    this.#file = await listenOnFile(this.#server, this.path, mode, BACKLOG)
    // From here on an error is a connection that could not be accepted, which concerns nobody but its client.
    this.#server.on('error', () => {
      this.#acceptErrors += 1
    })
  }

  close(): Promise<void> {
    this.#closing ??= this.#close()
    return this.#closing
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close()
  }

  #accept(socket: Socket): void {
    this.#accepted += 1
    this.#sockets.add(socket)
    // A client may die at any time; 'close' follows and cleans up.
    socket.on('error', () => undefined)
    socket.once('close', () => this.#sockets.delete(socket))
    // A client that ends before it spoke.
    const onEarlyEnd = (): void => {
      socket.end()
    }
    socket.once('end', onEarlyEnd)
    socket.once('data', first => {
      socket.removeListener('end', onEarlyEnd)
      this.#serve(socket, first)
    })
  }

  /** The first byte tells the dialects apart: HTTP/2, which gRPC speaks, begins with `PRI`, a line with a brace. */
  #serve(socket: Socket, first: Buffer): void {
    if (first[0] === HTTP2_PREFACE) {
      this.#counters.cutOff += 1
      endPolitely(socket)
      return
    }
    const connection = new NewlineJsonConnection(socket, this.#host)
    this.#connections.add(connection)
    socket.once('close', () => this.#connections.delete(connection))
    connection.receive(first)
  }

  async #close(): Promise<void> {
    await this.#file?.remove()
    const closed = new Promise(resolve => this.#server.close(resolve))
    await this.#drain()
    const gone = [...this.#sockets].map(socket => new Promise(resolve => socket.once('close', resolve)))
    for (const socket of this.#sockets) {
      // What the kernel has still arrives; who has not taken the rest by now is not waited for.
      if (socket.writableLength === 0) socket.destroySoon()
      else socket.destroy()
    }
    await Promise.all([closed, ...gone])
    if (this.#settings.ownsBroker) this.broker.close()
  }

  async #drain(): Promise<void> {
    let timer: NodeJS.Timeout | undefined
    const deadline = new Promise<void>(resolve => {
      timer = setTimeout(resolve, this.#settings.drainMs)
    })
    const flushed = Promise.all([...this.#connections].map(connection => connection.flush()))
    await Promise.race([flushed, deadline])
    clearTimeout(timer)
  }
}

function checkInteger(name: string, value: number, min: number, max: number): void {
  if (!Number.isInteger(value) || value < min || value > max) {
    throw new RangeError(`${name}: expected an integer from ${min} to ${max}, got ${value}`)
  }
}
