import type { Network } from '../address.js'
import type { Candidates } from './candidates.js'

const WORD_BITS = 32

/** A network that filters ask for, or the point where two of them part. */
class Node {
  readonly words: readonly number[]
  readonly masks: readonly number[]
  readonly bits: number
  zero: Node | undefined
  one: Node | undefined
  candidates: Candidates | undefined

  constructor(words: readonly number[], bits: number) {
    this.bits = bits
    this.masks = words.map((_, word) => maskOf(Math.min(Math.max(bits - word * WORD_BITS, 0), WORD_BITS)))
    this.words = words.map((value, word) => (value & (this.masks[word] ?? 0)) >>> 0)
  }

  holds(address: ArrayLike<number>): boolean {
    const { words, masks } = this
    for (let word = 0; word < words.length; word++) {
      if ((((address[word] ?? 0) ^ (words[word] ?? 0)) & (masks[word] ?? 0)) !== 0) return false
    }
    return true
  }

  side(address: ArrayLike<number>): Node | undefined {
    return bitAt(address, this.bits) === 0 ? this.zero : this.one
  }

  put(child: Node): void {
    if (bitAt(child.words, this.bits) === 0) this.zero = child
    else this.one = child
  }
}

/** Networks of one IP version by their bits, with no nodes but those where something is or parts: the longest match first. */
export class NetworkTrie {
  readonly #bits: number
  #root: Node | undefined

  constructor(version: 4 | 6) {
    this.#bits = version === 4 ? 32 : 128
  }

  add(network: Network, filter: number): void {
    const node = this.#nodeFor(network)
    if (node.candidates === undefined) node.candidates = { filters: [filter], wider: undefined }
    else node.candidates.filters.push(filter)
  }

  #nodeFor({ words, bits }: Network): Node {
    let parent: Node | undefined
    let node = this.#root
    while (node !== undefined) {
      const shared = sharedBits(words, node.words, Math.min(bits, node.bits))
      if (shared < node.bits) {
        const fork = new Node(words, shared)
        fork.put(node)
        this.#attach(parent, fork)
        if (shared === bits) return fork
        const leaf = new Node(words, bits)
        fork.put(leaf)
        return leaf
      }
      if (shared === bits) return node
      parent = node
      node = node.side(words)
    }
    const leaf = new Node(words, bits)
    this.#attach(parent, leaf)
    return leaf
  }

  #attach(parent: Node | undefined, child: Node): void {
    if (parent === undefined) this.#root = child
    else parent.put(child)
  }

  /** Lets each network lead to the next wider one; to be called when all were added. */
  link(): void {
    const open: [node: Node | undefined, wider: Candidates | undefined][] = [[this.#root, undefined]]
    for (let next = open.pop(); next !== undefined; next = open.pop()) {
      const [node, wider] = next
      if (node === undefined) continue
      if (node.candidates !== undefined) node.candidates.wider = wider
      const above = node.candidates ?? wider
      open.push([node.zero, above], [node.one, above])
    }
  }

  *candidates(): Iterable<Candidates> {
    const open = [this.#root]
    while (open.length > 0) {
      const node = open.pop()
      if (node === undefined) continue
      if (node.candidates !== undefined) yield node.candidates
      open.push(node.zero, node.one)
    }
  }

  /** Of the longest network that has the address. */
  find(address: ArrayLike<number>): Candidates | undefined {
    let found: Candidates | undefined
    let node = this.#root
    while (node?.holds(address)) {
      if (node.candidates !== undefined) found = node.candidates
      if (node.bits === this.#bits) break
      node = node.side(address)
    }
    return found
  }
}

function maskOf(bits: number): number {
  return bits === 0 ? 0 : -1 << (WORD_BITS - bits)
}

function bitAt(words: ArrayLike<number>, bit: number): number {
  return ((words[bit >>> 5] ?? 0) >>> (31 - (bit & 31))) & 1
}

function sharedBits(one: ArrayLike<number>, other: ArrayLike<number>, most: number): number {
  for (let word = 0; word * WORD_BITS < most; word++) {
    const difference = (one[word] ?? 0) ^ (other[word] ?? 0)
    if (difference !== 0) return Math.min(word * WORD_BITS + Math.clz32(difference), most)
  }
  return most
}
