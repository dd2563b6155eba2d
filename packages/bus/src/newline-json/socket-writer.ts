import type { Socket } from 'node:net'
import type { Cursor, LineRun } from '../log/cursor.js'

/** Most bytes handed to the kernel in one write. */
const WRITE_BYTES = 128 * 1024

/** Runs shorter than this are gathered into one write; longer ones are worth a write of their own, without a copy. */
const GATHER_BELOW_BYTES = 16 * 1024

/** Size of the buffers that runs are gathered into. */
const GATHER_BYTES = 64 * 1024

/** Most bytes written before others have their turn. */
const TURN_BYTES = 2 * 1024 * 1024

/** Gathering buffers that nobody uses now. One is enough unless kernels' buffers are full: a write mostly ends at once. */
export class GatherBuffers {
  #spare: Buffer | undefined

  take(): Buffer {
    const buffer = this.#spare ?? Buffer.allocUnsafeSlow(GATHER_BYTES)
    this.#spare = undefined
    return buffer
  }

  give(buffer: Buffer): void {
    this.#spare = buffer
  }
}

/** How a writer behaves. */
export interface SocketWriterOptions {
  buffers: GatherBuffers
  /** Milliseconds without one byte accepted after which `onStalled` is called; 0 means never. */
  stallMs: number
  onStalled: () => void
}

/**
 * Writes what a cursor yields to a socket, as few and as large writes as can be. At most one write waits for the kernel; until
 * it is done the reader's place in the log stays where it is, and the log's bound decides what such a reader loses.
 */
export class SocketWriter {
  readonly #socket: Socket
  readonly #cursor: Cursor
  readonly #buffers: GatherBuffers
  readonly #stallMs: number
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

  constructor(socket: Socket, cursor: Cursor, { buffers, stallMs, onStalled }: SocketWriterOptions) {
    this.#socket = socket
    this.#cursor = cursor
    this.#buffers = buffers
    this.#stallMs = stallMs
    if (stallMs > 0) socket.on('timeout', onStalled)
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
      const run = this.#cursor.read(WRITE_BYTES)
      if (run === undefined) {
        this.#cursor.wait()
        this.#settleFlushed()
        return
      }
      turnBytes += this.#write(run)
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
    this.#release()
    this.#settleFlushed()
  }

  #write(run: LineRun): number {
    const next = run.length < GATHER_BELOW_BYTES ? this.#cursor.readWithin(GATHER_BYTES - run.length) : undefined
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
      for (let more: LineRun | undefined = next; more; more = this.#cursor.readWithin(GATHER_BYTES - used)) {
        more.copyTo(buffer, used)
        used += more.length
        lines += more.count
      }
      bytes = buffer.subarray(0, used)
    }
    this.#socket.write(bytes, this.#onWritten)
    // Node tries the write at once; what is left in its queue is what the kernel had no room for.
    if (this.#socket.writableLength === 0) {
      this.#release()
    } else {
      this.#waitingForKernel = true
      this.#inFlightLines = lines
      // The timer only fires when the kernel accepted nothing in the meantime, see net.Socket's _onTimeout.
      if (this.#stallMs > 0) this.#socket.setTimeout(this.#stallMs)
    }
    return bytes.length
  }

  #written(): void {
    // Also called, a tick late, for writes that were done at once.
    if (!this.#waitingForKernel || this.#closed || this.#socket.writableLength > 0) return
    this.#waitingForKernel = false
    if (this.#stallMs > 0) this.#socket.setTimeout(0)
    this.#release()
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
