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

/** Counts packets in plain maps; nothing of it is made into metrics before somebody asks. */
export class PacketCounts implements PacketStation {
  readonly #prefixes = new BoundedNames(maxPrefixes)
  readonly #devices = new BoundedNames(maxDevices)
  readonly #counts = new Map<string, PacketCount>()
  /** By group and protocol number, then by device and prefix as they were logged. */
  readonly #remembered = new Map<string, Map<string, Map<number, PacketCount>>>()
  #rememberedSize = 0
  #lastPrefix = ''
  #lastDevice = ''
  #lastKind = -1
  #last: PacketCount | undefined

  /** What was counted so far, each combination once. */
  get counts(): Iterable<Readonly<PacketCount>> {
    return this.#counts.values()
  }

  packet(logged: LoggedPacket, packet: Packet, _topic: string, context: PacketContext): void {
    const { prefix, group, inDevice, payload } = logged
    const device = inDevice ?? logged.outDevice ?? ''
    const kind = group * 512 + protocolOf(logged, packet)
    let count = this.#last
    if (count === undefined || kind !== this.#lastKind || prefix !== this.#lastPrefix || device !== this.#lastDevice) {
      count = this.#find(prefix, device, kind, context.action ?? '')
      this.#last = count
      this.#lastKind = kind
      this.#lastPrefix = prefix
      this.#lastDevice = device
    }
    count.packets += 1
    count.bytes += logged.originalLength ?? payload.length
  }

  #find(prefix: string, device: string, kind: number, action: string): PacketCount {
    const byDevice = this.#remembered.get(prefix)
    const byKind = byDevice?.get(device)
    const known = byKind?.get(kind)
    if (known !== undefined) return known
    const count = this.#add(prefix.trim(), device, kind, action)
    if (this.#rememberedSize >= maxRemembered) {
      this.#remembered.clear()
      this.#rememberedSize = 0
    }
    this.#rememberedSize += 1
    const devices = this.#remembered.get(prefix) ?? new Map<string, Map<number, PacketCount>>()
    this.#remembered.set(prefix, devices)
    const kinds = devices.get(device) ?? new Map<number, PacketCount>()
    devices.set(device, kinds)
    kinds.set(kind, count)
    return count
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
