import type { Socket } from 'node:net'
import { BusError } from '../errors.js'
import type { LineSource, TakenLines } from '../line-subscription.js'
import { formatSubscribe } from '../newline-json/line-format.js'
import { countLines, LineSplitter } from '../newline-json/line-splitter.js'
import { BatchQueue } from './batch-queue.js'
import { Link, type LinkSettings, type LinkUser } from './link.js'

/** Longest line a reader takes: more than any bus we know sends. */
const MAX_READ_LINE_BYTES = 1024 * 1024

/** What an inbox tells its subscription. */
export interface InboxListener {
  readable(): void
  /** There will be no further connection. */
  over(error: unknown): void
  closed(): void
}

/**
 * What the bus sends for a subscription: one connection per prefix, one bounded queue. It always reads on, because some
 * buses stop for everybody when one reader does not; so a slow reader's loss happens here, where it can be counted.
 */
export class Inbox implements LineSource {
  readonly ready: Promise<void>
  readonly #settings: LinkSettings
  readonly #listener: InboxListener
  readonly #links: readonly Link[]
  readonly #queue: BatchQueue
  #failReady: (error: unknown) => void = () => undefined
  #dropped = 0
  #skipped = 0
  #closed = false

  constructor(settings: LinkSettings, prefixes: readonly string[], queueBytes: number, listener: InboxListener) {
    this.#settings = settings
    this.#queue = new BatchQueue(queueBytes)
    this.#listener = listener
    let allUp = (): void => {}
    this.ready = new Promise((resolve, reject) => {
      allUp = resolve
      this.#failReady = reject
    })
    let pending = prefixes.length
    const onFirstUp = (): void => {
      pending -= 1
      if (pending === 0) allUp()
    }
    this.#links = prefixes.map(prefix => new Link(settings, this.#userOf(prefix, onFirstUp)))
    // Who does not ask whether it is ready learns of a failure by reading.
    this.ready.catch(() => undefined)
    for (const link of this.#links) link.start()
  }

  get dropped(): number {
    return this.#dropped
  }

  get skipped(): number {
    return this.#skipped
  }

  take(): TakenLines | undefined {
    const bytes = this.#queue.shift()
    return bytes && { bytes, count: countLines(bytes), borrowed: false }
  }

  async close(error?: unknown): Promise<void> {
    this.#queue.clear()
    await this.disconnect(error)
  }

  /** Takes nothing more from the bus; what has come may still be read. */
  async disconnect(error?: unknown): Promise<void> {
    if (!this.#closed) {
      this.#closed = true
      this.#failReady(error ?? new BusError('BUS_CLOSED', 'The subscription was closed before it reached the bus.'))
      this.#listener.closed()
    }
    await Promise.all(this.#links.map(link => link.close()))
  }

  #userOf(prefix: string, onFirstUp: () => void): LinkUser {
    let isUp = false
    return {
      connection: { use: 'subscribe', prefix },
      onUp: socket => {
        this.#stream(socket, prefix)
        if (!isUp) onFirstUp()
        isUp = true
      },
      onDown: () => undefined,
      onOver: error => {
        this.#failReady(error)
        this.#listener.over(error)
      }
    }
  }

  #stream(socket: Socket, prefix: string): void {
    const splitter = new LineSplitter(MAX_READ_LINE_BYTES, {
      lines: bytes => this.#put(bytes, prefix),
      overlong: () => {
        this.#skipped += 1
      }
    })
    socket.on('data', chunk => splitter.push(chunk))
    socket.write(formatSubscribe(prefix))
  }

  #put(bytes: Buffer, prefix: string): void {
    if (this.#closed) return
    let count = 0
    for (const lost of this.#queue.push(bytes)) count += countLines(lost)
    if (count > 0) {
      this.#dropped += count
      this.#settings.feed.emit({ type: 'dropped', count, use: 'subscribe', prefix })
    }
    this.#listener.readable()
  }
}
