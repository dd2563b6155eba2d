import type { Socket } from 'node:net'
import { type LineRun, SEQ_BYTES } from '../log/line-run.js'
import type { Reader } from '../reader.js'

/** Most bytes handed to the kernel in one write. */
const WRITE_BYTES = 128 * 1024

/** Runs shorter than this are gathered into one write; longer ones are worth a write of their own, without a copy. */
const GATHER_BELOW_BYTES = 16 * 1024

/** Size of the buffers that runs are gathered into. */
const GATHER_BYTES = 64 * 1024

/** Most bytes written before others have their turn. */
const TURN_BYTES = 2 * 1024 * 1024

/** A numbered line is at most three times as long as it was: the shortest, `{"topic":""}`, has 13 bytes. */
const NUMBERED_SHARE = 3

/** Gathering buffers that nobody uses now. One is enough unless kernels' buffers are full: a write mostly ends at once. */
export class GatherBuffers {
  #spare: Buffer | undefined

  take(): Buffer {
    const buffer = this.#spare ?? Buffer.allocUnsafeSlow(GATHER_BYTES)
    this.#spare = undefined
    return buffer
  }

  give(buffer: Buffer): void {
    if (buffer.length === GATHER_BYTES) this.#spare = buffer
  }
}

/** How a writer behaves. */
export interface SocketWriterOptions {
  buffers: GatherBuffers
  /** Whether lines get their numbers. */
  numbered?: boolean
  /** Milliseconds that one write may wait for the kernel until `onStalled` is called; 0 means for ever. */
  stallMs: number
  onStalled: () => void
  /** The kernel has taken all that was there, or at least more than before. */
  onProgress?: () => void
}

/**
 * Writes what a cursor yields to a socket, as few and as large writes as can be. At most one write waits for the kernel; until
 * it is done the reader's place in the log stays where it is, and the log's bound decides what such a reader loses.
 */
export class SocketWriter {
  readonly #socket: Socket
  readonly #reader: Reader
  readonly #buffers: GatherBuffers
  readonly #numbered: boolean
  readonly #onProgress: (() => void) | undefined
  // Of its own, because a socket's also counts what the reader sends.
  readonly #watch: NodeJS.Timeout | undefined
  readonly #onWritten = (error?: Error | null): void => {
    if (!error) this.#written()
  }
  readonly #pumpAgain = (): void => this.pump()
  #waitingForKernel = false
  #pinned: LineRun | undefined
  #gathered: Buffer | undefined
  #inFlightLines = 0
  #closed = false
  #flushed: (() => void)[] = []

  constructor(
    socket: Socket,
    reader: Reader,
    { buffers, numbered = false, stallMs, onStalled, onProgress }: SocketWriterOptions
  ) {
    this.#socket = socket
    this.#reader = reader
    this.#buffers = buffers
    this.#numbered = numbered
    this.#onProgress = onProgress
    if (stallMs > 0) {
      this.#watch = setTimeout(() => {
        if (this.#waitingForKernel) onStalled()
      }, stallMs).unref()
    }
  }

  /** Lines in the write that the kernel has not taken whole. */
  get inFlightLines(): number {
    return this.#inFlightLines
  }

  /** Writes what there is; to be called when the cursor may have more. */
  pump(): void {
    let turnBytes = 0
    while (!this.#waitingForKernel && !this.#closed && this.#socket.writable) {
      if (turnBytes >= TURN_BYTES) {
        setImmediate(this.#pumpAgain)
        return
      }
      const run = this.#reader.read(this.#numbered ? GATHER_BYTES / NUMBERED_SHARE : WRITE_BYTES)
      if (run === undefined) {
        this.#reader.wait()
        // A filter may have more to look at.
        if (this.#flushed.length > 0 && this.#reader.lag === 0) this.#settleFlushed()
        this.#onProgress?.()
        return
      }
      turnBytes += this.#numbered ? this.#writeNumbered(run) : this.#write(run)
    }
  }

  /** Resolves when everything the log held has been handed to the kernel, or the writer was closed. */
  flush(): Promise<void> {
    if (this.#closed) return Promise.resolve()
    return new Promise(resolve => {
      this.#flushed.push(resolve)
      this.pump()
    })
  }

  /** Lets go of the log's memory. Only after the socket was destroyed: until then a write in flight may read from it. */
  close(): void {
    if (this.#closed) return
    this.#closed = true
    clearTimeout(this.#watch)
    this.#release()
    this.#settleFlushed()
  }

  #write(run: LineRun): number {
    const next = run.length < GATHER_BELOW_BYTES ? this.#reader.readWithin(GATHER_BYTES - run.length) : undefined
    let bytes: Buffer
    let lines = run.count
    if (next === undefined) {
      run.pin()
      this.#pinned = run
      bytes = run.bytes
    } else {
      const buffer = this.#buffers.take()
      this.#gathered = buffer
      run.copyTo(buffer, 0)
      let used = run.length
      for (let more: LineRun | undefined = next; more; more = this.#reader.readWithin(GATHER_BYTES - used)) {
        more.copyTo(buffer, used)
        used += more.length
        lines += more.count
      }
      bytes = buffer.subarray(0, used)
    }
    return this.#send(bytes, lines)
  }

  #writeNumbered(first: LineRun): number {
    const neededBytes = first.length + first.count * SEQ_BYTES
    const buffer = neededBytes > GATHER_BYTES ? Buffer.allocUnsafeSlow(neededBytes) : this.#buffers.take()
    this.#gathered = buffer
    let lines = 0
    let used = 0
    for (let run: LineRun | undefined = first; run; ) {
      used = run.copyNumberedTo(buffer, used)
      lines += run.count
      run = this.#reader.readWithin(Math.floor((buffer.length - used) / NUMBERED_SHARE))
    }
    return this.#send(buffer.subarray(0, used), lines)
  }

  #send(bytes: Buffer, lines: number): number {
    this.#socket.write(bytes, this.#onWritten)
    // Node tries the write at once; what is left in its queue is what the kernel had no room for.
    if (this.#socket.writableLength === 0) {
      this.#release()
    } else {
      this.#waitingForKernel = true
      this.#inFlightLines = lines
      this.#watch?.refresh()
    }
    return bytes.length
  }

  #written(): void {
    // Also called, a tick late, for writes that were done at once.
    if (!this.#waitingForKernel || this.#closed || this.#socket.writableLength > 0) return
    this.#waitingForKernel = false
    this.#release()
    this.#onProgress?.()
    this.pump()
  }

  #release(): void {
    this.#pinned?.unpin()
    this.#pinned = undefined
    if (this.#gathered) this.#buffers.give(this.#gathered)
    this.#gathered = undefined
    this.#inFlightLines = 0
  }

  #settleFlushed(): void {
    const flushed = this.#flushed
    if (flushed.length === 0) return
    this.#flushed = []
    for (const resolve of flushed) resolve()
  }
}
