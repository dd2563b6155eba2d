export { type CaptureWriter, writeCapture } from './capture-writer.js'
export type { CapturedPacket, CaptureRecord } from './captured-packet.js'
export { PcapError, type PcapErrorCode } from './errors.js'
export {
  LINKTYPE_ETHERNET,
  LINKTYPE_IPV4,
  LINKTYPE_IPV6,
  LINKTYPE_NFLOG,
  LINKTYPE_RAW
} from './link-types.js'
export type { LoggedPacket } from './logged-packet.js'
export { fromLoggedPacket, type ToLoggedPacketOptions, toLoggedPacket } from './logged-packet-records.js'
export { createPcapWriter, encodePcapHeader, encodePcapRecord, type PcapWriterOptions } from './pcap-writer.js'
export {
  createPcapngWriter,
  encodeInterface,
  encodePacket,
  encodeSectionHeader,
  type PcapngInterfaceOptions,
  type PcapngWriterOptions
} from './pcapng-writer.js'
export { type ReadCaptureOptions, readCapture, readCaptureFile } from './read-capture.js'
