import type { Socket } from 'node:net'
import type { LineWriter, LineWriterListener } from '../client/client-dialect.js'
import type { Reader, SharedEvent } from '../reader.js'
import { formatEvent } from './message.js'
import { PUBLISH } from './methods.js'
import { GrpcSession } from './session.js'
import { OK } from './status.js'

/**
 * Most bytes of calls that are not answered yet. Below half of HTTP/2's smallest window nothing ever waits in the middle of a
 * message, so that messages arrive in the order they were sent in.
 */
const PIPELINE_BYTES = 24 * 1024
const PIPELINE_CALLS = 64

/**
 * Publishes what a reader yields, one call for each event. A Go bus handles calls in any order, so there each waits for the
 * one before it.
 */
export class EventPublisher implements LineWriter {
  readonly #socket: Socket
  readonly #session: GrpcSession
  readonly #reader: Reader
  readonly #listener: LineWriterListener
  #isOrdered = false
  #isClosed = false
  #events: readonly SharedEvent[] = []
  #nextEvent = 0
  #nextFrame: Buffer | undefined
  #calls = 0
  #bytes = 0
  #flushed: (() => void)[] = []

  constructor(socket: Socket, reader: Reader, listener: LineWriterListener) {
    this.#socket = socket
    this.#session = new GrpcSession(socket)
    this.#reader = reader
    this.#listener = listener
    void this.#session.hello().then(isOurs => {
      this.#isOrdered = isOurs === true
      this.pump()
    })
  }

  get inFlightLines(): number {
    return this.#calls + this.#events.length - this.#nextEvent
  }

  pump(): void {
    while (!this.#isClosed) {
      this.#nextFrame ??= this.#takeFrame()
      const frame = this.#nextFrame
      if (frame === undefined) {
        if (this.#calls === 0) this.#settleFlushed()
        return
      }
      if (!this.#mayCall(frame)) return
      this.#nextFrame = undefined
      this.#nextEvent += 1
      this.#call(frame)
    }
  }

  flush(): Promise<void> {
    if (this.#isClosed) return Promise.resolve()
    return new Promise(resolve => {
      this.#flushed.push(resolve)
      this.pump()
    })
  }

  close(): void {
    this.#isClosed = true
    this.#settleFlushed()
  }

  #takeFrame(): Buffer | undefined {
    if (this.#nextEvent === this.#events.length) {
      this.#nextEvent = 0
      // No more than is sent soon: what is taken is no longer in the log, where the oldest makes room for the newest.
      this.#events = this.#reader.readEvents(PIPELINE_BYTES) ?? []
    }
    const event = this.#events[this.#nextEvent]
    if (event === undefined) this.#reader.wait()
    return event && formatEvent(event.topic, event.value)
  }

  #mayCall(frame: Buffer): boolean {
    if (this.#calls === 0) return true
    return this.#isOrdered && this.#calls < PIPELINE_CALLS && this.#bytes + frame.length <= PIPELINE_BYTES
  }

  #call(frame: Buffer): void {
    this.#calls += 1
    this.#bytes += frame.length
    const call = this.#session.call(PUBLISH, frame)
    call?.stream.resume()
    void call?.status.then(status => {
      if (this.#isClosed) return
      // Nobody knows whether the bus has it, so it stays in flight until the connection is given up.
      if (status === undefined) {
        this.#socket.destroy()
        return
      }
      this.#calls -= 1
      this.#bytes -= frame.length
      if (status.code !== OK) this.#listener.onRefused(status.message)
      this.#listener.onProgress()
      this.pump()
    })
  }

  #settleFlushed(): void {
    const flushed = this.#flushed
    if (flushed.length === 0) return
    this.#flushed = []
    for (const resolve of flushed) resolve()
  }
}
