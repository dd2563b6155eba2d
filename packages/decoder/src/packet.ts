import { ByteReader } from './bytes/reader.js'
import type { DecodeError } from './errors.js'
import { limited, malformed, truncated } from './errors.js'
import type { Layer, LayerKind, Unread } from './layer.js'
import { LayerPool } from './layer-pool.js'
import { LinkHeader } from './link-header.js'
import type { LoggedPacket } from './logged-packet.js'
import { ETHER_TYPE_ARP } from './protocols/arp.js'
import type { Dhcpv4 } from './protocols/dhcpv4.js'
import type { Dns } from './protocols/dns/dns.js'
import type { Icmpv4 } from './protocols/icmpv4.js'
import type { Icmpv6 } from './protocols/icmpv6.js'
import { ETHER_TYPE_IPV4, Ipv4, ipv4, ipv4AnyVersion } from './protocols/ipv4.js'
import { ETHER_TYPE_IPV6, Ipv6, ipv6 } from './protocols/ipv6.js'
import { Tcp, tcp } from './protocols/tcp.js'
import { Udp, udp } from './protocols/udp.js'
import type { Protocol, Registry } from './registry.js'

/** The layers with an accessor of their own; of two layers of a kind (IP in IP) the inner one. */
export interface FoundLayers {
  /** The innermost IP header of either version: the one the transport header belongs to. */
  ip: Ipv4 | Ipv6 | undefined
  ipv4: Ipv4 | undefined
  ipv6: Ipv6 | undefined
  tcp: Tcp | undefined
  udp: Udp | undefined
  icmpv4: Icmpv4 | undefined
  icmpv6: Icmpv6 | undefined
  dns: Dns | undefined
  dhcpv4: Dhcpv4 | undefined
}

/** A packet whose layers are decoded when they are first asked for. */
export interface Packet extends Readonly<FoundLayers> {
  /** The innermost layer of a class, such as `packet.get(Tcp)`: the way to every layer, also those from outside. */
  get<T extends Layer>(kind: LayerKind<T>): T | undefined
  /** Every layer that could be read, outermost first. */
  readonly layers: readonly Layer[]
  /** Why the bytes behind the last layer are not read, when that is neither an error nor an unknown protocol. */
  readonly unread: Unread | undefined
  /** The first thing wrong with the packet; the layers before it, and what they say, still hold. */
  readonly error: DecodeError | undefined
}

/** More headers than any honest packet has; a bomb of nested ones is read no further. */
const MAX_LAYERS = 32

/** A literal: one that is spread costs every packet more. */
function nothing(): FoundLayers {
  return {
    ip: undefined,
    ipv4: undefined,
    ipv6: undefined,
    tcp: undefined,
    udp: undefined,
    icmpv4: undefined,
    icmpv6: undefined,
    dns: undefined,
    dhcpv4: undefined
  }
}

const FAMILY_ARP = 3
const HARDWARE_TYPE_ETHERNET = 1

/** Where the packet was when the first layer was read that opens an inner one. */
interface OuterPart {
  readonly found: FoundLayers
  readonly layers: number
}

/** Decodes a packet, or one packet after another into the same layer objects. */
export class ReusablePacket implements Packet {
  readonly #registry: Registry
  readonly #pool: LayerPool | undefined
  readonly #bytes = new ByteReader()
  readonly #layers: Layer[] = []
  readonly #found: FoundLayers = nothing()
  #outer: OuterPart | undefined
  #link: LinkHeader | undefined
  #error: DecodeError | undefined
  /** Whether a layer has a form of its own in JSON. */
  #hasDescribed = false
  /** Whether what comes next is above IP and everything that leads to it: an application. */
  #isAboveTransport = false
  #next: Protocol | undefined
  /** The layer that knows what comes next and has not been asked. */
  #last: Layer | undefined
  #start = 0
  #end = 0

  /** @param isReused whether another packet may follow, which then finds the layer objects of this one. */
  constructor(registry: Registry, isReused = true) {
    this.#registry = registry
    this.#pool = isReused ? new LayerPool(registry.firstLayer === ipv4AnyVersion) : undefined
  }

  /** Starts over with other bytes; layers handed out before now show the new packet or nothing. */
  reset(payload: Uint8Array, etherType?: number): void {
    if (this.#layers.length > 0) this.#forget()
    this.#error = undefined
    this.#bytes.reset(payload)
    this.#start = 0
    this.#end = payload.length
    this.#isAboveTransport = false
    this.#last = undefined
    this.#next = this.#registry.firstLayer ?? this.#networkProtocol(etherType)
  }

  #forget(): void {
    const found = this.#found
    found.ip = undefined
    found.ipv4 = undefined
    found.ipv6 = undefined
    found.tcp = undefined
    found.udp = undefined
    found.icmpv4 = undefined
    found.icmpv6 = undefined
    found.dns = undefined
    found.dhcpv4 = undefined
    this.#outer = undefined
    this.#hasDescribed = false
    // Popped: an array whose length is set gives its storage back, and would take it anew for each packet.
    while (this.#layers.length > 0) this.#layers.pop()
  }

  /** The same with what the kernel told beside the bytes. */
  resetLogged(logged: LoggedPacket, withLink: boolean): void {
    const { payload, etherType, family } = logged
    this.reset(payload, family === FAMILY_ARP && !isGiven(etherType) ? ETHER_TYPE_ARP : etherType)
    if (withLink) this.#readLink(logged)
  }

  get bytes(): ByteReader {
    return this.#bytes
  }

  get layers(): readonly Layer[] {
    return this.decodeAll().#layers
  }

  get error(): DecodeError | undefined {
    return this.decodeAll().#error
  }

  get unread(): Unread | undefined {
    return this.error === undefined ? this.#layers.at(-1)?.unread : undefined
  }

  get ip(): Ipv4 | Ipv6 | undefined {
    this.#readNetwork()
    return this.#found.ip
  }

  get ipv4(): Ipv4 | undefined {
    this.#readNetwork()
    return this.#found.ipv4
  }

  get ipv6(): Ipv6 | undefined {
    this.#readNetwork()
    return this.#found.ipv6
  }

  get tcp(): Tcp | undefined {
    this.#readTransport()
    return this.#found.tcp
  }

  get udp(): Udp | undefined {
    this.#readTransport()
    return this.#found.udp
  }

  get icmpv4(): Icmpv4 | undefined {
    this.#readTransport()
    return this.#found.icmpv4
  }

  get icmpv6(): Icmpv6 | undefined {
    this.#readTransport()
    return this.#found.icmpv6
  }

  get dns(): Dns | undefined {
    return this.found.dns
  }

  get dhcpv4(): Dhcpv4 | undefined {
    return this.found.dhcpv4
  }

  get<T extends Layer>(kind: LayerKind<T>): T | undefined {
    return this.layers.findLast((layer): layer is T => layer instanceof kind)
  }

  /** Decodes what is left. */
  decodeAll(): this {
    while (this.#last !== undefined || this.#next !== undefined) if (this.#peek() !== undefined) this.#decodeNext()
    return this
  }

  /** Everything found, after decoding all of it. */
  get found(): Readonly<FoundLayers> {
    return this.decodeAll().#found
  }

  /** What was found outside of tunnels and fragments, after decoding all: what SPR's keys are made of. */
  get outer(): Readonly<FoundLayers> {
    const { found } = this
    return this.#outer === undefined ? found : this.#outer.found
  }

  /** How many layers are outside of tunnels and fragments. */
  get outerLayers(): number {
    const { layers } = this
    return this.#outer === undefined ? layers.length : this.#outer.layers
  }

  /** Whether there are layers inside a tunnel or a fragment. */
  get hasInner(): boolean {
    this.decodeAll()
    return this.#outer !== undefined && this.#outer.layers < this.#layers.length
  }

  /** Whether a layer has a form of its own in JSON. */
  get hasDescribed(): boolean {
    return this.decodeAll().#hasDescribed
  }

  /** No application is read to find out that a transport header is not there. */
  #readTransport(): void {
    while (!this.#isAboveTransport && this.#peek() !== undefined) this.#decodeNext()
  }

  /** IP follows only what leads to it: no transport header is read to find the innermost. */
  #readNetwork(): void {
    while (!this.#isAboveTransport && this.#peek()?.leadsToIp === true) this.#decodeNext()
  }

  #networkProtocol(etherType: number | undefined): Protocol | undefined {
    const registry = this.#registry
    if (isGiven(etherType)) return registry.afterEtherType(etherType)
    if (this.#end === 0) {
      this.#error = truncated('IP', 0, 'the packet carries no bytes')
      return undefined
    }
    const version = this.#bytes.u8(0) >> 4
    if (version === 4) return registry.afterEtherType(ETHER_TYPE_IPV4)
    if (version === 6) return registry.afterEtherType(ETHER_TYPE_IPV6)
    this.#error = malformed('IP', 0, `version ${version} is neither IPv4 nor IPv6`)
    return undefined
  }

  #decodeNext(): void {
    const protocol = this.#next
    this.#next = undefined
    if (protocol === undefined) return
    if (this.#layers.length >= MAX_LAYERS) {
      this.#error = limited(protocol.name, this.#start, `more than ${MAX_LAYERS} headers follow each other`)
      return
    }
    // Engines are quick where they meet one class only, so those nearly every packet has get a place of their own.
    switch (protocol) {
      case ipv4:
      case ipv4AnyVersion:
        this.#decodeIpv4(protocol === ipv4AnyVersion)
        return
      case ipv6:
        this.#decodeIpv6()
        return
      case tcp:
        this.#decodeTcp()
        return
      case udp:
        this.#decodeUdp()
        return
      default:
        this.#decode(protocol)
    }
  }

  #decodeIpv4(asSpr: boolean): void {
    const found = this.#found
    const layer = this.#pool === undefined || found.ipv4 !== undefined ? new Ipv4(asSpr) : this.#pool.ipv4
    const error = layer.read(this.#bytes, this.#start, this.#end)
    if (layer.usable) {
      this.#layers.push(layer)
      layer.announce(found)
    }
    if (this.#goOn(error, layer.headerEnd, layer.end)) this.#follow(layer.next(this.#registry), layer.opensInner)
  }

  #decodeIpv6(): void {
    const found = this.#found
    const layer = this.#pool === undefined || found.ipv6 !== undefined ? new Ipv6() : this.#pool.ipv6
    const error = layer.read(this.#bytes, this.#start, this.#end)
    if (layer.usable) {
      this.#layers.push(layer)
      this.#hasDescribed = true
      layer.announce(found)
    }
    if (this.#goOn(error, layer.headerEnd, layer.end)) this.#follow(layer.next(this.#registry), layer.opensInner)
  }

  #decodeTcp(): void {
    const found = this.#found
    const layer = this.#pool === undefined || found.tcp !== undefined ? new Tcp() : this.#pool.tcp
    const error = layer.read(this.#bytes, this.#start, this.#end)
    if (layer.usable) {
      this.#layers.push(layer)
      layer.announce(found)
    }
    if (!this.#goOn(error, layer.headerEnd, layer.end)) return
    this.#isAboveTransport = true
    this.#last = layer
  }

  #decodeUdp(): void {
    const found = this.#found
    const layer = this.#pool === undefined || found.udp !== undefined ? new Udp() : this.#pool.udp
    const error = layer.read(this.#bytes, this.#start, this.#end)
    if (layer.usable) {
      this.#layers.push(layer)
      layer.announce(found)
    }
    if (!this.#goOn(error, layer.headerEnd, layer.end)) return
    this.#isAboveTransport = true
    this.#last = layer
  }

  #decode(protocol: Protocol): void {
    const layer = this.#pool === undefined ? protocol.create() : this.#pool.take(protocol, this.#layers)
    const error = layer.read(this.#bytes, this.#start, this.#end)
    if (layer.usable) {
      this.#add(layer)
      layer.attach?.(this.#registry)
      layer.announce?.(this.#found)
    }
    if (!this.#goOn(error, layer.headerEnd, layer.end)) return
    this.#isAboveTransport = protocol.leadsToIp !== true
    this.#last = layer
  }

  /** Leaves a layer's header behind; false when nothing of the packet is left, or to be read. */
  #goOn(error: DecodeError | undefined, headerEnd: number, end: number): boolean {
    if (error !== undefined) {
      this.#error = error
      return false
    }
    if (headerEnd >= end) return false
    this.#start = headerEnd
    this.#end = end
    return true
  }

  #follow(next: Protocol | undefined, opensInner: boolean): void {
    this.#next = next
    if (!opensInner || next === undefined || this.#outer !== undefined) return
    this.#outer = { found: { ...this.#found }, layers: this.#layers.length }
  }

  /** What comes next: asked of the last layer when someone wants to know, since ports and content take time. */
  #peek(): Protocol | undefined {
    const layer = this.#last
    if (layer === undefined) return this.#next
    this.#last = undefined
    const next = layer.next?.(this.#registry)
    this.#follow(next, layer.opensInner)
    return next
  }

  #add(layer: Layer): void {
    this.#layers.push(layer)
    if (layer.json !== undefined) this.#hasDescribed = true
  }

  /** Ethernet and its VLAN tags, which stand in front of the payload in bytes of their own. */
  #readLink({ hwType, hwHeader, l2Header = hwHeader, vlan, etherType = 0 }: LoggedPacket): void {
    this.#link ??= new LinkHeader(this.#registry)
    const link = this.#link
    if (l2Header !== undefined && (hwType === undefined || hwType === HARDWARE_TYPE_ETHERNET)) {
      for (const layer of link.readHeader(l2Header)) this.#add(layer)
    }
    if (vlan !== undefined) {
      const layer = link.readTag(vlan.tci, etherType)
      if (layer !== undefined) this.#add(layer)
    }
  }
}

/** As the kernel gives it, 0 stands for none. */
function isGiven(etherType: number | undefined): etherType is number {
  return etherType !== undefined && etherType !== 0
}
