import { type FifoPipe, openEndingPipe, openStreamPipe } from './fifo-pipe.js'
import type { SinkCounters } from './sink.js'

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
  /** Whether the reader finds an end behind each piece that is written. */
  readonly endOften: boolean
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
  /** Events lost since the reader was told. */
  #lost = 0
  #isWriting = false
  #isEnding = false
  readonly #closed: Promise<void>

  constructor(options: FifoReaderOptions) {
    this.#options = options
    const open = options.endOften ? openEndingPipe : openStreamPipe
    let onClosed: () => void = () => undefined
    this.#closed = new Promise(resolve => {
      onClosed = resolve
    })
    this.#pipe = open(options.fd, () => {
      this.#letGo()
      options.onGone()
      onClosed()
    })
    if (options.preamble.length > 0) this.#write({ bytes: options.preamble, events: 0, tellsLoss: 0 })
  }

  /** Leads to its FIFO. */
  get fd(): number {
    return this.#pipe.fd
  }

  push(chunk: Chunk): void {
    this.#waiting.push(chunk)
    this.#waitingBytes += chunk.bytes.length
    while (this.#waitingBytes > this.#options.queueBytes) this.#dropOldest()
    this.#next()
  }

  /** Ends it when what waits has been read. */
  async end(): Promise<void> {
    this.#isEnding = true
    this.#next()
    await this.#closed
  }

  destroy(): void {
    this.#pipe.close()
  }

  #next(): void {
    if (this.#isWriting || this.#pipe.isClosed) return
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

  #write({ bytes, events }: Chunk): void {
    this.#isWriting = true
    this.#pipe.write(bytes, error => {
      this.#isWriting = false
      const { counters } = this.#options
      // Only a reader that leaves ends a write, and it does not want the rest.
      if (error) counters.unread += events
      else {
        counters.written += events
        counters.writtenBytes += bytes.length
        this.#next()
      }
    })
  }

  #dropOldest(): void {
    const chunk = this.#waiting.shift()
    if (chunk === undefined) return
    this.#waitingBytes -= chunk.bytes.length
    this.#options.counters.dropped += chunk.events
    this.#lost += chunk.events + chunk.tellsLoss
  }

  /** Who left does not want the rest. */
  #letGo(): void {
    for (const { events } of this.#waiting) this.#options.counters.unread += events
    this.#waiting = []
    this.#waitingBytes = 0
  }
}
