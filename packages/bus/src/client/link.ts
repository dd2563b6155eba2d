import { setTimeout as sleep } from 'node:timers/promises'
import { BusError } from '../errors.js'
import { type BackoffOptions, backoffMs } from './backoff.js'
import type { Connection, ConnectionTarget, OpenConnection } from './connection.js'
import type { BusConnection, BusStatusFeed } from './status.js'

/** A connection that lived this long was a good one: the next attempt comes soon again. */
const GOOD_CONNECTION_MS = 1000

/** How links connect. */
export interface LinkSettings extends ConnectionTarget {
  /** `undefined`: connect once only. */
  backoff: Required<BackoffOptions> | undefined
  feed: BusStatusFeed
  open: OpenConnection
}

/** What a link carries. */
export interface LinkUser {
  readonly use: BusConnection
  /** There is a connection; the user may write or subscribe. */
  onUp(connection: Connection): void
  /** It has ended. */
  onDown(): void
  /** There will be no further connection. Not called when the link was closed from here. */
  onOver(error: unknown): void
}

/** Keeps one connection to the bus, again and again until it is closed. */
export class Link {
  readonly #settings: LinkSettings
  readonly #user: LinkUser
  readonly #closing = new AbortController()
  #connection: Connection | undefined
  #running: Promise<void> | undefined

  constructor(settings: LinkSettings, user: LinkUser) {
    this.#settings = settings
    this.#user = user
  }

  get connected(): boolean {
    return this.#connection !== undefined
  }

  /** Starts, with a connection that is there already if there is one. */
  start(connection?: Connection): void {
    this.#running ??= this.#run(connection)
  }

  /** Ends the connection and makes no further one. What the kernel has of it still arrives. */
  async close(): Promise<void> {
    this.#closing.abort()
    this.#connection?.close()
    await this.#running
  }

  async #run(first?: Connection): Promise<void> {
    let attempt = 0
    let connection = first
    while (!this.#closed) {
      const upSince = Date.now()
      try {
        connection ??= await this.#settings.open(this.#settings, this.#closing.signal)
        await this.#carry(connection)
        if (Date.now() - upSince >= GOOD_CONNECTION_MS) attempt = 0
        throw new BusError(
          'BUS_CLOSED',
          `The bus at ${this.#settings.path} closed the connection; see whether it is well.`,
          {
            path: this.#settings.path
          }
        )
      } catch (error) {
        connection = undefined
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
    feed.emit({ type: 'reconnecting', attempt, delayMs, error, ...this.#user.use })
    await sleep(delayMs, undefined, { signal: this.#closing.signal }).catch(() => undefined)
    return true
  }

  /** Resolves when the connection has ended. */
  async #carry(connection: Connection): Promise<void> {
    const { use } = this.#user
    this.#connection = connection
    this.#settings.feed.emit({ type: 'connected', ...use })
    this.#user.onUp(connection)
    // Closed while the connection came up.
    if (this.#closed) connection.close()
    const cause = await connection.ended
    this.#connection = undefined
    this.#user.onDown()
    this.#settings.feed.emit({ type: 'disconnected', ...cause, ...use })
  }
}
