import type { DecodeError } from '../errors.js'
import { truncated } from '../errors.js'
import type { FieldWriter } from '../formats/field-writer.js'
import type { JsonNames } from '../formats/json-names.js'
import { jsonNames } from '../formats/json-names.js'
import type { FoundLayers } from '../packet.js'
import type { Protocol } from '../registry.js'
import { formatIpv6 } from '../text/ip-address.js'
import type { GroupRecord, GroupRecordInfo } from './group-records.js'
import { checkRecords, expandCode, listAddresses, listRecords, writeMembership } from './group-records.js'
import type { EmbeddedInfo } from './icmp-header.js'
import { ICMP_FIELDS, IcmpHeader } from './icmp-header.js'
import { ETHER_TYPE_IPV6 } from './ipv6.js'
import type { NeighborOption, NeighborOptionInfo } from './neighbor-options.js'
import { checkNeighborOptions, listNeighborOptions, writeNeighborOptions } from './neighbor-options.js'

const NAME = 'ICMPv6'
const IPV6_BYTES = 16
const PACKET_TOO_BIG = 2
const PARAMETER_PROBLEM = 4
const LAST_ERROR = 4
const ECHO_REQUEST = 128
const ECHO_REPLY = 129
const LISTENER_QUERY = 130
const LISTENER_DONE = 132
const ROUTER_SOLICITATION = 133
const ROUTER_ADVERTISEMENT = 134
const NEIGHBOR_SOLICITATION = 135
const NEIGHBOR_ADVERTISEMENT = 136
const REDIRECT = 137
const LISTENER_REPORT_V2 = 143
const EXTENDED_ECHO_REQUEST = 160
const EXTENDED_ECHO_REPLY = 161
/** Behind the header of a query of MLDv2: the group, flags, interval and number of sources. */
const QUERY_V2_BYTES = 20
/** Shorter quotes do not say how long they are (RFC 4884 section 5.5). */
const SHORTEST_STATED_QUOTE_BYTES = 128

/** What stands between header and options in messages of neighbour discovery. */
const NEIGHBOR_BODY_BYTES: ReadonlyMap<number, number> = new Map([
  [ROUTER_SOLICITATION, 0],
  [ROUTER_ADVERTISEMENT, 8],
  [NEIGHBOR_SOLICITATION, 16],
  [NEIGHBOR_ADVERTISEMENT, 16],
  [REDIRECT, 32]
])

const ICMPV6 = jsonNames(NAME, {
  ...ICMP_FIELDS,
  target: 'TargetAddress',
  destination: 'DestinationAddress',
  hopLimit: 'CurHopLimit',
  managed: 'Managed',
  other: 'Other',
  preference: 'Preference',
  routerSeconds: 'RouterLifetime',
  reachableMs: 'ReachableTime',
  retransmitMs: 'RetransTimer',
  fromRouter: 'Router',
  solicited: 'Solicited',
  override: 'Override',
  options: 'Options',
  group: 'Group',
  maxResponseMs: 'MaxResp',
  sources: 'Sources',
  records: 'Records'
})

/** In JSON as `ICMPv6`; which of the optional keys there are depends on the type. */
export interface Icmpv6Info {
  Contents: string
  Payload: string
  Type: number
  Code: number
  Checksum: number
  Id?: number
  Seq?: number
  MTU?: number
  Pointer?: number
  TargetAddress?: string
  DestinationAddress?: string
  CurHopLimit?: number
  Managed?: boolean
  Other?: boolean
  /** 1 high, 0 medium, -1 low. */
  Preference?: number
  /** Seconds. */
  RouterLifetime?: number
  /** Milliseconds. */
  ReachableTime?: number
  /** Milliseconds. */
  RetransTimer?: number
  Router?: boolean
  Solicited?: boolean
  Override?: boolean
  Options?: NeighborOptionInfo[]
  Group?: string
  /** Milliseconds. */
  MaxResp?: number
  Sources?: string[]
  Records?: GroupRecordInfo[]
  Embedded?: EmbeddedInfo
}

/** What a router says about itself (RFC 4861 section 4.2). */
export interface RouterAdvertisement {
  /** Hop limit hosts are to use; 0 says nothing. */
  readonly hopLimit: number
  /** Addresses come from DHCPv6. */
  readonly managed: boolean
  /** Everything else comes from DHCPv6. */
  readonly other: boolean
  /** RFC 4191: 1 high, 0 medium, -1 low. */
  readonly preference: number
  /** How long it is a default router, in seconds; 0 says that it is none. */
  readonly routerSeconds: number
  readonly reachableMs: number
  readonly retransmitMs: number
}

/** RFC 4443, with neighbour discovery (RFC 4861) and multicast listeners of both versions (RFC 2710, RFC 9777). */
export class Icmpv6 extends IcmpHeader {
  readonly name: string = NAME
  override readonly json: JsonNames = ICMPV6
  protected readonly embeddedEtherType: number = ETHER_TYPE_IPV6
  /** Offsets of the options of neighbour discovery, and behind the last whole one. */
  optionsStart = 0
  optionsEnd = 0

  protected override decode(): DecodeError | undefined {
    const error = super.decode()
    this.optionsStart = this.headerEnd
    this.optionsEnd = this.headerEnd
    if (error !== undefined) return error
    const bodyBytes = NEIGHBOR_BODY_BYTES.get(this.type)
    if (bodyBytes !== undefined) return this.#checkNeighborMessage(bodyBytes)
    return this.#checkListenerMessage()
  }

  #checkNeighborMessage(bodyBytes: number): DecodeError | undefined {
    const { bytes, headerEnd, end } = this
    if (end - headerEnd < bodyBytes) {
      const part = this.isNeighborMessage && end - headerEnd < IPV6_BYTES ? 'the target address' : 'the message'
      return truncated(NAME, headerEnd, `${part} is cut`)
    }
    this.optionsStart = headerEnd + bodyBytes
    const { optionsEnd, error } = checkNeighborOptions(NAME, bytes, this.optionsStart, end)
    this.optionsEnd = optionsEnd
    return error
  }

  #checkListenerMessage(): DecodeError | undefined {
    const { bytes, headerEnd, end } = this
    const available = end - headerEnd
    if (this.type === LISTENER_REPORT_V2) {
      return checkRecords(NAME, bytes, headerEnd, end, bytes.u16(this.start + 6), IPV6_BYTES)
    }
    if (!this.#namesGroup) return undefined
    if (available < IPV6_BYTES) return truncated(NAME, headerEnd, 'the group address is cut')
    if (this.#isQueryV2 && QUERY_V2_BYTES + this.#sourceCount * IPV6_BYTES > available) {
      return truncated(NAME, end, `query with ${this.#sourceCount} sources is cut`)
    }
    return undefined
  }

  override announce(found: FoundLayers): void {
    found.icmpv6 = this
  }

  get hasId(): boolean {
    return this.type === ECHO_REQUEST || this.type === ECHO_REPLY || this.#isExtendedEcho
  }

  /** Of an extended echo (RFC 8335) only eight bits. */
  override get seq(): number | undefined {
    return this.#isExtendedEcho ? this.bytes.u8(this.start + 6) : super.seq
  }

  /** What "packet too big" allows. */
  get mtu(): number | undefined {
    return this.type === PACKET_TOO_BIG ? this.bytes.u32(this.start + 4) : undefined
  }

  get pointer(): number | undefined {
    return this.type === PARAMETER_PROBLEM ? this.bytes.u32(this.start + 4) : undefined
  }

  /** Neighbour solicitation and advertisement, and redirect, name a target address. */
  get isNeighborMessage(): boolean {
    return this.type >= NEIGHBOR_SOLICITATION && this.type <= REDIRECT
  }

  /** Offset of the 16 bytes of the target address, 0 when there is none. */
  get targetStart(): number {
    return this.isNeighborMessage && this.end - this.headerEnd >= IPV6_BYTES ? this.headerEnd : 0
  }

  get target(): string | undefined {
    const at = this.targetStart
    return at === 0 ? undefined : formatIpv6(this.bytes, at)
  }

  /** Where a redirect says packets for the target's host go. */
  get redirectDestination(): string | undefined {
    return this.#isWholeRedirect ? formatIpv6(this.bytes, this.headerEnd + IPV6_BYTES) : undefined
  }

  get routerAdvertisement(): RouterAdvertisement | undefined {
    const { bytes, start, headerEnd } = this
    if (this.type !== ROUTER_ADVERTISEMENT || this.end - headerEnd < 8) return undefined
    const flags = bytes.u8(start + 5)
    return {
      hopLimit: bytes.u8(start + 4),
      managed: (flags & 0x80) !== 0,
      other: (flags & 0x40) !== 0,
      // Two bits with a sign.
      preference: (flags << 27) >> 30,
      routerSeconds: bytes.u16(start + 6),
      reachableMs: bytes.u32(headerEnd),
      retransmitMs: bytes.u32(headerEnd + 4)
    }
  }

  /** Of a neighbour advertisement: 4 the sender is a router, 2 it was asked, 1 it replaces what was known. */
  get advertisementFlags(): number | undefined {
    return this.type === NEIGHBOR_ADVERTISEMENT ? this.bytes.u8(this.start + 4) >> 5 : undefined
  }

  /** Options of neighbour discovery, up to the first that is not whole. */
  get neighborOptions(): readonly NeighborOption[] {
    return listNeighborOptions(this.bytes, this.optionsStart, this.optionsEnd)
  }

  /** Of MLD: the group asked for, reported or left; `::` in a query for all. */
  get group(): string | undefined {
    return this.#namesGroup && this.end - this.headerEnd >= IPV6_BYTES
      ? formatIpv6(this.bytes, this.headerEnd)
      : undefined
  }

  /** Of queries of MLD: how long hosts may wait with their report. */
  get maxResponseMs(): number | undefined {
    if (this.type !== LISTENER_QUERY) return undefined
    const code = this.bytes.u16(this.start + 4)
    return this.#isQueryV2 ? expandCode(code, 16) : code
  }

  /** Of a query of MLDv2: the sources asked for. */
  get sources(): readonly string[] | undefined {
    if (!this.#isQueryV2) return undefined
    return listAddresses(this.bytes, this.headerEnd + QUERY_V2_BYTES, this.end, this.#sourceCount, IPV6_BYTES)
  }

  /** Of a report of MLDv2. */
  get records(): readonly GroupRecord[] | undefined {
    if (this.type !== LISTENER_REPORT_V2) return undefined
    return listRecords(this.bytes, this.headerEnd, this.end, this.bytes.u16(this.start + 6), IPV6_BYTES)
  }

  get #isExtendedEcho(): boolean {
    return this.type === EXTENDED_ECHO_REQUEST || this.type === EXTENDED_ECHO_REPLY
  }

  get #namesGroup(): boolean {
    return this.type >= LISTENER_QUERY && this.type <= LISTENER_DONE
  }

  get #isQueryV2(): boolean {
    return this.type === LISTENER_QUERY && this.end - this.headerEnd >= QUERY_V2_BYTES
  }

  get #sourceCount(): number {
    return this.bytes.u16(this.headerEnd + 18)
  }

  get #isWholeRedirect(): boolean {
    return this.type === REDIRECT && this.end - this.headerEnd >= 2 * IPV6_BYTES
  }

  protected get embeddedRange(): readonly [start: number, end: number] | undefined {
    if (this.type > LAST_ERROR) return undefined
    const stated = this.bytes.u8(this.start + 4) * 8
    // RFC 4884 gives a length to "unreachable" and "time exceeded"; the others need the byte for themselves.
    const hasLength = this.type !== PACKET_TOO_BIG && this.type !== PARAMETER_PROBLEM
    const isCut = hasLength && stated >= SHORTEST_STATED_QUOTE_BYTES
    return [this.headerEnd, isCut ? Math.min(this.headerEnd + stated, this.end) : this.end]
  }

  override writeFields(out: FieldWriter): void {
    super.writeFields(out)
    const { fields } = ICMPV6
    if (this.targetStart !== 0) out.ipv6(fields.target, this.targetStart)
    if (this.#isWholeRedirect) out.ipv6(fields.destination, this.headerEnd + IPV6_BYTES)
    const router = this.routerAdvertisement
    if (router !== undefined) {
      out.uint(fields.hopLimit, router.hopLimit)
      out.boolean(fields.managed, router.managed)
      out.boolean(fields.other, router.other)
      out.int(fields.preference, router.preference)
      out.uint(fields.routerSeconds, router.routerSeconds)
      out.uint(fields.reachableMs, router.reachableMs)
      out.uint(fields.retransmitMs, router.retransmitMs)
    }
    const flags = this.advertisementFlags
    if (flags !== undefined) {
      out.boolean(fields.fromRouter, (flags & 4) !== 0)
      out.boolean(fields.solicited, (flags & 2) !== 0)
      out.boolean(fields.override, (flags & 1) !== 0)
    }
    if (this.optionsEnd > this.optionsStart && !out.isBrief) {
      out.beginList(fields.options)
      writeNeighborOptions(out, this.bytes, this.optionsStart, this.optionsEnd)
      out.endList()
    }
    this.#writeListenerFields(out)
    this.writeEmbedded(out)
  }

  #writeListenerFields(out: FieldWriter): void {
    const { fields } = ICMPV6
    out.text(fields.group, this.group)
    out.uint(fields.maxResponseMs, this.maxResponseMs)
    writeMembership(out, fields, this)
  }
}

export const icmpv6: Protocol = { name: NAME, create: () => new Icmpv6(), ipv6Headers: [58] }
