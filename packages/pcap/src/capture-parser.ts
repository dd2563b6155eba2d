import { ByteWindow } from './byte-window.js'
import type { CapturedPacket } from './captured-packet.js'
import { PcapError } from './errors.js'
import { PcapParser, pcapByteOrder } from './pcap-parser.js'
import { SECTION_HEADER } from './pcapng-blocks.js'
import { PcapngParser } from './pcapng-parser.js'

/** What the parser of one file format has to offer. */
export interface FormatParser {
  /** Where the record begins that is being read. */
  readonly recordOffset: number
  /** The next packet, or undefined until more bytes have arrived. */
  next(): CapturedPacket | undefined
}

/** Pulls packets out of bytes that arrive in any portions. Feed it modest portions: it keeps what it has not read. */
export class CaptureParser {
  readonly #window = new ByteWindow()
  readonly #maxRecordBytes: number
  #format: FormatParser | undefined

  constructor(maxRecordBytes: number) {
    this.#maxRecordBytes = maxRecordBytes
  }

  feed(bytes: Uint8Array): void {
    this.#window.append(bytes)
  }

  /** The next packet, or undefined until more bytes are fed. After an error it throws that error again. */
  next(): CapturedPacket | undefined {
    this.#format ??= this.#recognise()
    return this.#format?.next()
  }

  /** Says that no more bytes will come: throws unless the capture ends where a record ends. */
  end(): void {
    const { offset, length } = this.#window
    const ends = `the capture ends at byte ${offset + length}`
    if (this.#format === undefined) {
      throw new PcapError('PCAP_TRUNCATED', `${ends}, before its file header is complete: copy the file again`, offset)
    }
    if (this.#format.recordOffset < offset + length) {
      throw new PcapError(
        'PCAP_TRUNCATED',
        `${ends}, inside the record that begins at byte ${this.#format.recordOffset}: let its writer finish or copy the file again; the packets before were delivered`,
        this.#format.recordOffset
      )
    }
  }

  #recognise(): FormatParser | undefined {
    const window = this.#window
    if (window.length < 4) return undefined
    const magic = window.uint32(0, false)
    if (magic === SECTION_HEADER) return new PcapngParser(window, this.#maxRecordBytes)
    const order = pcapByteOrder(magic)
    if (order !== undefined) {
      return window.length < PcapParser.headerBytes
        ? undefined
        : new PcapParser(window, order.littleEndian, order.nanoseconds, this.#maxRecordBytes)
    }
    throw new PcapError('PCAP_UNSUPPORTED', unknownMagic(magic), 0)
  }
}

function unknownMagic(magic: number): string {
  const start = `0x${magic.toString(16).padStart(8, '0')}`
  if (magic >>> 16 === 0x1f8b) return `the capture is compressed (${start}): gunzip it first`
  if (magic === 0x28b52ffd) return `the capture is compressed (${start}): run it through zstd -d first`
  return `this is neither pcap nor pcapng (it begins with ${start}): convert it with editcap first`
}
