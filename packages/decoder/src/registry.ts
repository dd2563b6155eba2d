import type { ByteReader } from './bytes/reader.js'
import type { Layer } from './layer.js'

/**
 * Whether `[start, end)`, a transport's payload of at least one byte, looks like the protocol. Asked for every payload
 * whose ports say nothing, so it looks at a few bytes and never at all of them.
 */
export type Probe = (bytes: ByteReader, start: number, end: number) => boolean

/** How a packet makes the layer of a protocol, and what leads to it. */
export interface Protocol {
  readonly name: string
  create(): Layer
  readonly etherTypes?: readonly number[]
  /** Numbers in IPv4's protocol field. */
  readonly ipv4Protocols?: readonly number[]
  /** Numbers in the last next-header field of IPv6. */
  readonly ipv6Headers?: readonly number[]
  /** Ports of either side, the destination's first. Where SPR's ports say something else, they win. */
  readonly udpPorts?: readonly number[]
  readonly tcpPorts?: readonly number[]
  /** Recognizes the protocol by its content, on whatever port. */
  readonly udpProbe?: Probe
  readonly tcpProbe?: Probe
  /** True when an IP header may follow: the accessors for IP read on through such layers. */
  readonly leadsToIp?: boolean
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
  readonly #moreUdpPorts = new Map<number, Protocol>()
  readonly #moreTcpPorts = new Map<number, Protocol>()
  readonly #udpProbes: Recognized[] = []
  readonly #tcpProbes: Recognized[] = []
  #firstLayer: Protocol | undefined

  /**
   * Makes everything the protocol names lead to it. The one added last wins a number; a later probe is asked first.
   */
  add(protocol: Protocol): this {
    for (const number of protocol.etherTypes ?? []) this.etherType(number, protocol)
    for (const number of protocol.ipv4Protocols ?? []) this.ipv4Protocol(number, protocol)
    for (const number of protocol.ipv6Headers ?? []) this.ipv6Header(number, protocol)
    for (const port of protocol.udpPorts ?? []) this.#moreUdpPorts.set(port, protocol)
    for (const port of protocol.tcpPorts ?? []) this.#moreTcpPorts.set(port, protocol)
    const { udpProbe, tcpProbe } = protocol
    if (udpProbe !== undefined) this.#udpProbes.unshift({ probe: udpProbe, protocol })
    if (tcpProbe !== undefined) this.#tcpProbes.unshift({ probe: tcpProbe, protocol })
    return this
  }

  /** Every protocol something leads to. */
  get protocols(): readonly Protocol[] {
    const tables = [
      this.#etherTypes,
      this.#ipv4Protocols,
      this.#ipv6Headers,
      this.#udpPorts,
      this.#tcpPorts,
      this.#moreUdpPorts,
      this.#moreTcpPorts
    ]
    const probed = [...this.#udpProbes, ...this.#tcpProbes].map(({ protocol }) => protocol)
    const found = [...tables.flatMap(table => [...table.values()]), ...probed]
    return [...new Set(found)].filter(entry => entry !== NOT_DECODED)
  }

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

  /** What UDP carries in `[start, end)`: by SPR's ports, by ports added, by content. */
  afterUdp(
    sourcePort: number,
    destinationPort: number,
    bytes: ByteReader,
    start: number,
    end: number
  ): Protocol | undefined {
    return (
      byPort(this.#udpPorts, sourcePort, destinationPort) ??
      byPort(this.#moreUdpPorts, sourcePort, destinationPort) ??
      byContent(this.#udpProbes, bytes, start, end)
    )
  }

  /** What TCP carries in `[start, end)`, told the same way. */
  afterTcp(
    sourcePort: number,
    destinationPort: number,
    bytes: ByteReader,
    start: number,
    end: number
  ): Protocol | undefined {
    return (
      byPort(this.#tcpPorts, sourcePort, destinationPort) ??
      byPort(this.#moreTcpPorts, sourcePort, destinationPort) ??
      byContent(this.#tcpProbes, bytes, start, end)
    )
  }
}

interface Recognized {
  readonly probe: Probe
  readonly protocol: Protocol
}

function byContent(probes: readonly Recognized[], bytes: ByteReader, start: number, end: number): Protocol | undefined {
  for (const { probe, protocol } of probes) if (probe(bytes, start, end)) return protocol
  return undefined
}

function byPort(table: ReadonlyMap<number, Entry>, sourcePort: number, destinationPort: number): Protocol | undefined {
  const byDestination = table.get(destinationPort)
  return (byDestination === undefined ? table.get(sourcePort) : byDestination) ?? undefined
}
