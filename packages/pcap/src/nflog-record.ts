import type { LoggedPacket } from './logged-packet.js'
import * as nfula from './nflog-attributes.js'
import { paddedTo4 } from './padding.js'
import { decodePrefix, encodePrefix } from './prefix-text.js'

/** In place of a hook number when a packet has an EtherType and no hook; the kernel knows a handful of hooks. */
const NO_HOOK = 0xff
const HWADDR_BYTES = 12
const HIGH_WORD = 0x1_0000_0000
const MAX_ADDRESS_BYTES = 8
/** All attributes of fixed length together, headers included; generous. */
const FIXED_BYTES = 256

/** Reads a LINKTYPE_NFLOG record in little-endian order; undefined if it is none. Keeps what comes before bad bytes. */
export function decodeNflogRecord(record: Uint8Array): LoggedPacket | undefined {
  const [family, version, groupHigh, groupLow] = record
  if (family === undefined || version !== 0 || groupHigh === undefined || groupLow === undefined) return undefined
  const packet: LoggedPacket = { group: groupHigh * 256 + groupLow, prefix: '', payload: new Uint8Array(0) }
  if (family !== 0) packet.family = family
  const view = new DataView(record.buffer, record.byteOffset, record.byteLength)
  nfula.eachAttribute(view, nfula.NFLOG_HEADER_BYTES, record.length, (type, at, length, claimedBytes) => {
    if (type === nfula.NFULA_PAYLOAD) {
      packet.payload = record.subarray(at, at + length)
      if (claimedBytes > length) packet.originalLength = claimedBytes
    } else if (claimedBytes === length) {
      // Of a value that was cut, half a packet is worth having, half a number is not.
      setAttribute(packet, type, view, at, record.subarray(at, at + length))
    }
  })
  return packet
}

function setAttribute(packet: LoggedPacket, type: number, view: DataView, at: number, value: Uint8Array): void {
  switch (type) {
    case nfula.NFULA_PREFIX:
      Object.assign(packet, decodePrefix(value))
      return
    case nfula.NFULA_HWHEADER:
      packet.hwHeader = value
      return
    case nfula.NFULA_L2HDR:
      packet.l2Header = value
      return
    case nfula.NFULA_VLAN:
      setVlan(packet, view, at, at + value.length)
      return
    case nfula.NFULA_HWTYPE:
      if (value.length >= 2) packet.hwType = view.getUint16(at)
      return
    case nfula.NFULA_HWADDR:
      if (value.length >= 4) packet.hwAddress = value.subarray(4, 4 + Math.min(view.getUint16(at), MAX_ADDRESS_BYTES))
      return
    case nfula.NFULA_PACKET_HDR:
      if (value.length < 3) return
      if (view.getUint16(at) !== 0) packet.etherType = view.getUint16(at)
      if (view.getUint8(at + 2) !== NO_HOOK) packet.hook = view.getUint8(at + 2)
      return
    case nfula.NFULA_TIMESTAMP:
      if (value.length >= 16) setKernelTime(packet, uint64(view, at), uint64(view, at + 8))
      return
    default: {
      const field = NUMBER_FIELDS.get(type)
      if (field !== undefined && value.length >= 4) packet[field] = view.getUint32(at)
    }
  }
}

type NumberField =
  | 'inIndex'
  | 'outIndex'
  | 'physInIndex'
  | 'physOutIndex'
  | 'mark'
  | 'uid'
  | 'gid'
  | 'seq'
  | 'seqGlobal'

const NUMBER_FIELDS: ReadonlyMap<number, NumberField> = new Map<number, NumberField>([
  [nfula.NFULA_IFINDEX_INDEV, 'inIndex'],
  [nfula.NFULA_IFINDEX_OUTDEV, 'outIndex'],
  [nfula.NFULA_IFINDEX_PHYSINDEV, 'physInIndex'],
  [nfula.NFULA_IFINDEX_PHYSOUTDEV, 'physOutIndex'],
  [nfula.NFULA_MARK, 'mark'],
  [nfula.NFULA_UID, 'uid'],
  [nfula.NFULA_GID, 'gid'],
  [nfula.NFULA_SEQ, 'seq'],
  [nfula.NFULA_SEQ_GLOBAL, 'seqGlobal']
])

/** Exact up to the safe integers, and never inside them for a larger number. */
function uint64(view: DataView, at: number): number {
  return view.getUint32(at) * HIGH_WORD + view.getUint32(at + 4)
}

function setKernelTime(packet: LoggedPacket, seconds: number, microseconds: number): void {
  const us = seconds * 1_000_000 + microseconds
  if (!Number.isSafeInteger(us)) return
  packet.timestampUs = us
  packet.timestampSource = 'kernel'
}

function setVlan(packet: LoggedPacket, view: DataView, from: number, end: number): void {
  let protocol: number | undefined
  let tci: number | undefined
  nfula.eachAttribute(view, from, end, (type, at, length) => {
    if (length < 2) return
    if (type === nfula.NFULA_VLAN_PROTO) protocol = view.getUint16(at)
    else if (type === nfula.NFULA_VLAN_TCI) tci = view.getUint16(at)
  })
  if (protocol !== undefined && tci !== undefined) packet.vlan = { protocol, tci }
}

/** Writes a packet as a LINKTYPE_NFLOG record in little-endian order, attributes in the kernel's order. */
export function encodeNflogRecord(packet: LoggedPacket): Uint8Array {
  const { hwHeader, l2Header } = packet
  const prefix = encodePrefix(packet.prefix, packet.prefixBytes)
  const payload = packet.payload.subarray(0, nfula.MAX_ATTRIBUTE_VALUE_BYTES)
  const variableBytes = prefix.length + payload.length + (hwHeader?.length ?? 0) + (l2Header?.length ?? 0)
  const record = new RecordWriter(nfula.NFLOG_HEADER_BYTES + variableBytes + FIXED_BYTES)

  record.header(packet.family ?? familyOf(packet), packet.group)
  const { view } = record
  if (packet.etherType !== undefined || packet.hook !== undefined) {
    const at = record.attribute(nfula.NFULA_PACKET_HDR, 4)
    view.setUint16(at, packet.etherType ?? 0)
    view.setUint8(at + 2, packet.hook ?? NO_HOOK)
  }
  record.bytes(nfula.NFULA_PREFIX, prefix, 'prefix')
  for (const [type, field] of NUMBER_FIELDS) {
    const value = packet[field]
    if (value !== undefined) view.setUint32(record.attribute(type, 4), value)
  }
  if (packet.hwAddress !== undefined) {
    const address = packet.hwAddress.subarray(0, MAX_ADDRESS_BYTES)
    const value = new Uint8Array(HWADDR_BYTES)
    value[1] = address.length
    value.set(address, 4)
    record.bytes(nfula.NFULA_HWADDR, value, 'hwAddress')
  }
  if (packet.hwType !== undefined) view.setUint16(record.attribute(nfula.NFULA_HWTYPE, 2), packet.hwType)
  if (hwHeader !== undefined) {
    view.setUint16(record.attribute(nfula.NFULA_HWLEN, 2), hwHeader.length)
    record.bytes(nfula.NFULA_HWHEADER, hwHeader, 'hwHeader')
  }
  if (packet.vlan !== undefined) {
    record.nest(nfula.NFULA_VLAN, 16)
    view.setUint16(record.attribute(nfula.NFULA_VLAN_TCI, 2), packet.vlan.tci)
    view.setUint16(record.attribute(nfula.NFULA_VLAN_PROTO, 2), packet.vlan.protocol)
  }
  if (l2Header !== undefined) record.bytes(nfula.NFULA_L2HDR, l2Header, 'l2Header')
  // The record's own time stands for the time of receipt.
  if (packet.timestampUs !== undefined && packet.timestampSource === 'kernel') {
    const at = record.attribute(nfula.NFULA_TIMESTAMP, 16)
    const seconds = Math.floor(packet.timestampUs / 1_000_000)
    view.setUint32(at, Math.floor(seconds / HIGH_WORD))
    view.setUint32(at + 4, seconds % HIGH_WORD)
    view.setUint32(at + 12, packet.timestampUs % 1_000_000)
  }
  // Last, as in the kernel, so that a program that cuts records cuts the packet and not its description.
  if (payload.length > 0) record.bytes(nfula.NFULA_PAYLOAD, payload, 'payload')
  return record.finish()
}

/** Dissectors choose IPv4 or IPv6 by the family, so a packet that states none gets what its bytes say. */
function familyOf({ payload }: LoggedPacket): number {
  const version = (payload[0] ?? 0) >> 4
  if (version === 4) return 2
  return version === 6 ? 10 : 0
}

class RecordWriter {
  readonly view: DataView
  readonly #bytes: Uint8Array
  #end: number = nfula.NFLOG_HEADER_BYTES

  constructor(capacity: number) {
    this.#bytes = new Uint8Array(capacity)
    this.view = new DataView(this.#bytes.buffer)
  }

  header(family: number, group: number): void {
    this.view.setUint8(0, family)
    this.view.setUint16(2, group)
  }

  /** Adds an attribute and tells where its value, zeros so far, begins. */
  attribute(type: number, length: number): number {
    const at = this.#end + nfula.ATTRIBUTE_HEADER_BYTES
    this.view.setUint16(this.#end, nfula.ATTRIBUTE_HEADER_BYTES + length, true)
    this.view.setUint16(this.#end + 2, type, true)
    this.#end = at + paddedTo4(length)
    return at
  }

  /** Adds an attribute whose value is the attributes added next, `length` bytes of them. */
  nest(type: number, length: number): void {
    this.#end = this.attribute(type | nfula.NLA_F_NESTED, length)
  }

  bytes(type: number, value: Uint8Array, field: string): void {
    if (value.length > nfula.MAX_ATTRIBUTE_VALUE_BYTES) {
      throw new RangeError(
        `${field} is ${value.length} bytes long: an attribute holds ${nfula.MAX_ATTRIBUTE_VALUE_BYTES}`
      )
    }
    this.#bytes.set(value, this.attribute(type, value.length))
  }

  finish(): Uint8Array {
    return this.#bytes.subarray(0, this.#end)
  }
}
