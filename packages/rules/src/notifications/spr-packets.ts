import type { LoggedPacket, Packet } from '@packet-logs/decoder'
import { Ipv4, Tcp, Udp } from '@packet-logs/decoder'
import { asNumber } from '../filter/fields/define.js'
import type { JsonObject } from '../filter/value.js'
import { isObject } from '../filter/value.js'
import type { SprPacket } from './spr-conditions.js'

/** A decoded packet, as SPR's matcher sees it: SPR stops at tunnels and fragments. One object takes one after another. */
export class DecodedSprPacket implements SprPacket {
  #logged: LoggedPacket
  #packet: Packet
  #isRead = false
  #ip: Ipv4 | undefined
  #tcp: Tcp | undefined
  #udp: Udp | undefined

  constructor(logged: LoggedPacket, packet: Packet) {
    this.#logged = logged
    this.#packet = packet
  }

  reset(logged: LoggedPacket, packet: Packet): this {
    this.#logged = logged
    this.#packet = packet
    this.#isRead = false
    return this
  }

  #layers(): this {
    if (this.#isRead) return this
    this.#isRead = true
    this.#ip = undefined
    this.#tcp = undefined
    this.#udp = undefined
    for (const layer of this.#packet.layers) {
      if (layer instanceof Ipv4) this.#ip = layer
      else if (layer instanceof Tcp) this.#tcp = layer
      else if (layer instanceof Udp) this.#udp = layer
      if (layer.opensInner) break
    }
    return this
  }

  get prefix(): string {
    return this.#logged.prefix
  }

  get inDevice(): string {
    return this.#logged.inDevice ?? ''
  }

  get outDevice(): string {
    return this.#logged.outDevice ?? ''
  }

  get sourceIp(): string | undefined {
    return this.#layers().#ip?.source
  }

  get destinationIp(): string | undefined {
    return this.#layers().#ip?.destination
  }

  get hasTcp(): boolean {
    return this.#layers().#tcp !== undefined
  }

  get hasUdp(): boolean {
    return this.#layers().#udp !== undefined
  }

  sourcePort(protocol: 'tcp' | 'udp'): number | undefined {
    return this.#transport(protocol)?.sourcePort
  }

  destinationPort(protocol: 'tcp' | 'udp'): number | undefined {
    return this.#transport(protocol)?.destinationPort
  }

  #transport(protocol: 'tcp' | 'udp'): Tcp | Udp | undefined {
    this.#layers()
    return protocol === 'tcp' ? this.#tcp : this.#udp
  }
}

/** A packet's JSON, as SPR's matcher sees it. */
export class JsonSprPacket implements SprPacket {
  readonly #info: JsonObject

  constructor(info: JsonObject) {
    this.#info = info
  }

  get prefix(): string {
    return this.#text('Prefix')
  }

  get inDevice(): string {
    return this.#text('InDev')
  }

  get outDevice(): string {
    return this.#text('OutDev')
  }

  get sourceIp(): string | undefined {
    return this.#address('SrcIP')
  }

  get destinationIp(): string | undefined {
    return this.#address('DstIP')
  }

  get hasTcp(): boolean {
    return isObject(this.#info['TCP'])
  }

  get hasUdp(): boolean {
    return isObject(this.#info['UDP'])
  }

  sourcePort(protocol: 'tcp' | 'udp'): number | undefined {
    return this.#port(protocol, 'SrcPort')
  }

  destinationPort(protocol: 'tcp' | 'udp'): number | undefined {
    return this.#port(protocol, 'DstPort')
  }

  #text(key: string): string {
    const value = this.#info[key]
    return typeof value === 'string' ? value : ''
  }

  #address(key: string): string | undefined {
    const ip = this.#info['IP']
    const address = isObject(ip) ? ip[key] : undefined
    return typeof address === 'string' ? address : undefined
  }

  #port(protocol: 'tcp' | 'udp', key: string): number | undefined {
    const layer = this.#info[protocol === 'tcp' ? 'TCP' : 'UDP']
    return isObject(layer) ? asNumber(layer, key) : undefined
  }
}
