import { ByteReader } from './bytes/reader.js'
import type { Layer } from './layer.js'
import { ETHER_TYPE_BRIDGED } from './protocols/ethernet.js'
import { ETHER_TYPE_VLAN } from './protocols/vlan.js'
import type { Protocol, Registry } from './registry.js'

const TAG_BYTES = 4

/**
 * Reads the layers in front of a logged payload, which the kernel gives apart from it. What is wrong with them is no
 * error of the packet: a header too short for its protocol is no layer.
 */
export class LinkHeader {
  readonly #registry: Registry
  readonly #header = new ByteReader()
  readonly #tag = new ByteReader()

  constructor(registry: Registry) {
    this.#registry = registry
  }

  /** Ethernet, and the VLAN tags inside the header. */
  *readHeader(header: Uint8Array): Generator<Layer> {
    this.#header.reset(header)
    let start = 0
    let protocol = this.#registry.afterEtherType(ETHER_TYPE_BRIDGED)
    for (let layers = 0; protocol !== undefined && layers < 2; layers++) {
      const layer = read(protocol, this.#header, start, header.length)
      if (layer === undefined) return
      yield layer
      start = layer.headerEnd
      const next = start < header.length ? layer.next?.(this.#registry) : undefined
      protocol = next === this.#registry.afterEtherType(ETHER_TYPE_VLAN) ? next : undefined
    }
  }

  /** The tag the network card took off and the kernel kept beside the packet. */
  readTag(tci: number, etherType: number): Layer | undefined {
    const protocol = this.#registry.afterEtherType(ETHER_TYPE_VLAN)
    if (protocol === undefined) return undefined
    this.#tag.reset(Uint8Array.of(tci >> 8, tci, etherType >> 8, etherType))
    return read(protocol, this.#tag, 0, TAG_BYTES)
  }
}

function read(protocol: Protocol, bytes: ByteReader, start: number, end: number): Layer | undefined {
  const layer = protocol.create()
  layer.read(bytes, start, end)
  layer.isLink = true
  return layer.usable ? layer : undefined
}
