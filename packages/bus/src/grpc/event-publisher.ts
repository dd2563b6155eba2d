import { type ServiceError, status } from '@grpc/grpc-js'
import type { LineWriter, LineWriterListener } from '../client/connection.js'
import { WaitList } from '../client/wait-list.js'
import type { Reader, SharedEvent } from '../reader.js'
import { type EventMessage, toMessage } from './definition.js'

/** Bytes taken from the log at a time: what is taken is no longer where the oldest makes room for the newest. */
const READ_BYTES = 16 * 1024

/** How a call ends to which the bus gave no answer of its own. */
const LOST: ReadonlySet<status> = new Set([status.CANCELLED, status.INTERNAL, status.UNAVAILABLE])

/** Where events are published, one call each. */
export interface PublishChannel {
  /** `error` is why there is no good answer. There is none at all when the channel ends first. */
  publish(message: EventMessage, onAnswer: (error: ServiceError | null) => void): void
  close(): void
}

/**
 * Publishes what a reader yields, one call for each event, each after the answer to the one before: gRPC promises no order
 * between calls, and a Go bus handles them in any.
 */
export class EventPublisher implements LineWriter {
  readonly #channel: PublishChannel
  readonly #reader: Reader
  readonly #listener: LineWriterListener
  readonly #flushed = new WaitList()
  #events: readonly SharedEvent[] = []
  #nextEvent = 0
  #isCalling = false
  #isClosed = false

  constructor(channel: PublishChannel, reader: Reader, listener: LineWriterListener) {
    this.#channel = channel
    this.#reader = reader
    this.#listener = listener
  }

  get inFlightLines(): number {
    return this.#events.length - this.#nextEvent + (this.#isCalling ? 1 : 0)
  }

  pump(): void {
    if (this.#isClosed || this.#isCalling) return
    const event = this.#next()
    if (event === undefined) {
      this.#flushed.resolve()
      return
    }
    this.#isCalling = true
    const { topic, value } = event
    this.#channel.publish(toMessage({ topic, value }), error => this.#onAnswer(error))
  }

  async flush(): Promise<void> {
    if (this.#isClosed) return
    const flushed = this.#flushed.wait()
    this.pump()
    await flushed
  }

  close(): void {
    this.#isClosed = true
    this.#flushed.resolve()
  }

  #next(): SharedEvent | undefined {
    while (this.#nextEvent === this.#events.length) {
      this.#nextEvent = 0
      this.#events = []
      const events = this.#reader.readEvents(READ_BYTES)
      if (events === undefined) {
        this.#reader.wait()
        return undefined
      }
      this.#events = events
    }
    this.#nextEvent += 1
    return this.#events[this.#nextEvent - 1]
  }

  #onAnswer(error: ServiceError | null): void {
    if (this.#isClosed) return
    // Nobody knows whether the bus has it, so it stays in flight, and the connection is given up.
    if (error !== null && LOST.has(error.code)) {
      this.#channel.close()
      return
    }
    this.#isCalling = false
    if (error !== null) this.#listener.onRefused(error.details)
    this.#listener.onProgress()
    this.pump()
  }
}
