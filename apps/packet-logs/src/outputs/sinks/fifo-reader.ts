import { type FifoPipe, openPipe } from './fifo-pipe.js'
import type { Held, SinkCounters } from './sink.js'

/** Whole events, or a notice that some were lost. */
export interface Chunk {
  readonly bytes: Buffer
  readonly events: number
  /** Events that the notice tells of. */
  readonly tellsLoss: number
}

export interface FifoReaderOptions {
  /** Open for writing; closed when the reader is gone. */
  readonly fd: number
  readonly preamble: Buffer
  /** Whether the reader finds an end behind each piece that is written; nothing is before that is known. */
  readonly endsOften: Promise<boolean>
  readonly queueBytes: number
  readonly lossNotice: (lost: number) => Buffer | undefined
  readonly counters: SinkCounters
  readonly onGone: () => void
}

/** One reader of a FIFO, with what waits for it. A chunk that was begun is finished, so no record is ever torn. */
export class FifoReader {
  readonly #options: FifoReaderOptions
  readonly #pipe: FifoPipe
  #waiting: Chunk[] = []
  #waitingBytes = 0
  /** What is being written. */
  #written: Chunk | undefined
  /** Events lost since the reader was told. */
  #lost = 0
  #isEnding = false
  readonly #closed: Promise<void>

  constructor(options: FifoReaderOptions) {
    this.#options = options
    let onClosed: () => void = () => undefined
    this.#closed = new Promise(resolve => {
      onClosed = resolve
    })
    this.#pipe = openPipe(options.fd, options.endsOften, () => {
      this.#letGo('unread')
      options.onGone()
      onClosed()
    })
    if (options.preamble.length > 0) this.#write({ bytes: options.preamble, events: 0, tellsLoss: 0 })
  }

  /** Leads to its FIFO. */
  get fd(): number {
    return this.#pipe.fd
  }

  /** What it was given and has not taken. */
  get held(): Held {
    const all = this.#written === undefined ? this.#waiting : [this.#written, ...this.#waiting]
    const events = all.reduce((sum, chunk) => sum + chunk.events, 0)
    return { events, bytes: all.reduce((sum, { bytes }) => sum + bytes.length, 0) }
  }

  push(chunk: Chunk): void {
    this.#waiting.push(chunk)
    this.#waitingBytes += chunk.bytes.length
    while (this.#waitingBytes > this.#options.queueBytes) this.#dropOldest()
    this.#next()
  }

  /** Ends it when it has taken what waits. */
  async end(): Promise<void> {
    this.#isEnding = true
    this.#next()
    await this.#closed
  }

  /** Ends it now: it has gone, and does not want the rest. */
  leave(): void {
    this.#pipe.close()
  }

  /** Ends it now, although it is there: the rest is lost. */
  destroy(): void {
    this.#letGo('dropped')
    this.#pipe.close()
  }

  #next(): void {
    if (this.#written !== undefined || this.#pipe.isClosed) return
    const { lossNotice } = this.#options
    const notice = this.#lost > 0 ? lossNotice(this.#lost) : undefined
    this.#lost = 0
    if (notice !== undefined) {
      this.#write({ bytes: notice, events: 0, tellsLoss: 0 })
      return
    }
    const chunk = this.#waiting.shift()
    if (chunk === undefined) {
      if (this.#isEnding) this.#pipe.close()
      return
    }
    this.#waitingBytes -= chunk.bytes.length
    this.#write(chunk)
  }

  #write(chunk: Chunk): void {
    this.#written = chunk
    this.#pipe.write(chunk.bytes, error => {
      // Only a reader that leaves ends a write; the pipe closes, and the chunk is let go.
      if (error || this.#written !== chunk) return
      this.#written = undefined
      const { counters } = this.#options
      counters.written += chunk.events
      counters.writtenBytes += chunk.bytes.length
      this.#next()
    })
  }

  #dropOldest(): void {
    const chunk = this.#waiting.shift()
    if (chunk === undefined) return
    this.#waitingBytes -= chunk.bytes.length
    this.#options.counters.dropped += chunk.events
    this.#lost += chunk.events + chunk.tellsLoss
  }

  #letGo(counter: 'unread' | 'dropped'): void {
    this.#options.counters[counter] += this.held.events
    this.#written = undefined
    this.#waiting = []
    this.#waitingBytes = 0
  }
}
