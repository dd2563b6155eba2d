import { SHA1_BYTES, Sha1Block } from '../hash/sha1.js'
import type { Packet } from '../packet.js'
import type { NetworkLayers } from './flow-tuple.js'
import { FlowTuple, KEY_WORDS } from './flow-tuple.js'

const MAX_SEED = 0xffff
/** Ways of flows whose hash is remembered: most packets belong to one that was just seen. A power of two. */
const REMEMBERED = 512
/** Hashes flows one after another with the same buffers. */
export class CommunityIdHasher {
  /** SHA-1 of the flows remembered, one behind the other. */
  readonly digests: Uint8Array = new Uint8Array(REMEMBERED * SHA1_BYTES)
  readonly #keys = new Int32Array(REMEMBERED * KEY_WORDS)
  readonly #block = new Sha1Block()
  readonly #tuple = new FlowTuple(this.#block.message)
  readonly #seed: number

  /** @throws RangeError when the seed is not a whole number from 0 to 65535 */
  constructor(seed: number) {
    if (!Number.isInteger(seed) || seed < 0 || seed > MAX_SEED) {
      throw new RangeError(`seed is ${seed}; give a whole number from 0 to ${MAX_SEED}`)
    }
    this.#seed = seed
  }

  /**
   * Where in {@link digests} the hash of a packet's flow starts; -1 when the packet does not tell its flow: no IP, a cut
   * header, a later fragment. Good until the next call.
   */
  hash(layers: NetworkLayers): number {
    const tuple = this.#tuple
    if (!tuple.read(layers)) return -1
    const { key, keyLength } = tuple
    let mixed = 0
    for (let index = 0; index < keyLength; index++) mixed = Math.imul(mixed ^ (key[index] ?? 0), 0x9e3779b1)
    const slot = (mixed >>> 16) & (REMEMBERED - 1)
    const at = slot * SHA1_BYTES
    if (this.#isRemembered(slot * KEY_WORDS)) return at
    tuple.arrange()
    tuple.bytes[0] = this.#seed >> 8
    tuple.bytes[1] = this.#seed
    this.#block.hash(tuple.length)
    this.digests.set(this.#block.digest, at)
    return at
  }

  /** Whether the key is the one remembered at `at`; it is from now on. */
  #isRemembered(at: number): boolean {
    const keys = this.#keys
    const { key, keyLength } = this.#tuple
    // The first word is never 0, so that a place not used yet is like no key; and it says how many there are.
    let isSame = true
    for (let index = 0; index < keyLength && isSame; index++) isSame = keys[at + index] === key[index]
    if (!isSame) keys.set(key, at)
    return isSame
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
  const at = hasher.hash(packet)
  if (at < 0) return undefined
  let binary = ''
  for (let index = at; index < at + SHA1_BYTES; index++) binary += String.fromCharCode(hasher.digests[index] ?? 0)
  return `1:${btoa(binary)}`
}
