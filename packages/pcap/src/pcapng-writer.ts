import type { CaptureWriter } from './capture-writer.js'
import type { CaptureRecord } from './captured-packet.js'
import { paddedTo4 } from './padding.js'
import * as pcapng from './pcapng-blocks.js'
import { checkedLengths } from './record-lengths.js'
import { timestampWords } from './timestamps.js'

/** How to begin a pcapng section. */
export interface PcapngWriterOptions {
  /** Name of the program that writes, for the section header. */
  application?: string
  /** Comment on the whole section. */
  comment?: string
}

/** How to describe an interface. */
export interface PcapngInterfaceOptions {
  linkType: number
  name?: string
  /** Count time in ns instead of µs. Default false. */
  nanoseconds?: boolean
}

interface BlockOption {
  code: number
  value: Uint8Array
}

const MAX_OPTION_BYTES = 0xffff
const NANOSECOND_RESOLUTION = 9
const encoder = new TextEncoder()

/** The block that begins a pcapng section, little-endian. */
export function encodeSectionHeader(options: PcapngWriterOptions = {}): Uint8Array {
  const { comment, application } = options
  const blockOptions: BlockOption[] = []
  if (comment !== undefined) blockOptions.push(textOption(pcapng.OPTION_COMMENT, comment, 'comment'))
  if (application !== undefined) blockOptions.push(textOption(pcapng.OPTION_APPLICATION, application, 'application'))
  const { bytes, view } = block(pcapng.SECTION_HEADER, 16, blockOptions)
  view.setUint32(8, pcapng.BYTE_ORDER_MAGIC, true)
  view.setUint16(12, 1, true)
  // A section of unknown length.
  view.setBigInt64(16, -1n, true)
  return bytes
}

/** The block that describes an interface; packets name it by its number in the section, from 0 on. */
export function encodeInterface(options: PcapngInterfaceOptions): Uint8Array {
  const { linkType, name, nanoseconds = false } = options
  const blockOptions: BlockOption[] = []
  if (name !== undefined) blockOptions.push(textOption(pcapng.OPTION_INTERFACE_NAME, name, 'interfaceName'))
  if (nanoseconds) {
    blockOptions.push({ code: pcapng.OPTION_TIMESTAMP_RESOLUTION, value: Uint8Array.of(NANOSECOND_RESOLUTION) })
  }
  const { bytes, view } = block(pcapng.INTERFACE_DESCRIPTION, 8, blockOptions)
  view.setUint16(8, linkType, true)
  return bytes
}

/**
 * The block of one packet. Whether its time counts in ns must agree with the interface.
 * @throws RangeError for data over 262,144 bytes, a comment over 65,535 bytes, and times before 1970.
 */
export function encodePacket(record: CaptureRecord, interfaceIndex: number, nanoseconds = false): Uint8Array {
  const [length, originalLength] = checkedLengths(record)
  const [high, low] = timestampWords(record, nanoseconds)
  const comments = record.comments?.map(comment => textOption(pcapng.OPTION_COMMENT, comment, 'comments')) ?? []
  const { bytes, view } = block(pcapng.ENHANCED_PACKET, 20 + paddedTo4(length), comments)
  view.setUint32(8, interfaceIndex, true)
  view.setUint32(12, high, true)
  view.setUint32(16, low, true)
  view.setUint32(20, length, true)
  view.setUint32(24, originalLength, true)
  bytes.set(record.data, 28)
  return bytes
}

/**
 * Writes pcapng: link types may be mixed, and interface names, comments and nanoseconds are kept. An interface is
 * described when its first packet comes.
 */
export function createPcapngWriter(options: PcapngWriterOptions = {}): CaptureWriter {
  let interfaces = new Map<string, number>()
  return {
    header() {
      interfaces = new Map()
      return encodeSectionHeader(options)
    },
    encode(record) {
      const { linkType, interfaceName: name } = record
      const nanoseconds = record.extraNs !== undefined
      const key = `${linkType} ${nanoseconds ? 'ns' : 'us'} ${name === undefined ? '' : `=${name}`}`
      const known = interfaces.get(key)
      const packet = encodePacket(record, known ?? interfaces.size, nanoseconds)
      if (known !== undefined) return packet
      const description = encodeInterface({ linkType, nanoseconds, ...(name === undefined ? {} : { name }) })
      interfaces.set(key, interfaces.size)
      const bytes = new Uint8Array(description.length + packet.length)
      bytes.set(description)
      bytes.set(packet, description.length)
      return bytes
    }
  }
}

function textOption(code: number, text: string, field: string): BlockOption {
  const value = encoder.encode(text)
  if (value.length > MAX_OPTION_BYTES) {
    throw new RangeError(`${field} is ${value.length} bytes long: pcapng holds ${MAX_OPTION_BYTES}`)
  }
  return { code, value }
}

/** A block with its frame and options; the caller fills the `bodyBytes` in between, which begin at byte 8. */
function block(
  type: number,
  bodyBytes: number,
  options: readonly BlockOption[]
): { bytes: Uint8Array; view: DataView } {
  let length = pcapng.FRAME_BYTES + bodyBytes
  for (const { value } of options) length += 4 + paddedTo4(value.length)
  if (options.length > 0) length += 4
  const bytes = new Uint8Array(length)
  const view = new DataView(bytes.buffer)
  view.setUint32(0, type, true)
  view.setUint32(4, length, true)
  view.setUint32(length - 4, length, true)
  let at = 8 + bodyBytes
  for (const { code, value } of options) {
    view.setUint16(at, code, true)
    view.setUint16(at + 2, value.length, true)
    bytes.set(value, at + 4)
    at += 4 + paddedTo4(value.length)
  }
  return { bytes, view }
}
