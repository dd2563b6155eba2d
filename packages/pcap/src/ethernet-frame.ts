import type { LoggedPacket } from './logged-packet.js'

const ETHERTYPE_IPV4 = 0x0800
const ETHERTYPE_IPV6 = 0x86dd
const ETHERTYPE_ARP = 0x0806
const ETHERTYPE_CUSTOMER_TAG = 0x8100
const ETHERTYPE_SERVICE_TAG = 0x88a8
/** What the kernel calls a frame that has a length where the EtherType would be. */
const ETHERTYPE_802_2 = 0x0004
const LEAST_ETHERTYPE = 0x0600

const HEADER_BYTES = 14
const ADDRESSES_BYTES = 12
const TAG_BYTES = 4
const ARPHRD_ETHER = 1
const IPV6_HEADER_BYTES = 40
const LEAST_IPV4_BYTES = 20

/** The parts of a LoggedPacket that an Ethernet frame tells. */
export type FramePacket = Pick<
  LoggedPacket,
  'payload' | 'etherType' | 'family' | 'hwType' | 'hwHeader' | 'hwAddress' | 'vlan' | 'originalLength'
>

/**
 * Describes an Ethernet frame as the kernel would have logged it: VLAN tags taken out of the header (the outermost is
 * kept), padding behind an IP packet cut off. Undefined if the frame is shorter than its header.
 */
export function describeFrame(frame: Uint8Array, frameOriginalLength: number): FramePacket | undefined {
  if (frame.length < HEADER_BYTES) return undefined
  const view = new DataView(frame.buffer, frame.byteOffset, frame.byteLength)
  let at = HEADER_BYTES
  let etherType = view.getUint16(ADDRESSES_BYTES)
  let vlan: LoggedPacket['vlan']
  while (
    (etherType === ETHERTYPE_CUSTOMER_TAG || etherType === ETHERTYPE_SERVICE_TAG) &&
    frame.length - at >= TAG_BYTES
  ) {
    vlan ??= { protocol: etherType, tci: view.getUint16(at) }
    etherType = view.getUint16(at + 2)
    at += TAG_BYTES
  }

  const hwHeader = frame.slice(0, HEADER_BYTES)
  hwHeader[ADDRESSES_BYTES] = etherType >> 8
  hwHeader[ADDRESSES_BYTES + 1] = etherType & 0xff
  const captured = frame.subarray(at)
  const length = Math.min(Math.max(frameOriginalLength - at, captured.length), lengthByHeader(etherType, captured))
  const packet: FramePacket = {
    payload: captured.subarray(0, length),
    etherType: etherType < LEAST_ETHERTYPE ? ETHERTYPE_802_2 : etherType,
    hwType: ARPHRD_ETHER,
    hwHeader,
    hwAddress: hwHeader.subarray(6, ADDRESSES_BYTES)
  }
  const family = FAMILIES.get(etherType)
  if (family !== undefined) packet.family = family
  if (vlan !== undefined) packet.vlan = vlan
  if (length > captured.length) packet.originalLength = length
  return packet
}

const FAMILIES: ReadonlyMap<number, number> = new Map([
  [ETHERTYPE_IPV4, 2],
  [ETHERTYPE_IPV6, 10],
  [ETHERTYPE_ARP, 3]
])

/** How long an IP packet says it is; Infinity where it does not say, such as 0 in segments a network card cuts later. */
function lengthByHeader(etherType: number, packet: Uint8Array): number {
  const [, , highV4 = 0, lowV4 = 0, highV6 = 0, lowV6 = 0] = packet
  if (etherType === ETHERTYPE_IPV4) {
    const length = highV4 * 256 + lowV4
    return length < LEAST_IPV4_BYTES ? Number.POSITIVE_INFINITY : length
  }
  const length = highV6 * 256 + lowV6
  return etherType === ETHERTYPE_IPV6 && length > 0 ? IPV6_HEADER_BYTES + length : Number.POSITIVE_INFINITY
}
