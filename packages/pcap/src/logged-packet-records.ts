import type { CapturedPacket, CaptureRecord } from './captured-packet.js'
import { describeFrame } from './ethernet-frame.js'
import {
  LINKTYPE_ETHERNET,
  LINKTYPE_IPV4,
  LINKTYPE_IPV6,
  LINKTYPE_NFLOG,
  LINKTYPE_RAW,
  MISTAKEN_RAW
} from './link-types.js'
import type { LoggedPacket } from './logged-packet.js'
import { MAX_ATTRIBUTE_VALUE_BYTES } from './nflog-attributes.js'
import { decodeNflogRecord, encodeNflogRecord } from './nflog-record.js'
import { formatPacketComment, parsePacketComment } from './packet-comment.js'

/** What to say about packets of link types that carry no group and prefix. */
export interface ToLoggedPacketOptions {
  /** Default 0. */
  group?: number
  /** Default empty. */
  prefix?: string
}

/**
 * Reads a captured packet as the kernel would have logged it. Undefined for link types other than raw IP, Ethernet and
 * NFLOG, and for records too short for their header. Byte arrays may be views of `captured.data`. Never throws.
 */
export function toLoggedPacket(
  captured: CapturedPacket,
  options: ToLoggedPacketOptions = {}
): LoggedPacket | undefined {
  const { linkType, data, originalLength } = captured
  if (linkType === LINKTYPE_NFLOG) return nflogPacket(captured)
  const described =
    linkType === LINKTYPE_ETHERNET ? describeFrame(data, originalLength) : describeRaw(linkType, data, originalLength)
  if (described === undefined) return undefined
  const packet: LoggedPacket = { group: options.group ?? 0, prefix: options.prefix ?? '', ...described }
  if (captured.timestampUs !== undefined) packet.timestampUs = captured.timestampUs
  return packet
}

/**
 * Makes a LINKTYPE_NFLOG record of a logged packet. In pcapng the device names and the length of a cut packet become a
 * comment such as `in=eth0 out=wlan0 length=1500`, which `toLoggedPacket` reads back, and the interface is called
 * `nflog:GROUP`. A payload is cut at 65,531 bytes, as by the kernel.
 * @throws RangeError for a prefix or link-layer header longer than 65,531 bytes.
 */
export function fromLoggedPacket(packet: LoggedPacket): CaptureRecord {
  const record: CaptureRecord = {
    linkType: LINKTYPE_NFLOG,
    data: encodeNflogRecord(packet),
    interfaceName: `nflog:${packet.group}`
  }
  if (packet.timestampUs !== undefined) record.timestampUs = packet.timestampUs
  const comment = formatPacketComment(packet, uncutLength(packet))
  if (comment !== undefined) record.comments = [comment]
  return record
}

/** Length of a payload that is not written whole, because it came cut or because no attribute can hold it. */
function uncutLength({ payload, originalLength = 0 }: LoggedPacket): number | undefined {
  const length = Math.max(payload.length, originalLength)
  return length > Math.min(payload.length, MAX_ATTRIBUTE_VALUE_BYTES) ? length : undefined
}

function nflogPacket({ data, timestampUs, comments = [] }: CapturedPacket): LoggedPacket | undefined {
  const packet = decodeNflogRecord(data)
  if (packet === undefined) return undefined
  if (packet.timestampUs === undefined && timestampUs !== undefined) {
    packet.timestampUs = timestampUs
    packet.timestampSource = 'receive'
  }
  for (const comment of comments) Object.assign(packet, parsePacketComment(comment))
  return packet
}

type RawPacket = Pick<LoggedPacket, 'payload' | 'etherType' | 'family' | 'originalLength'>

function describeRaw(linkType: number, data: Uint8Array, originalLength: number): RawPacket | undefined {
  const version = ipVersion(linkType, data)
  if (version === undefined) return undefined
  const packet: RawPacket = { payload: data }
  if (version === 4) {
    packet.etherType = 0x0800
    packet.family = 2
  } else if (version === 6) {
    packet.etherType = 0x86dd
    packet.family = 10
  }
  if (originalLength > data.length) packet.originalLength = originalLength
  return packet
}

/** By link type, else by the version nibble (which may be anything); undefined if the link type is not raw IP. */
function ipVersion(linkType: number, data: Uint8Array): number | undefined {
  if (linkType === LINKTYPE_IPV4) return 4
  if (linkType === LINKTYPE_IPV6) return 6
  return linkType === LINKTYPE_RAW || MISTAKEN_RAW.includes(linkType) ? (data[0] ?? 0) >> 4 : undefined
}
