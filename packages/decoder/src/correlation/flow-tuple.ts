import type { ByteReader } from '../bytes/reader.js'
import type { Layer } from '../layer.js'
import type { Ipv4 } from '../protocols/ipv4.js'
import type { Ipv6 } from '../protocols/ipv6.js'

const ICMP = 1
const TCP = 6
const UDP = 17
const ICMPV6 = 58
const SCTP = 132

/** Types that answer each other: requests and replies are two ways of one flow. */
const ICMP_ANSWERS: ReadonlyMap<number, number> = answers([8, 0], [13, 14], [15, 16], [10, 9], [17, 18])
const ICMPV6_ANSWERS: ReadonlyMap<number, number> = answers(
  [128, 129],
  [133, 134],
  [135, 136],
  [130, 131],
  [139, 140],
  [144, 145]
)

function answers(...pairs: readonly (readonly [number, number])[]): ReadonlyMap<number, number> {
  return new Map(pairs.flatMap(([request, reply]) => [[request, reply] as const, [reply, request] as const]))
}

/** The tuple of two IPv6 addresses with ports, the longest there is. */
export const TUPLE_BYTES = 40

/** Where the network layers of a packet are; of two, the inner one counts. */
export interface NetworkLayers {
  readonly ipv4: Ipv4 | undefined
  readonly ipv6: Ipv6 | undefined
}

/**
 * Who talks to whom, the same for both ways of a flow: two bytes left free, the lower address, the higher one, the
 * protocol, a zero, and two ports if the protocol has them. This is what Community ID v1 hashes; of ICMP the type and
 * its answer, or type and code of a message that has no answer, stand for the ports.
 */
export class FlowTuple {
  readonly bytes: Uint8Array
  length = 0

  /** @param bytes room for the tuple, whose unused end is cleared. */
  constructor(bytes: Uint8Array) {
    this.bytes = bytes
  }

  /** Reads a packet's innermost network layer; `false` when that does not tell the flow. */
  read({ ipv4, ipv6 }: NetworkLayers): boolean {
    if (ipv4 !== undefined && (ipv6 === undefined || ipv6.start < ipv4.start)) {
      return this.#fill(ipv4, 12, 4, ipv4.protocol, ipv4.fragmentOffset !== 0)
    }
    if (ipv6 === undefined) return false
    return this.#fill(ipv6, 8, 16, ipv6.protocol, ipv6.fragmentOffset !== 0)
  }

  #fill(ip: Layer, addressesAt: number, addressBytes: number, protocol: number, isLaterFragment: boolean): boolean {
    const { bytes: packet, start, headerEnd } = ip
    const payloadBytes = ip.end - headerEnd
    const hasPorts = protocol === TCP || protocol === UDP || protocol === SCTP
    const isIcmp = addressBytes === 4 ? protocol === ICMP : protocol === ICMPV6
    let source = 0
    let destination = 0
    let isOneWay = false
    if (hasPorts || isIcmp) {
      // A later fragment starts in the middle of something.
      if (isLaterFragment || payloadBytes < (isIcmp ? 2 : 4)) return false
      source = isIcmp ? packet.u8(headerEnd) : packet.u16(headerEnd)
      destination = packet.u16(headerEnd + 2)
      if (isIcmp) {
        const answer = (addressBytes === 4 ? ICMP_ANSWERS : ICMPV6_ANSWERS).get(source)
        isOneWay = answer === undefined
        destination = answer ?? packet.u8(headerEnd + 1)
      }
    }
    const isSwapped = !isOneWay && isReversed(packet, start + addressesAt, addressBytes, source, destination)
    const { bytes } = this
    const first = start + addressesAt + (isSwapped ? addressBytes : 0)
    const second = start + addressesAt + (isSwapped ? 0 : addressBytes)
    for (let index = 0; index < addressBytes; index++) {
      bytes[2 + index] = packet.u8(first + index)
      bytes[2 + addressBytes + index] = packet.u8(second + index)
    }
    let at = 2 + addressBytes * 2
    bytes[at++] = protocol
    bytes[at++] = 0
    if (hasPorts || isIcmp) {
      const low = isSwapped ? destination : source
      const high = isSwapped ? source : destination
      bytes[at++] = low >> 8
      bytes[at++] = low
      bytes[at++] = high >> 8
      bytes[at++] = high
    }
    this.length = at
    bytes.fill(0, at, TUPLE_BYTES)
    return true
  }
}

/** Whether the destination comes first: by address, then by port. */
function isReversed(bytes: ByteReader, at: number, addressBytes: number, source: number, destination: number): boolean {
  for (let index = at; index < at + addressBytes; index++) {
    const difference = bytes.u8(index) - bytes.u8(index + addressBytes)
    if (difference !== 0) return difference > 0
  }
  return source > destination
}
