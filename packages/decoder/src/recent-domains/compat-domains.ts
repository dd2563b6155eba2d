import type { Packet } from '../packet.js'
import { parseAddress } from '../text/parse-address.js'
import type { ServedAnswer } from './dns-serve-event.js'
import type { DomainSource } from './domain-source.js'
import { readAddress } from './packet-addresses.js'

const LIFE_MS = 300_000
const SWEEP_MS = 600_000
const CLASS_INTERNET = 1
/** 255 bytes, each of them escaped. */
const MAX_NAME_CHARACTERS = 1020

interface Entry {
  readonly name: string
  readonly learnedMs: number
}

/**
 * The domains SPR's service would show: one name per IPv4 address for all clients, the last one learned from
 * `dns:serve:` events; answers live for five to fifteen minutes, whatever their time to live.
 */
export class CompatDomains implements DomainSource {
  readonly #names = new Map<number, Entry>()
  readonly #words = new Uint32Array(4)
  readonly #maxEntries: number
  readonly #now: () => number
  #sweptMs: number

  constructor(maxEntries: number, now: () => number) {
    this.#maxEntries = maxEntries
    this.#now = now
    this.#sweptMs = now()
  }

  get size(): number {
    return this.#names.size
  }

  clear(): void {
    this.#names.clear()
  }

  sourceOf(packet: Packet): string {
    return this.#nameOf(packet, true)
  }

  destinationOf(packet: Packet): string {
    return this.#nameOf(packet, false)
  }

  /** Takes the addresses of an event; none when one of them is no address, as Go refuses the event as a whole. */
  learn({ questions, records }: ServedAnswer): void {
    this.#sweep()
    const question = questions.find(({ name, class: number }) => name !== '' && number === CLASS_INTERNET)
    if (question === undefined || question.name.length > MAX_NAME_CHARACTERS) return
    const addresses = records.flatMap(({ a, aaaa }) => [a, aaaa].filter(text => text !== undefined).map(parseAddress))
    if (addresses.includes(undefined)) return
    const name = withoutLastByte(question.name)
    for (const { a } of records) {
      const words = a === undefined ? undefined : parseAddress(a)
      if (words !== undefined && isIpv4(words)) this.#put(words[3] ?? 0, name)
    }
  }

  #put(address: number, name: string): void {
    // Taken out first, so that the map's order is that of learning.
    this.#names.delete(address)
    if (this.#names.size >= this.#maxEntries) {
      const [oldest] = this.#names.keys()
      if (oldest !== undefined) this.#names.delete(oldest)
    }
    this.#names.set(address, { name, learnedMs: this.#now() })
  }

  #nameOf(packet: Packet, isSource: boolean): string {
    const words = this.#words
    if (this.#names.size === 0 || !readAddress(packet, isSource, words) || !isIpv4(words)) return ''
    this.#sweep()
    return this.#names.get(words[3] ?? 0)?.name ?? ''
  }

  #sweep(): void {
    const now = this.#now()
    if (now - this.#sweptMs < SWEEP_MS) return
    this.#sweptMs = now
    for (const [address, { learnedMs }] of this.#names) if (now - learnedMs > LIFE_MS) this.#names.delete(address)
  }
}

function isIpv4(words: Uint32Array): boolean {
  return words[0] === 0 && words[1] === 0 && words[2] === 0xffff
}

/** The last byte is cut blindly, dot or not; what is left of a character that had more is shown as Go shows it. */
function withoutLastByte(name: string): string {
  const last = Array.from(name).at(-1) ?? ''
  const bytes = new TextEncoder().encode(last).length
  return name.slice(0, name.length - last.length) + '\ufffd'.repeat(Math.max(0, bytes - 1))
}
