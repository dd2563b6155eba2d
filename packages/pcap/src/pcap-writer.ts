import type { CaptureWriter } from './capture-writer.js'
import type { CaptureRecord } from './captured-packet.js'
import { LINKTYPE_NFLOG } from './link-types.js'
import { checkedLengths, MAX_DATA_BYTES } from './record-lengths.js'
import { timestampSeconds } from './timestamps.js'

/** How to write a pcap file. */
export interface PcapWriterOptions {
  /** The file's one link type. Default LINKTYPE_NFLOG. */
  linkType?: number
  /** Count time in ns instead of µs. Default false. */
  nanoseconds?: boolean
}

const HEADER_BYTES = 24
const RECORD_HEADER_BYTES = 16

/** The header of a pcap file, little-endian. */
export function encodePcapHeader(options: PcapWriterOptions = {}): Uint8Array {
  const view = new DataView(new ArrayBuffer(HEADER_BYTES))
  view.setUint32(0, options.nanoseconds === true ? 0xa1b23c4d : 0xa1b2c3d4, true)
  view.setUint16(4, 2, true)
  view.setUint16(6, 4, true)
  view.setUint32(16, MAX_DATA_BYTES, true)
  view.setUint32(20, options.linkType ?? LINKTYPE_NFLOG, true)
  return new Uint8Array(view.buffer)
}

/**
 * One packet of a pcap file, little-endian. Interface name and comments have no place in it.
 * @throws RangeError for another link type than the file's, data over 262,144 bytes, and times outside 1970 to 2106.
 */
export function encodePcapRecord(record: CaptureRecord, options: PcapWriterOptions = {}): Uint8Array {
  const { linkType = LINKTYPE_NFLOG, nanoseconds = false } = options
  if (record.linkType !== linkType) {
    throw new RangeError(`linkType is ${record.linkType} and the pcap file's is ${linkType}: write pcapng to mix them`)
  }
  const [length, originalLength] = checkedLengths(record)
  const [seconds, fraction] = timestampSeconds(record, nanoseconds)
  const bytes = new Uint8Array(RECORD_HEADER_BYTES + length)
  const view = new DataView(bytes.buffer)
  view.setUint32(0, seconds, true)
  view.setUint32(4, fraction, true)
  view.setUint32(8, length, true)
  view.setUint32(12, originalLength, true)
  bytes.set(record.data, RECORD_HEADER_BYTES)
  return bytes
}

/** Writes pcap: for readers that do not know pcapng. */
export function createPcapWriter(options: PcapWriterOptions = {}): CaptureWriter {
  return {
    header: () => encodePcapHeader(options),
    encode: record => encodePcapRecord(record, options)
  }
}
