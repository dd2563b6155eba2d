import type { ServerWritableStream } from '@grpc/grpc-js'
import { WaitList } from '../client/wait-list.js'
import type { Reader, SharedEvent } from '../reader.js'
import type { EventMessage } from './definition.js'
import type { Failure } from './status.js'

/** Most bytes of lines that wait in a call. */
const WRITE_BYTES = 64 * 1024

/** A call that is answered by events. */
export type EventCall = ServerWritableStream<EventMessage, EventMessage>

/** Turns an event into a message. */
export type EventFormat = (event: SharedEvent) => EventMessage

/** How a writer writes. */
export interface EventWriterOptions {
  readonly format: EventFormat
  /** Milliseconds without a message taken after which the client counts as stalled. */
  readonly stallMs: number
  onStalled(): void
}

/**
 * Writes what a reader yields to a call, which holds whatever it is given. So it is given no more until the client and the
 * kernel have taken the last: the reader's place in the log stays where it is, and the log's bound decides what is lost.
 */
export class EventWriter {
  readonly #call: EventCall
  readonly #options: EventWriterOptions
  readonly #watch: NodeJS.Timeout
  #reader: Reader | undefined
  #unwritten = 0
  readonly #flushed = new WaitList()

  constructor(call: EventCall, reader: Reader, options: EventWriterOptions) {
    this.#call = call
    this.#reader = reader
    this.#options = options
    this.#watch = setTimeout(() => this.#checkStalled(), options.stallMs).unref()
  }

  /** Writes what there is; to be called when the reader may have more. */
  pump(): void {
    while (this.#reader !== undefined && this.#unwritten === 0) {
      const events = this.#reader.readEvents(WRITE_BYTES)
      if (events === undefined) {
        this.#reader.wait()
        this.#flushed.resolve()
        return
      }
      this.#watch.refresh()
      for (const event of events) {
        this.#unwritten += 1
        this.#call.write(this.#options.format(event), this.#onWritten)
      }
    }
  }

  /** Takes nothing that is published from now on; resolves when the kernel has the rest, or the writer was closed. */
  async flush(): Promise<void> {
    if (this.#reader === undefined) return
    this.#reader.finish()
    const flushed = this.#flushed.wait()
    this.pump()
    await flushed
  }

  /** Ends the call, after what is written already. */
  end(failure: Failure): void {
    this.close()
    // How a handler of grpc-js fails a stream.
    this.#call.emit('error', failure)
  }

  /** Lets go of the reader. Safe to call twice. */
  close(): void {
    clearTimeout(this.#watch)
    this.#reader?.close()
    this.#reader = undefined
    this.#flushed.resolve()
  }

  readonly #onWritten = (error?: Error | null): void => {
    this.#unwritten -= 1
    if (error || this.#reader === undefined) return
    this.#watch.refresh()
    this.pump()
  }

  #checkStalled(): void {
    if (this.#unwritten > 0) this.#options.onStalled()
  }
}
