import type { ByteReader } from '../bytes/reader.js'
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

/** Those of the protocol's number. */
const ANSWERS: ReadonlyMap<number, ReadonlyMap<number, number>> = new Map([
  [ICMP, ICMP_ANSWERS],
  [ICMPV6, ICMPV6_ANSWERS]
])

function answers(...pairs: readonly (readonly [number, number])[]): ReadonlyMap<number, number> {
  return new Map(pairs.flatMap(([request, reply]) => [[request, reply] as const, [reply, request] as const]))
}

/** The tuple of two IPv6 addresses with ports, the longest there is. */
export const TUPLE_BYTES = 40
/** What {@link FlowTuple.key} has room for: what the ports are of, the ports, two IPv6 addresses. */
export const KEY_WORDS = 10
const IPV4_WORDS = 1
const IPV6_WORDS = 4

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
  /** One way of the flow in words, to be known again by; those behind {@link keyLength} are of another packet. */
  readonly key: Int32Array = new Int32Array(KEY_WORDS)
  keyLength = 0
  readonly #view: DataView

  /** @param bytes room for the tuple. */
  constructor(bytes: Uint8Array) {
    this.bytes = bytes
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length)
  }

  /** Reads the {@link key} of a packet's innermost network layer; `false` when that does not tell the flow. */
  read({ ipv4, ipv6 }: NetworkLayers): boolean {
    if (ipv4 !== undefined && (ipv6 === undefined || ipv6.start < ipv4.start)) {
      const ports = portsOf(ipv4.bytes, ipv4.headerEnd, ipv4.end, ipv4.protocol, ICMP, ipv4.fragmentOffset)
      if (ports === NOT_TOLD) return false
      this.#readKey(ipv4.bytes, ipv4.start + 12, IPV4_WORDS, ipv4.protocol, ports)
      return true
    }
    if (ipv6 === undefined) return false
    const ports = portsOf(ipv6.bytes, ipv6.headerEnd, ipv6.end, ipv6.protocol, ICMPV6, ipv6.fragmentOffset)
    if (ports === NOT_TOLD) return false
    this.#readKey(ipv6.bytes, ipv6.start + 8, IPV6_WORDS, ipv6.protocol, ports)
    return true
  }

  #readKey(packet: ByteReader, addresses: number, addressWords: number, protocol: number, ports: number): void {
    const { key } = this
    key[0] = (addressWords << 8) | protocol
    key[1] = ports
    for (let word = 0; word < addressWords * 2; word++) key[2 + word] = packet.u32(addresses + word * 4)
    this.keyLength = 2 + addressWords * 2
  }

  /** Makes {@link bytes} of what was read. */
  arrange(): void {
    const { key } = this
    const addressWords = word(key, 0) >> 8
    const protocol = word(key, 0) & 0xff
    const answers = protocol === (addressWords === IPV4_WORDS ? ICMP : ICMPV6) ? ANSWERS.get(protocol) : undefined
    let source = word(key, 1) >>> 16
    let destination = word(key, 1) & 0xffff
    let isOneWay = false
    if (answers !== undefined) {
      const answer = answers.get(source >> 8)
      isOneWay = answer === undefined
      destination = answer ?? source & 0xff
      source >>= 8
    }
    const isSwapped = !isOneWay && isReversed(key, addressWords, source, destination)
    const view = this.#view
    const second = 2 + addressWords * 4
    for (let index = 0; index < addressWords; index++) {
      view.setInt32((isSwapped ? second : 2) + index * 4, word(key, 2 + index))
      view.setInt32((isSwapped ? 2 : second) + index * 4, word(key, 2 + addressWords + index))
    }
    const at = second + addressWords * 4
    view.setUint16(at, protocol << 8)
    this.length = at + 2
    if (answers === undefined && !hasPorts(protocol)) return
    view.setUint16(at + 2, isSwapped ? destination : source)
    view.setUint16(at + 4, isSwapped ? source : destination)
    this.length = at + 6
  }
}

const NOT_TOLD = -1

function hasPorts(protocol: number): boolean {
  return protocol === TCP || protocol === UDP || protocol === SCTP
}

/** Both ports in one number, or type and code of the ICMP of this version; 0 of other protocols. */
function portsOf(
  bytes: ByteReader,
  start: number,
  end: number,
  protocol: number,
  icmp: number,
  fragmentOffset: number
): number {
  const isIcmp = protocol === icmp
  if (!isIcmp && !hasPorts(protocol)) return 0
  // A later fragment starts in the middle of something.
  if (fragmentOffset !== 0 || end - start < (isIcmp ? 2 : 4)) return NOT_TOLD
  return isIcmp ? bytes.u16(start) * 0x1_0000 : bytes.u32(start)
}

/** Whether the destination comes first: by address, then by port. */
function isReversed(key: Int32Array, addressWords: number, source: number, destination: number): boolean {
  for (let index = 2; index < 2 + addressWords; index++) {
    const one = word(key, index) >>> 0
    const other = word(key, index + addressWords) >>> 0
    if (one !== other) return one > other
  }
  return source > destination
}

function word(key: Int32Array, index: number): number {
  return key[index] ?? 0
}
