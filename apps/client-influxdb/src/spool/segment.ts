import { constants } from 'node:fs'
import { type FileHandle, open } from 'node:fs/promises'
import { join } from 'node:path'
import { HEADER_BYTES, isIntact, parseHeader, type RecordHeader } from './record.js'

const NAME = /^(\d{16})\.spool$/

/** Bodies are cut to far less when they are written; a longer one is garbage. */
const MAX_BODY_BYTES = 16 * 1024 * 1024

/** Number of the segment a file is; `undefined` for another file. */
export function segmentNumber(name: string): number | undefined {
  const [, digits] = NAME.exec(name) ?? []
  return digits === undefined ? undefined : Number(digits)
}

/** A record as it stands in a file. */
export interface StoredRecord {
  header: RecordHeader
  bytes: Buffer
  /** Where the next one begins. */
  end: number
}

/** One file of the spool: records back to back. */
export class Segment {
  readonly id: number
  readonly path: string
  /** Bytes of whole records. */
  size = 0
  /** Points from the first that is not delivered. */
  points = 0
  firstMs = 0
  lastMs = 0
  #file: FileHandle | undefined

  constructor(directory: string, id: number) {
    this.id = id
    this.path = join(directory, `${String(id).padStart(16, '0')}.spool`)
  }

  /** Writes a record behind the last. When that fails, nothing counts as written, whatever is in the file. */
  async append(record: Buffer, { points, writtenMs }: { points: number; writtenMs: number }): Promise<void> {
    const file = await this.#open()
    for (let at = 0; at < record.length; ) {
      const { bytesWritten } = await file.write(record, at, record.length - at, this.size + at)
      at += bytesWritten
    }
    this.size += record.length
    this.points += points
    this.firstMs ||= writtenMs
    this.lastMs = writtenMs
  }

  /** The record that begins there; `undefined` when none does that is whole and intact. */
  async read(offset: number): Promise<StoredRecord | undefined> {
    const header = await this.readHeader(offset)
    if (header === undefined) return undefined
    const bytes = await this.#readBytes(offset, HEADER_BYTES + header.bodyBytes)
    return isIntact(bytes) ? { header, bytes, end: offset + bytes.length } : undefined
  }

  async readHeader(offset: number): Promise<RecordHeader | undefined> {
    const header = parseHeader(await this.#readBytes(offset, HEADER_BYTES))
    return header !== undefined && header.bodyBytes <= MAX_BODY_BYTES ? header : undefined
  }

  /**
   * Looks at what an earlier process left, and takes what is whole: the end may have been torn off. Of the last segment every
   * checksum is verified, of others when they are read.
   *
   * @returns the last record's header
   */
  async recover(from: number, isLast: boolean): Promise<RecordHeader | undefined> {
    const bytes = (await (await this.#open()).stat()).size
    let last: RecordHeader | undefined
    for (let at = 0; at < bytes; ) {
      const header = isLast ? (await this.read(at))?.header : await this.readHeader(at)
      if (header === undefined || at + HEADER_BYTES + header.bodyBytes > bytes) break
      if (at >= from) this.points += header.points
      at += HEADER_BYTES + header.bodyBytes
      this.size = at
      this.firstMs ||= header.writtenMs
      this.lastMs = header.writtenMs
      last = header
    }
    return last
  }

  async sync(): Promise<void> {
    await this.#file?.datasync()
  }

  async close(): Promise<void> {
    const file = this.#file
    this.#file = undefined
    await file?.close()
  }

  async #open(): Promise<FileHandle> {
    this.#file ??= await open(this.path, constants.O_RDWR | constants.O_CREAT, 0o600)
    return this.#file
  }

  async #readBytes(offset: number, length: number): Promise<Buffer> {
    const buffer = Buffer.allocUnsafe(length)
    const { bytesRead } = await (await this.#open()).read(buffer, 0, length, offset)
    return buffer.subarray(0, bytesRead)
  }
}
