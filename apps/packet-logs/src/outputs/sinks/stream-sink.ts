import type { Socket } from 'node:net'
import type { EventBatch } from '../event-queue.js'
import { countWritten, type Sink, type SinkCounters } from './sink.js'

/** How a {@link StreamSink} gets its connection. */
export interface StreamSinkOptions {
  /** Gives a connection that is ready to be written. */
  readonly connect: (signal: AbortSignal) => Promise<Socket>
  /** What each connection begins with; empty for text. */
  readonly preamble: Buffer
  /** How long a connection may take for 16 KiB, or one event that is longer, in milliseconds. Default: for ever. */
  readonly stallMs?: number
  readonly counters: SinkCounters
  /** Called when a connection ends while nothing is written. */
  readonly onDown: (error: Error) => void
}

/** Written at once: whoever takes this much in time is slow, not stuck, and this much may arrive twice. */
const PIECE_BYTES = 16_384

/**
 * Writes to a connection and makes it again when it ends. A new connection begins with a whole event: what the kernel had not
 * taken of a piece when the old one ended is written again from the piece's start, so its first events may arrive twice, and what
 * the kernel had taken but not delivered is lost, for no one here can know of it.
 */
export class StreamSink implements Sink {
  readonly isWanted = true
  readonly #options: StreamSinkOptions
  readonly #end = new AbortController()
  #socket: Socket | undefined
  #hasBeenOpen = false
  #isEnding = false
  /** Ends the write that is under way. */
  #settle: ((error: Error | undefined) => void) | undefined

  constructor(options: StreamSinkOptions) {
    this.#options = options
  }

  get isOpen(): boolean {
    return this.#socket !== undefined
  }

  async open(): Promise<void> {
    if (this.#socket !== undefined) return
    const { connect, preamble, counters } = this.#options
    const socket = await connect(this.#end.signal)
    if (this.#end.signal.aborted) {
      socket.destroy()
      throw ended()
    }
    this.#socket = socket
    let failure: Error | undefined
    const onError = (error: Error): void => {
      failure = error
    }
    socket.on('error', onError)
    socket.once('close', () => {
      // The process's own stream outlives its errors.
      socket.off('error', onError)
      this.#closed(socket, failure ?? new Error('the other side closed the connection'))
    })
    // Nobody writes to an output; reading is how the end of the connection is noticed.
    if (socket.readable) socket.resume()
    if (this.#hasBeenOpen) counters.reconnects += 1
    this.#hasBeenOpen = true
    if (preamble.length > 0) await this.#write(socket, preamble)
  }

  async write(batch: EventBatch): Promise<void> {
    while (batch.pendingEvents > 0) {
      const socket = this.#socket
      if (socket === undefined) throw new Error('the connection is gone')
      const upTo = batch.upTo(PIECE_BYTES)
      await this.#write(socket, batch.bytes.subarray(batch.start, batch.startOf(upTo)))
      countWritten(this.#options.counters, batch, upTo)
    }
  }

  async end(): Promise<void> {
    this.#isEnding = true
    const socket = this.#socket
    if (socket === undefined || socket.destroyed) return
    await new Promise<void>(resolve => {
      socket.once('close', () => resolve())
      socket.end(() => socket.destroy())
    })
  }

  destroy(): void {
    this.#isEnding = true
    this.#end.abort(ended())
    this.#socket?.destroy()
  }

  #write(socket: Socket, bytes: Buffer): Promise<void> {
    const { stallMs } = this.#options
    return new Promise((resolve, reject) => {
      const stall = stallMs === undefined ? undefined : setTimeout(() => socket.destroy(stalled(stallMs)), stallMs)
      const settle = (error: Error | undefined): void => {
        this.#settle = undefined
        clearTimeout(stall)
        if (error === undefined) resolve()
        else reject(error)
      }
      this.#settle = settle
      socket.write(bytes, error => {
        // The end of the connection says more about why.
        if (!error) settle(undefined)
      })
      if (socket.destroyed) settle(new Error('the connection is gone'))
    })
  }

  #closed(socket: Socket, error: Error): void {
    if (this.#socket !== socket) return
    this.#socket = undefined
    if (this.#settle !== undefined) this.#settle(error)
    else if (!this.#isEnding) this.#options.onDown(error)
  }
}

function stalled(stallMs: number): Error {
  return new Error(`the other side has hardly taken anything for ${stallMs / 1000} s`)
}

function ended(): Error {
  return new Error('the output is closed')
}
