import type { LoggedPacket, Packet, Rule } from '@packet-logs/decoder'
import { Ipv4, parseRule, topicOf } from '@packet-logs/decoder'
import type { Address } from '../address.js'

/** What is known about a packet beside the packet; the same that goes into its event. */
export interface PacketContext {
  /** What the rule's group stands for. Default: `blocked` for group 1, else `allowed`. */
  readonly action?: string
  /** Name last resolved to the source address. */
  readonly recentDomainSrc?: string
  /** Name last resolved to the destination address. */
  readonly recentDomainDst?: string
}

/** What filters read of a log prefix. */
interface PrefixTexts {
  readonly logged: string
  readonly trimmed: string
  readonly topic: string
  readonly rule: Rule | undefined
}

const MAX_PREFIXES = 256
const HARDWARE_TYPE_ETHERNET = 1
const ETHERNET_ADDRESSES_BYTES = 12
const HEX = Array.from({ length: 256 }, (_, byte) => byte.toString(16).padStart(2, '0'))

/** The packet a filter looks at. One object takes one packet after another; nothing is read before a field asks. */
export class PacketView {
  logged: LoggedPacket
  packet: Packet
  context: PacketContext | undefined
  #prefix: PrefixTexts = { logged: '', trimmed: '', topic: topicOf(''), rule: undefined }
  readonly #prefixes = new Map<string, PrefixTexts>()

  constructor(logged: LoggedPacket, packet: Packet) {
    this.logged = logged
    this.packet = packet
  }

  reset(logged: LoggedPacket, packet: Packet, context: PacketContext | undefined): this {
    this.logged = logged
    this.packet = packet
    this.context = context
    return this
  }

  get topic(): string {
    return this.#prefixTexts().topic
  }

  /** Without the blanks around it. */
  get prefix(): string {
    return this.#prefixTexts().trimmed
  }

  /** A firewall has a handful of prefixes; should somebody find a way to vary them, the memory of them starts over. */
  #prefixTexts(): PrefixTexts {
    const { prefix } = this.logged
    if (prefix === this.#prefix.logged) return this.#prefix
    let texts = this.#prefixes.get(prefix)
    if (texts === undefined) {
      texts = { logged: prefix, trimmed: prefix.trim(), topic: topicOf(prefix), rule: parseRule(prefix) }
      if (this.#prefixes.size >= MAX_PREFIXES) this.#prefixes.clear()
      this.#prefixes.set(prefix, texts)
    }
    this.#prefix = texts
    return texts
  }

  get rule(): Rule | undefined {
    return this.#prefixTexts().rule
  }

  get action(): string {
    return this.context?.action ?? (this.logged.group === 1 ? 'blocked' : 'allowed')
  }

  readSource(into: Address): boolean {
    return this.#readAddress(into, 12, 8)
  }

  readDestination(into: Address): boolean {
    return this.#readAddress(into, 16, 24)
  }

  #readAddress(into: Address, inIpv4: number, inIpv6: number): boolean {
    const { ip } = this.packet
    if (ip === undefined) return false
    const isIpv4 = ip instanceof Ipv4
    into.readBytes(this.logged.payload, ip.start + (isIpv4 ? inIpv4 : inIpv6), isIpv4 ? 4 : 6)
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
