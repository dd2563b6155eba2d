import { paddedTo4 } from './padding.js'

// Numbers of <linux/netfilter/nfnetlink_log.h>.
export const NFULA_PACKET_HDR = 1
export const NFULA_MARK = 2
export const NFULA_TIMESTAMP = 3
export const NFULA_IFINDEX_INDEV = 4
export const NFULA_IFINDEX_OUTDEV = 5
export const NFULA_IFINDEX_PHYSINDEV = 6
export const NFULA_IFINDEX_PHYSOUTDEV = 7
export const NFULA_HWADDR = 8
export const NFULA_PAYLOAD = 9
export const NFULA_PREFIX = 10
export const NFULA_UID = 11
export const NFULA_SEQ = 12
export const NFULA_SEQ_GLOBAL = 13
export const NFULA_GID = 14
export const NFULA_HWTYPE = 15
export const NFULA_HWHEADER = 16
export const NFULA_HWLEN = 17
export const NFULA_VLAN = 20
export const NFULA_L2HDR = 21
export const NFULA_VLAN_PROTO = 1
export const NFULA_VLAN_TCI = 2

export const NLA_F_NESTED = 0x8000
/** Leaves the flags "nested" and "network order" out of an attribute's type. */
const NLA_TYPE_MASK = 0x3fff

/** Family, version and the group in network order. */
export const NFLOG_HEADER_BYTES = 4
export const ATTRIBUTE_HEADER_BYTES = 4
/** The length of an attribute is 16 bits and counts its header. */
export const MAX_ATTRIBUTE_VALUE_BYTES = 65_531

/**
 * Calls `visit` for each attribute between `from` and `end`, with where its value begins, how long the part of it is that
 * is there, and how long its header claims it to be: the last value of a cut record is shorter than its claim. Stops at
 * a header that cannot be right.
 */
export function eachAttribute(
  view: DataView,
  from: number,
  end: number,
  visit: (type: number, at: number, length: number, claimedBytes: number) => void
): void {
  for (let at = from; end - at >= ATTRIBUTE_HEADER_BYTES; ) {
    const length = view.getUint16(at, true)
    if (length < ATTRIBUTE_HEADER_BYTES) return
    const valueBytes = Math.min(length, end - at) - ATTRIBUTE_HEADER_BYTES
    const type = view.getUint16(at + 2, true) & NLA_TYPE_MASK
    visit(type, at + ATTRIBUTE_HEADER_BYTES, valueBytes, length - ATTRIBUTE_HEADER_BYTES)
    at += paddedTo4(length)
  }
}

/**
 * Turns the attribute headers of a record from a big-endian machine into little-endian order, in place. They are in the
 * order of the machine that captured, which is the file's; values are in network order everywhere.
 */
export function swapAttributeHeaders(record: Uint8Array): void {
  const view = new DataView(record.buffer, record.byteOffset, record.byteLength)
  swapHeaders(view, NFLOG_HEADER_BYTES, record.length)
}

function swapHeaders(view: DataView, from: number, end: number): void {
  for (let at = from; end - at >= ATTRIBUTE_HEADER_BYTES; ) {
    const length = view.getUint16(at)
    const type = view.getUint16(at + 2)
    view.setUint16(at, length, true)
    view.setUint16(at + 2, type, true)
    if (length < ATTRIBUTE_HEADER_BYTES) return
    if ((type & NLA_TYPE_MASK) === NFULA_VLAN) {
      swapHeaders(view, at + ATTRIBUTE_HEADER_BYTES, Math.min(at + length, end))
    }
    at += paddedTo4(length)
  }
}
