import { closeSync, openSync, writeSync } from 'node:fs'
import { Socket } from 'node:net'
import { openNonblocking } from './nonblocking-fd.js'

/** The writing end of a FIFO that somebody reads. */
export interface FifoPipe {
  /** Leads to the FIFO for as long as the pipe is open. */
  readonly fd: number
  readonly isClosed: boolean
  /** Writes all of it, and calls `done` with an error when the reader has gone before the end. One call at a time. */
  write(bytes: Buffer, done: (error?: Error | null) => void): void
  /** The reader finds the end behind what was written. */
  close(): void
}

/**
 * Opens what is written to a reader.
 * @param fd of a FIFO, for writing; closed with the pipe
 * @param endsOften whether the reader needs an end behind each piece; what is written before that is known waits
 */
export function openPipe(fd: number, endsOften: Promise<boolean>, onClose: () => void): FifoPipe {
  let pipe: FifoPipe | undefined
  let isClosed = false
  const opened = endsOften.then(ends => {
    if (!isClosed) pipe = ends ? new EndingPipe(fd, onClose) : openStreamPipe(fd, onClose)
  })
  return {
    get fd() {
      return pipe?.fd ?? fd
    },
    get isClosed() {
      return pipe?.isClosed ?? isClosed
    },
    write(bytes, done) {
      opened.then(() => (pipe === undefined ? done(gone()) : pipe.write(bytes, done))).catch(done)
    },
    close() {
      if (pipe !== undefined) pipe.close()
      else if (!isClosed) {
        isClosed = true
        closeSync(fd)
        onClose()
      }
    }
  }
}

/** A pipe that is written as one stream. */
function openStreamPipe(fd: number, onClose: () => void): FifoPipe {
  const socket = new Socket({ fd, readable: false, writable: true })
  // Said by the write that failed, too.
  socket.on('error', () => undefined)
  socket.on('close', onClose)
  return {
    fd,
    get isClosed() {
      return socket.destroyed
    },
    write: (bytes, done) => void socket.write(bytes, done),
    close: () => void socket.destroy()
  }
}

/** Linux's, which Node does not name: leads to a file without opening it. */
const O_PATH = 0o10000000
/** Until `tail` has surely met the end at which it begins to follow: of what comes before that it prints ten lines at most. */
const FIRST_END_MS = 1000
/** Until it has most likely met the end of a piece; if not, it prints two at once. */
const END_MS = 200
const RETRY_MS = 50

/**
 * A pipe that ends at the beginning and behind each piece that is written: `tail -f` prints what it read of a FIFO when it meets
 * an end, and goes on behind it.
 */
class EndingPipe implements FifoPipe {
  readonly fd: number
  readonly #onClose: () => void
  readonly #begunMs = performance.now()
  #isClosed = false
  #timer: NodeJS.Timeout | undefined
  /** Of the piece that is under way: what is still to be written, and who waits. */
  #rest: Buffer | undefined
  #done: ((error?: Error) => void) | undefined

  constructor(fd: number, onClose: () => void) {
    this.fd = openSync(`/proc/self/fd/${fd}`, O_PATH)
    this.#onClose = onClose
    closeSync(fd)
  }

  get isClosed(): boolean {
    return this.#isClosed
  }

  write(bytes: Buffer, done: (error?: Error) => void): void {
    this.#rest = bytes
    this.#done = done
    this.#timer = setTimeout(() => this.#writeRest(), this.#begunMs + FIRST_END_MS - performance.now())
  }

  close(error?: Error): void {
    if (this.#isClosed) return
    this.#isClosed = true
    clearTimeout(this.#timer)
    closeSync(this.fd)
    this.#settle(this.#rest && (error ?? new Error('the reader has gone')))
    this.#onClose()
  }

  #writeRest(): void {
    try {
      this.#rest = this.#rest?.subarray(this.#writeSome(this.#rest))
    } catch (error) {
      this.close(error as Error)
      return
    }
    if (this.#rest !== undefined && this.#rest.length > 0) {
      this.#timer = setTimeout(() => this.#writeRest(), RETRY_MS)
      return
    }
    this.#rest = undefined
    this.#timer = setTimeout(() => this.#settle(), END_MS)
  }

  /** Writes what the pipe takes, and ends it. */
  #writeSome(bytes: Buffer): number {
    let writer: number | undefined
    try {
      writer = openNonblocking(`/proc/self/fd/${this.fd}`)
      return writeSync(writer, bytes)
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'EAGAIN') return 0
      throw error
    } finally {
      if (writer !== undefined) closeSync(writer)
    }
  }

  #settle(error?: Error): void {
    const done = this.#done
    this.#done = undefined
    done?.(error)
  }
}

function gone(): Error {
  return new Error('the reader has gone')
}
