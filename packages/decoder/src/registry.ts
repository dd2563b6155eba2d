import type { Layer } from './layer.js'

/** How a packet makes the layer of a protocol. */
export interface Protocol {
  readonly name: string
  create(): Layer
}

/**
 * A number that is known but not decoded. It matters for ports: where the destination maps to anything, decoded or
 * not, the source port is not asked.
 */
export const NOT_DECODED = null

type Entry = Protocol | typeof NOT_DECODED

/** The tables that say which protocol follows which number. Owned by whoever decodes; never shared by the module. */
export class Registry {
  readonly #etherTypes = new Map<number, Protocol>()
  readonly #ipv4Protocols = new Map<number, Entry>()
  readonly #ipv6Headers = new Map<number, Entry>()
  readonly #udpPorts = new Map<number, Entry>()
  readonly #tcpPorts = new Map<number, Entry>()
  #firstLayer: Protocol | undefined

  etherType(number: number, protocol: Protocol): this {
    this.#etherTypes.set(number, protocol)
    return this
  }

  /** Every packet starts with this protocol, whatever its EtherType and version say. */
  always(protocol: Protocol): this {
    this.#firstLayer = protocol
    return this
  }

  ipv4Protocol(number: number, entry: Entry): this {
    this.#ipv4Protocols.set(number, entry)
    return this
  }

  ipv6Header(number: number, entry: Entry): this {
    this.#ipv6Headers.set(number, entry)
    return this
  }

  udpPort(number: number, entry: Entry): this {
    this.#udpPorts.set(number, entry)
    return this
  }

  tcpPort(number: number, entry: Entry): this {
    this.#tcpPorts.set(number, entry)
    return this
  }

  get firstLayer(): Protocol | undefined {
    return this.#firstLayer
  }

  afterEtherType(number: number): Protocol | undefined {
    return this.#etherTypes.get(number)
  }

  afterIpv4(number: number): Protocol | undefined {
    return this.#ipv4Protocols.get(number) ?? undefined
  }

  afterIpv6(number: number): Protocol | undefined {
    return this.#ipv6Headers.get(number) ?? undefined
  }

  afterUdp(sourcePort: number, destinationPort: number): Protocol | undefined {
    return byPort(this.#udpPorts, sourcePort, destinationPort)
  }

  afterTcp(sourcePort: number, destinationPort: number): Protocol | undefined {
    return byPort(this.#tcpPorts, sourcePort, destinationPort)
  }
}

function byPort(table: Map<number, Entry>, sourcePort: number, destinationPort: number): Protocol | undefined {
  const byDestination = table.get(destinationPort)
  return (byDestination === undefined ? table.get(sourcePort) : byDestination) ?? undefined
}
