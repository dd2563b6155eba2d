import type { Fragment } from '../../bytes/fragment.js'
import type { JsonWriter } from '../../bytes/json-writer.js'
import type { ByteReader } from '../../bytes/reader.js'
import type { Dhcpv4 } from '../../protocols/dhcpv4.js'
import { PAD } from '../../protocols/dhcpv4.js'
import type { Dns } from '../../protocols/dns/dns.js'
import type { NameBuffer, NameRange } from '../../protocols/dns/names.js'
import { RecordType } from '../../protocols/dns/record-types.js'
import type { RecordSlot } from '../../protocols/dns/records.js'
import { isMappedIpv4 } from '../../text/ip-address.js'
import { NAMES, NO_MX, NO_SOA, NO_SRV, NO_URI } from './names.js'
import type { LayerSink } from './network-layers.js'

const COMMA = 0x2c
const OPEN_LIST = 0x5b
const CLOSE_LIST = 0x5d
const CLOSE = 0x7d

export function writeDns({ out, raw, bytes }: LayerSink, dns: Dns): void {
  out.fragment(NAMES.dns.contents)
  raw.write(out, bytes, dns.start, dns.end)
  out.fragment(NAMES.dns.payload)
  out.null()
  out.fragment(NAMES.dns.id)
  out.uint(dns.id)
  out.fragment(NAMES.dns.isResponse)
  out.boolean(dns.isResponse)
  out.fragment(NAMES.dns.opCode)
  out.uint(dns.opCode)
  out.fragment(NAMES.dns.authoritative)
  out.boolean(dns.authoritative)
  out.fragment(NAMES.dns.truncated)
  out.boolean(dns.truncated)
  out.fragment(NAMES.dns.recursionDesired)
  out.boolean(dns.recursionDesired)
  out.fragment(NAMES.dns.recursionAvailable)
  out.boolean(dns.recursionAvailable)
  out.fragment(NAMES.dns.z)
  out.uint(dns.z)
  out.fragment(NAMES.dns.responseCode)
  out.uint(dns.responseCode)
  out.fragment(NAMES.dns.questionCount)
  out.uint(dns.announced(0))
  out.fragment(NAMES.dns.answerCount)
  out.uint(dns.announced(1))
  out.fragment(NAMES.dns.authorityCount)
  out.uint(dns.announced(2))
  out.fragment(NAMES.dns.additionalCount)
  out.uint(dns.announced(3))
  out.fragment(NAMES.dns.questions)
  writeQuestions(out, dns)
  let from = dns.questionCount
  writeRecords(out, bytes, dns, NAMES.dns.answers, from, dns.answerCount)
  from += dns.answerCount
  writeRecords(out, bytes, dns, NAMES.dns.authorities, from, dns.authorityCount)
  from += dns.authorityCount
  writeRecords(out, bytes, dns, NAMES.dns.additionals, from, dns.additionalCount)
  out.byte(CLOSE)
}

function writeQuestions(out: JsonWriter, dns: Dns): void {
  if (dns.questionCount === 0) {
    out.null()
    return
  }
  out.byte(OPEN_LIST)
  for (let index = 0; index < dns.questionCount; index++) {
    const slot = dns.slots[index]
    if (slot === undefined) break
    if (index > 0) out.byte(COMMA)
    writeName(out, NAMES.dnsQuestion.name, dns.names, slot.name)
    out.fragment(NAMES.dnsQuestion.type)
    out.uint(slot.type)
    out.fragment(NAMES.dnsQuestion.class)
    out.uint(slot.class)
    out.byte(CLOSE)
  }
  out.byte(CLOSE_LIST)
}

function writeRecords(out: JsonWriter, bytes: ByteReader, dns: Dns, key: Fragment, from: number, count: number): void {
  out.fragment(key)
  if (count === 0) {
    out.null()
    return
  }
  out.byte(OPEN_LIST)
  for (let index = from; index < from + count; index++) {
    const slot = dns.slots[index]
    if (slot === undefined) break
    if (index > from) out.byte(COMMA)
    writeRecord(out, bytes, dns.names, slot)
  }
  out.byte(CLOSE_LIST)
}

/** Go writes every field of every record, whatever its type. */
function writeRecord(out: JsonWriter, bytes: ByteReader, buffer: NameBuffer, slot: RecordSlot): void {
  const { type, dataStart, dataEnd, target } = slot
  writeName(out, NAMES.dnsRecord.name, buffer, slot.name)
  out.fragment(NAMES.dnsRecord.type)
  out.uint(type)
  out.fragment(NAMES.dnsRecord.class)
  out.uint(slot.class)
  out.fragment(NAMES.dnsRecord.ttl)
  out.uint(slot.ttl)
  out.fragment(NAMES.dnsRecord.dataLength)
  out.uint(slot.dataLength)
  out.fragment(NAMES.dnsRecord.data)
  out.base64(bytes, dataStart, dataEnd)
  out.fragment(NAMES.dnsRecord.ip)
  out.quote()
  if (type === RecordType.A || type === RecordType.AAAA) writeAddress(out, bytes, dataStart, slot.dataLength)
  out.quote()
  writeNameIf(type === RecordType.NS, out, NAMES.dnsRecord.ns, buffer, target)
  writeNameIf(type === RecordType.CNAME, out, NAMES.dnsRecord.cname, buffer, target)
  writeNameIf(type === RecordType.PTR, out, NAMES.dnsRecord.ptr, buffer, target)
  out.fragment(NAMES.dnsRecord.texts)
  const isText = type === RecordType.TXT || type === RecordType.HINFO
  if (isText) writeTexts(out, bytes, dataStart, dataEnd)
  else out.null()
  if (type === RecordType.SOA) writeSoa(out, bytes, buffer, slot)
  else out.fragment(NO_SOA)
  if (type === RecordType.SRV) writeSrv(out, bytes, buffer, slot)
  else out.fragment(NO_SRV)
  if (type === RecordType.MX) writeMx(out, bytes, buffer, slot)
  else out.fragment(NO_MX)
  out.fragment(NAMES.dnsRecord.options)
  if (type === RecordType.OPT) writeEdnsOptions(out, bytes, dataStart, dataEnd)
  else out.null()
  if (type === RecordType.URI) writeUri(out, bytes, slot)
  else out.fragment(NO_URI)
  out.fragment(NAMES.dnsRecord.text)
  if (isText) out.base64(bytes, dataStart, dataEnd)
  else out.null()
  out.byte(CLOSE)
}

/** As Go's net.IP prints it: by its length, and an IPv4 address in IPv6 clothes as IPv4. Any other length is no address. */
function writeAddress(out: JsonWriter, bytes: ByteReader, at: number, length: number): void {
  if (length === 4) out.ipv4(bytes, at)
  else if (length === 16 && isMappedIpv4(bytes, at)) out.ipv4(bytes, at + 12)
  else if (length === 16) out.ipv6(bytes, at)
}

function writeTexts(out: JsonWriter, bytes: ByteReader, start: number, end: number): void {
  out.byte(OPEN_LIST)
  for (let at = start; at < end; ) {
    const next = at + 1 + bytes.u8(at)
    if (at > start) out.byte(COMMA)
    out.base64(bytes, at + 1, next)
    at = next
  }
  out.byte(CLOSE_LIST)
}

function writeSoa(out: JsonWriter, bytes: ByteReader, buffer: NameBuffer, slot: RecordSlot): void {
  const at = slot.numbersStart
  out.fragment(NAMES.dnsRecord.soa)
  writeName(out, NAMES.dnsSoa.target, buffer, slot.target)
  writeName(out, NAMES.dnsSoa.mailbox, buffer, slot.mailbox)
  out.fragment(NAMES.dnsSoa.serial)
  out.uint(bytes.u32(at))
  out.fragment(NAMES.dnsSoa.refresh)
  out.uint(bytes.u32(at + 4))
  out.fragment(NAMES.dnsSoa.retry)
  out.uint(bytes.u32(at + 8))
  out.fragment(NAMES.dnsSoa.expire)
  out.uint(bytes.u32(at + 12))
  out.fragment(NAMES.dnsSoa.minimum)
  out.uint(bytes.u32(at + 16))
  out.byte(CLOSE)
}

function writeSrv(out: JsonWriter, bytes: ByteReader, buffer: NameBuffer, { dataStart, target }: RecordSlot): void {
  out.fragment(NAMES.dnsRecord.srv)
  out.fragment(NAMES.dnsSrv.priority)
  out.uint(bytes.u16(dataStart))
  out.fragment(NAMES.dnsSrv.weight)
  out.uint(bytes.u16(dataStart + 2))
  out.fragment(NAMES.dnsSrv.port)
  out.uint(bytes.u16(dataStart + 4))
  writeName(out, NAMES.dnsSrv.target, buffer, target)
  out.byte(CLOSE)
}

function writeMx(out: JsonWriter, bytes: ByteReader, buffer: NameBuffer, { dataStart, target }: RecordSlot): void {
  out.fragment(NAMES.dnsRecord.mx)
  out.fragment(NAMES.dnsMx.preference)
  out.uint(bytes.u16(dataStart))
  writeName(out, NAMES.dnsMx.target, buffer, target)
  out.byte(CLOSE)
}

function writeUri(out: JsonWriter, bytes: ByteReader, { dataStart, dataEnd }: RecordSlot): void {
  out.fragment(NAMES.dnsRecord.uri)
  out.fragment(NAMES.dnsUri.priority)
  out.uint(bytes.u16(dataStart))
  out.fragment(NAMES.dnsUri.weight)
  out.uint(bytes.u16(dataStart + 2))
  out.fragment(NAMES.dnsUri.target)
  out.base64(bytes, dataStart + 4, dataEnd)
  out.byte(CLOSE)
}

function writeEdnsOptions(out: JsonWriter, bytes: ByteReader, start: number, end: number): void {
  out.byte(OPEN_LIST)
  for (let at = start; at < end; ) {
    const next = at + 4 + bytes.u16(at + 2)
    if (at > start) out.byte(COMMA)
    out.fragment(NAMES.dnsOption.code)
    out.uint(bytes.u16(at))
    out.fragment(NAMES.dnsOption.data)
    out.base64(bytes, at + 4, next)
    out.byte(CLOSE)
    at = next
  }
  out.byte(CLOSE_LIST)
}

function writeNameIf(is: boolean, out: JsonWriter, key: Fragment, buffer: NameBuffer, range: NameRange): void {
  if (is) {
    writeName(out, key, buffer, range)
    return
  }
  out.fragment(key)
  out.null()
}

function writeName(out: JsonWriter, key: Fragment, buffer: NameBuffer, range: NameRange): void {
  out.fragment(key)
  if (range.start < 0) out.null()
  else out.base64(buffer.bytes, range.start, range.end)
}

export function writeDhcpv4({ out, raw, bytes }: LayerSink, dhcp: Dhcpv4): void {
  const { start } = dhcp
  out.fragment(NAMES.dhcp.contents)
  // A message without a single option byte leaves SPR's decoder before it sets the contents.
  if (dhcp.end === dhcp.optionsStart) out.null()
  else raw.write(out, bytes, start, dhcp.end)
  out.fragment(NAMES.dhcp.payload)
  out.null()
  out.fragment(NAMES.dhcp.operation)
  out.uint(dhcp.operation)
  out.fragment(NAMES.dhcp.hardwareType)
  out.uint(dhcp.hardwareType)
  out.fragment(NAMES.dhcp.hardwareLength)
  out.uint(dhcp.hardwareLength)
  out.fragment(NAMES.dhcp.relayHops)
  out.uint(dhcp.relayHops)
  out.fragment(NAMES.dhcp.transactionId)
  out.uint(dhcp.transactionId)
  out.fragment(NAMES.dhcp.seconds)
  out.uint(dhcp.seconds)
  out.fragment(NAMES.dhcp.flags)
  out.uint(dhcp.flags)
  writeIpv4Text(out, NAMES.dhcp.clientIp, bytes, start + 12)
  writeIpv4Text(out, NAMES.dhcp.yourIp, bytes, start + 16)
  writeIpv4Text(out, NAMES.dhcp.serverIp, bytes, start + 20)
  writeIpv4Text(out, NAMES.dhcp.relayIp, bytes, start + 24)
  out.fragment(NAMES.dhcp.hardwareAddress)
  out.base64(bytes, start + 28, dhcp.hardwareAddressEnd)
  out.fragment(NAMES.dhcp.serverName)
  out.base64(bytes, start + 44, start + 108)
  out.fragment(NAMES.dhcp.file)
  out.base64(bytes, start + 108, start + 236)
  out.fragment(NAMES.dhcp.options)
  if (dhcp.optionsEnd === dhcp.optionsStart) out.null()
  else writeDhcpOptions(out, bytes, dhcp.optionsStart, dhcp.optionsEnd)
  out.byte(CLOSE)
}

function writeIpv4Text(out: JsonWriter, key: Fragment, bytes: ByteReader, at: number): void {
  out.fragment(key)
  out.quote()
  out.ipv4(bytes, at)
  out.quote()
}

function writeDhcpOptions(out: JsonWriter, bytes: ByteReader, start: number, end: number): void {
  out.byte(OPEN_LIST)
  for (let at = start; at < end; ) {
    const type = bytes.u8(at)
    const length = type === PAD ? 0 : bytes.u8(at + 1)
    if (at > start) out.byte(COMMA)
    out.fragment(NAMES.dhcpOption.type)
    out.uint(type)
    out.fragment(NAMES.dhcpOption.length)
    out.uint(length)
    out.fragment(NAMES.dhcpOption.data)
    if (type === PAD) out.null()
    else out.base64(bytes, at + 2, at + 2 + length)
    out.byte(CLOSE)
    at += type === PAD ? 1 : 2 + length
  }
  out.byte(CLOSE_LIST)
}
