import type { Socket } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import { BusError } from '../errors.js'
import { type BackoffOptions, backoffMs } from './backoff.js'
import type { ClientDialect } from './client-dialect.js'
import { openSocket } from './open-socket.js'
import type { BusConnection, BusStatusFeed } from './status.js'

/** A connection that lived this long was a good one: the next attempt comes soon again. */
const GOOD_CONNECTION_MS = 1000

/** How links connect. */
export interface LinkSettings {
  path: string
  timeoutMs: number
  /** `undefined`: connect once only. */
  backoff: Required<BackoffOptions> | undefined
  feed: BusStatusFeed
  dialect: ClientDialect
}

/** What a link carries. */
export interface LinkUser {
  readonly connection: BusConnection
  /** The socket is connected; the user may write, and adds its own listeners for what it reads. */
  onUp(socket: Socket): void
  /** The socket is destroyed. */
  onDown(): void
  /** There will be no further connection. Not called when the link was closed from here. */
  onOver(error: unknown): void
}

/** Keeps one connection to the bus, again and again until it is closed. */
export class Link {
  readonly #settings: LinkSettings
  readonly #user: LinkUser
  readonly #closing = new AbortController()
  #socket: Socket | undefined
  #running: Promise<void> | undefined

  constructor(settings: LinkSettings, user: LinkUser) {
    this.#settings = settings
    this.#user = user
  }

  get connected(): boolean {
    return this.#socket !== undefined
  }

  /** Starts, with a socket that is connected already if there is one. */
  start(socket?: Socket): void {
    this.#running ??= this.#run(socket)
  }

  /** Ends the connection and makes no further one. What the kernel has of it still arrives. */
  async close(): Promise<void> {
    this.#closing.abort()
    if (this.#socket?.writableLength === 0) this.#socket.destroySoon()
    else this.#socket?.destroy()
    await this.#running
  }

  async #run(first?: Socket): Promise<void> {
    let attempt = 0
    let socket = first
    while (!this.#closed) {
      const upSince = Date.now()
      try {
        socket ??= await openSocket(this.#settings.path, this.#settings.timeoutMs, this.#closing.signal)
        await this.#carry(socket)
        if (Date.now() - upSince >= GOOD_CONNECTION_MS) attempt = 0
        throw new BusError(
          'BUS_CLOSED',
          `The bus at ${this.#settings.path} closed the connection; see whether it is well.`,
          {
            path: this.#settings.path
          }
        )
      } catch (error) {
        socket = undefined
        if (this.#closed) return
        attempt += 1
        if (!(await this.#pause(attempt, error))) return
      }
    }
  }

  get #closed(): boolean {
    return this.#closing.signal.aborted
  }

  async #pause(attempt: number, error: unknown): Promise<boolean> {
    const { backoff, feed } = this.#settings
    if (backoff === undefined || !(error instanceof BusError)) {
      this.#user.onOver(error)
      return false
    }
    const delayMs = backoffMs(attempt, backoff)
    feed.emit({ type: 'reconnecting', attempt, delayMs, error, ...this.#user.connection })
    await sleep(delayMs, undefined, { signal: this.#closing.signal }).catch(() => undefined)
    return true
  }

  /** Resolves when the socket is closed. */
  #carry(socket: Socket): Promise<void> {
    const { connection } = this.#user
    return new Promise(resolve => {
      let cause: { error?: unknown } = {}
      this.#socket = socket
      socket.once('error', error => {
        cause = { error }
      })
      socket.once('close', () => {
        this.#socket = undefined
        this.#user.onDown()
        this.#settings.feed.emit({ type: 'disconnected', ...cause, ...connection })
        resolve()
      })
      this.#settings.feed.emit({ type: 'connected', ...connection })
      this.#user.onUp(socket)
      // Closed while the connection came up.
      if (this.#closed) socket.destroy()
    })
  }
}
