import type { LoggedPacket, Packet } from '@packet-logs/decoder'
import { compileFilter, type Filter, type PacketContext } from '@packet-logs/rules'
import { EventQueue } from './event-queue.js'
import type { EventFormat, FormattedEvent } from './formats/event-format.js'
import { nameOf, type OutputConfig } from './output-config.js'
import type { OutputStats } from './output-stats.js'
import { Pump } from './pump.js'
import type { Sink, SinkCounters } from './sinks/sink.js'
import { matchesPattern } from './topic-pattern.js'

/** What a sink is given by its output. */
export interface SinkParts {
  readonly counters: SinkCounters
  /** To be called when the sink is not open any more, although nothing is being written. */
  readonly onDown: (error: Error) => void
  /** To be called when something goes wrong beside the writing. */
  readonly onTrouble: (error: Error) => void
  /** To be called with a sentence for the operator. */
  readonly log: (text: string) => void
}

/** What an {@link Output} is made of. */
export interface OutputParts {
  readonly config: OutputConfig
  readonly format: EventFormat
  readonly createSink: (parts: SinkParts) => Sink
  readonly log: (text: string) => void
}

/** One output: what it wants, and the way there. */
export class Output {
  readonly #config: OutputConfig
  readonly #format: EventFormat
  readonly #filter: Filter | undefined
  readonly #patterns: readonly string[]
  readonly #log: (text: string) => void
  readonly #queue: EventQueue
  readonly #sink: Sink
  readonly #pump: Pump
  readonly #counters: SinkCounters = { written: 0, writtenBytes: 0, dropped: 0, skipped: 0, unread: 0, reconnects: 0 }
  #seen = 0
  #matched = 0

  constructor({ config, format, createSink, log }: OutputParts) {
    this.#config = config
    this.#format = format
    this.#filter = config.filter === undefined ? undefined : compileFilter(config.filter)
    this.#patterns = typeof config.match === 'string' ? [config.match] : config.match
    this.#log = text => log(`output ${this.name}: ${text}`)
    this.#queue = new EventQueue(config.queueBytes)
    this.#sink = createSink({
      counters: this.#counters,
      onDown: error => this.#pump.reopen(error),
      onTrouble: error => this.#pump.complain(error),
      log: this.#log
    })
    this.#pump = new Pump({
      queue: this.#queue,
      sink: this.#sink,
      flushMs: config.to === 'file' ? config.flushMs : 0,
      lossNotice: lost => format.lossNotice(lost),
      log: this.#log
    })
    this.#pump.start()
  }

  get name(): string {
    return nameOf(this.#config)
  }

  /** Events lost so far. */
  get dropped(): number {
    return this.#queue.dropped + this.#counters.dropped
  }

  takes(topic: string): boolean {
    return this.#patterns.some(pattern => matchesPattern(pattern, topic))
  }

  /**
   * Takes a packet whose topic it takes.
   * @param packetNumber the same for the same packet, and for no other
   */
  packet(packetNumber: number, logged: LoggedPacket, packet: Packet, context: PacketContext): void {
    this.#seen += 1
    if (this.#filter !== undefined && !this.#filter.matchesPacket(logged, packet, context)) return
    this.#matched += 1
    if (!this.#sink.isWanted) this.#counters.unread += 1
    else this.#accept(this.#format.packet(packetNumber, logged, context))
  }

  /** Takes an event other than a packet whose topic it takes. */
  event(topic: string, value: string): void {
    this.#seen += 1
    if (this.#filter !== undefined && !this.#filter.matchesEvent({ topic, value })) return
    this.#matched += 1
    if (!this.#sink.isWanted) this.#counters.unread += 1
    else this.#accept(this.#format.event(topic, value))
  }

  stats(): OutputStats {
    const { to, format } = this.#config
    const { failures, lastError } = this.#pump
    const { held } = this.#sink
    return {
      name: this.name,
      to,
      format,
      isOpen: this.#sink.isOpen,
      seen: this.#seen,
      matched: this.#matched,
      ...this.#counters,
      dropped: this.dropped,
      queued: this.#queue.events + (held?.events ?? 0),
      queuedBytes: this.#queue.bytes + (held?.bytes ?? 0),
      failures,
      ...(lastError !== undefined && { lastError })
    }
  }

  /** Writes what waits, as far as two seconds allow. */
  async close(): Promise<void> {
    const before = this.dropped
    await this.#pump.close()
    this.#queue.clear()
    const lost = this.dropped - before
    if (lost > 0) this.#log(`${lost} events could not be written before the end${this.#because()}`)
  }

  #because(): string {
    const { lastError } = this.#pump
    return lastError === undefined ? '' : ` (${lastError})`
  }

  #accept(event: FormattedEvent | undefined): void {
    if (event === undefined || !this.#queue.push(event.head, event.body, event.isLine)) this.#counters.skipped += 1
    else this.#pump.wake()
  }
}
