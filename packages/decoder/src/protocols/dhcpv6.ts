import type { DecodeError } from '../errors.js'
import { limited, malformed, truncated } from '../errors.js'
import type { FieldWriter } from '../formats/field-writer.js'
import type { JsonNames } from '../formats/json-names.js'
import { fieldKeys, ITEM, jsonNames } from '../formats/json-names.js'
import { Layer } from '../layer.js'
import type { Protocol } from '../registry.js'
import { formatIpv6 } from '../text/ip-address.js'
import type { Dhcpv6Association, Dhcpv6Prefix } from './dhcpv6-options.js'
import { Dhcpv6Options, MESSAGE_HEADER_BYTES, Option, RELAY_HEADER_BYTES } from './dhcpv6-options.js'

const NAME = 'DHCPv6'
const RELAY_FORWARD = 12
const RELAY_REPLY = 13
/** HOP_COUNT_LIMIT of RFC 8415. */
const MAX_RELAYS = 8

const JSON_NAMES = jsonNames(NAME, {
  messageType: 'MessageType',
  transactionId: 'TransactionID',
  relays: 'Relays',
  clientId: 'ClientID',
  clientMac: 'ClientMAC',
  serverId: 'ServerID',
  fqdn: 'FQDN',
  vendorClass: 'VendorClass',
  userClass: 'UserClass',
  fingerprint: 'Fingerprint',
  addresses: 'Addresses',
  prefixes: 'Prefixes',
  dnsServers: 'DNSServers',
  domains: 'Domains',
  statusCode: 'StatusCode',
  statusMessage: 'StatusMessage'
})
const RELAY = fieldKeys({ hopCount: 'HopCount', linkAddress: 'LinkAddress', peerAddress: 'PeerAddress' })
const ADDRESS = fieldKeys({
  address: 'Address',
  prefix: 'Prefix',
  preferredSeconds: 'PreferredSeconds',
  validSeconds: 'ValidSeconds'
})

/** A DHCPv6 message in events. */
export interface Dhcpv6Info {
  /** 1 solicit, 2 advertise, 3 request, 5 renew, 7 reply, 8 release, 11 information request, … */
  MessageType: number
  TransactionID?: number
  /** Outermost first. */
  Relays?: { HopCount: number; LinkAddress: string; PeerAddress: string }[]
  /** Hexadecimal. */
  ClientID?: string
  /** From the client's identifier, or from the relay. */
  ClientMAC?: string
  ServerID?: string
  FQDN?: string
  VendorClass?: string
  UserClass?: string
  /** Numbers of the options asked for, in order. */
  Fingerprint?: string
  Addresses?: { Address: string; PreferredSeconds: number; ValidSeconds: number }[]
  Prefixes?: { Prefix: string; PreferredSeconds: number; ValidSeconds: number }[]
  DNSServers?: string[]
  Domains?: string[]
  StatusCode?: number
  StatusMessage?: string
}

/** One relay a message came through. */
export interface Dhcpv6Relay {
  /** 12 forward, 13 reply. */
  readonly messageType: number
  readonly hopCount: number
  readonly linkAddress: string
  readonly peerAddress: string
}

/** RFC 8415. A message in relays' envelopes is the message, with the envelopes in {@link relays}. */
export class Dhcpv6 extends Layer {
  readonly name: string = NAME
  override readonly json: JsonNames = JSON_NAMES
  readonly #relayStarts: number[] = []
  readonly #relayOptions: Dhcpv6Options[] = []
  /** What the options of the innermost message say. */
  readonly options: Dhcpv6Options = new Dhcpv6Options()
  #messageStart = 0
  #messageEnd = 0

  protected decode(): DecodeError | undefined {
    const { start, end } = this
    while (this.#relayStarts.length > 0) this.#relayStarts.pop()
    this.#messageStart = start
    this.#messageEnd = end
    this.headerEnd = end
    this.options.reset(this.bytes, end, end)
    if (end - start < MESSAGE_HEADER_BYTES) {
      return truncated(NAME, start, `${end - start} bytes are too few for a header of 4`)
    }
    this.usable = true
    for (;;) {
      const isRelay = isRelayType(this.messageType)
      const header = isRelay ? RELAY_HEADER_BYTES : MESSAGE_HEADER_BYTES
      const optionsStart = this.#messageStart + header
      if (optionsStart > this.#messageEnd) {
        return this.#short(this.#messageStart, `a message of type ${this.messageType} is cut in its header`)
      }
      const options = isRelay ? this.#optionsOfRelay() : this.options
      const wholeEnd = options.reset(this.bytes, optionsStart, this.#messageEnd)
      if (wholeEnd < this.#messageEnd) return this.#short(wholeEnd, 'an option is cut')
      if (!isRelay) return undefined
      const inner = options.range(Option.RELAY_MESSAGE)
      if (inner === undefined) return undefined
      if (this.#relayStarts.length >= MAX_RELAYS && isRelayType(this.bytes.u8(inner.start))) {
        return limited(NAME, inner.start, `more than ${MAX_RELAYS} relays`)
      }
      if (inner.end === inner.start) return malformed(NAME, inner.start, 'a relay forwards an empty message')
      this.#messageStart = inner.start
      this.#messageEnd = inner.end
    }
  }

  /** Bytes are missing from the packet; or from an envelope, which itself is whole. */
  #short(at: number, reason: string): DecodeError {
    return this.#messageStart === this.start ? truncated(NAME, at, reason) : malformed(NAME, at, reason)
  }

  #optionsOfRelay(): Dhcpv6Options {
    const index = this.#relayStarts.length
    this.#relayStarts.push(this.#messageStart)
    const pooled = this.#relayOptions[index]
    if (pooled !== undefined) return pooled
    const options = new Dhcpv6Options()
    this.#relayOptions.push(options)
    return options
  }

  /** 1 solicit, 2 advertise, 3 request, 5 renew, 7 reply, 8 release, 11 information request, … */
  get messageType(): number {
    return this.#messageStart < this.#messageEnd ? this.bytes.u8(this.#messageStart) : 0
  }

  /** 24 bits that tie an answer to its question; undefined where only relays' envelopes are there. */
  get transactionId(): number | undefined {
    if (isRelayType(this.messageType) || this.#messageStart + MESSAGE_HEADER_BYTES > this.#messageEnd) return undefined
    return this.bytes.u24(this.#messageStart + 1)
  }

  /** The relays the message came through, outermost first. */
  get relays(): readonly Dhcpv6Relay[] {
    return this.#relayStarts.map(at => ({
      messageType: this.bytes.u8(at),
      hopCount: this.bytes.u8(at + 1),
      linkAddress: formatIpv6(this.bytes, at + 2),
      peerAddress: formatIpv6(this.bytes, at + 18)
    }))
  }

  /** The client's hardware address: from its identifier, else as the relay next to it saw it (RFC 6939). */
  get clientMac(): string | undefined {
    const fromId = this.options.clientMac
    if (fromId !== undefined || this.#relayStarts.length === 0) return fromId
    return this.#relayOptions[this.#relayStarts.length - 1]?.linkLayerMac
  }

  override writeFields(out: FieldWriter): void {
    const { fields } = JSON_NAMES
    const { options } = this
    out.uint(fields.messageType, this.messageType)
    out.uint(fields.transactionId, this.transactionId)
    if (this.#relayStarts.length > 0) {
      out.beginList(fields.relays)
      for (const at of this.#relayStarts) {
        out.beginObject(ITEM)
        out.uint(RELAY.hopCount, this.bytes.u8(at + 1))
        out.ipv6(RELAY.linkAddress, at + 2)
        out.ipv6(RELAY.peerAddress, at + 18)
        out.endObject()
      }
      out.endList()
    }
    const clientId = options.range(Option.CLIENT_ID)
    if (clientId !== undefined) out.hex(fields.clientId, clientId.start, clientId.end)
    out.text(fields.clientMac, this.clientMac)
    const serverId = options.range(Option.SERVER_ID)
    if (serverId !== undefined) out.hex(fields.serverId, serverId.start, serverId.end)
    out.text(fields.fqdn, options.fqdn?.name)
    out.text(fields.vendorClass, options.vendorClass)
    out.text(fields.userClass, options.userClass)
    out.text(fields.fingerprint, options.fingerprint)
    this.#writeAddresses(out, options.addresses)
    this.#writePrefixes(out, options.prefixes)
    writeTexts(out, fields.dnsServers, options.dnsServers)
    writeTexts(out, fields.domains, options.domains)
    out.uint(fields.statusCode, options.status?.code)
    out.text(fields.statusMessage, options.status?.message)
  }

  #writeAddresses(out: FieldWriter, addresses: readonly Dhcpv6Association[]): void {
    if (addresses.length === 0) return
    out.beginList(JSON_NAMES.fields.addresses)
    for (const { address, preferredSeconds, validSeconds } of addresses) {
      out.beginObject(ITEM)
      out.text(ADDRESS.address, address)
      out.uint(ADDRESS.preferredSeconds, preferredSeconds)
      out.uint(ADDRESS.validSeconds, validSeconds)
      out.endObject()
    }
    out.endList()
  }

  #writePrefixes(out: FieldWriter, prefixes: readonly Dhcpv6Prefix[]): void {
    if (prefixes.length === 0) return
    out.beginList(JSON_NAMES.fields.prefixes)
    for (const { prefix, preferredSeconds, validSeconds } of prefixes) {
      out.beginObject(ITEM)
      out.text(ADDRESS.prefix, prefix)
      out.uint(ADDRESS.preferredSeconds, preferredSeconds)
      out.uint(ADDRESS.validSeconds, validSeconds)
      out.endObject()
    }
    out.endList()
  }
}

function isRelayType(messageType: number): boolean {
  return messageType === RELAY_FORWARD || messageType === RELAY_REPLY
}

function writeTexts(out: FieldWriter, key: (typeof JSON_NAMES.fields)['domains'], texts: readonly string[]): void {
  if (texts.length === 0) return
  out.beginList(key)
  for (const text of texts) out.text(ITEM, text)
  out.endList()
}

export const dhcpv6: Protocol = { name: NAME, create: () => new Dhcpv6(), udpPorts: [546, 547] }
