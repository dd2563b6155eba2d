import { type ServiceError, status } from '@grpc/grpc-js'
import type { LineWriter, LineWriterListener } from '../client/connection.js'
import { WaitList } from '../client/wait-list.js'
import type { Reader, SharedEvent } from '../reader.js'
import { type EventMessage, toMessage } from './definition.js'

/**
 * Most bytes of calls that are not answered yet. All of them together fit into one frame of HTTP/2 and into its smallest
 * window, so that each message is one frame, none waits in its middle while another passes it, and all arrive in order.
 */
const PIPELINE_BYTES = 16 * 1024
const PIPELINE_CALLS = 64

/** What a message costs beyond its texts, at most. */
const MESSAGE_HEAD_BYTES = 16

/** How a call ends to which the bus gave no answer of its own. */
const LOST: ReadonlySet<status> = new Set([status.CANCELLED, status.INTERNAL, status.UNAVAILABLE])

/** Where events are published, one call each. */
export interface PublishChannel {
  /** Calls are handled in the order they are made, though one does not wait for another's answer. */
  readonly keepsOrder: boolean
  /** `error` is why there is no good answer. There is none at all when the channel ends first. */
  publish(message: EventMessage, onAnswer: (error: ServiceError | null) => void): void
  close(): void
}

/**
 * Publishes what a reader yields, one call for each event. A Go bus handles calls in any order, so there each waits for the
 * one before it.
 */
export class EventPublisher implements LineWriter {
  readonly #channel: PublishChannel
  readonly #reader: Reader
  readonly #listener: LineWriterListener
  #isClosed = false
  #events: readonly SharedEvent[] = []
  #nextEvent = 0
  #calls = 0
  #bytes = 0
  readonly #flushed = new WaitList()

  constructor(channel: PublishChannel, reader: Reader, listener: LineWriterListener) {
    this.#channel = channel
    this.#reader = reader
    this.#listener = listener
  }

  get inFlightLines(): number {
    return this.#calls + this.#events.length - this.#nextEvent
  }

  pump(): void {
    while (!this.#isClosed) {
      const event = this.#peek()
      if (event === undefined) {
        if (this.#calls === 0) this.#flushed.resolve()
        return
      }
      const bytes = MESSAGE_HEAD_BYTES + Buffer.byteLength(event.topic) + Buffer.byteLength(event.value)
      if (this.#calls > 0 && !this.#hasRoomFor(bytes)) return
      this.#nextEvent += 1
      this.#publish(event, bytes)
    }
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

  #peek(): SharedEvent | undefined {
    if (this.#nextEvent === this.#events.length) {
      this.#nextEvent = 0
      // No more than is sent soon: what is taken is no longer in the log, where the oldest makes room for the newest.
      this.#events = this.#reader.readEvents(PIPELINE_BYTES) ?? []
      if (this.#events.length === 0) this.#reader.wait()
    }
    return this.#events[this.#nextEvent]
  }

  #hasRoomFor(bytes: number): boolean {
    const { keepsOrder } = this.#channel
    return keepsOrder && this.#calls < PIPELINE_CALLS && this.#bytes + bytes <= PIPELINE_BYTES
  }

  #publish({ topic, value }: SharedEvent, bytes: number): void {
    this.#calls += 1
    this.#bytes += bytes
    this.#channel.publish(toMessage({ topic, value }), error => {
      if (this.#isClosed) return
      // Nobody knows whether the bus has it, so it stays in flight, and the connection is given up.
      if (error !== null && LOST.has(error.code)) {
        this.#channel.close()
        return
      }
      this.#calls -= 1
      this.#bytes -= bytes
      if (error !== null) this.#listener.onRefused(error.details)
      this.#listener.onProgress()
      this.pump()
    })
  }
}
