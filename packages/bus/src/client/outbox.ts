import type { Socket } from 'node:net'
import type { Cursor } from '../log/cursor.js'
import { RingLog } from '../log/ring-log.js'
import { ERROR_TOPIC, parseEvent } from '../newline-json/line-format.js'
import { forEachLine, LineSplitter } from '../newline-json/line-splitter.js'
import { GatherBuffers, SocketWriter } from '../newline-json/socket-writer.js'
import type { LinkUser } from './link.js'
import type { StatusFeed } from './status.js'

/** Longest reply the bus is listened to for. */
const MAX_REPLY_BYTES = 64 * 1024

/**
 * What a client publishes, on its way to the bus: a log of its own with one reader, the connection. While there is none, or
 * the bus is slow, the log holds what fits, and the oldest goes first.
 */
export class Outbox implements LinkUser {
  readonly connection = { use: 'publish' } as const
  readonly #log: RingLog
  readonly #cursor: Cursor
  readonly #feed: StatusFeed
  readonly #buffers = new GatherBuffers()
  #writer: SocketWriter | undefined
  #interrupted = 0
  #reported = 0
  #over: { error: unknown } | undefined
  #flushing: { resolve: () => void; reject: (error: unknown) => void }[] = []

  constructor(queueBytes: number, maxLineBytes: number, feed: StatusFeed) {
    this.#feed = feed
    this.#log = new RingLog({ ringBytes: queueBytes, maxLineBytes })
    this.#cursor = this.#log.openCursor(
      () => true,
      () => this.#writer?.pump()
    )
  }

  /** Lines lost: pushed out of the queue, or under way when a connection broke. */
  get dropped(): number {
    return this.#cursor.dropped + this.#interrupted
  }

  append(line: Uint8Array, topic: string): void {
    this.#log.append(line, topic)
    if (this.#cursor.dropped + this.#interrupted > this.#reported) this.#report()
  }

  onUp(socket: Socket): void {
    const replies = new LineSplitter(MAX_REPLY_BYTES, {
      lines: bytes => this.#readReplies(bytes),
      overlong: () => undefined
    })
    socket.on('data', chunk => replies.push(chunk))
    this.#writer = new SocketWriter(socket, this.#cursor, {
      buffers: this.#buffers,
      stallMs: 0,
      onStalled: () => undefined
    })
    this.#writer.pump()
    if (this.#flushing.length > 0) this.#flush()
  }

  onDown(): void {
    this.#interrupted += this.#writer?.inFlightLines ?? 0
    this.#writer?.close()
    this.#writer = undefined
    if (this.dropped > this.#reported) this.#report()
  }

  onOver(error: unknown): void {
    this.#over = { error }
    const flushing = this.#flushing
    this.#flushing = []
    for (const { reject } of flushing) reject(error)
  }

  /** Resolves when the kernel has everything appended so far. Rejects when there will be no connection to give it to. */
  async flush(): Promise<void> {
    if (this.#over) throw this.#over.error
    return new Promise((resolve, reject) => {
      this.#flushing.push({ resolve, reject })
      this.#flush()
    })
  }

  #flush(): void {
    const writer = this.#writer
    if (writer === undefined) return
    void writer.flush().then(() => {
      // A writer that lost its connection also settles; then the next one tries again.
      if (this.#writer !== writer) return
      const flushing = this.#flushing
      this.#flushing = []
      for (const { resolve } of flushing) resolve()
    })
  }

  #readReplies(bytes: Buffer): void {
    forEachLine(bytes, line => {
      const event = parseEvent(line)
      if (event?.topic === ERROR_TOPIC) this.#feed.emit({ type: 'refused', reason: event.value })
    })
  }

  #report(): void {
    const count = this.dropped - this.#reported
    this.#reported = this.dropped
    this.#feed.emit({ type: 'dropped', count, ...this.connection })
  }
}
