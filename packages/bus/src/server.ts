import { createServer, type Server, type Socket } from 'node:net'
import { type Broker, type BrokerOptions, createBroker } from './broker.js'
import type { ConnectionCounters, Dialect, DialectConnection } from './dialect.js'
import { BusError } from './errors.js'
import { parseGap } from './gap.js'
import { type ConnectionHost, endPolitely, NewlineJsonConnection } from './newline-json/connection.js'
import { GatherBuffers } from './newline-json/socket-writer.js'
import type { Reader, ReaderListener, ReaderOptions } from './reader.js'
import { listenOnFile, type SocketAccess, type SocketFile } from './socket-file.js'
import { type AccountId, resolveAccount } from './socket-owner.js'
import { StatusFeed } from './status-feed.js'
import { CONTROL_PREFIX, GAP_TOPIC } from './topic-pattern.js'

/** Where and how to listen. Broker options are for the broker the server makes itself. */
export interface ListenBusOptions extends BrokerOptions {
  /** The unix socket to create. A missing directory is made, a socket that nobody listens behind is replaced. */
  path: string
  /** The broker to serve; by default one of its own, which closes with the server. */
  broker?: Broker
  /** Permissions of the socket, default 0o600: packets are nobody else's business, and whoever may connect may also publish. */
  mode?: number
  /** User who owns the socket, default who runs this; only root may choose. */
  owner?: AccountId
  /** Group of the socket, default that of who runs this, who may choose any of their own groups. */
  group?: AccountId
  /** What the socket speaks besides newline-JSON. */
  dialects?: readonly Dialect[]
  /** Connections at a time, default 1024. For one more, the oldest that never said anything goes; if there is none, the new one. */
  maxClients?: number
  /** Subscriptions at a time, default 1024. */
  maxReaders?: number
  /** Milliseconds a reader may take no byte while some wait for it, default 30,000. */
  stallMs?: number
  /** Milliseconds `close()` gives readers to take what was published before it, default 1,000. */
  drainMs?: number
  /** Milliseconds between looks whether the socket file is still there, default 1,000; 0 means never. */
  watchMs?: number
}

/** What a server has done so far. */
export interface BusServerStats {
  /** Connections now. */
  readonly clients: number
  /** Subscriptions of theirs. */
  readonly readers: number
  /** Connections ever accepted. */
  readonly accepted: number
  /** Connections closed at once because there were `maxClients` already. */
  readonly turnedAway: number
  /** Connections that never said anything and were closed to make room. */
  readonly silentClosed: number
  /** Connections that could not be accepted, mostly for want of file descriptors. */
  readonly acceptErrors: number
  /** Events that clients published. */
  readonly received: number
  /** Events refused because their value is not a string, or their topic the bus's own. */
  readonly refused: number
  /** Clients cut off because what they sent is no bus line, too long, a subscription that cannot be, or of a dialect that is not served. */
  readonly cutOff: number
  /** Readers removed because they took no byte for too long. */
  readonly stalled: number
  /** Readers removed because they lost events and had asked for that. */
  readonly disconnected: number
  /** Events that readers of the broker lost because they were too slow, one per event and reader. */
  readonly dropped: number
}

/** What happens to a server's socket, as it happens. */
export type BusServerStatus =
  /** The socket file was gone, and there is a new one; connections were not touched. */
  | { type: 'relistened' }
  /** Somebody else's file stands at the path: new clients come to them. */
  | { type: 'replaced' }
  /** The socket file is gone and cannot be made again yet. */
  | { type: 'unreachable'; error: unknown }
  /** A connection could not be accepted. */
  | { type: 'accept-failed'; error: unknown }
  /** The server was closed; nothing follows. */
  | { type: 'closed' }

/** A bus on a unix socket. */
export interface BusServer extends AsyncDisposable {
  readonly broker: Broker
  readonly path: string
  readonly stats: BusServerStats
  /** What happens to the socket, from now on; ends when the server is closed. */
  status(): AsyncIterable<BusServerStatus>
  /** Stops listening, lets readers take what was published, ends every connection. Safe to call twice. */
  close(): Promise<void>
}

const HTTP2_PREFACE = 0x50
const BACKLOG = 4096
const STATS_SECTION = 'server'

/**
 * Puts a bus on a unix socket, speaking newline-JSON as sprbus-json does.
 * @throws TypeError, RangeError; BusError `BUS_SOCKET_IN_USE`, `BUS_LISTEN`
 */
export async function listenBus(options: ListenBusOptions): Promise<BusServer> {
  const { path, mode = 0o600, maxClients = 1024, maxReaders = 1024, stallMs = 30_000, drainMs = 1000 } = options
  const { watchMs = 1000, dialects = [] } = options
  if (typeof path !== 'string' || path === '') throw new TypeError('path: expected the path of a unix socket')
  checkInteger('mode', mode, 0, 0o777)
  checkInteger('maxClients', maxClients, 1, 1_000_000)
  checkInteger('maxReaders', maxReaders, 1, 1_000_000)
  checkInteger('stallMs', stallMs, 1, 2 ** 31 - 1)
  checkInteger('drainMs', drainMs, 0, 2 ** 31 - 1)
  checkInteger('watchMs', watchMs, 0, 2 ** 31 - 1)
  const uid = options.owner === undefined ? -1 : await resolveAccount('owner', options.owner)
  const gid = options.group === undefined ? -1 : await resolveAccount('group', options.group)
  const broker = options.broker ?? createBroker(options)
  const maxLineBytes = options.maxLineBytes ?? broker.maxLineBytes
  checkInteger('maxLineBytes', maxLineBytes, 64, broker.maxLineBytes)
  const server = new UnixBusServer({
    path,
    broker,
    ownsBroker: options.broker === undefined,
    access: { mode, uid, gid },
    dialects,
    maxLineBytes,
    maxClients,
    maxReaders,
    stallMs,
    drainMs
  })
  await server.listen(watchMs)
  return server
}

interface ServerSettings {
  path: string
  broker: Broker
  ownsBroker: boolean
  access: SocketAccess
  dialects: readonly Dialect[]
  maxLineBytes: number
  maxClients: number
  maxReaders: number
  stallMs: number
  drainMs: number
}

class UnixBusServer implements BusServer, ConnectionHost {
  readonly broker: Broker
  readonly path: string
  readonly maxLineBytes: number
  readonly stallMs: number
  readonly buffers: GatherBuffers = new GatherBuffers()
  readonly counters: ConnectionCounters = { received: 0, refused: 0, cutOff: 0, stalled: 0, disconnected: 0 }
  readonly #settings: ServerSettings
  readonly #feed = new StatusFeed<BusServerStatus>({ isLast: status => status.type === 'closed' })
  /** Every connection, in the order they came; `undefined` until it has said something. */
  readonly #clients = new Map<Socket, DialectConnection | undefined>()
  readonly #removeStats: () => void
  #server: Server | undefined
  #file: SocketFile | undefined
  #watch: NodeJS.Timeout | undefined
  #isLooking = false
  #readers = 0
  #accepted = 0
  #turnedAway = 0
  #silentClosed = 0
  #acceptErrors = 0
  #closing: Promise<void> | undefined

  constructor(settings: ServerSettings) {
    this.path = settings.path
    this.broker = settings.broker
    this.maxLineBytes = settings.maxLineBytes
    this.stallMs = settings.stallMs
    this.#settings = settings
    this.#removeStats = this.broker.addStats(STATS_SECTION, () => this.stats)
  }

  get stats(): BusServerStats {
    return {
      clients: this.#clients.size,
      readers: this.#readers,
      accepted: this.#accepted,
      turnedAway: this.#turnedAway,
      silentClosed: this.#silentClosed,
      acceptErrors: this.#acceptErrors,
      ...this.counters,
      dropped: this.broker.stats.dropped
    }
  }

  status(): AsyncIterable<BusServerStatus> {
    return this.#feed.listen()
  }

  async listen(watchMs: number): Promise<void> {
    try {
      await this.#listen()
    } catch (error) {
      this.#removeStats()
      throw error
    }
    if (watchMs > 0) this.#watch = setInterval(() => void this.#look(), watchMs).unref()
  }

  publishText(topic: string, text: string): void {
    if (topic.startsWith(CONTROL_PREFIX)) this.#takeReport(topic, text)
    else this.broker.publishText(topic, text)
    this.counters.received += 1
  }

  publishLine(line: Uint8Array, topic: string, value: string): void {
    if (topic.startsWith(CONTROL_PREFIX)) this.#takeReport(topic, value)
    else this.broker.publishLine(line, topic)
    this.counters.received += 1
  }

  openReader(options: ReaderOptions, listener: ReaderListener): Reader {
    const { maxReaders } = this.#settings
    if (this.#readers >= maxReaders) {
      throw new BusError(
        'BUS_FULL',
        `There are ${maxReaders} subscriptions already; end some, or let the bus take more.`
      )
    }
    const reader = this.broker.openReader(options, {
      onReadable: () => listener.onReadable(),
      onOverrun: () => listener.onOverrun?.(),
      onClose: () => {
        this.#readers -= 1
        listener.onClose?.()
      }
    })
    this.#readers += 1
    return reader
  }

  close(): Promise<void> {
    this.#closing ??= this.#close()
    return this.#closing
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close()
  }

  async #listen(): Promise<void> {
    const server = createServer({ allowHalfOpen: true }, socket => this.#accept(socket))
    this.#file = await listenOnFile(server, this.path, this.#settings.access, BACKLOG)
    this.#server = server
    // From here on an error is a connection that could not be accepted, which concerns nobody but its client.
    server.on('error', error => {
      this.#acceptErrors += 1
      this.#feed.emit({ type: 'accept-failed', error })
    })
  }

  /** A directory that vanished takes the socket with it, and nobody can come in any more until there is another. */
  async #look(): Promise<void> {
    if (this.#isLooking || this.#closing) return
    this.#isLooking = true
    try {
      const state = await this.#file?.look()
      if (state === 'replaced') {
        // Not ours to remove; told once, looked at no more.
        clearInterval(this.#watch)
        this.#feed.emit({ type: 'replaced' })
      } else if (state === 'gone' && !this.#closing) {
        const old = this.#server
        await this.#listen()
        old?.close()
        this.#feed.emit({ type: 'relistened' })
        if (this.#closing) await this.#file?.remove()
      }
    } catch (error) {
      this.#feed.emit({ type: 'unreachable', error })
    } finally {
      this.#isLooking = false
    }
  }

  #accept(socket: Socket): void {
    this.#accepted += 1
    // A client may die at any time; 'close' follows and cleans up.
    socket.on('error', () => undefined)
    if (this.#closing || (this.#clients.size >= this.#settings.maxClients && !this.#makeRoom())) {
      this.#turnedAway += 1
      socket.destroy()
      return
    }
    this.#clients.set(socket, undefined)
    socket.once('close', () => this.#clients.delete(socket))
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

  /** Connections that keep silent must not lock others out. */
  #makeRoom(): boolean {
    for (const [socket, connection] of this.#clients) {
      if (connection !== undefined && !connection.isSilent) continue
      this.#clients.delete(socket)
      this.#silentClosed += 1
      void connection?.close()
      socket.destroy()
      return true
    }
    return false
  }

  /** The first byte tells the dialects apart: HTTP/2, which gRPC speaks, begins with `PRI`, a line with a brace. */
  #serve(socket: Socket, first: Buffer): void {
    const [firstByte = 0] = first
    const dialect = this.#settings.dialects.find(candidate => candidate.recognises(firstByte))
    if (dialect) {
      socket.pause()
      socket.unshift(first)
      this.#clients.set(socket, dialect.serve(socket, this))
    } else if (firstByte === HTTP2_PREFACE) {
      this.counters.cutOff += 1
      endPolitely(socket)
    } else {
      const connection = new NewlineJsonConnection(socket, this)
      this.#clients.set(socket, connection)
      connection.receive(first)
    }
  }

  /** The bus's own topics are closed to clients, except for reports of loss. */
  #takeReport(topic: string, value: string): void {
    const gap = topic === GAP_TOPIC ? parseGap(value) : undefined
    if (gap === undefined || gap.where === 'reader' || gap.lost === 0) {
      throw new TypeError(`topics that begin with ${CONTROL_PREFIX} are the bus's own; choose another first word`)
    }
    const { where, lost, group, atMost } = gap
    this.broker.reportLoss({ where, lost, ...(group !== undefined && { group }), ...(atMost && { atMost }) })
  }

  async #close(): Promise<void> {
    clearInterval(this.#watch)
    this.#removeStats()
    await this.#file?.remove()
    const closed = new Promise(resolve => {
      if (this.#server) this.#server.close(resolve)
      else resolve(undefined)
    })
    await this.#drain()
    await Promise.all(this.#connections().map(async connection => connection.close()))
    const gone = Array.from(this.#clients.keys(), socket => new Promise(resolve => socket.once('close', resolve)))
    for (const socket of this.#clients.keys()) {
      // What the kernel has still arrives; who has not taken the rest by now is not waited for.
      if (socket.writableLength === 0) socket.destroySoon()
      else socket.destroy()
    }
    await Promise.all([closed, ...gone])
    if (this.#settings.ownsBroker) this.broker.close()
    this.#feed.emit({ type: 'closed' })
  }

  #connections(): readonly DialectConnection[] {
    return [...this.#clients.values()].filter(connection => connection !== undefined)
  }

  async #drain(): Promise<void> {
    let timer: NodeJS.Timeout | undefined
    const deadline = new Promise<void>(resolve => {
      timer = setTimeout(resolve, this.#settings.drainMs)
    })
    const flushed = Promise.all(this.#connections().map(connection => connection.flush()))
    await Promise.race([flushed, deadline])
    clearTimeout(timer)
  }
}

function checkInteger(name: string, value: number, min: number, max: number): void {
  if (!Number.isInteger(value) || value < min || value > max) {
    throw new RangeError(`${name}: expected an integer from ${min} to ${max}, got ${value}`)
  }
}
