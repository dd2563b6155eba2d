import type { ByteReader } from '../../bytes/reader.js'
import { formatIpv4, formatIpv6 } from '../../text/ip-address.js'
import type { UlogdValues } from './event.js'

/*
 * What ulogd's packet interpreter reads, misreadings included: it looks at the family and never at the version, takes
 * the bytes of a later fragment for a transport header, and swaps some numbers wrongly. `corrected` reads them right.
 */

const TCP = 6
const UDP = 17
const ICMP = 1
const ICMPV6 = 58
const SCTP = 132
const HOP_BY_HOP = 0
const ROUTING = 43
const FRAGMENT = 44
const ESP = 50
const AUTHENTICATION = 51
const DESTINATION_OPTIONS = 60

const IPV4_BYTES = 20
const IPV6_BYTES = 40
/** Ethernet and IPv4 addresses: the only ARP ulogd reads. */
const ARP_BYTES = 28

/** Where a header starts, and how many bytes ulogd believes are left. */
interface Place {
  readonly bytes: ByteReader
  readonly at: number
  readonly length: number
  readonly corrected: boolean
}

export function interpretIpv4(event: UlogdValues, bytes: ByteReader, corrected: boolean): void {
  const headerBytes = (bytes.u8(0) & 15) * 4
  const { length } = bytes
  if (length < IPV4_BYTES) return
  // ulogd shows nothing of a packet that is a header and nothing else.
  if (length <= headerBytes && !corrected) return
  const fragment = bytes.u16(6)
  const protocol = bytes.u8(9)
  event['ip.protocol'] = protocol
  event['ip.tos'] = bytes.u8(1)
  event['ip.ttl'] = bytes.u8(8)
  event['ip.totlen'] = bytes.u16(2)
  event['ip.ihl'] = headerBytes / 4
  event['ip.csum'] = bytes.u16(10)
  event['ip.id'] = bytes.u16(4)
  event['ip.fragoff'] = fragment
  event.src_ip = formatIpv4(bytes, 12)
  event.dest_ip = formatIpv4(bytes, 16)
  if (corrected && (headerBytes < IPV4_BYTES || (fragment & 0x1fff) !== 0)) return

  const place = { bytes, at: headerBytes, length: length - headerBytes, corrected }
  if (protocol === ICMP) interpretIcmp(event, place)
  else interpretTransport(event, protocol, place)
  if (protocol === SCTP) interpretSctp(event, place)
}

export function interpretIpv6(event: UlogdValues, bytes: ByteReader, corrected: boolean): void {
  if (bytes.length < IPV6_BYTES) return
  event['ip6.payloadlen'] = bytes.u16(4)
  event['ip6.priority'] = (bytes.u16(0) >> 4) & 0xff
  event['ip6.flowlabel'] = bytes.u24(1) & 0xfffff
  event['ip6.hoplimit'] = bytes.u8(7)
  event.src_ip = formatIpv6AsGlibc(bytes, 8)
  event.dest_ip = formatIpv6AsGlibc(bytes, 24)

  const { header, at, isCut, isOpaque } = skipExtensions(event, bytes)
  // The header's own field is what the name promises; ulogd shows the last header it met, and none when one is cut.
  if (corrected) event['ip6.nexthdr'] = bytes.u8(6)
  else if (!isCut) event['ip6.nexthdr'] = header
  if (isCut || isOpaque) return
  event['ip.protocol'] = header
  const place = { bytes, at, length: bytes.length - at, corrected }
  if (header === ICMPV6) interpretIcmpv6(event, place)
  else interpretTransport(event, header, place)
  if (header === SCTP && corrected) interpretSctp(event, place)
}

/** The first header that is none of the extensions ulogd knows, or where its walk ends before. */
function skipExtensions(
  event: UlogdValues,
  bytes: ByteReader
): { header: number; at: number; isCut: boolean; isOpaque: boolean } {
  let header = bytes.u8(6)
  let at = IPV6_BYTES
  let isFragment = false
  for (;;) {
    const isExtension =
      header === HOP_BY_HOP ||
      header === ROUTING ||
      header === FRAGMENT ||
      header === ESP ||
      header === AUTHENTICATION ||
      header === DESTINATION_OPTIONS
    if (!isExtension) return { header, at, isCut: false, isOpaque: isFragment }
    const left = bytes.length - at
    if (left < 2) return { header, at, isCut: true, isOpaque: true }
    if (isFragment && header !== FRAGMENT) return { header, at, isCut: false, isOpaque: true }
    const size = extensionBytes(header, bytes.u8(at + 1))
    if (left < size) return { header, at, isCut: true, isOpaque: true }
    if (header === ESP) return { header, at, isCut: false, isOpaque: true }
    if (header === FRAGMENT) {
      const offset = bytes.u16(at + 2) & 0xfff8
      event['ip6.fragoff'] = offset
      event['ip6.fragid'] = bytes.u32(at + 4)
      isFragment ||= offset !== 0
    }
    header = bytes.u8(at)
    at += size
  }
}

function extensionBytes(header: number, field: number): number {
  if (header === FRAGMENT) return 8
  return header === ESP || header === AUTHENTICATION ? (field + 2) * 4 : (field + 1) * 8
}

function interpretTransport(event: UlogdValues, protocol: number, place: Place): void {
  if (protocol === TCP) interpretTcp(event, place)
  else if (protocol === UDP) interpretUdp(event, place)
}

function interpretTcp(event: UlogdValues, { bytes, at, length, corrected }: Place): void {
  if (length < 20) return
  const offsetAndFlags = bytes.u16(at + 12)
  const bit = (number: number): number => (offsetAndFlags >> number) & 1
  event.src_port = bytes.u16(at)
  event.dest_port = bytes.u16(at + 2)
  event['tcp.seq'] = bytes.u32(at + 4)
  event['tcp.ackseq'] = bytes.u32(at + 8)
  event['tcp.window'] = bytes.u16(at + 14)
  // ulogd swaps the bytes of a nibble and keeps the lower one, which leaves nothing.
  event['tcp.offset'] = corrected ? offsetAndFlags >> 12 : 0
  event['tcp.reserved'] = corrected ? (offsetAndFlags >> 8) & 15 : 0
  event['tcp.urg'] = bit(5)
  if (bit(5) === 1) event['tcp.urgp'] = bytes.u16(at + 18)
  event['tcp.ack'] = bit(4)
  event['tcp.psh'] = bit(3)
  event['tcp.rst'] = bit(2)
  event['tcp.syn'] = bit(1)
  event['tcp.fin'] = bit(0)
  event['tcp.res1'] = (offsetAndFlags >> 8) & 15
  event['tcp.res2'] = (offsetAndFlags >> 6) & 3
  event['tcp.csum'] = bytes.u16(at + 16)
}

function interpretUdp(event: UlogdValues, { bytes, at, length }: Place): void {
  if (length < 8) return
  event.src_port = bytes.u16(at)
  event.dest_port = bytes.u16(at + 2)
  event['udp.len'] = bytes.u16(at + 4)
  event['udp.csum'] = bytes.u16(at + 6)
}

function interpretSctp(event: UlogdValues, { bytes, at, length }: Place): void {
  if (length < 12) return
  event.src_port = bytes.u16(at)
  event.dest_port = bytes.u16(at + 2)
  event['sctp.csum'] = bytes.u32(at + 8)
}

function interpretIcmp(event: UlogdValues, place: Place): void {
  const { bytes, at, length } = place
  if (length < 8) return
  const type = bytes.u8(at)
  const code = bytes.u8(at + 1)
  event['icmp.type'] = type
  event['icmp.code'] = code
  if (type === 0 || type === 8) {
    event['icmp.echoid'] = bytes.u16(at + 4)
    event['icmp.echoseq'] = bytes.u16(at + 6)
  } else if (type === 3 && code === 4) {
    event['icmp.fragmtu'] = bytes.u16(at + 6)
  }
  event['icmp.csum'] = icmpChecksum(place)
}

function interpretIcmpv6(event: UlogdValues, place: Place): void {
  const { bytes, at, length } = place
  if (length < 8) return
  const type = bytes.u8(at)
  event['icmpv6.type'] = type
  event['icmpv6.code'] = bytes.u8(at + 1)
  if (type === 128 || type === 129) {
    event['icmpv6.echoid'] = bytes.u16(at + 4)
    event['icmpv6.echoseq'] = bytes.u16(at + 6)
  }
  event['icmpv6.csum'] = icmpChecksum(place)
}

/** ulogd leaves this one in network byte order, which a little-endian machine shows swapped. */
function icmpChecksum({ bytes, at, corrected }: Place): number {
  return corrected ? bytes.u16(at + 2) : bytes.u8(at + 2) | (bytes.u8(at + 3) << 8)
}

export function interpretArp(event: UlogdValues, bytes: ByteReader): void {
  if (bytes.length < ARP_BYTES) return
  event['arp.hwtype'] = bytes.u16(0)
  event['arp.protocoltype'] = bytes.u16(2)
  event['arp.operation'] = bytes.u16(6)
  event['arp.saddr.str'] = formatIpv4(bytes, 14)
  event['arp.daddr.str'] = formatIpv4(bytes, 24)
}

/** glibc's inet_ntop: unlike RFC 5952 it also writes the addresses of `::/96` with dots. */
function formatIpv6AsGlibc(bytes: ByteReader, at: number): string {
  const leading = bytes.u32(at) | bytes.u32(at + 4) | bytes.u32(at + 8)
  return leading === 0 && bytes.u16(at + 12) !== 0 ? `::${formatIpv4(bytes, at + 12)}` : formatIpv6(bytes, at)
}
