import { ByteReader } from '../bytes/reader.js'
import { formatIpv6 } from '../text/ip-address.js'
import { formatMac } from '../text/mac-address.js'

export const MESSAGE_HEADER_BYTES = 4
export const RELAY_HEADER_BYTES = 34

export const Option = {
  CLIENT_ID: 1,
  SERVER_ID: 2,
  IA_NA: 3,
  IA_TA: 4,
  IA_ADDRESS: 5,
  OPTION_REQUEST: 6,
  ELAPSED: 8,
  RELAY_MESSAGE: 9,
  STATUS: 13,
  RAPID_COMMIT: 14,
  USER_CLASS: 15,
  VENDOR_CLASS: 16,
  DNS_SERVERS: 23,
  DOMAINS: 24,
  IA_PD: 25,
  IA_PREFIX: 26,
  FQDN: 39,
  CLIENT_LINK_LAYER: 79
} as const

const OPTION_HEADER_BYTES = 4
/** Identifiers made of a hardware address: with a time (1) and without (3). */
const DUID_LLT = 1
const DUID_LL = 3
const ETHERNET = 1
const MAC_BYTES = 6

const utf8 = new TextDecoder()

/** Where the data of an option lies in the packet. */
export interface OptionRange {
  readonly start: number
  readonly end: number
}

/** An address a server leases, or a client asks for. */
export interface Dhcpv6Association {
  readonly address: string
  readonly preferredSeconds: number
  readonly validSeconds: number
}

/** A network a server hands over to a router. */
export interface Dhcpv6Prefix {
  /** Such as `2001:db8::/56`. */
  readonly prefix: string
  readonly preferredSeconds: number
  readonly validSeconds: number
}

/** One option as it stands in the message. */
export interface Dhcpv6Option {
  readonly code: number
  readonly data: Uint8Array
}

/** The options of one DHCPv6 message by their meaning; undefined or empty where an option is missing or too short. */
export class Dhcpv6Options {
  #bytes = new ByteReader()
  #start = 0
  #end = 0

  /** Reads the options in `[start, end)` from now on; returns where the last whole one ends. */
  reset(bytes: ByteReader, start: number, end: number): number {
    this.#bytes = bytes
    this.#start = start
    let at = start
    while (at + OPTION_HEADER_BYTES <= end) {
      const next = at + OPTION_HEADER_BYTES + bytes.u16(at + 2)
      if (next > end) break
      at = next
    }
    this.#end = at
    return at
  }

  /** Every option, in the order of the message. */
  get all(): readonly Dhcpv6Option[] {
    return this.#ranges(undefined).map(({ start, end }) => ({
      code: this.#bytes.u16(start - OPTION_HEADER_BYTES),
      data: this.#bytes.view(start, end)
    }))
  }

  /** The first option of that number. */
  range(code: number): OptionRange | undefined {
    for (let at = this.#start; at < this.#end; ) {
      const start = at + OPTION_HEADER_BYTES
      const end = start + this.#bytes.u16(at + 2)
      if (this.#bytes.u16(at) === code) return { start, end }
      at = end
    }
    return undefined
  }

  #ranges(code: number | undefined): OptionRange[] {
    const ranges: OptionRange[] = []
    for (let at = this.#start; at < this.#end; ) {
      const start = at + OPTION_HEADER_BYTES
      const end = start + this.#bytes.u16(at + 2)
      if (code === undefined || this.#bytes.u16(at) === code) ranges.push({ start, end })
      at = end
    }
    return ranges
  }

  #view(code: number): Uint8Array | undefined {
    const range = this.range(code)
    return range && this.#bytes.view(range.start, range.end)
  }

  /** The client's identifier (DUID). */
  get clientId(): Uint8Array | undefined {
    return this.#view(Option.CLIENT_ID)
  }

  /** The server's identifier (DUID). */
  get serverId(): Uint8Array | undefined {
    return this.#view(Option.SERVER_ID)
  }

  /** The hardware address the client's identifier is made of. */
  get clientMac(): string | undefined {
    const range = this.range(Option.CLIENT_ID)
    if (range === undefined) return undefined
    if (range.end - range.start < 4 + MAC_BYTES) return undefined
    const type = this.#bytes.u16(range.start)
    const at = range.start + (type === DUID_LLT ? 8 : 4)
    if (type !== DUID_LLT && type !== DUID_LL) return undefined
    return range.end - at === MAC_BYTES && this.#bytes.u16(range.start + 2) === ETHERNET
      ? formatMac(this.#bytes, at)
      : undefined
  }

  /** The client's hardware address as a relay saw it. */
  get linkLayerMac(): string | undefined {
    const range = this.range(Option.CLIENT_LINK_LAYER)
    if (range === undefined || range.end - range.start !== 2 + MAC_BYTES) return undefined
    return this.#bytes.u16(range.start) === ETHERNET ? formatMac(this.#bytes, range.start + 2) : undefined
  }

  /** Options the client asks for, in its order. */
  get optionRequest(): readonly number[] | undefined {
    const range = this.range(Option.OPTION_REQUEST)
    if (range === undefined) return undefined
    return Array.from({ length: (range.end - range.start) >> 1 }, (_, index) =>
      this.#bytes.u16(range.start + index * 2)
    )
  }

  /** The options asked for as text, such as `17,23,24,32`: the same for devices of a kind. */
  get fingerprint(): string | undefined {
    return this.optionRequest?.join(',')
  }

  /** How long the client has been trying. */
  get elapsedMs(): number | undefined {
    const range = this.range(Option.ELAPSED)
    return range !== undefined && range.end - range.start === 2 ? this.#bytes.u16(range.start) * 10 : undefined
  }

  get hasRapidCommit(): boolean {
    return this.range(Option.RAPID_COMMIT) !== undefined
  }

  /** Addresses in all associations (IA_NA and IA_TA). */
  get addresses(): readonly Dhcpv6Association[] {
    const bytes = this.#bytes
    return [...this.#inside(Option.IA_NA, 12, Option.IA_ADDRESS), ...this.#inside(Option.IA_TA, 4, Option.IA_ADDRESS)]
      .filter(({ start, end }) => end - start >= 24)
      .map(({ start }) => ({
        address: formatIpv6(bytes, start),
        preferredSeconds: bytes.u32(start + 16),
        validSeconds: bytes.u32(start + 20)
      }))
  }

  /** Networks in all associations for delegation (IA_PD). */
  get prefixes(): readonly Dhcpv6Prefix[] {
    const bytes = this.#bytes
    return this.#inside(Option.IA_PD, 12, Option.IA_PREFIX)
      .filter(({ start, end }) => end - start >= 25)
      .map(({ start }) => ({
        prefix: `${formatIpv6(bytes, start + 9)}/${bytes.u8(start + 8)}`,
        preferredSeconds: bytes.u32(start),
        validSeconds: bytes.u32(start + 4)
      }))
  }

  /** Options of one kind inside options of another, behind the fixed bytes of the latter. */
  #inside(outer: number, fixedBytes: number, inner: number): OptionRange[] {
    const found: OptionRange[] = []
    const options = new Dhcpv6Options()
    for (const { start, end } of this.#ranges(outer)) {
      if (end - start < fixedBytes) continue
      options.reset(this.#bytes, start + fixedBytes, end)
      for (const range of options.#ranges(inner)) found.push(range)
    }
    return found
  }

  /** How the server liked the request; 0 is well. */
  get status(): { readonly code: number; readonly message: string } | undefined {
    const range = this.range(Option.STATUS)
    if (range === undefined || range.end - range.start < 2) return undefined
    return { code: this.#bytes.u16(range.start), message: this.#text(range.start + 2, range.end) }
  }

  /** Who made the client, in its own words: the first string behind the enterprise number. */
  get vendorClass(): string | undefined {
    const range = this.range(Option.VENDOR_CLASS)
    return range && this.#sized(range.start + 4, range.end)
  }

  get userClass(): string | undefined {
    const range = this.range(Option.USER_CLASS)
    return range && this.#sized(range.start, range.end)
  }

  /** The name the client gives itself (RFC 4704). */
  get fqdn(): { readonly flags: number; readonly name: string } | undefined {
    const range = this.range(Option.FQDN)
    if (range === undefined || range.end === range.start) return undefined
    const [name = ''] = this.#names(range.start + 1, range.end)
    return { flags: this.#bytes.u8(range.start), name }
  }

  get dnsServers(): readonly string[] {
    const range = this.range(Option.DNS_SERVERS)
    if (range === undefined) return []
    return Array.from({ length: (range.end - range.start) >> 4 }, (_, index) =>
      formatIpv6(this.#bytes, range.start + index * 16)
    )
  }

  /** Domains to search. */
  get domains(): readonly string[] {
    const range = this.range(Option.DOMAINS)
    return range === undefined ? [] : this.#names(range.start, range.end)
  }

  #text(start: number, end: number): string {
    return utf8.decode(this.#bytes.view(start, end))
  }

  #sized(at: number, end: number): string | undefined {
    if (at + 2 > end) return undefined
    const textEnd = at + 2 + this.#bytes.u16(at)
    return textEnd > end ? undefined : this.#text(at + 2, textEnd)
  }

  /** Names in labels, without pointers; one that is cut, as short names may be, ends where its labels do. */
  #names(start: number, end: number): string[] {
    const names: string[] = []
    let labels: string[] = []
    for (let at = start; at < end; ) {
      const size = this.#bytes.u8(at)
      const next = at + 1 + size
      if (next > end) break
      if (size === 0) {
        names.push(labels.join('.'))
        labels = []
      } else {
        labels.push(this.#text(at + 1, next))
      }
      at = next
    }
    if (labels.length > 0) names.push(labels.join('.'))
    return names
  }
}
