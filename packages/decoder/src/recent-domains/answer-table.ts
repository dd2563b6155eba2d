import type { AddressWords } from '../text/parse-address.js'

const NONE = -1
const WORDS = 4
/** Answers passed over in search of one to replace. */
const MAX_PASSES = 8

/** What one client was told: at this time, this name had that address. */
export interface Answer {
  readonly name: string
  readonly client: AddressWords
  readonly learnedMs: number
  readonly expiresMs: number
}

/** How many answers a client has, and which it asked for first and last: the ends of a chain. */
interface Holder {
  count: number
  oldest: number
  newest: number
}

/**
 * Answers by address, in storage that is all there from the start: the newest takes the place of the oldest. Who has
 * more than a fair share gives way first, so that no client makes the others forgotten. Finding one allocates nothing.
 */
export class AnswerTable {
  readonly #capacity: number
  readonly #maxPerAddress: number
  readonly #maxPerClient: number
  /** Heads of the chains of answers whose addresses hash alike. */
  readonly #buckets: Int32Array
  readonly #next: Int32Array
  readonly #addresses: Uint32Array
  readonly #clients: Uint32Array
  readonly #learned: Float64Array
  readonly #expires: Float64Array
  readonly #names: (string | undefined)[]
  readonly #holders = new Map<string, Holder>()
  /** Neighbours in the chain of a client's answers. */
  readonly #older: Int32Array
  readonly #newer: Int32Array
  /** 1 for an answer that was given again: it is passed over once. */
  readonly #isRefreshed: Uint8Array
  /** Nobody outside can tell which addresses hash alike. */
  readonly #seed = Math.floor(Math.random() * 0x1_0000_0000)
  #cursor = 0
  #size = 0
  /** Answers that had to go before their time. */
  evicted = 0

  /** @param maxPerClient what a client may have when there is no room for all. */
  constructor(capacity: number, maxPerAddress: number, maxPerClient: number) {
    this.#capacity = capacity
    this.#maxPerAddress = maxPerAddress
    this.#maxPerClient = maxPerClient
    this.#older = new Int32Array(capacity).fill(NONE)
    this.#newer = new Int32Array(capacity).fill(NONE)
    this.#buckets = new Int32Array(capacity).fill(NONE)
    this.#next = new Int32Array(capacity).fill(NONE)
    this.#addresses = new Uint32Array(capacity * WORDS)
    this.#clients = new Uint32Array(capacity * WORDS)
    this.#learned = new Float64Array(capacity)
    this.#expires = new Float64Array(capacity)
    this.#names = Array.from({ length: capacity }, () => undefined)
    this.#isRefreshed = new Uint8Array(capacity)
  }

  /** Answers held, those that ran out and were not replaced included. */
  get size(): number {
    return this.#size
  }

  clear(): void {
    this.#buckets.fill(NONE)
    this.#names.fill(undefined)
    this.#holders.clear()
    this.#cursor = 0
    this.#size = 0
  }

  /** Remembers an answer; one for the same client, address and name is replaced. */
  put(client: AddressWords, address: AddressWords, name: string, nowMs: number, expiresMs: number): void {
    const bucket = this.#bucketOf(address)
    let count = 0
    for (let at = this.first(address); at !== NONE; at = this.next(at, address)) {
      if (this.#names[at] === name && this.isClient(at, client)) {
        this.#learned[at] = nowMs
        this.#expires[at] = Math.max(this.expiresMs(at), expiresMs)
        this.#isRefreshed[at] = 1
        this.#leave(at)
        this.#join(at)
        return
      }
      count++
    }
    const slot = count >= this.#maxPerAddress ? this.#mostDispensable(address) : this.#slotFor(client)
    if (this.#names[slot] !== undefined) this.#evict(slot, nowMs)
    for (let word = 0; word < WORDS; word++) {
      this.#addresses[slot * WORDS + word] = address[word] ?? 0
      this.#clients[slot * WORDS + word] = client[word] ?? 0
    }
    this.#names[slot] = name
    this.#learned[slot] = nowMs
    this.#expires[slot] = expiresMs
    this.#isRefreshed[slot] = 0
    this.#next[slot] = this.#buckets[bucket] ?? NONE
    this.#buckets[bucket] = slot
    this.#join(slot)
    this.#size++
  }

  /** The first answer with that address, or -1. */
  first(address: AddressWords): number {
    return this.#skip(this.#buckets[this.#bucketOf(address)] ?? NONE, address)
  }

  /** The one behind it, or -1. */
  next(at: number, address: AddressWords): number {
    return this.#skip(this.#next[at] ?? NONE, address)
  }

  name(at: number): string {
    return this.#names[at] ?? ''
  }

  learnedMs(at: number): number {
    return this.#learned[at] ?? 0
  }

  expiresMs(at: number): number {
    return this.#expires[at] ?? 0
  }

  isClient(at: number, client: AddressWords): boolean {
    return this.#equals(this.#clients, at, client)
  }

  answer(at: number): Answer {
    return {
      name: this.name(at),
      client: this.#clients.slice(at * WORDS, at * WORDS + WORDS),
      learnedMs: this.learnedMs(at),
      expiresMs: this.expiresMs(at)
    }
  }

  #skip(at: number, address: AddressWords): number {
    while (at !== NONE && !this.#equals(this.#addresses, at, address)) at = this.#next[at] ?? NONE
    return at
  }

  #equals(words: Uint32Array, at: number, other: AddressWords): boolean {
    const base = at * WORDS
    return (
      words[base + 3] === other[3] &&
      words[base + 2] === other[2] &&
      words[base + 1] === other[1] &&
      words[base] === other[0]
    )
  }

  #bucketOf(address: AddressWords): number {
    let hash = this.#seed | 0
    for (let word = 0; word < WORDS; word++) {
      hash = Math.imul(hash ^ (address[word] ?? 0), 0x9e3779b1)
      hash ^= hash >>> 15
    }
    hash = Math.imul(hash, 0x85ebca6b)
    return ((hash ^ (hash >>> 13)) >>> 0) % this.#capacity
  }

  /** Of the client that has most answers with that address, the one it was given longest ago. */
  #mostDispensable(address: AddressWords): number {
    let slot = this.first(address)
    let most = 0
    for (let at = slot; at !== NONE; at = this.next(at, address)) {
      let count = 0
      for (let other = this.first(address); other !== NONE; other = this.next(other, address)) {
        if (this.#isSameClient(at, other)) count++
      }
      if (count > most || (count === most && this.learnedMs(at) < this.learnedMs(slot))) slot = at
      most = Math.max(most, count)
    }
    return slot
  }

  #slotFor(client: AddressWords): number {
    const holder = this.#size < this.#capacity ? undefined : this.#holders.get(client.join())
    return holder !== undefined && holder.count >= this.#maxPerClient ? holder.oldest : this.#nextSlot()
  }

  #clientAt(slot: number): AddressWords {
    return this.#clients.subarray(slot * WORDS, slot * WORDS + WORDS)
  }

  #isSameClient(one: number, other: number): boolean {
    return this.#equals(this.#clients, one, this.#clientAt(other))
  }

  /** Puts an answer at the end of its client's chain. */
  #join(slot: number): void {
    const key = this.#clientAt(slot).join()
    const holder = this.#holders.get(key)
    this.#older[slot] = holder?.newest ?? NONE
    this.#newer[slot] = NONE
    if (holder === undefined) {
      this.#holders.set(key, { count: 1, oldest: slot, newest: slot })
      return
    }
    this.#newer[holder.newest] = slot
    holder.newest = slot
    holder.count++
  }

  /** Takes an answer out of its client's chain. */
  #leave(slot: number): void {
    const key = this.#clientAt(slot).join()
    const holder = this.#holders.get(key)
    if (holder === undefined) return
    const older = this.#older[slot] ?? NONE
    const newer = this.#newer[slot] ?? NONE
    if (older === NONE) holder.oldest = newer
    else this.#newer[older] = newer
    if (newer === NONE) holder.newest = older
    else this.#older[newer] = older
    holder.count--
    if (holder.count === 0) this.#holders.delete(key)
  }

  /** The slot filled longest ago, but for answers that were given again since the last time round. */
  #nextSlot(): number {
    let slot = this.#cursor
    for (let pass = 0; pass < MAX_PASSES && this.#isRefreshed[slot] === 1; pass++) {
      this.#isRefreshed[slot] = 0
      slot = (slot + 1) % this.#capacity
    }
    this.#cursor = (slot + 1) % this.#capacity
    return slot
  }

  #evict(slot: number, nowMs: number): void {
    if (this.expiresMs(slot) > nowMs) this.evicted++
    const bucket = this.#bucketOf(this.#addresses.subarray(slot * WORDS, slot * WORDS + WORDS))
    const behind = this.#next[slot] ?? NONE
    let at = this.#buckets[bucket] ?? NONE
    if (at === slot) {
      this.#buckets[bucket] = behind
    } else {
      while (at !== NONE && this.#next[at] !== slot) at = this.#next[at] ?? NONE
      if (at !== NONE) this.#next[at] = behind
    }
    this.#leave(slot)
    this.#names[slot] = undefined
    this.#size--
  }
}
