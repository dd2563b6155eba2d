import { ByteReader } from '../../bytes/reader.js'
import type { LoggedPacket } from '../../logged-packet.js'
import { actionOf } from '../action.js'
import type { UlogdEvent, UlogdValues } from './event.js'
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
const HEX = Array.from({ length: 256 }, (_, byte) => `:${byte.toString(16).padStart(2, '0')}`)
/** Every key is there from the start: an object that grows key by key to this size costs fifty times as much. */
const NOTHING = Object.fromEntries(ULOGD_KEYS.map(key => [key, undefined])) as UlogdValues
const KEY_TEXTS = ULOGD_KEYS.map(key => `,"${key}":`)
/** The most that fits an attribute of netlink, which is how packets reach ulogd. */
const MAX_PAYLOAD_BYTES = 65_531

/**
 * A packet as ulogd 2's JSON plugin writes it with `boolean_label`, IP2STR and HWHDR: every key ulogd emits has ulogd's
 * value. Never throws on bytes.
 */
export function formatUlogd(packet: LoggedPacket, options?: UlogdOptions): string {
  const values = collect(packet, options)
  let text = ''
  for (const [index, key] of ULOGD_KEYS.entries()) {
    const value = values[key]
    if (value === undefined) continue
    text += KEY_TEXTS[index] ?? ''
    text += typeof value === 'string' ? JSON.stringify(value) : value
  }
  return `{${text.slice(1)}}`
}

/** The same as an object, its keys in ulogd's order. */
export function toUlogd(packet: LoggedPacket, options?: UlogdOptions): UlogdEvent {
  const values = collect(packet, options)
  const entries = ULOGD_KEYS.filter(key => values[key] !== undefined).map(key => [key, values[key]])
  return Object.fromEntries(entries) as UlogdEvent
}

function collect(packet: LoggedPacket, options: UlogdOptions = {}): UlogdValues {
  const { corrected = false } = options
  const { hwHeader, hwType, inIndex, outIndex } = packet
  const payload = corrected ? packet.payload : packet.payload.subarray(0, MAX_PAYLOAD_BYTES)
  const family = packet.family ?? FAMILIES.get(packet.etherType ?? 0)
  const etherType = packet.etherType ?? ETHER_TYPES.get(packet.family ?? 0)
  const time = timeOf(packet)
  const header = hwHeader === undefined || hwHeader.length === 0 ? undefined : hwHeader
  const isEthernet = hwType === HARDWARE_TYPE_ETHERNET && header !== undefined && header.length >= ETHERNET_BYTES
  // The kernel gives the sender's address beside every Ethernet header; who made a packet by hand may not have.
  const hwAddress = packet.hwAddress ?? (isEthernet ? header.subarray(6, 12) : undefined)

  const event = { ...NOTHING }
  event.timestamp = formatLocalTime(time ?? Date.now() * 1000)
  event.dvc = options.device ?? 'Netfilter'
  if (payload.length > 0) event['raw.pktlen'] = payload.length
  event['raw.pktcount'] = 1
  // Text that is not UTF-8 is no JSON string to ulogd, which leaves it out.
  if (packet.prefixBytes === undefined || corrected) event['oob.prefix'] = packet.prefix
  if (time !== undefined) {
    event['oob.time.sec'] = Math.floor(time / 1_000_000)
    event['oob.time.usec'] = time - Math.floor(time / 1_000_000) * 1_000_000
  }
  event['oob.mark'] = packet.mark ?? 0
  if (inIndex !== 0) event['oob.ifindex_in'] = inIndex
  if (outIndex !== 0) event['oob.ifindex_out'] = outIndex
  event['oob.hook'] = packet.hook
  event['oob.seq.local'] = packet.seq
  event['oob.seq.global'] = packet.seqGlobal
  event['oob.family'] = family
  event['oob.protocol'] = etherType
  event['oob.uid'] = packet.uid
  event['oob.gid'] = packet.gid
  event.action = actionOf(packet, options.action)
  event['oob.in'] = packet.inDevice ?? ''
  event['oob.out'] = packet.outDevice ?? ''
  if (header !== undefined) {
    event['raw.mac_len'] = header.length
    event['raw.type'] = hwType
    event['mac.str'] = colons(header)
    if (isEthernet) event['mac.daddr.str'] = colons(header.subarray(0, 6))
  }
  if (hwAddress !== undefined) {
    event['raw.mac.addrlen'] = hwAddress.length
    event['mac.saddr.str'] = colons(hwAddress)
  }
  interpret(event, payload, { family, etherType }, corrected)
  return event
}

/** What the kernel told about the kind of packet, or what follows from it. */
interface Told {
  readonly family: number | undefined
  readonly etherType: number | undefined
}

function interpret(event: UlogdValues, payload: Uint8Array, told: Told, corrected: boolean): void {
  const bytes = new ByteReader()
  bytes.reset(payload)
  const family = familyOf(bytes, told, corrected)
  if (family === IPV4) interpretIpv4(event, bytes, corrected)
  else if (family === IPV6) interpretIpv6(event, bytes, corrected)
  else if (family === ARP) interpretArp(event, bytes)
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
  let text = ''
  for (const byte of bytes) text += HEX[byte] ?? ''
  return text.slice(1)
}
