import { SHA1_BYTES, sha1Block } from '../hash/sha1.js'
import type { Packet } from '../packet.js'
import type { NetworkLayers } from './flow-tuple.js'
import { FlowTuple } from './flow-tuple.js'

const MAX_SEED = 0xffff

/** Hashes flows one after another with the same buffers. */
export class CommunityIdHasher {
  /** SHA-1 of the flow hashed last. */
  readonly digest: Uint8Array = new Uint8Array(SHA1_BYTES)
  readonly #tuple = new FlowTuple()
  readonly #seed: number

  /** @throws RangeError when the seed is not a whole number from 0 to 65535 */
  constructor(seed: number) {
    if (!Number.isInteger(seed) || seed < 0 || seed > MAX_SEED) {
      throw new RangeError(`seed is ${seed}; give a whole number from 0 to ${MAX_SEED}`)
    }
    this.#seed = seed
  }

  /** `false` when the packet does not tell its flow: no IP, a cut header, a later fragment. */
  hash(layers: NetworkLayers): boolean {
    const tuple = this.#tuple
    if (!tuple.read(layers)) return false
    tuple.bytes[0] = this.#seed >> 8
    tuple.bytes[1] = this.#seed
    sha1Block(tuple.bytes, tuple.length, this.digest)
    return true
  }
}

const unseeded = new CommunityIdHasher(0)

/**
 * Community ID v1 of a packet's flow, `1:` and 28 characters: what Zeek, Suricata and others write for the same flow.
 * `undefined` when the packet does not tell its flow: no IP, a cut header, a later fragment.
 * @param seed from 0 to 65535; all tools of a site use the same. Default 0.
 * @throws RangeError when the seed is out of range
 */
export function communityId(packet: Packet, seed = 0): string | undefined {
  const hasher = seed === 0 ? unseeded : new CommunityIdHasher(seed)
  return hasher.hash(packet) ? `1:${btoa(String.fromCharCode(...hasher.digest))}` : undefined
}
