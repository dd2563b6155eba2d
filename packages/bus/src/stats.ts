import type { TopicCount } from './log/ring-log.js'
import { formatLine } from './newline-json/line-format.js'
import { STATS_TOPIC } from './topic-pattern.js'

/** How a reader is doing. */
export interface ReaderStats {
  /** As it called itself. */
  readonly name: string | undefined
  /** `in process`, `newline-json`, `grpc`. */
  readonly dialect: string | undefined
  readonly prefix: string | readonly string[]
  readonly match: string | readonly string[] | undefined
  readonly filter: string | undefined
  /** Events handed to it. */
  readonly delivered: number
  /** Events it lost because it was too slow. */
  readonly dropped: number
  /** Events published since the oldest it has not looked at. */
  readonly lag: number
}

/** The value of an event on the topic `bus:stats`. Counts are since the bus began. */
export interface BusStats {
  readonly epoch: number
  readonly published: number
  readonly publishedBytes: number
  readonly heldBytes: number
  readonly evicted: number
  readonly dropped: number
  /** The busiest topics; `''` stands for those that came too late to be counted one by one. */
  readonly topics: readonly TopicCount[]
  /** The readers that are worst off first. */
  readonly readers: readonly ReaderStats[]
  /** When there is one: what `BusServer.stats` gives. */
  readonly server?: object
}

/** What the ticker needs of its broker. */
export interface StatsSource {
  stats(): BusStats
  publish(line: Uint8Array): void
}

const TICK_MS = 1000

/** Publishes statistics once a second while somebody reads them, and at once when somebody begins to. */
export class StatsTicker {
  readonly #maxLineBytes: number
  readonly #source: StatsSource
  readonly #sections = new Map<string, () => object>()
  readonly #readers = new Set<object>()
  #timer: NodeJS.Timeout | undefined
  #first: NodeJS.Immediate | undefined

  constructor(maxLineBytes: number, source: StatsSource) {
    this.#maxLineBytes = maxLineBytes
    this.#source = source
  }

  addSection(name: string, read: () => object): () => void {
    this.#sections.set(name, read)
    return () => {
      if (this.#sections.get(name) === read) this.#sections.delete(name)
    }
  }

  start(reader: object): void {
    this.#readers.add(reader)
    // Whoever reads keeps the process alive, or not; statistics do not.
    this.#timer ??= setInterval(() => this.#tick(), TICK_MS).unref()
    this.#first ??= setImmediate(() => {
      this.#first = undefined
      this.#tick()
    })
  }

  stop(reader: object): void {
    this.#readers.delete(reader)
    if (this.#readers.size === 0) this.close()
  }

  close(): void {
    clearInterval(this.#timer)
    this.#timer = undefined
    clearImmediate(this.#first)
    this.#first = undefined
  }

  #tick(): void {
    const stats = this.#source.stats()
    const topics = stats.topics.toSorted((a, b) => b.events - a.events)
    const readers = stats.readers.toSorted((a, b) => b.dropped - a.dropped || b.lag - a.lag)
    const sections = Object.fromEntries(Array.from(this.#sections, ([name, read]) => [name, read()]))
    for (let most = 1024; most > 0; most = Math.floor(most / 2)) {
      const value = JSON.stringify({
        ...stats,
        topics: topics.slice(0, most),
        readers: readers.slice(0, most),
        ...sections
      })
      const line = Buffer.from(formatLine(STATS_TOPIC, value))
      if (line.length > this.#maxLineBytes) continue
      this.#source.publish(line)
      return
    }
  }
}
