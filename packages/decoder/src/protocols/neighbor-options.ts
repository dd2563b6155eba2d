import { ByteReader } from '../bytes/reader.js'
import type { DecodeError } from '../errors.js'
import { malformed, truncated } from '../errors.js'
import type { FieldWriter } from '../formats/field-writer.js'
import { fieldKeys, ITEM } from '../formats/json-names.js'
import { formatIpv6 } from '../text/ip-address.js'
import { formatMac } from '../text/mac-address.js'
import { listAddresses } from './group-records.js'

/** Option lengths count words of eight bytes. */
const WORD_BYTES = 8
const IPV6_BYTES = 16
const SOURCE_LINK_ADDRESS = 1
const TARGET_LINK_ADDRESS = 2
const PREFIX = 3
const REDIRECTED_HEADER = 4
const MTU = 5
const ROUTE = 24
const DNS_SERVERS = 25
const DNS_SEARCH_LIST = 31
const CAPTIVE_PORTAL = 37
const PREF64 = 38

const OPTION = fieldKeys({
  type: 'Type',
  linkAddress: 'LinkAddress',
  prefix: 'Prefix',
  prefixLength: 'PrefixLength',
  onLink: 'OnLink',
  autonomous: 'Autonomous',
  preference: 'Preference',
  validSeconds: 'ValidLifetime',
  preferredSeconds: 'PreferredLifetime',
  mtu: 'MTU',
  lifetimeSeconds: 'Lifetime',
  servers: 'Servers',
  domains: 'Domains',
  uri: 'URI',
  data: 'Data'
})

/** An option of neighbour discovery with what it says. Lifetimes are in seconds; 4294967295 is for ever. */
export type NeighborOption =
  /** RFC 4861. */
  | { readonly name: 'sourceLinkAddress' | 'targetLinkAddress'; readonly address: string }
  | {
      readonly name: 'prefix'
      readonly prefix: string
      readonly prefixLength: number
      readonly onLink: boolean
      readonly autonomous: boolean
      readonly validSeconds: number
      readonly preferredSeconds: number
    }
  | { readonly name: 'redirectedHeader'; readonly packet: Uint8Array }
  | { readonly name: 'mtu'; readonly mtu: number }
  /** RFC 4191; `preference` is 1 high, 0 medium, -1 low. */
  | {
      readonly name: 'route'
      readonly prefix: string
      readonly prefixLength: number
      readonly preference: number
      readonly lifetimeSeconds: number
    }
  /** RFC 8106. */
  | { readonly name: 'dnsServers'; readonly lifetimeSeconds: number; readonly servers: readonly string[] }
  | { readonly name: 'dnsSearchList'; readonly lifetimeSeconds: number; readonly domains: readonly string[] }
  /** RFC 8910. */
  | { readonly name: 'captivePortal'; readonly uri: string }
  /** RFC 8781. */
  | {
      readonly name: 'pref64'
      readonly prefix: string
      readonly prefixLength: number
      readonly lifetimeSeconds: number
    }
  | { readonly name: 'unknown'; readonly type: number; readonly data: Uint8Array }

/** In JSON, in the list `Options` of `ICMPv6`; which keys there are depends on the type. */
export interface NeighborOptionInfo {
  Type: number
  LinkAddress?: string
  Prefix?: string
  PrefixLength?: number
  OnLink?: boolean
  Autonomous?: boolean
  /** 1 high, 0 medium, -1 low. */
  Preference?: number
  ValidLifetime?: number
  PreferredLifetime?: number
  MTU?: number
  Lifetime?: number
  Servers?: string[]
  Domains?: string[]
  URI?: string
  Data?: string
}

/** Offset behind the last whole option of `[start, end)`, and what is wrong with the one there. */
export function checkNeighborOptions(
  layer: string,
  bytes: ByteReader,
  start: number,
  end: number
): { readonly optionsEnd: number; readonly error: DecodeError | undefined } {
  let at = start
  while (at < end) {
    const left = end - at
    const type = bytes.u8(at)
    if (left < 2) return { optionsEnd: at, error: truncated(layer, at, `option ${type} is cut before its length`) }
    const length = bytes.u8(at + 1) * WORD_BYTES
    // RFC 4861 section 4.6: such a message is to be dropped.
    if (length === 0) return { optionsEnd: at, error: malformed(layer, at + 1, `option ${type} has length 0`) }
    if (length > left) {
      return { optionsEnd: at, error: truncated(layer, at, `option ${type} of ${length} bytes is cut after ${left}`) }
    }
    at += length
  }
  return { optionsEnd: at, error: undefined }
}

/** The options in `[start, end)`, for a list that has been checked. */
export function listNeighborOptions(bytes: ByteReader, start: number, end: number): NeighborOption[] {
  const options: NeighborOption[] = []
  for (let at = start; at < end; ) {
    const next = at + bytes.u8(at + 1) * WORD_BYTES
    options.push(parseOption(bytes, at, next))
    at = next
  }
  return options
}

function parseOption(bytes: ByteReader, at: number, end: number): NeighborOption {
  const type = bytes.u8(at)
  const length = end - at
  switch (type) {
    case SOURCE_LINK_ADDRESS:
      return { name: 'sourceLinkAddress', address: formatMac(bytes, at + 2, length - 2) }
    case TARGET_LINK_ADDRESS:
      return { name: 'targetLinkAddress', address: formatMac(bytes, at + 2, length - 2) }
    case PREFIX: {
      if (length < 32) break
      const flags = bytes.u8(at + 3)
      return {
        name: 'prefix',
        prefix: formatIpv6(bytes, at + 16),
        prefixLength: bytes.u8(at + 2),
        onLink: (flags & 0x80) !== 0,
        autonomous: (flags & 0x40) !== 0,
        validSeconds: bytes.u32(at + 4),
        preferredSeconds: bytes.u32(at + 8)
      }
    }
    case REDIRECTED_HEADER:
      return { name: 'redirectedHeader', packet: bytes.view(at + 8, end) }
    case MTU:
      return { name: 'mtu', mtu: bytes.u32(at + 4) }
    case ROUTE:
      if (length > 24) break
      return {
        name: 'route',
        prefix: formatPrefix(bytes, at + 8, length - 8),
        prefixLength: bytes.u8(at + 2),
        // Two bits with a sign.
        preference: (bytes.u8(at + 3) << 27) >> 30,
        lifetimeSeconds: bytes.u32(at + 4)
      }
    case DNS_SERVERS: {
      const count = Math.floor((length - 8) / IPV6_BYTES)
      const servers = listAddresses(bytes, at + 8, end, count, IPV6_BYTES)
      return { name: 'dnsServers', lifetimeSeconds: bytes.u32(at + 4), servers }
    }
    case DNS_SEARCH_LIST:
      return { name: 'dnsSearchList', lifetimeSeconds: bytes.u32(at + 4), domains: parseDomains(bytes, at + 8, end) }
    case CAPTIVE_PORTAL:
      return { name: 'captivePortal', uri: parseText(bytes, at + 2, end) }
    case PREF64: {
      if (length !== 16) break
      const scaled = bytes.u16(at + 2)
      return {
        name: 'pref64',
        prefix: formatPrefix(bytes, at + 4, 12),
        prefixLength: PREF64_LENGTHS[scaled & 0x07] ?? 0,
        lifetimeSeconds: scaled & 0xfff8
      }
    }
    default:
  }
  return { name: 'unknown', type, data: bytes.view(at + 2, end) }
}

/** RFC 8781 section 4. */
const PREF64_LENGTHS = [96, 64, 56, 48, 40, 32]

/** An address of which only the first bytes are there. */
function formatPrefix(bytes: ByteReader, at: number, length: number): string {
  const address = new Uint8Array(IPV6_BYTES)
  address.set(bytes.view(at, at + Math.min(length, IPV6_BYTES)))
  return formatIpv6(new ByteReader(address), 0)
}

/** Uncompressed DNS names, then zeros. */
function parseDomains(bytes: ByteReader, start: number, end: number): string[] {
  const domains: string[] = []
  let labels: string[] = []
  for (let at = start; at < end; ) {
    const length = bytes.u8(at)
    const next = at + 1 + length
    if (next > end) break
    if (length > 0) labels.push(parseText(bytes, at + 1, next))
    else if (labels.length > 0) {
      domains.push(labels.join('.'))
      labels = []
    }
    at = next
  }
  return domains
}

/** ASCII as it is up to the first zero, every other byte as `\DDD` (RFC 1035 section 5.1). */
function parseText(bytes: ByteReader, start: number, end: number): string {
  let text = ''
  for (let at = start; at < end; at++) {
    const byte = bytes.u8(at)
    if (byte === 0) break
    text += byte > 0x20 && byte < 0x7f ? String.fromCharCode(byte) : `\\${String(byte).padStart(3, '0')}`
  }
  return text
}

export function writeNeighborOptions(out: FieldWriter, bytes: ByteReader, start: number, end: number): void {
  for (let at = start; at < end; ) {
    const next = at + bytes.u8(at + 1) * WORD_BYTES
    out.beginObject(ITEM)
    out.uint(OPTION.type, bytes.u8(at))
    writeOption(out, parseOption(bytes, at, next), at, next)
    out.endObject()
    at = next
  }
}

function writeOption(out: FieldWriter, option: NeighborOption, at: number, end: number): void {
  switch (option.name) {
    case 'sourceLinkAddress':
    case 'targetLinkAddress':
      out.text(OPTION.linkAddress, option.address)
      return
    case 'prefix':
      out.text(OPTION.prefix, option.prefix)
      out.uint(OPTION.prefixLength, option.prefixLength)
      out.boolean(OPTION.onLink, option.onLink)
      out.boolean(OPTION.autonomous, option.autonomous)
      out.uint(OPTION.validSeconds, option.validSeconds)
      out.uint(OPTION.preferredSeconds, option.preferredSeconds)
      return
    case 'mtu':
      out.uint(OPTION.mtu, option.mtu)
      return
    case 'route':
      out.text(OPTION.prefix, option.prefix)
      out.uint(OPTION.prefixLength, option.prefixLength)
      out.int(OPTION.preference, option.preference)
      out.uint(OPTION.lifetimeSeconds, option.lifetimeSeconds)
      return
    case 'dnsServers':
      out.uint(OPTION.lifetimeSeconds, option.lifetimeSeconds)
      out.beginList(OPTION.servers)
      for (const server of option.servers) out.text(ITEM, server)
      out.endList()
      return
    case 'dnsSearchList':
      out.uint(OPTION.lifetimeSeconds, option.lifetimeSeconds)
      out.beginList(OPTION.domains)
      for (const domain of option.domains) out.text(ITEM, domain)
      out.endList()
      return
    case 'captivePortal':
      out.text(OPTION.uri, option.uri)
      return
    case 'pref64':
      out.text(OPTION.prefix, option.prefix)
      out.uint(OPTION.prefixLength, option.prefixLength)
      out.uint(OPTION.lifetimeSeconds, option.lifetimeSeconds)
      return
    default:
      out.base64(OPTION.data, at + 2, end)
  }
}
