import type { LoggedPacket, Packet } from '@packet-logs/decoder'
import type { PacketContext } from '@packet-logs/rules'
import type { PacketStation } from '../publish-packets.js'
import { BoundedNames, otherName } from './bounded-names.js'

/** Packets that are alike, and how many there were. */
export interface PacketCount {
  readonly prefix: string
  readonly action: string
  readonly group: number
  readonly protocol: string
  /** Where it came in; of a packet of this machine's own, where it left. */
  readonly device: string
  packets: number
  /** From the network header on, as long as the packets were when they were logged. */
  bytes: number
}

/** A firewall has a dozen prefixes and some devices; what somebody else makes up shall not fill a database. */
const maxPrefixes = 64
const maxDevices = 64
/** Combinations counted by themselves; further ones are counted by group and protocol alone. */
const maxCounts = 2000
/** Prefixes and devices looked up directly; the memory starts over when somebody varies them. */
const maxRemembered = 4096

const etherTypeArp = 0x0806
const arp = 256
const unknown = 257
const protocols: readonly [number, string][] = [
  [1, 'icmp'],
  [2, 'igmp'],
  [6, 'tcp'],
  [17, 'udp'],
  [41, 'ipv6'],
  [47, 'gre'],
  [50, 'esp'],
  [51, 'ah'],
  [58, 'icmpv6'],
  [132, 'sctp'],
  [136, 'udplite'],
  [arp, 'arp']
]
const protocolNames: readonly string[] = (() => {
  const names = Array.from({ length: unknown + 1 }, () => otherName)
  for (const [number, name] of protocols) names[number] = name
  return names
})()

/** What is known of a prefix as it was logged: the count of its last packet, and of all others by device and kind. */
interface PrefixCounts {
  device: string
  kind: number
  last: PacketCount
  readonly byDevice: Map<string, Map<number, PacketCount>>
}

/** Counts packets in plain maps; nothing of it is made into metrics before somebody asks. */
export class PacketCounts implements PacketStation {
  readonly #prefixes = new BoundedNames(maxPrefixes)
  readonly #devices = new BoundedNames(maxDevices)
  readonly #counts = new Map<string, PacketCount>()
  readonly #remembered = new Map<string, PrefixCounts>()
  #rememberedSize = 0

  /** What was counted so far, each combination once. */
  get counts(): Iterable<Readonly<PacketCount>> {
    return this.#counts.values()
  }

  packet(logged: LoggedPacket, packet: Packet, _topic: string, context: PacketContext): void {
    const { prefix, inDevice, payload } = logged
    const device = inDevice ?? logged.outDevice ?? ''
    const kind = logged.group * 512 + protocolOf(logged, packet)
    const known = this.#remembered.get(prefix)
    const count =
      known !== undefined && known.kind === kind && known.device === device
        ? known.last
        : this.#find(prefix, device, kind, context.action ?? '')
    count.packets += 1
    count.bytes += logged.originalLength ?? payload.length
  }

  #find(prefix: string, device: string, kind: number, action: string): PacketCount {
    const known = this.#remembered.get(prefix)
    const last = known?.byDevice.get(device)?.get(kind) ?? this.#add(prefix.trim(), device, kind, action)
    if (known !== undefined) {
      known.device = device
      known.kind = kind
      known.last = last
    }
    this.#remember(known ?? { device, kind, last, byDevice: new Map() }, prefix)
    return last
  }

  #remember(counts: PrefixCounts, prefix: string): void {
    const { byDevice, device, kind, last } = counts
    const byKind = byDevice.get(device) ?? new Map<number, PacketCount>()
    if (byKind.has(kind)) return
    if (this.#rememberedSize >= maxRemembered) {
      this.#remembered.clear()
      this.#rememberedSize = 0
      byDevice.clear()
    }
    this.#rememberedSize += 1
    byDevice.set(device, byKind.set(kind, last))
    this.#remembered.set(prefix, counts)
  }

  /** The count of a combination; when there are too many, the one of its group and protocol. */
  #add(prefix: string, device: string, kind: number, action: string): PacketCount {
    const isFull = this.#counts.size >= maxCounts
    const names = {
      prefix: isFull ? otherName : this.#prefixes.nameFor(prefix),
      device: isFull ? otherName : this.#devices.nameFor(device)
    }
    const protocol = protocolNames[kind % 512] ?? otherName
    const group = Math.floor(kind / 512)
    const key = JSON.stringify([names.prefix, names.device, group, protocol])
    const known = this.#counts.get(key)
    if (known !== undefined) return known
    const count = { ...names, action, group, protocol, packets: 0, bytes: 0 }
    this.#counts.set(key, count)
    return count
  }
}

function protocolOf(logged: LoggedPacket, packet: Packet): number {
  const { ip } = packet
  if (ip !== undefined) return ip.protocol
  return logged.etherType === etherTypeArp ? arp : unknown
}
