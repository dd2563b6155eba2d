import type { ServerHttp2Stream } from 'node:http2'
import type { Reader, SharedEvent } from '../reader.js'

/** Most bytes of lines that one write is made of. */
const WRITE_BYTES = 64 * 1024

/** Turns an event into a framed message. */
export type EventFormat = (event: SharedEvent) => Buffer | undefined

/**
 * Writes what a reader yields to a gRPC stream. At most one write waits for the client and the kernel; until it is done the
 * reader's place in the log stays where it is, and the log's bound decides what such a client loses.
 */
export class EventWriter {
  readonly #stream: ServerHttp2Stream
  readonly #format: EventFormat
  readonly #onWritten = (error?: Error | null): void => {
    this.#isWriting = false
    if (!error) this.pump()
  }
  #reader: Reader | undefined
  #isWriting = false
  #writes = 0
  #writesSeen = -1
  #flushed: (() => void)[] = []

  constructor(stream: ServerHttp2Stream, reader: Reader, format: EventFormat) {
    this.#stream = stream
    this.#reader = reader
    this.#format = format
  }

  /** Writes what there is; to be called when the reader may have more. */
  pump(): void {
    while (this.#reader !== undefined && !this.#isWriting && this.#stream.writable) {
      const events = this.#reader.readEvents(WRITE_BYTES)
      if (events === undefined) {
        this.#reader.wait()
        this.#settleFlushed()
        return
      }
      this.#write(events)
    }
  }

  /** Whether the same write has been waiting since the last time this was asked. */
  checkStalled(): boolean {
    const isStalled = this.#isWriting && this.#writes === this.#writesSeen
    this.#writesSeen = this.#writes
    return isStalled
  }

  /** Takes nothing that is published from now on; resolves when the kernel has the rest, or the writer was closed. */
  flush(): Promise<void> {
    if (this.#reader === undefined) return Promise.resolve()
    this.#reader.finish()
    return new Promise(resolve => {
      this.#flushed.push(resolve)
      this.pump()
    })
  }

  /** Lets go of the reader. Safe to call twice. */
  close(): void {
    this.#reader?.close()
    this.#reader = undefined
    this.#settleFlushed()
  }

  #write(events: readonly SharedEvent[]): void {
    const frames: Buffer[] = []
    for (const event of events) {
      const frame = this.#format(event)
      if (frame !== undefined) frames.push(frame)
    }
    const [first] = frames
    if (first === undefined) return
    this.#isWriting = true
    this.#writes += 1
    // One write of many messages costs little more than one of one; the frames themselves are shared with other readers.
    this.#stream.write(frames.length === 1 ? first : Buffer.concat(frames), this.#onWritten)
  }

  #settleFlushed(): void {
    const flushed = this.#flushed
    if (flushed.length === 0) return
    this.#flushed = []
    for (const resolve of flushed) resolve()
  }
}
