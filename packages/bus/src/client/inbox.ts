import { BusError } from '../errors.js'
import type { BusEvent } from '../event.js'
import type { FilterCompiler } from '../filter.js'
import { formatGap, type Gap } from '../gap.js'
import type { EventSource, TakenLines } from '../line-subscription.js'
import { parseEvent, type SubscribeRequest } from '../newline-json/line-format.js'
import { countLines, forEachLine } from '../newline-json/line-splitter.js'
import { BatchQueue } from './batch-queue.js'
import type { LinkSettings } from './link.js'
import { firstSeq, lastSeq, seqAt, seqOfText, stripSeqs } from './numbered-lines.js'
import { Stream } from './stream.js'

/** Reports of loss that several connections of one subscription may bring, of which one counts. */
const REMEMBERED_REPORTS = 256

/** What an inbox tells its subscription. */
export interface InboxListener {
  readable(): void
  /** There will be no further connection. */
  over(error: unknown): void
  closed(): void
}

/** What an inbox asks the bus for, and how it keeps it. */
export interface InboxOptions {
  /** One for each prefix. */
  requests: readonly SubscribeRequest[]
  /** Leave the bus's numbers in. */
  seq: boolean
  /** Leave gap notices in. */
  gaps: boolean
  resume: boolean
  queueBytes: number
  compileFilter: FilterCompiler | undefined
}

interface Batch {
  readonly bytes: Buffer
  readonly length: number
  readonly isNumbered: boolean
  /** When it is a notice of a gap, and no event. */
  readonly gap?: Gap
}

/**
 * What the bus sends for a subscription: one connection per prefix, one bounded queue. It always reads on, because some
 * buses stop for everybody when one reader does not; so a slow reader's loss happens here, where it can be counted.
 */
export class Inbox implements EventSource {
  readonly ready: Promise<void>
  readonly #settings: LinkSettings
  readonly #options: InboxOptions
  readonly #listener: InboxListener
  readonly #streams: readonly Stream[]
  readonly #queue: BatchQueue<Batch>
  readonly #reports = new Set<number>()
  #failReady: (error: unknown) => void = () => undefined
  /** What was pushed out of the queue since the reader last took something. */
  #overflow: Gap | undefined
  #dropped = 0
  #malformed = 0
  #closed = false

  constructor(settings: LinkSettings, options: InboxOptions, listener: InboxListener) {
    this.#settings = settings
    this.#options = options
    this.#queue = new BatchQueue(options.queueBytes)
    this.#listener = listener
    let allUp = (): void => {}
    this.ready = new Promise((resolve, reject) => {
      allUp = resolve
      this.#failReady = reject
    })
    // Who does not ask whether it is ready learns of a failure by reading.
    this.ready.catch(() => undefined)
    const pending = new Set(options.requests)
    this.#streams = options.requests.map(request =>
      this.#open(request, () => {
        if (pending.delete(request) && pending.size === 0) allUp()
      })
    )
    for (const stream of this.#streams) stream.start()
  }

  get dropped(): number {
    return this.#dropped
  }

  get malformed(): number {
    return this.#malformed
  }

  takeEvents(): readonly BusEvent[] | undefined {
    for (;;) {
      const batch = this.#next()
      if (batch === undefined) return undefined
      const { seq: withSeq } = this.#options
      const events: BusEvent[] = []
      forEachLine(batch.bytes, line => {
        const event = parseEvent(line)
        const seq = withSeq && batch.isNumbered ? seqOfText(line) : 0
        if (event === undefined) this.#malformed += 1
        else events.push(seq > 0 ? { ...event, seq } : event)
      })
      if (events.length > 0) return events
    }
  }

  takeLines(): TakenLines | undefined {
    const batch = this.#next()
    if (batch === undefined) return undefined
    const bytes = batch.isNumbered && !this.#options.seq ? stripSeqs(batch.bytes) : batch.bytes
    return { bytes, count: countLines(bytes) }
  }

  async close(error?: unknown): Promise<void> {
    this.#queue.clear()
    this.#overflow = undefined
    await this.disconnect(error)
  }

  /** Takes nothing more from the bus; what has come may still be read. */
  async disconnect(error?: unknown): Promise<void> {
    if (!this.#closed) {
      this.#closed = true
      this.#failReady(error ?? new BusError('BUS_CLOSED', 'The subscription was closed before it reached the bus.'))
      this.#listener.closed()
    }
    await Promise.all(this.#streams.map(stream => stream.close()))
  }

  #next(): Batch | undefined {
    const overflow = this.#overflow
    this.#overflow = undefined
    return overflow && this.#options.gaps ? asBatch(formatGap(overflow), false) : this.#queue.shift()
  }

  #open(request: SubscribeRequest, onReady: () => void): Stream {
    const { resume, compileFilter } = this.#options
    return new Stream(
      this.#settings,
      { request, resume, compileFilter },
      {
        ready: onReady,
        lines: (bytes, isNumbered) => this.#put(asBatch(bytes, isNumbered), request.prefix),
        gap: (gap, line) => this.#takeGap(gap, line, request.prefix),
        overlong: () => {
          this.#malformed += 1
        },
        over: error => {
          this.#failReady(error)
          this.#listener.over(error)
        }
      }
    )
  }

  #takeGap(gap: Gap, line: Buffer | undefined, prefix: string): void {
    if (gap.where !== 'reader' && this.#isKnown(line === undefined ? 0 : seqAt(line, 0))) return
    if (gap.where === 'reader' && gap.lost !== null) this.#dropped += gap.lost
    this.#settings.feed.emit({ type: 'gap', gap, use: 'subscribe', prefix })
    if (this.#options.gaps) this.#put({ ...asBatch(line ?? formatGap(gap), line !== undefined), gap }, prefix)
  }

  /** Every connection brings the same reports of what was lost before the bus. */
  #isKnown(seq: number): boolean {
    if (seq === 0 || this.#streams.length === 1) return false
    if (this.#reports.has(seq)) return true
    this.#reports.add(seq)
    if (this.#reports.size > REMEMBERED_REPORTS) {
      for (const oldest of this.#reports) {
        this.#reports.delete(oldest)
        break
      }
    }
    return false
  }

  #put(batch: Batch, prefix: string): void {
    if (this.#closed) return
    let count = 0
    for (const lost of this.#queue.push(batch)) count += this.#overflowWith(lost)
    if (count > 0) {
      this.#dropped += count
      this.#settings.feed.emit({ type: 'dropped', count, use: 'subscribe', prefix })
    }
    this.#listener.readable()
  }

  /** How many events were in it. What a notice told is told by the one that follows. */
  #overflowWith({ bytes, isNumbered, gap }: Batch): number {
    const count = gap ? 0 : countLines(bytes)
    const first = gap ? gap.from : (isNumbered && firstSeq(bytes)) || null
    const to = gap ? gap.to : (isNumbered && lastSeq(bytes)) || null
    const missing = gap ? gap.lost : count
    const { from, lost, atMost } = this.#overflow ?? { from: first, lost: 0 }
    this.#overflow = {
      from,
      to,
      lost: lost === null || missing === null ? null : lost + missing,
      where: 'reader',
      ...((atMost || gap?.atMost) && { atMost: true })
    }
    return count
  }
}

function asBatch(bytes: Buffer, isNumbered: boolean): Batch {
  return { bytes, length: bytes.length, isNumbered }
}
