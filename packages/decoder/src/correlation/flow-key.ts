import type { Packet } from '../packet.js'
import { FlowTuple, TUPLE_BYTES } from './flow-tuple.js'

const tuple = new FlowTuple(new Uint8Array(TUPLE_BYTES))
const ALPHABET = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_'

/**
 * A short text that is the same for every packet of a flow, either way, today and tomorrow: for maps and joins, where
 * {@link communityId} would cost a hash. Base64url of lower address, higher address, protocol, zero, and the ports.
 * `undefined` when the packet does not tell its flow.
 */
export function flowKey(packet: Packet): string | undefined {
  if (!tuple.read(packet)) return undefined
  tuple.arrange()
  const { bytes, length } = tuple
  let key = ''
  for (let at = 2; at < length; at += 3) {
    const bits =
      ((bytes[at] ?? 0) << 16) | (at + 1 < length ? (bytes[at + 1] ?? 0) << 8 : 0) | byteAt(bytes, at + 2, length)
    key += ALPHABET.charAt(bits >> 18) + ALPHABET.charAt((bits >> 12) & 63)
    if (at + 1 < length) key += ALPHABET.charAt((bits >> 6) & 63)
    if (at + 2 < length) key += ALPHABET.charAt(bits & 63)
  }
  return key
}

function byteAt(bytes: Uint8Array, at: number, end: number): number {
  return at < end ? (bytes[at] ?? 0) : 0
}
