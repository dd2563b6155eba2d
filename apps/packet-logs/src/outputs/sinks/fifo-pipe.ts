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

/** A pipe that is written as one stream. */
export function openStreamPipe(fd: number, onClose: () => void): FifoPipe {
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
/** Until the reader has surely seen the end. */
const END_MS = 200
const RETRY_MS = 50

/**
 * A pipe that ends behind each piece that is written: `tail -f` prints what it read of a FIFO when it meets an end, and goes on
 * behind it.
 */
export function openEndingPipe(fd: number, onClose: () => void): FifoPipe {
  const path = openSync(`/proc/self/fd/${fd}`, O_PATH)
  closeSync(fd)
  let timer: NodeJS.Timeout | undefined
  let isClosed = false
  const close = (): void => {
    if (isClosed) return
    isClosed = true
    clearTimeout(timer)
    closeSync(path)
    onClose()
  }
  const writeFrom = (bytes: Buffer, at: number, done: (error?: Error) => void): void => {
    let written = 0
    try {
      const writer = openNonblocking(`/proc/self/fd/${path}`)
      try {
        written = writeSync(writer, bytes, at)
      } finally {
        closeSync(writer)
      }
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EAGAIN') {
        timer = setTimeout(() => {
          close()
          done(error as Error)
        }, 0)
        return
      }
    }
    const next = at + written
    if (next === bytes.length) timer = setTimeout(done, END_MS)
    else timer = setTimeout(() => writeFrom(bytes, next, done), RETRY_MS)
  }
  return {
    fd: path,
    get isClosed() {
      return isClosed
    },
    write: (bytes, done) => writeFrom(bytes, 0, done),
    close
  }
}
