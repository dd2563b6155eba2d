import { constants } from 'node:fs'
import { type FileHandle, open, stat } from 'node:fs/promises'
import type { EventBatch } from '../event-queue.js'
import { rotate } from './rotate.js'
import { countWritten, type Sink, type SinkCounters } from './sink.js'

const { O_APPEND, O_CREAT, O_EXCL, O_NONBLOCK, O_RDWR } = constants
const NEWLINE = 0x0a

/** How a {@link FileSink} treats its file. */
export interface FileSinkOptions {
  readonly path: string
  readonly mode: number
  readonly maxBytes: number
  /** 0: any age. */
  readonly maxAgeMs: number
  readonly keep: number
  readonly compress: boolean
  /** What the file begins with; empty for text. */
  readonly preamble: Buffer
  readonly counters: SinkCounters
  /** Called when something beside the writing goes wrong. */
  readonly onTrouble: (error: Error) => void
}

interface OpenFile {
  readonly handle: FileHandle
  readonly inode: number
  readonly device: number
  readonly begunMs: number
  size: number
}

/** Appends whole events to a file and rotates it. */
export class FileSink implements Sink {
  readonly isWanted = true
  readonly #options: FileSinkOptions
  #file: OpenFile | undefined
  #hasBeenOpen = false
  #isDestroyed = false
  #compressing: Promise<void> = Promise.resolve()

  constructor(options: FileSinkOptions) {
    this.#options = options
  }

  get isOpen(): boolean {
    return this.#file !== undefined
  }

  async open(): Promise<void> {
    if (this.#file !== undefined && (await this.#isStillThere(this.#file))) return
    await this.#close()
    await this.#open()
  }

  async write(batch: EventBatch): Promise<void> {
    const { maxBytes, counters } = this.#options
    while (batch.pendingEvents > 0) {
      if (this.#isDestroyed) throw new Error('the output is closed')
      const file = await this.#roomyFile(batch.startOf(batch.done + 1) - batch.start)
      // As many events as the file may take, at least one.
      let last = batch.done
      while (last + 1 < batch.ends.length && file.size + batch.startOf(last + 2) - batch.start <= maxBytes) last += 1
      await this.#append(file, batch.bytes.subarray(batch.start, batch.startOf(last + 1)))
      if (last + 1 === batch.ends.length) countWritten(counters, batch)
      else {
        counters.written += last + 1 - batch.done
        counters.writtenBytes += batch.startOf(last + 1) - batch.start
        batch.done = last + 1
      }
    }
  }

  async end(): Promise<void> {
    await this.#close()
    await this.#compressing
  }

  destroy(): void {
    this.#isDestroyed = true
    void this.#close().catch(() => undefined)
  }

  /** The file, a new one if the next event would make it too large or comes too late for it. */
  async #roomyFile(eventBytes: number): Promise<OpenFile> {
    await this.open()
    const { maxBytes, maxAgeMs, preamble } = this.#options
    const file = this.#opened()
    const isOld = maxAgeMs > 0 && Date.now() - file.begunMs >= maxAgeMs
    if (file.size <= preamble.length || (file.size + eventBytes <= maxBytes && !isOld)) return file
    await this.#rotate()
    return this.#opened()
  }

  #opened(): OpenFile {
    if (this.#file === undefined) throw new Error('the output is closed')
    return this.#file
  }

  async #open(): Promise<void> {
    const { path, preamble, counters } = this.#options
    const handle = await this.#openOrCreate(path)
    try {
      const { ino, dev, size, birthtimeMs, mtimeMs } = await handle.stat()
      // File systems that keep no time of birth give 0.
      const begunMs = size === 0 ? Date.now() : birthtimeMs > 0 ? birthtimeMs : mtimeMs
      this.#file = { handle, inode: ino, device: dev, begunMs, size }
    } catch (error) {
      await handle.close()
      throw error
    }
    if (this.#hasBeenOpen) counters.reconnects += 1
    this.#hasBeenOpen = true
    if (this.#file.size > 0 && !(await this.#canContinue(this.#file))) await this.#rotate()
    else if (this.#file.size === 0) await this.#append(this.#file, preamble)
  }

  async #openOrCreate(path: string): Promise<FileHandle> {
    // Without waiting for a reader, if the path turns out to be a FIFO.
    const flags = O_RDWR | O_APPEND | O_NONBLOCK
    const { mode } = this.#options
    let handle: FileHandle
    try {
      handle = await open(path, flags | O_CREAT | O_EXCL, mode)
      await handle.chmod(mode)
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error
      handle = await open(path, flags)
    }
    if ((await handle.stat()).isFile()) return handle
    await handle.close()
    throw new Error(`${path} is no regular file; a FIFO is written with to: fifo`)
  }

  /** Whether what is in the file may be appended to; text whose last line was cut off, by a power failure say, is completed. */
  async #canContinue(file: OpenFile): Promise<boolean> {
    const { preamble } = this.#options
    if (preamble.length > 0) {
      const { buffer } = await file.handle.read(Buffer.alloc(preamble.length), 0, preamble.length, 0)
      return buffer.equals(preamble)
    }
    const { buffer } = await file.handle.read(Buffer.alloc(1), 0, 1, file.size - 1)
    if (buffer[0] !== NEWLINE) await this.#append(file, Buffer.of(NEWLINE))
    return true
  }

  /** Whether the path still leads to the file; also learns of a file that somebody cut. */
  async #isStillThere(file: OpenFile): Promise<boolean> {
    try {
      const { ino, dev, size } = await stat(this.#options.path)
      if (ino !== file.inode || dev !== file.device) return false
      file.size = size
      // Cut to nothing by logrotate's copytruncate: a capture needs its header again.
      return size > 0 || this.#options.preamble.length === 0
    } catch {
      return false
    }
  }

  async #append(file: OpenFile, bytes: Buffer): Promise<void> {
    let at = 0
    try {
      while (at < bytes.length) at += (await file.handle.write(bytes, at)).bytesWritten
    } catch (error) {
      // A full disk took a part: no half event stays behind.
      if (at > 0) await file.handle.truncate(file.size).catch(() => undefined)
      await this.#close()
      throw error
    }
    file.size += bytes.length
  }

  async #rotate(): Promise<void> {
    const { path, keep, compress, onTrouble } = this.#options
    await this.#compressing
    await this.#close()
    const compressing = await rotate(path, keep, compress)
    this.#compressing = compressing().catch(onTrouble)
    await this.#open()
  }

  async #close(): Promise<void> {
    const file = this.#file
    this.#file = undefined
    await file?.handle.close()
  }
}
