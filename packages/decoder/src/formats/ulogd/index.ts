import { ByteReader } from '../../bytes/reader.js'
import type { LoggedPacket } from '../../logged-packet.js'
import { actionOf } from '../action.js'
import type { UlogdEvent, UlogdHeaders } from './event.js'
import { ULOGD_KEYS } from './event.js'
import { interpretArp, interpretIpv4, interpretIpv6 } from './interpret.js'
import { formatLocalTime } from './timestamp.js'

export interface UlogdOptions {
  /** Value of `dvc`. Default `Netfilter`, as ulogd's. */
  readonly device?: string
  /** Writes the right value where ulogd's is wrong, such as `tcp.offset` and `icmp.csum`. Default `false`. */
  readonly corrected?: boolean
  /** What the rule's group stands for. Default: `blocked` for group 1, else `allowed`. */
  readonly action?: string
}

const IPV4 = 2
const ARP = 3
const BRIDGE = 7
const IPV6 = 10
const ETHER_TYPES: ReadonlyMap<number, number> = new Map([
  [IPV4, 0x0800],
  [IPV6, 0x86dd],
  [ARP, 0x0806]
])
const FAMILIES: ReadonlyMap<number, number> = new Map(
  [...ETHER_TYPES].map(([family, etherType]) => [etherType, family])
)
const HARDWARE_TYPE_ETHERNET = 1
const ETHERNET_BYTES = 14
/** The most that fits an attribute of netlink, which is how packets reach ulogd. */
const MAX_PAYLOAD_BYTES = 65_531

/**
 * A packet as ulogd 2's JSON plugin writes it with `boolean_label`, IP2STR and HWHDR: every key ulogd emits has ulogd's
 * value. Never throws on bytes.
 */
export function formatUlogd(packet: LoggedPacket, options?: UlogdOptions): string {
  return JSON.stringify(toUlogd(packet, options))
}

/** The same as an object, its keys in ulogd's order. */
export function toUlogd(packet: LoggedPacket, options: UlogdOptions = {}): UlogdEvent {
  const { corrected = false } = options
  const { hwHeader, hwType } = packet
  const payload = corrected ? packet.payload : packet.payload.subarray(0, MAX_PAYLOAD_BYTES)
  const family = packet.family ?? FAMILIES.get(packet.etherType ?? 0)
  const etherType = packet.etherType ?? ETHER_TYPES.get(packet.family ?? 0)
  const time = timeOf(packet)
  const header = hwHeader === undefined || hwHeader.length === 0 ? undefined : hwHeader
  const isEthernet = hwType === HARDWARE_TYPE_ETHERNET && header !== undefined && header.length >= ETHERNET_BYTES
  // The kernel gives the sender's address beside every Ethernet header; who made a packet by hand may not have.
  const hwAddress = packet.hwAddress ?? (isEthernet ? header.subarray(6, 12) : undefined)
  return ordered({
    ...interpret(payload, { family, etherType }, corrected),
    timestamp: formatLocalTime(time ?? Date.now() * 1000),
    dvc: options.device ?? 'Netfilter',
    'raw.pktlen': payload.length === 0 ? undefined : payload.length,
    'raw.pktcount': 1,
    // Text that is not UTF-8 is no JSON string to ulogd, which leaves it out.
    'oob.prefix': packet.prefixBytes === undefined || corrected ? packet.prefix : undefined,
    'oob.time.sec': time === undefined ? undefined : Math.floor(time / 1_000_000),
    'oob.time.usec': time === undefined ? undefined : time - Math.floor(time / 1_000_000) * 1_000_000,
    'oob.mark': packet.mark ?? 0,
    'oob.ifindex_in': packet.inIndex === 0 ? undefined : packet.inIndex,
    'oob.ifindex_out': packet.outIndex === 0 ? undefined : packet.outIndex,
    'oob.hook': packet.hook,
    'raw.mac_len': header?.length,
    'oob.seq.local': packet.seq,
    'oob.seq.global': packet.seqGlobal,
    'oob.family': family,
    'oob.protocol': etherType,
    'oob.uid': packet.uid,
    'oob.gid': packet.gid,
    action: actionOf(packet, options.action),
    'raw.type': header === undefined ? undefined : hwType,
    'raw.mac.addrlen': hwAddress?.length,
    'oob.in': packet.inDevice ?? '',
    'oob.out': packet.outDevice ?? '',
    'mac.saddr.str': hwAddress === undefined ? undefined : colons(hwAddress),
    'mac.daddr.str': isEthernet ? colons(header.subarray(0, 6)) : undefined,
    'mac.str': header === undefined ? undefined : colons(header)
  })
}

/** What the kernel told about the kind of packet, or what follows from it. */
interface Told {
  readonly family: number | undefined
  readonly etherType: number | undefined
}

function interpret(payload: Uint8Array, told: Told, corrected: boolean): UlogdHeaders {
  const bytes = new ByteReader()
  bytes.reset(payload)
  const event: UlogdHeaders = {}
  const family = familyOf(bytes, told, corrected)
  if (family === IPV4) interpretIpv4(event, bytes, corrected)
  else if (family === IPV6) interpretIpv6(event, bytes, corrected)
  else if (family === ARP) interpretArp(event, bytes)
  return event
}

/** What to read the packet as. ulogd goes by the family, IPv4 when there is none, and by the EtherType on a bridge. */
function familyOf(bytes: ByteReader, { family, etherType }: Told, corrected: boolean): number | undefined {
  if (corrected && family !== ARP && etherType !== ETHER_TYPES.get(ARP)) {
    const version = bytes.u8(0) >> 4
    return version === 4 ? IPV4 : version === 6 ? IPV6 : undefined
  }
  return family === BRIDGE ? FAMILIES.get(etherType ?? 0) : (family ?? IPV4)
}

function timeOf({ timestampUs }: LoggedPacket): number | undefined {
  return timestampUs !== undefined && Number.isSafeInteger(timestampUs) ? timestampUs : undefined
}

function colons(bytes: Uint8Array): string {
  return Array.from(bytes, byte => byte.toString(16).padStart(2, '0')).join(':')
}

/** What has a value, in ulogd's order. */
function ordered(values: { readonly [K in keyof UlogdEvent]: UlogdEvent[K] | undefined }): UlogdEvent {
  const entries = ULOGD_KEYS.filter(key => values[key] !== undefined).map(key => [key, values[key]])
  return Object.fromEntries(entries) as UlogdEvent
}
