import type { Ipv4, Ipv6, LoggedPacket, Packet } from '@packet-logs/decoder'
import { topicOf } from '@packet-logs/decoder'
import type { Address } from '../address.js'
import { isTunnel } from './names.js'

/** What is known about a packet beside the packet; the same that goes into its event. */
export interface PacketContext {
  /** What the rule's group stands for. Default: `blocked` for group 1, else `allowed`. */
  readonly action?: string
  /** Name last resolved to the source address. */
  readonly recentDomainSrc?: string
  /** Name last resolved to the destination address. */
  readonly recentDomainDst?: string
}

const HARDWARE_TYPE_ETHERNET = 1
const ETHERNET_ADDRESSES_BYTES = 12
const HEX = Array.from({ length: 256 }, (_, byte) => byte.toString(16).padStart(2, '0'))

/** The packet a filter looks at. One object takes one packet after another; nothing is read before a field asks. */
export class PacketView {
  logged: LoggedPacket
  packet: Packet
  context: PacketContext | undefined
  #prefix: string | undefined
  #trimmedPrefix = ''
  #topic = ''

  constructor(logged: LoggedPacket, packet: Packet) {
    this.logged = logged
    this.packet = packet
  }

  get topic(): string {
    this.#readPrefix()
    return this.#topic
  }

  /** Without the blanks around it. */
  get prefix(): string {
    this.#readPrefix()
    return this.#trimmedPrefix
  }

  /** A firewall has a handful of prefixes, and the same one comes many times in a row. */
  #readPrefix(): void {
    const { prefix } = this.logged
    if (prefix === this.#prefix) return
    this.#prefix = prefix
    this.#trimmedPrefix = prefix.trim()
    this.#topic = topicOf(prefix)
  }

  get action(): string {
    return this.context?.action ?? (this.logged.group === 1 ? 'blocked' : 'allowed')
  }

  /** The innermost IP header, if it is IPv4. */
  get ipv4(): Ipv4 | undefined {
    const { ipv4, ipv6 } = this.packet
    return ipv4 !== undefined && ipv6 !== undefined && isTunnel(ipv4.protocol) && !isTunnel(ipv6.protocol)
      ? undefined
      : ipv4
  }

  /** The innermost IP header, if it is IPv6. */
  get ipv6(): Ipv6 | undefined {
    const { ipv6 } = this.packet
    return ipv6 !== undefined && this.ipv4 === undefined ? ipv6 : undefined
  }

  readSource(into: Address): boolean {
    return this.#readAddress(into, 12, 8)
  }

  readDestination(into: Address): boolean {
    return this.#readAddress(into, 16, 24)
  }

  #readAddress(into: Address, inIpv4: number, inIpv6: number): boolean {
    const { ipv4 } = this
    if (ipv4 !== undefined) {
      into.readBytes(this.logged.payload, ipv4.start + inIpv4, 4)
      return true
    }
    const { ipv6 } = this.packet
    if (ipv6 === undefined) return false
    into.readBytes(this.logged.payload, ipv6.start + inIpv6, 6)
    return true
  }

  get sourceMac(): string | undefined {
    return this.#mac(6)
  }

  get destinationMac(): string | undefined {
    return this.#mac(0)
  }

  #mac(at: number): string | undefined {
    const { hwType, hwHeader } = this.logged
    if (hwType !== HARDWARE_TYPE_ETHERNET || hwHeader === undefined || hwHeader.length < ETHERNET_ADDRESSES_BYTES) {
      return undefined
    }
    let text = ''
    for (let index = at; index < at + 6; index++) text += `${index > at ? ':' : ''}${HEX[hwHeader[index] ?? 0] ?? ''}`
    return text
  }
}
