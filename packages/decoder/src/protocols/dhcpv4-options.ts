import { ByteReader } from '../bytes/reader.js'
import { formatIpv4 } from '../text/ip-address.js'

const PAD = 0
const END = 255
const Option = {
  SUBNET_MASK: 1,
  ROUTERS: 3,
  DNS_SERVERS: 6,
  HOSTNAME: 12,
  DOMAIN_NAME: 15,
  BROADCAST: 28,
  NTP_SERVERS: 42,
  REQUESTED_IP: 50,
  LEASE: 51,
  OVERLOAD: 52,
  MESSAGE_TYPE: 53,
  SERVER_ID: 54,
  PARAMETER_LIST: 55,
  MESSAGE: 56,
  MAX_SIZE: 57,
  RENEWAL: 58,
  REBINDING: 59,
  VENDOR_CLASS: 60,
  CLIENT_ID: 61,
  USER_CLASS: 77,
  RAPID_COMMIT: 80,
  FQDN: 81,
  RELAY_AGENT: 82,
  CAPTIVE_PORTAL: 114
} as const

const OPTIONS_START = 240
const SERVER_NAME_START = 44
const FILE_START = 108
const FILE_END = 236
const FQDN_IS_CANONICAL = 0x04
const CIRCUIT_ID = 1
const REMOTE_ID = 2

const utf8 = new TextDecoder()

/** Name a DHCP client gives itself (RFC 4702). */
export interface DhcpFqdn {
  readonly flags: number
  readonly name: string
}

/** The options of one DHCP message by their meaning; undefined where an option is missing or too short. */
export class Dhcpv4Options {
  #bytes = new ByteReader()
  #start = 0
  #end = 0

  /** Reads the message at `[start, end)` from now on. */
  reset(bytes: ByteReader, start: number, end: number): void {
    this.#bytes = bytes
    this.#start = start
    this.#end = end
  }

  /**
   * The data of an option, from wherever it stands: long options come in parts (RFC 3396), and may go on in the fields
   * for a file and a server name. A view where the option is in one part, else a copy.
   */
  find(code: number): Uint8Array | undefined {
    const first = this.#parts(code, this.#start + OPTIONS_START, this.#end)
    if (code === Option.OVERLOAD) return first
    const overload = this.#parts(Option.OVERLOAD, this.#start + OPTIONS_START, this.#end)?.[0] ?? 0
    let found = first
    if ((overload & 1) !== 0) found = joined(found, this.#parts(code, this.#start + FILE_START, this.#start + FILE_END))
    if ((overload & 2) !== 0) {
      found = joined(found, this.#parts(code, this.#start + SERVER_NAME_START, this.#start + FILE_START))
    }
    return found
  }

  #parts(code: number, start: number, end: number): Uint8Array | undefined {
    const bytes = this.#bytes
    let size = -1
    let found: Uint8Array | undefined
    let pieces: Uint8Array[] | undefined
    for (let at = start; at < end; ) {
      const type = bytes.u8(at)
      if (type === END) break
      if (type === PAD) {
        at++
        continue
      }
      if (at + 2 > end) break
      const next = at + 2 + bytes.u8(at + 1)
      if (next > end) break
      if (type === code) {
        const part = bytes.view(at + 2, next)
        size = Math.max(size, 0) + part.length
        if (found === undefined) {
          found = part
        } else {
          pieces ??= [found]
          pieces.push(part)
        }
      }
      at = next
    }
    if (pieces === undefined) return found
    const whole = new Uint8Array(size)
    let length = 0
    for (const piece of pieces) {
      whole.set(piece, length)
      length += piece.length
    }
    return whole
  }

  #text(code: number): string | undefined {
    const data = this.find(code)
    return data === undefined ? undefined : utf8.decode(withoutZeros(data))
  }

  #u32(code: number): number | undefined {
    const data = this.find(code)
    return data?.length === 4 ? readerOf(data).u32(0) : undefined
  }

  #address(code: number): string | undefined {
    const data = this.find(code)
    return data?.length === 4 ? formatIpv4(readerOf(data), 0) : undefined
  }

  #addresses(code: number): readonly string[] | undefined {
    const data = this.find(code)
    if (data === undefined || data.length === 0 || data.length % 4 !== 0) return undefined
    const bytes = readerOf(data)
    return Array.from({ length: data.length / 4 }, (_, index) => formatIpv4(bytes, index * 4))
  }

  /** 1 discover, 2 offer, 3 request, 4 decline, 5 ack, 6 nak, 7 release, 8 inform. */
  get messageType(): number | undefined {
    return this.find(Option.MESSAGE_TYPE)?.[0]
  }

  /** The name the client calls itself, or the server gives it. */
  get hostname(): string | undefined {
    return this.#text(Option.HOSTNAME)
  }

  get requestedIp(): string | undefined {
    return this.#address(Option.REQUESTED_IP)
  }

  get serverId(): string | undefined {
    return this.#address(Option.SERVER_ID)
  }

  get leaseSeconds(): number | undefined {
    return this.#u32(Option.LEASE)
  }

  get renewalSeconds(): number | undefined {
    return this.#u32(Option.RENEWAL)
  }

  get rebindingSeconds(): number | undefined {
    return this.#u32(Option.REBINDING)
  }

  /** What the client is made of, such as `MSFT 5.0` or `android-dhcp-14`. */
  get vendorClass(): string | undefined {
    return this.#text(Option.VENDOR_CLASS)
  }

  get userClass(): string | undefined {
    return this.#text(Option.USER_CLASS)
  }

  /** Type and identifier, as the client made them up. */
  get clientId(): Uint8Array | undefined {
    return this.find(Option.CLIENT_ID)
  }

  get fqdn(): DhcpFqdn | undefined {
    const data = this.find(Option.FQDN)
    const flags = data?.[0]
    if (data === undefined || flags === undefined || data.length < 3) return undefined
    const name = data.subarray(3)
    return { flags, name: (flags & FQDN_IS_CANONICAL) === 0 ? utf8.decode(withoutZeros(name)) : labels(name) }
  }

  /** Options the client asks for, in its order. */
  get parameterList(): readonly number[] | undefined {
    const data = this.find(Option.PARAMETER_LIST)
    return data && Array.from(data)
  }

  /** The options asked for as text, such as `1,3,6,15,119`: the same for devices of a kind. */
  get fingerprint(): string | undefined {
    return this.parameterList?.join(',')
  }

  get maxMessageBytes(): number | undefined {
    const data = this.find(Option.MAX_SIZE)
    return data?.length === 2 ? readerOf(data).u16(0) : undefined
  }

  /** Why a server refuses, or a client declines. */
  get message(): string | undefined {
    return this.#text(Option.MESSAGE)
  }

  get subnetMask(): string | undefined {
    return this.#address(Option.SUBNET_MASK)
  }

  get broadcast(): string | undefined {
    return this.#address(Option.BROADCAST)
  }

  get routers(): readonly string[] | undefined {
    return this.#addresses(Option.ROUTERS)
  }

  get dnsServers(): readonly string[] | undefined {
    return this.#addresses(Option.DNS_SERVERS)
  }

  get ntpServers(): readonly string[] | undefined {
    return this.#addresses(Option.NTP_SERVERS)
  }

  get domainName(): string | undefined {
    return this.#text(Option.DOMAIN_NAME)
  }

  get captivePortal(): string | undefined {
    return this.#text(Option.CAPTIVE_PORTAL)
  }

  get hasRapidCommit(): boolean {
    return this.find(Option.RAPID_COMMIT) !== undefined
  }

  /** Where a relay got the message from (RFC 3046). */
  get circuitId(): Uint8Array | undefined {
    return this.#relayOption(CIRCUIT_ID)
  }

  /** Whom a relay got the message from (RFC 3046). */
  get remoteId(): Uint8Array | undefined {
    return this.#relayOption(REMOTE_ID)
  }

  #relayOption(code: number): Uint8Array | undefined {
    const data = this.find(Option.RELAY_AGENT)
    if (data === undefined) return undefined
    const bytes = readerOf(data)
    for (let at = 0; at + 2 <= data.length; ) {
      const next = at + 2 + bytes.u8(at + 1)
      if (next > data.length) return undefined
      if (bytes.u8(at) === code) return bytes.view(at + 2, next)
      at = next
    }
    return undefined
  }
}

function joined(one: Uint8Array | undefined, other: Uint8Array | undefined): Uint8Array | undefined {
  if (one === undefined || other === undefined) return one ?? other
  const both = new Uint8Array(one.length + other.length)
  both.set(one)
  both.set(other, one.length)
  return both
}

function readerOf(data: Uint8Array): ByteReader {
  const bytes = new ByteReader()
  bytes.reset(data)
  return bytes
}

/** Some clients count a C string's zero as part of it. */
function withoutZeros(data: Uint8Array): Uint8Array {
  let end = data.length
  while (end > 0 && data[end - 1] === 0) end--
  return data.subarray(0, end)
}

/** A name in labels without pointers; what is not whole is left out. */
function labels(data: Uint8Array): string {
  const parts: string[] = []
  for (let at = 0; at < data.length; ) {
    const size = data[at] ?? 0
    if (size === 0 || at + 1 + size > data.length) break
    parts.push(utf8.decode(data.subarray(at + 1, at + 1 + size)))
    at += 1 + size
  }
  return parts.join('.')
}
