import type { ByteWindow } from './byte-window.js'
import type { FormatParser } from './capture-parser.js'
import type { CapturedPacket } from './captured-packet.js'
import { PcapError } from './errors.js'
import { LINKTYPE_NFLOG } from './link-types.js'
import { swapAttributeHeaders } from './nflog-attributes.js'

const RECORD_HEADER_BYTES = 16

/** What a pcap magic number, read as big-endian, says about the file; undefined if it is none. */
export function pcapByteOrder(magic: number): { littleEndian: boolean; nanoseconds: boolean } | undefined {
  switch (magic) {
    case 0xa1b2c3d4:
      return { littleEndian: false, nanoseconds: false }
    case 0xd4c3b2a1:
      return { littleEndian: true, nanoseconds: false }
    case 0xa1b23c4d:
      return { littleEndian: false, nanoseconds: true }
    case 0x4d3cb2a1:
      return { littleEndian: true, nanoseconds: true }
    default:
      return undefined
  }
}

/** Reads a classic pcap file: one header, then records of one link type. */
export class PcapParser implements FormatParser {
  static readonly headerBytes = 24

  readonly #window: ByteWindow
  readonly #littleEndian: boolean
  readonly #nanoseconds: boolean
  readonly #maxRecordBytes: number
  readonly #linkType: number

  /** Takes the file header, which must have arrived, from the window. */
  constructor(window: ByteWindow, littleEndian: boolean, nanoseconds: boolean, maxRecordBytes: number) {
    const major = window.uint16(4, littleEndian)
    if (major !== 2) {
      const version = `${major}.${window.uint16(6, littleEndian)}`
      throw new PcapError(
        'PCAP_UNSUPPORTED',
        `pcap version ${version} is not known, only 2.4: convert it with editcap`,
        0
      )
    }
    this.#window = window
    this.#littleEndian = littleEndian
    this.#nanoseconds = nanoseconds
    this.#maxRecordBytes = maxRecordBytes
    // The upper half holds the length of a frame check sequence.
    this.#linkType = window.uint32(20, littleEndian) & 0xffff
    window.skip(PcapParser.headerBytes)
  }

  get recordOffset(): number {
    return this.#window.offset
  }

  next(): CapturedPacket | undefined {
    const window = this.#window
    const littleEndian = this.#littleEndian
    if (window.length < RECORD_HEADER_BYTES) return undefined
    const length = window.uint32(8, littleEndian)
    if (length > this.#maxRecordBytes) {
      throw new PcapError(
        'PCAP_LIMIT',
        `the record at byte ${window.offset} says it holds ${length} bytes, more than maxRecordBytes (${this.#maxRecordBytes}): the file is damaged, or the option is too small for it`,
        window.offset
      )
    }
    if (window.length < RECORD_HEADER_BYTES + length) return undefined

    const data = window.copy(RECORD_HEADER_BYTES, length)
    if (this.#linkType === LINKTYPE_NFLOG && !littleEndian) swapAttributeHeaders(data)
    const seconds = window.uint32(0, littleEndian)
    const fraction = window.uint32(4, littleEndian)
    const packet: CapturedPacket = {
      linkType: this.#linkType,
      data,
      originalLength: window.uint32(12, littleEndian),
      timestampUs: seconds * 1_000_000 + (this.#nanoseconds ? Math.floor(fraction / 1000) : fraction)
    }
    if (this.#nanoseconds) packet.extraNs = fraction % 1000
    window.skip(RECORD_HEADER_BYTES + length)
    return packet
  }
}
