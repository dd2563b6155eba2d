import { ByteReader } from './bytes/reader.js'
import type { DecodeError } from './errors.js'
import { limited, malformed, truncated } from './errors.js'
import type { Layer, LayerKind } from './layer.js'
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
  /** The first thing wrong with the packet; the layers before it, and what they say, still hold. */
  readonly error: DecodeError | undefined
}

/** More headers than any honest packet has; a bomb of nested ones is read no further. */
export const MAX_LAYERS = 32

/** Decodes one packet after another into the same layer objects, so that a hot path allocates nothing. */
export class ReusablePacket implements Packet {
  readonly #registry: Registry
  readonly #bytes = new ByteReader()
  readonly #layers: Layer[] = []
  readonly #pool = new Map<Protocol, Layer>()
  readonly #found: FoundLayers = {
    ipv4: undefined,
    ipv6: undefined,
    tcp: undefined,
    udp: undefined,
    icmpv4: undefined,
    icmpv6: undefined,
    dns: undefined,
    dhcpv4: undefined
  }
  #error: DecodeError | undefined
  #next: Protocol | undefined
  #start = 0
  #end = 0

  constructor(registry: Registry) {
    this.#registry = registry
  }

  /** Starts over with other bytes; layers handed out before now show the new packet or nothing. */
  reset(payload: Uint8Array, etherType?: number): void {
    const found = this.#found
    found.ipv4 = undefined
    found.ipv6 = undefined
    found.tcp = undefined
    found.udp = undefined
    found.icmpv4 = undefined
    found.icmpv6 = undefined
    found.dns = undefined
    found.dhcpv4 = undefined
    // Popped: an array whose length is set gives its storage back, and would take it anew for each packet.
    while (this.#layers.length > 0) this.#layers.pop()
    this.#error = undefined
    this.#bytes.reset(payload)
    this.#start = 0
    this.#end = payload.length
    this.#next = this.#registry.firstLayer ?? this.#networkProtocol(etherType)
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

  get ipv4(): Ipv4 | undefined {
    return this.#inner('ipv4')
  }

  get ipv6(): Ipv6 | undefined {
    return this.#inner('ipv6')
  }

  get tcp(): Tcp | undefined {
    return this.#first('tcp')
  }

  get udp(): Udp | undefined {
    return this.#first('udp')
  }

  get icmpv4(): Icmpv4 | undefined {
    return this.#first('icmpv4')
  }

  get icmpv6(): Icmpv6 | undefined {
    return this.#first('icmpv6')
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
    while (this.#next !== undefined) this.#decodeNext()
    return this
  }

  /** Everything found, after decoding all of it. */
  get found(): Readonly<FoundLayers> {
    return this.decodeAll().#found
  }

  /** Nothing but IP is looked for behind the first of its kind, so everything else is settled as soon as it is met. */
  #first<K extends keyof FoundLayers>(key: K): FoundLayers[K] {
    while (this.#found[key] === undefined && this.#next !== undefined) this.#decodeNext()
    return this.#found[key]
  }

  /** IP follows only what leads to it: no transport header is read to find the innermost. */
  #inner<K extends 'ipv4' | 'ipv6'>(key: K): FoundLayers[K] {
    while (this.#next?.leadsToIp === true) this.#decodeNext()
    return this.#found[key]
  }

  #networkProtocol(etherType: number | undefined): Protocol | undefined {
    const registry = this.#registry
    if (etherType !== undefined && etherType !== 0) return registry.afterEtherType(etherType)
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
      this.#layers.push(layer)
      layer.announce?.(this.#found)
    }
    if (error !== undefined) {
      this.#error = error
      return
    }
    if (layer.headerEnd >= layer.end) return
    this.#start = layer.headerEnd
    this.#end = layer.end
    this.#next = layer.next?.(this.#registry)
  }

  /** One pooled object per protocol; a protocol nested in itself needs another, which is not kept. */
  #layerOf(protocol: Protocol): Layer {
    const pooled = this.#pool.get(protocol)
    if (pooled !== undefined && !this.#layers.includes(pooled)) return pooled
    const layer = protocol.create()
    if (pooled === undefined) this.#pool.set(protocol, layer)
    return layer
  }
}
