import { Fragment } from '../../bytes/fragment.js'
import type { JsonWriter } from '../../bytes/json-writer.js'
import type { ByteReader } from '../../bytes/reader.js'
import { NO_OPERATION, optionLength } from '../../protocols/header-options.js'
import type { Icmpv4 } from '../../protocols/icmpv4.js'
import type { Icmpv6 } from '../../protocols/icmpv6.js'
import type { Ipv4 } from '../../protocols/ipv4.js'
import type { Ipv6 } from '../../protocols/ipv6.js'
import { extensionLength, FRAGMENT } from '../../protocols/ipv6.js'
import type { Tcp } from '../../protocols/tcp.js'
import type { Udp } from '../../protocols/udp.js'
import { COMMON_OPTIONS, NAMES, optionKey, TCP_FLAGS } from './names.js'
import type { RawBytes } from './raw-bytes.js'

const COMMA = 0x2c
const OPEN_LIST = 0x5b
const CLOSE_LIST = 0x5d
const CLOSE = 0x7d
const NO_IPV4_OPTIONS = new Fragment(',"Options":null,"Padding":null}')
const NO_TCP_OPTIONS = new Fragment(',"Options":[],"Padding":null}')

/** Everything a layer is written with. */
export interface LayerSink {
  readonly out: JsonWriter
  readonly raw: RawBytes
  /** The packet. */
  bytes: ByteReader
}

export function writeTcp({ out, raw, bytes }: LayerSink, tcp: Tcp): void {
  out.fragment(NAMES.tcp.contents)
  raw.write(out, bytes, tcp.start, tcp.headerEnd)
  out.fragment(NAMES.tcp.payload)
  raw.write(out, bytes, tcp.headerEnd, tcp.end)
  out.fragment(NAMES.tcp.sourcePort)
  out.uint(tcp.sourcePort)
  out.fragment(NAMES.tcp.destinationPort)
  out.uint(tcp.destinationPort)
  out.fragment(NAMES.tcp.seq)
  out.uint(tcp.seq)
  out.fragment(NAMES.tcp.ackNumber)
  out.uint(tcp.ackNumber)
  out.fragment(NAMES.tcp.dataOffset)
  out.uint(tcp.dataOffset)
  out.fragment(TCP_FLAGS[tcp.flags] ?? NAMES.tcp.window)
  out.uint(tcp.window)
  out.fragment(NAMES.tcp.checksum)
  out.uint(tcp.checksum)
  out.fragment(NAMES.tcp.urgentPointer)
  out.uint(tcp.urgentPointer)
  if (tcp.optionsEnd === tcp.optionsStart) {
    out.fragment(NO_TCP_OPTIONS)
    return
  }
  out.fragment(NAMES.tcp.options)
  writeOptions(out, bytes, tcp.optionsStart, tcp.optionsEnd)
  out.fragment(NAMES.tcp.padding)
  writePadding(out, bytes, tcp)
  out.byte(CLOSE)
}

export function writeUdp({ out, raw, bytes }: LayerSink, udp: Udp): void {
  out.fragment(NAMES.udp.contents)
  raw.write(out, bytes, udp.start, udp.headerEnd)
  out.fragment(NAMES.udp.payload)
  raw.write(out, bytes, udp.headerEnd, udp.end)
  out.fragment(NAMES.udp.sourcePort)
  out.uint(udp.sourcePort)
  out.fragment(NAMES.udp.destinationPort)
  out.uint(udp.destinationPort)
  out.fragment(NAMES.udp.length)
  out.uint(udp.length)
  out.fragment(NAMES.udp.checksum)
  out.uint(udp.checksum)
  out.byte(CLOSE)
}

export function writeIpv4({ out, raw, bytes }: LayerSink, ip: Ipv4): void {
  out.fragment(NAMES.ipv4.contents)
  raw.write(out, bytes, ip.start, ip.headerEnd)
  out.fragment(NAMES.ipv4.payload)
  raw.write(out, bytes, ip.headerEnd, ip.end)
  out.fragment(NAMES.ipv4.version)
  out.uint(ip.version)
  out.fragment(NAMES.ipv4.ihl)
  out.uint(ip.ihl)
  out.fragment(NAMES.ipv4.tos)
  out.uint(ip.tos)
  out.fragment(NAMES.ipv4.length)
  out.uint(ip.length)
  out.fragment(NAMES.ipv4.id)
  out.uint(ip.id)
  out.fragment(NAMES.ipv4.flags)
  out.uint(ip.flags)
  out.fragment(NAMES.ipv4.fragmentOffset)
  out.uint(ip.fragmentOffset)
  out.fragment(NAMES.ipv4.ttl)
  out.uint(ip.ttl)
  out.fragment(NAMES.ipv4.protocol)
  out.uint(ip.protocol)
  out.fragment(NAMES.ipv4.checksum)
  out.uint(ip.checksum)
  out.fragment(NAMES.ipv4.source)
  out.quote()
  out.ipv4(bytes, ip.start + 12)
  out.quote()
  out.fragment(NAMES.ipv4.destination)
  out.quote()
  out.ipv4(bytes, ip.start + 16)
  out.quote()
  if (!ip.hasOptions && !ip.followsOptions) {
    out.fragment(NO_IPV4_OPTIONS)
    return
  }
  out.fragment(NAMES.ipv4.options)
  writeOptions(out, bytes, ip.optionsStart, ip.optionsEnd)
  out.fragment(NAMES.ipv4.padding)
  writePadding(out, bytes, ip)
  out.byte(CLOSE)
}

function writeOptions(out: JsonWriter, bytes: ByteReader, start: number, end: number): void {
  out.byte(OPEN_LIST)
  for (let at = start; at < end; ) {
    const type = bytes.u8(at)
    const length = optionLength(bytes, at)
    if (at > start) out.byte(COMMA)
    const common = COMMON_OPTIONS.get(optionKey(type, length))
    if (common !== undefined) out.fragment(common)
    else writeOptionStart(out, type, length)
    if (type > NO_OPERATION) {
      out.base64(bytes, at + 2, at + length)
      out.byte(CLOSE)
    }
    at += length
  }
  out.byte(CLOSE_LIST)
}

function writeOptionStart(out: JsonWriter, type: number, length: number): void {
  out.fragment(NAMES.headerOption.type)
  out.uint(type)
  out.fragment(NAMES.headerOption.length)
  out.uint(length)
  out.fragment(NAMES.headerOption.data)
}

function writePadding(out: JsonWriter, bytes: ByteReader, header: Tcp | Ipv4): void {
  if (header.hasPadding) out.base64(bytes, header.optionsEnd, header.headerEnd)
  else out.null()
}

/** @param withExtensions whether to list the extension headers, of which there may be thousands. */
export function writeIpv6({ out, raw, bytes }: LayerSink, ip: Ipv6, withExtensions: boolean): void {
  out.fragment(NAMES.ipv6.contents)
  raw.write(out, bytes, ip.start, ip.headerEnd)
  out.fragment(NAMES.ipv6.payload)
  raw.write(out, bytes, ip.headerEnd, ip.end)
  out.fragment(NAMES.ipv6.version)
  out.uint(ip.version)
  out.fragment(NAMES.ipv6.trafficClass)
  out.uint(ip.trafficClass)
  out.fragment(NAMES.ipv6.flowLabel)
  out.uint(ip.flowLabel)
  out.fragment(NAMES.ipv6.length)
  out.uint(ip.length)
  out.fragment(NAMES.ipv6.nextHeader)
  out.uint(ip.nextHeader)
  out.fragment(NAMES.ipv6.hopLimit)
  out.uint(ip.hopLimit)
  out.fragment(NAMES.ipv6.source)
  out.quote()
  out.ipv6(bytes, ip.start + 8)
  out.quote()
  out.fragment(NAMES.ipv6.destination)
  out.quote()
  out.ipv6(bytes, ip.start + 24)
  out.quote()
  out.fragment(NAMES.ipv6.protocol)
  out.uint(ip.protocol)
  out.fragment(NAMES.ipv6.extensions)
  if (!withExtensions || ip.headerEnd === ip.extensionsStart) out.null()
  else writeExtensions(out, bytes, ip)
  out.byte(CLOSE)
}

function writeExtensions(out: JsonWriter, bytes: ByteReader, ip: Ipv6): void {
  out.byte(OPEN_LIST)
  let type = ip.nextHeader
  for (let at = ip.extensionsStart; at < ip.headerEnd; ) {
    const end = at + extensionLength(type, bytes.u8(at + 1))
    if (at > ip.extensionsStart) out.byte(COMMA)
    out.fragment(NAMES.ipv6Extension.type)
    out.uint(type)
    out.fragment(NAMES.ipv6Extension.data)
    out.base64(bytes, at, end)
    if (type === FRAGMENT) {
      out.fragment(NAMES.ipv6Extension.fragmentOffset)
      out.uint(bytes.u16(at + 2) >> 3)
      out.fragment(NAMES.ipv6Extension.moreFragments)
      out.boolean((bytes.u8(at + 3) & 1) !== 0)
      out.fragment(NAMES.ipv6Extension.fragmentId)
      out.uint(bytes.u32(at + 4))
    }
    out.byte(CLOSE)
    type = bytes.u8(at)
    at = end
  }
  out.byte(CLOSE_LIST)
}

export function writeIcmpv4(sink: LayerSink, icmp: Icmpv4): void {
  const { out, bytes } = sink
  writeIcmp(sink, icmp, NAMES.icmpv4)
  if (icmp.gateway !== undefined) {
    out.fragment(NAMES.icmpv4.gateway)
    out.quote()
    out.ipv4(bytes, icmp.start + 4)
    out.quote()
  }
  out.byte(CLOSE)
}

export function writeIcmpv6(sink: LayerSink, icmp: Icmpv6): void {
  const { out, bytes } = sink
  writeIcmp(sink, icmp, NAMES.icmpv6)
  if (icmp.targetStart !== 0) {
    out.fragment(NAMES.icmpv6.target)
    out.quote()
    out.ipv6(bytes, icmp.targetStart)
    out.quote()
  }
  out.byte(CLOSE)
}

/** What both ICMPs have; the object stays open. */
function writeIcmp(
  { out, raw, bytes }: LayerSink,
  icmp: Icmpv4 | Icmpv6,
  keys: typeof NAMES.icmpv4 | typeof NAMES.icmpv6
): void {
  out.fragment(keys.contents)
  raw.write(out, bytes, icmp.start, icmp.headerEnd)
  out.fragment(keys.payload)
  raw.write(out, bytes, icmp.headerEnd, icmp.end)
  out.fragment(keys.type)
  out.uint(icmp.type)
  out.fragment(keys.code)
  out.uint(icmp.code)
  out.fragment(keys.checksum)
  out.uint(icmp.checksum)
  writeOptional(out, keys.id, icmp.id)
  writeOptional(out, keys.seq, icmp.seq)
  writeOptional(out, keys.mtu, icmp.mtu)
  writeOptional(out, keys.pointer, icmp.pointer)
}

function writeOptional(out: JsonWriter, key: Fragment, value: number | undefined): void {
  if (value === undefined) return
  out.fragment(key)
  out.uint(value)
}
