import { ByteReader } from './bytes/reader.js'
import type { DecodeError } from './errors.js'
import { limited, malformed, truncated } from './errors.js'
import type { Layer, LayerKind, Unread } from './layer.js'
import { LinkHeader } from './link-header.js'
import type { LoggedPacket } from './logged-packet.js'
import { ETHER_TYPE_ARP } from './protocols/arp.js'
import type { Dhcpv4 } from './protocols/dhcpv4.js'
import type { Dns } from './protocols/dns/dns.js'
import type { Icmpv4 } from './protocols/icmpv4.js'
import type { Icmpv6 } from './protocols/icmpv6.js'
import type { Ipv4 } from './protocols/ipv4.js'
import { ETHER_TYPE_IPV4 } from './protocols/ipv4.js'
import type { Ipv6 } from './protocols/ipv6.js'
import { ETHER_TYPE_IPV6 } from './protocols/ipv6.js'
import type { Tcp } from './protocols/tcp.js'
import type { Udp } from './protocols/udp.js'
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
export const MAX_LAYERS = 32

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

/** Decodes one packet after another into the same layer objects, so that a hot path allocates nothing. */
export class ReusablePacket implements Packet {
  readonly #registry: Registry
  readonly #isReused: boolean
  readonly #bytes = new ByteReader()
  readonly #layers: Layer[] = []
  /** One layer object for each protocol met so far: arrays, since a packet meets few and a map costs more. */
  readonly #pooled: Layer[] = []
  readonly #pooledProtocols: Protocol[] = []
  readonly #found: FoundLayers = nothing()
  /** What was found before the first layer that opens an inner packet. */
  #outer: FoundLayers | undefined
  /** Layers with a form of their own in JSON. */
  readonly #described: Layer[] = []
  /** How many layers, and how many described ones, are not inside; -1 as long as all are not. */
  #outerLayers = -1
  #outerDescribed = -1
  #link: LinkHeader | undefined
  #error: DecodeError | undefined
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
    this.#isReused = isReused
  }

  /** Starts over with other bytes; layers handed out before now show the new packet or nothing. */
  reset(payload: Uint8Array, etherType?: number): void {
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
    this.#outerLayers = -1
    this.#isAboveTransport = false
    this.#last = undefined
    // Popped: an array whose length is set gives its storage back, and would take it anew for each packet.
    while (this.#layers.length > 0) this.#layers.pop()
    while (this.#described.length > 0) this.#described.pop()
    this.#error = undefined
    this.#bytes.reset(payload)
    this.#start = 0
    this.#end = payload.length
    this.#next = this.#registry.firstLayer ?? this.#networkProtocol(etherType)
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
    return this.#inner('ip')
  }

  get ipv4(): Ipv4 | undefined {
    return this.#inner('ipv4')
  }

  get ipv6(): Ipv6 | undefined {
    return this.#inner('ipv6')
  }

  get tcp(): Tcp | undefined {
    return this.#transport('tcp')
  }

  get udp(): Udp | undefined {
    return this.#transport('udp')
  }

  get icmpv4(): Icmpv4 | undefined {
    return this.#transport('icmpv4')
  }

  get icmpv6(): Icmpv6 | undefined {
    return this.#transport('icmpv6')
  }

  get dns(): Dns | undefined {
    return this.#first('dns')
  }

  get dhcpv4(): Dhcpv4 | undefined {
    return this.#first('dhcpv4')
  }

  get<T extends Layer>(kind: LayerKind<T>): T | undefined {
    return this.layers.findLast((layer): layer is T => layer instanceof kind)
  }

  /** Decodes what is left. */
  decodeAll(): this {
    while (this.#peek() !== undefined) this.#decodeNext()
    return this
  }

  /** Everything found, after decoding all of it. */
  get found(): Readonly<FoundLayers> {
    return this.decodeAll().#found
  }

  /** What was found outside of tunnels and fragments, after decoding all: what SPR's keys are made of. */
  get outer(): Readonly<FoundLayers> {
    this.decodeAll()
    return this.#outerLayers < 0 ? this.#found : (this.#outer ?? this.#found)
  }

  /** Whether there are layers inside a tunnel or a fragment. */
  get hasInner(): boolean {
    return this.#outerLayers >= 0 && this.#layers.length > this.#outerLayers
  }

  /** Layers with a form of their own in JSON; the first {@link outerDescribed} of them are not inside. */
  get described(): readonly Layer[] {
    return this.decodeAll().#described
  }

  get outerDescribed(): number {
    return this.#outerLayers < 0 ? this.#described.length : this.#outerDescribed
  }

  /** No application is read to find out that a transport header is not there. */
  #transport<K extends 'tcp' | 'udp' | 'icmpv4' | 'icmpv6'>(key: K): FoundLayers[K] {
    while (this.#found[key] === undefined && !this.#isAboveTransport && this.#peek() !== undefined) this.#decodeNext()
    return this.#found[key]
  }

  /** Nothing but IP is looked for behind the first of its kind, so everything else is settled as soon as it is met. */
  #first<K extends keyof FoundLayers>(key: K): FoundLayers[K] {
    while (this.#found[key] === undefined && this.#peek() !== undefined) this.#decodeNext()
    return this.#found[key]
  }

  /** IP follows only what leads to it: no transport header is read to find the innermost. */
  #inner<K extends 'ip' | 'ipv4' | 'ipv6'>(key: K): FoundLayers[K] {
    while (!this.#isAboveTransport && this.#peek()?.leadsToIp === true) this.#decodeNext()
    return this.#found[key]
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
    const layer = this.#layerOf(protocol)
    const error = layer.read(this.#bytes, this.#start, this.#end)
    if (layer.usable) {
      this.#add(layer)
      layer.attach?.(this.#registry)
      layer.announce?.(this.#found)
    }
    if (error !== undefined) {
      this.#error = error
      return
    }
    if (layer.headerEnd >= layer.end) return
    this.#start = layer.headerEnd
    this.#end = layer.end
    this.#isAboveTransport = protocol.leadsToIp !== true
    this.#last = layer
  }

  /** What comes next: asked of the last layer when someone wants to know, since ports and content take time. */
  #peek(): Protocol | undefined {
    const layer = this.#last
    if (layer === undefined) return this.#next
    this.#last = undefined
    this.#next = layer.next?.(this.#registry)
    if (layer.opensInner && this.#outerLayers < 0 && this.#next !== undefined) {
      this.#outer = { ...this.#found }
      this.#outerLayers = this.#layers.length
      this.#outerDescribed = this.#described.length
    }
    return this.#next
  }

  #add(layer: Layer): void {
    this.#layers.push(layer)
    if (layer.json !== undefined) this.#described.push(layer)
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

  /** One pooled object per protocol; a protocol nested in itself needs another, which is not kept. */
  #layerOf(protocol: Protocol): Layer {
    if (!this.#isReused) return protocol.create()
    const pooled = this.#pooled[this.#pooledProtocols.indexOf(protocol)]
    if (pooled !== undefined && !this.#layers.includes(pooled)) return pooled
    const layer = protocol.create()
    if (pooled === undefined) {
      this.#pooled.push(layer)
      this.#pooledProtocols.push(protocol)
    }
    return layer
  }
}

/** As the kernel gives it, 0 stands for none. */
function isGiven(etherType: number | undefined): etherType is number {
  return etherType !== undefined && etherType !== 0
}
