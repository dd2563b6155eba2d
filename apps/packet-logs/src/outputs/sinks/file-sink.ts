import { constants } from 'node:fs'
import { type FileHandle, open, stat } from 'node:fs/promises'
import type { EventBatch } from '../event-queue.js'
import type { OutputConfig } from '../output-config.js'
import { refusePlanted } from './planted.js'
import { rotate } from './rotate.js'
import { countWritten, type Sink, type SinkCounters } from './sink.js'
import { endOfRecords } from './whole-records.js'

const { O_APPEND, O_CREAT, O_EXCL, O_NONBLOCK, O_RDWR } = constants
const NEWLINE = 0x0a

/** How a {@link FileSink} treats its file. */
export interface FileSinkOptions {
  readonly path: string
  readonly format: OutputConfig['format']
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
      const upTo = batch.upTo(maxBytes - file.size)
      await this.#append(file, batch.bytes.subarray(batch.start, batch.startOf(upTo)))
      countWritten(counters, batch, upTo)
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
    try {
      const handle = await open(path, flags | O_CREAT | O_EXCL, mode)
      // The umask may have taken rights away. File systems that know none refuse.
      await handle.chmod(mode).catch(() => undefined)
      return handle
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error
    }
    refusePlanted(path)
    // Made where a link leads, if there is nothing yet.
    const handle = await open(path, flags | O_CREAT, mode)
    if ((await handle.stat()).isFile()) return handle
    await handle.close()
    throw new Error(`${path} is no regular file; a FIFO is written with to: fifo`)
  }

  /**
   * Whether what is in the file may be appended to. A loss of power may have cut it off: a line is completed, what there is of a
   * capture's record goes.
   */
  async #canContinue(file: OpenFile): Promise<boolean> {
    const { preamble, format } = this.#options
    if (preamble.length > 0) {
      const { buffer } = await file.handle.read(Buffer.alloc(preamble.length), 0, preamble.length, 0)
      if (!buffer.equals(preamble)) return false
      if (format === 'pcap' || format === 'pcapng')
        await this.#cutTo(file, await endOfRecords(file.handle, file.size, format))
      return true
    }
    const { buffer } = await file.handle.read(Buffer.alloc(1), 0, 1, file.size - 1)
    if (buffer[0] !== NEWLINE) await this.#append(file, Buffer.of(NEWLINE))
    return true
  }

  async #cutTo(file: OpenFile, bytes: number): Promise<void> {
    if (bytes === file.size) return
    await file.handle.truncate(bytes)
    file.size = bytes
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
