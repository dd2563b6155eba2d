import type { ByteWindow } from './byte-window.js'
import type { FormatParser } from './capture-parser.js'
import type { CapturedPacket } from './captured-packet.js'
import { PcapError } from './errors.js'
import { LINKTYPE_NFLOG } from './link-types.js'
import { swapAttributeHeaders } from './nflog-attributes.js'
import { paddedTo4 } from './padding.js'
import {
  BYTE_ORDER_MAGIC,
  ENHANCED_PACKET,
  FRAME_BYTES,
  INTERFACE_DESCRIPTION,
  OBSOLETE_PACKET,
  OPTION_COMMENT,
  OPTION_END,
  OPTION_INTERFACE_NAME,
  OPTION_TIMESTAMP_OFFSET,
  OPTION_TIMESTAMP_RESOLUTION,
  SECTION_HEADER,
  SIMPLE_PACKET,
  SWAPPED_BYTE_ORDER_MAGIC
} from './pcapng-blocks.js'
import { type CaptureClock, MICROSECOND_CLOCK, setTimestamp, unitsPerSecond } from './timestamps.js'

/** Bytes a block holds at least, its frame included. Types not listed are passed over. */
const LEAST_BYTES: ReadonlyMap<number, number> = new Map([
  [SECTION_HEADER, 28],
  [INTERFACE_DESCRIPTION, 20],
  [OBSOLETE_PACKET, 32],
  [SIMPLE_PACKET, 16],
  [ENHANCED_PACKET, 32]
])

interface CaptureInterface {
  linkType: number
  snapLength: number
  clock: CaptureClock
  name?: string
}

const text = new TextDecoder('utf-8', { ignoreBOM: true })

/** Reads pcapng: sections in either byte order, each with its own interfaces. */
export class PcapngParser implements FormatParser {
  readonly #window: ByteWindow
  readonly #maxRecordBytes: number
  #littleEndian = true
  #interfaces: CaptureInterface[] = []
  #interfaceBytes = 0
  #passedOver: { offset: number; length: number } | undefined

  constructor(window: ByteWindow, maxRecordBytes: number) {
    this.#window = window
    this.#maxRecordBytes = maxRecordBytes
  }

  get recordOffset(): number {
    return this.#passedOver?.offset ?? this.#window.offset
  }

  next(): CapturedPacket | undefined {
    const window = this.#window
    for (;;) {
      if (this.#passedOver !== undefined && !this.#finishPassingOver(this.#passedOver)) return undefined
      if (window.length < FRAME_BYTES) return undefined
      const type = window.uint32(0, this.#littleEndian)
      if (type === SECTION_HEADER) this.#readByteOrder()
      const length = window.uint32(4, this.#littleEndian)
      const least = LEAST_BYTES.get(type)
      if (length < (least ?? FRAME_BYTES) || length % 4 !== 0) {
        throw this.#malformed(`says it is ${length} bytes long, which a block of type ${type} cannot be`)
      }
      if (least === undefined) {
        this.#passedOver = { offset: window.offset, length }
        window.skip(length - 4)
        continue
      }
      if (length > this.#maxRecordBytes) throw this.#overLimit(`says it is ${length} bytes long`)
      if (window.length < length) return undefined
      this.#checkTrailer(window.uint32(length - 4, this.#littleEndian), length, window.offset)
      const packet = this.#readBlock(type, length - 4)
      window.skip(length)
      if (packet !== undefined) return packet
    }
  }

  /** A block that is passed over may be larger than memory: only its closing length is looked at. */
  #finishPassingOver({ offset, length }: { offset: number; length: number }): boolean {
    if (this.#window.length < 4) return false
    this.#checkTrailer(this.#window.uint32(0, this.#littleEndian), length, offset)
    this.#window.skip(4)
    this.#passedOver = undefined
    return true
  }

  #checkTrailer(trailer: number, length: number, offset: number): void {
    if (trailer === length) return
    throw new PcapError(
      'PCAP_MALFORMED',
      `the block at byte ${offset} is ${length} bytes long at its beginning and ${trailer} at its end: the file is damaged from there on`,
      offset
    )
  }

  #readByteOrder(): void {
    const magic = this.#window.uint32(8, true)
    if (magic === BYTE_ORDER_MAGIC) this.#littleEndian = true
    else if (magic === SWAPPED_BYTE_ORDER_MAGIC) this.#littleEndian = false
    else throw this.#malformed('is a section header without a byte-order magic')
  }

  /** `end` is where the closing length begins. */
  #readBlock(type: number, end: number): CapturedPacket | undefined {
    switch (type) {
      case SECTION_HEADER:
        return this.#startSection()
      case INTERFACE_DESCRIPTION:
        return this.#addInterface(end)
      case SIMPLE_PACKET:
        return this.#simplePacket(end)
      case OBSOLETE_PACKET:
        return this.#packet(this.#window.uint16(8, this.#littleEndian), end)
      default:
        return this.#packet(this.#window.uint32(8, this.#littleEndian), end)
    }
  }

  #startSection(): undefined {
    const major = this.#window.uint16(12, this.#littleEndian)
    if (major !== 1) {
      const version = `${major}.${this.#window.uint16(14, this.#littleEndian)}`
      const message = `pcapng version ${version} is not known, only 1.x: convert it with editcap`
      throw new PcapError('PCAP_UNSUPPORTED', message, this.#window.offset)
    }
    this.#interfaces = []
    this.#interfaceBytes = 0
  }

  #addInterface(end: number): undefined {
    // Descriptions stay in memory for the whole section, so together they get what one record may have.
    this.#interfaceBytes += end
    if (this.#interfaceBytes > this.#maxRecordBytes) throw this.#overLimit('adds too many interfaces')

    const window = this.#window
    const described: CaptureInterface = {
      linkType: window.uint16(8, this.#littleEndian),
      snapLength: window.uint32(12, this.#littleEndian),
      clock: MICROSECOND_CLOCK
    }
    this.#readOptions(16, end, (code, at, length) => {
      if (code === OPTION_INTERFACE_NAME) described.name = text.decode(window.copy(at, length))
      else if (code === OPTION_TIMESTAMP_RESOLUTION && length === 1) {
        described.clock = { ...described.clock, unitsPerSecond: unitsPerSecond(window.uint8(at)) }
      } else if (code === OPTION_TIMESTAMP_OFFSET && length === 8) {
        described.clock = { ...described.clock, offsetSeconds: window.int64(at, this.#littleEndian) }
      }
    })
    this.#interfaces.push(described)
  }

  #simplePacket(end: number): CapturedPacket {
    const described = this.#interface(0)
    const originalLength = this.#window.uint32(8, this.#littleEndian)
    const snapLength = described.snapLength === 0 ? originalLength : described.snapLength
    return this.#captured(described, 12, Math.min(originalLength, snapLength), originalLength, end)
  }

  /** Enhanced and obsolete packet blocks differ only in how they number the interface. */
  #packet(interfaceIndex: number, end: number): CapturedPacket {
    const window = this.#window
    const littleEndian = this.#littleEndian
    const described = this.#interface(interfaceIndex)
    const length = window.uint32(20, littleEndian)
    const packet = this.#captured(described, 28, length, window.uint32(24, littleEndian), end)
    setTimestamp(packet, window.uint32(12, littleEndian), window.uint32(16, littleEndian), described.clock)

    const comments: string[] = []
    this.#readOptions(28 + paddedTo4(length), end, (code, at, optionLength) => {
      if (code === OPTION_COMMENT) comments.push(text.decode(window.copy(at, optionLength)))
    })
    if (comments.length > 0) packet.comments = comments
    return packet
  }

  #captured(
    described: CaptureInterface,
    at: number,
    length: number,
    originalLength: number,
    end: number
  ): CapturedPacket {
    if (length > end - at) throw this.#malformed(`holds ${end - at} bytes of packet and says ${length}`)
    const data = this.#window.copy(at, length)
    if (described.linkType === LINKTYPE_NFLOG && !this.#littleEndian) swapAttributeHeaders(data)
    const packet: CapturedPacket = { linkType: described.linkType, data, originalLength }
    if (described.name !== undefined) packet.interfaceName = described.name
    return packet
  }

  #interface(index: number): CaptureInterface {
    const described = this.#interfaces[index]
    if (described === undefined) throw this.#malformed(`names interface ${index}, which its section does not describe`)
    return described
  }

  #readOptions(from: number, end: number, visit: (code: number, at: number, length: number) => void): void {
    for (let at = from; at < end; ) {
      const code = end - at < 4 ? OPTION_END : this.#window.uint16(at, this.#littleEndian)
      if (code === OPTION_END) return
      const length = this.#window.uint16(at + 2, this.#littleEndian)
      if (length > end - at - 4) throw this.#malformed(`has an option ${code} that runs past its end`)
      visit(code, at + 4, length)
      at += 4 + paddedTo4(length)
    }
  }

  #malformed(what: string): PcapError {
    const { offset } = this.#window
    const message = `the block at byte ${offset} ${what}: the file is damaged from there on`
    return new PcapError('PCAP_MALFORMED', message, offset)
  }

  #overLimit(what: string): PcapError {
    const { offset } = this.#window
    return new PcapError(
      'PCAP_LIMIT',
      `the block at byte ${offset} ${what}, more than maxRecordBytes (${this.#maxRecordBytes}) allows: the file is damaged, or the option is too small for it`,
      offset
    )
  }
}
