import { Fragment } from '../../bytes/fragment.js'
import type { JsonWriter } from '../../bytes/json-writer.js'
import type { ByteReader } from '../../bytes/reader.js'
import { NO_OPERATION, optionLength } from '../../protocols/header-options.js'
import type { Ipv4 } from '../../protocols/ipv4.js'
import type { Tcp } from '../../protocols/tcp.js'
import type { Udp } from '../../protocols/udp.js'
import { COMMON_OPTIONS, NAMES, optionKey, PLAIN_IPV4, TCP_FLAGS, UNFRAGMENTED } from './names.js'
import type { RawBytes } from './raw-bytes.js'

const COMMA = 0x2c
const OPEN_LIST = 0x5b
const CLOSE_LIST = 0x5d
const CLOSE = 0x7d
/** Version 4, five words, no type of service. */
const PLAIN_IPV4_START = 0x4500
const DONT_FRAGMENT = 0x4000
const NO_IPV4_OPTIONS = new Fragment(',"Options":null,"Padding":null}')
const NO_PADDING = new Fragment('],"Padding":null}')
const NOT_URGENT = new Fragment(',"Urgent":0')
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
  const { urgentPointer } = tcp
  if (urgentPointer === 0) {
    out.fragment(NOT_URGENT)
  } else {
    out.fragment(NAMES.tcp.urgentPointer)
    out.uint(urgentPointer)
  }
  if (tcp.optionsEnd === tcp.optionsStart) {
    out.fragment(NO_TCP_OPTIONS)
    return
  }
  out.fragment(NAMES.tcp.options)
  writeOptions(out, bytes, tcp.optionsStart, tcp.optionsEnd)
  writePadding(out, bytes, tcp)
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
  if (bytes.u16(ip.start) === PLAIN_IPV4_START) {
    out.fragment(PLAIN_IPV4)
  } else {
    out.fragment(NAMES.ipv4.version)
    out.uint(ip.version)
    out.fragment(NAMES.ipv4.ihl)
    out.uint(ip.ihl)
    out.fragment(NAMES.ipv4.tos)
    out.uint(ip.tos)
    out.fragment(NAMES.ipv4.length)
  }
  out.uint(ip.length)
  out.fragment(NAMES.ipv4.id)
  out.uint(ip.id)
  if (bytes.u16(ip.start + 6) === DONT_FRAGMENT) {
    out.fragment(UNFRAGMENTED)
  } else {
    out.fragment(NAMES.ipv4.flags)
    out.uint(ip.flags)
    out.fragment(NAMES.ipv4.fragmentOffset)
    out.uint(ip.fragmentOffset)
    out.fragment(NAMES.ipv4.ttl)
  }
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
  writePadding(out, bytes, ip)
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
}

function writeOptionStart(out: JsonWriter, type: number, length: number): void {
  out.fragment(NAMES.headerOption.type)
  out.uint(type)
  out.fragment(NAMES.headerOption.length)
  out.uint(length)
  out.fragment(NAMES.headerOption.data)
}

/** What follows the options of IPv4 and TCP, to the end of the layer. */
function writePadding(out: JsonWriter, bytes: ByteReader, header: Tcp | Ipv4): void {
  if (!header.hasPadding) {
    out.fragment(NO_PADDING)
    return
  }
  out.byte(CLOSE_LIST)
  out.fragment(NAMES.tcp.padding)
  out.base64(bytes, header.optionsEnd, header.headerEnd)
  out.byte(CLOSE)
}
