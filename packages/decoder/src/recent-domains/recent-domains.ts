import type { Packet } from '../packet.js'
import type { DnsRecord } from '../protocols/dns/message.js'
import type { AddressWords } from '../text/parse-address.js'
import { parseAddress } from '../text/parse-address.js'
import { AnswerTable } from './answer-table.js'
import { CompatDomains } from './compat-domains.js'
import { clientOf, isServeTopic, parseServeEvent } from './dns-serve-event.js'
import type { DomainSource } from './domain-source.js'
import { isHost, readAddress } from './packet-addresses.js'

/**
 * How sure it is that a client meant a name. `high`: it was told this address for this name, and for no other, and the
 * answer still counts. `medium`: it was told several names with this address (the last one is given), or its answer
 * ran out a short time ago. `low`: another client was told.
 */
export type Confidence = 'high' | 'medium' | 'low'

/** One name an address was given for. */
export interface DomainCandidate {
  readonly name: string
  readonly confidence: Confidence
  /** When the client was told, in milliseconds since the epoch. */
  readonly learnedMs: number
  /** When the answer's time to live ends. */
  readonly expiresMs: number
}

/** The name that fits best, and every other. */
export interface RecentDomain {
  readonly name: string
  readonly confidence: Confidence
  /** Best first, the one above included; a name told to several clients once. */
  readonly candidates: readonly DomainCandidate[]
}

export interface RecentDomainsOptions {
  /** Milliseconds since the epoch. Default `Date.now`. */
  readonly now?: () => number
  /** Answers remembered; the oldest goes first. Default 8192, about 100 bytes each plus the name. */
  readonly maxEntries?: number
  /** Answers one client may have when there is no room for all. Default an eighth of `maxEntries`. */
  readonly maxEntriesPerClient?: number
  /** Answers remembered for one address, of all clients. Default 32. */
  readonly maxNamesPerAddress?: number
  /** How long a name is still given when its time to live is over, in seconds. Default 300. */
  readonly lingerSeconds?: number
  /** Longest time to live believed, in seconds. Default 86400. */
  readonly maxTtlSeconds?: number
  /** Addresses whose DNS packets are believed. Default: whoever sends from port 53. */
  readonly resolvers?: readonly string[]
  /** What a name needs to be written into events. Default `medium`. */
  readonly minConfidence?: Confidence
}

/** Which names addresses were resolved from, as far as packets and SPR's resolver told. */
export interface RecentDomains extends DomainSource {
  /** Learns from a DNS response. Cheap for every other packet. Give it only packets the firewall lets pass. */
  learn(packet: Packet): void
  /** Learns from a bus event `dns:serve:…`; others are ignored. Never throws. */
  learnEvent(topic: string, value: string): void
  /** What `client` meant by `address`; undefined when nobody asked, or a text is no address. */
  lookup(client: string, address: string): RecentDomain | undefined
  /** The domains SPR's service would show, from events alone. */
  readonly compat: DomainSource
  /** Answers held. */
  readonly size: number
  /** Answers that had to go before their time to live was over. */
  readonly evicted: number
  clear(): void
}

const RANKS: Readonly<Record<Confidence, number>> = { high: 3, medium: 2, low: 1 }
const DNS_PORT = 53
const MAX_NAME_CHARACTERS = 253
/** Longer chains are loops, or meant to be taken for one. */
const MAX_ALIASES = 16
const NO_ERROR = 0

/** One resource record, wherever it came from. */
interface Told {
  readonly owner: string
  readonly ttl: number
  readonly alias?: string
  readonly addresses: readonly string[]
}

class DomainMemory implements RecentDomains {
  readonly compat: CompatDomains
  readonly #table: AnswerTable
  readonly #now: () => number
  readonly #lingerMs: number
  readonly #maxTtl: number
  readonly #resolvers: ReadonlySet<string> | undefined
  readonly #minRank: number
  readonly #client = new Uint32Array(4)
  readonly #address = new Uint32Array(4)

  constructor(options: RecentDomainsOptions) {
    const { now = Date.now, maxEntries = 8192, maxNamesPerAddress = 32 } = options
    const { maxEntriesPerClient = Math.ceil(maxEntries / 8) } = options
    const { lingerSeconds = 300, maxTtlSeconds = 86_400, resolvers, minConfidence = 'medium' } = options
    checkCount('maxEntries', maxEntries, 1, 1 << 20)
    checkCount('maxEntriesPerClient', maxEntriesPerClient, 1, maxEntries)
    checkCount('maxNamesPerAddress', maxNamesPerAddress, 1, 64)
    checkCount('lingerSeconds', lingerSeconds, 0, 1 << 30)
    checkCount('maxTtlSeconds', maxTtlSeconds, 0, 1 << 30)
    this.#table = new AnswerTable(maxEntries, maxNamesPerAddress, maxEntriesPerClient)
    this.compat = new CompatDomains(maxEntries, now)
    this.#now = now
    this.#lingerMs = lingerSeconds * 1000
    this.#maxTtl = maxTtlSeconds
    this.#resolvers = resolvers && new Set(resolvers.map(resolverKey))
    this.#minRank = RANKS[minConfidence]
  }

  get size(): number {
    return this.#table.size
  }

  get evicted(): number {
    return this.#table.evicted
  }

  clear(): void {
    this.#table.clear()
    this.compat.clear()
  }

  learn(packet: Packet): void {
    const { dns } = packet
    if (dns === undefined || !dns.isResponse || (dns.responseCode & 15) !== NO_ERROR || dns.questionCount === 0) return
    if ((packet.udp ?? packet.tcp)?.sourcePort !== DNS_PORT) return
    const resolver = this.#address
    if (!readAddress(packet, true, resolver)) return
    if (this.#resolvers !== undefined && !this.#resolvers.has(resolver.join())) return
    const client = new Uint32Array(4)
    if (!readAddress(packet, false, client)) return
    const name = dns.questions[0]?.name ?? ''
    this.#learnAnswers(client, name, dns.answers.map(toTold))
  }

  learnEvent(topic: string, value: string): void {
    if (!isServeTopic(topic)) return
    const served = parseServeEvent(value)
    if (served === undefined) return
    this.compat.learn(served)
    const client = clientOf(served, topic)
    const name = served.questions.find(question => question.name !== '')?.name
    if (client === undefined || name === undefined) return
    // The resolver is believed: each address in its event is one of the name asked for, whatever lies between them.
    const told = served.records.map(({ ttl, a, aaaa }) => ({
      owner: name,
      ttl,
      addresses: [a, aaaa].filter(address => address !== undefined)
    }))
    this.#learnAnswers(client, name, told)
  }

  /** Follows the aliases from the name asked for: answers to what was not asked are not believed. */
  #learnAnswers(client: AddressWords, question: string, records: readonly Told[]): void {
    const name = canonical(question)
    if (name === '' || name.length > MAX_NAME_CHARACTERS) return
    const aliases = new Map<string, string>()
    for (const { owner, alias } of records) if (alias !== undefined) aliases.set(canonical(owner), canonical(alias))
    const owners = new Set<string>()
    for (let owner: string | undefined = name; owner !== undefined; owner = aliases.get(owner)) {
      if (owners.has(owner) || owners.size >= MAX_ALIASES) break
      owners.add(owner)
    }
    const now = this.#now()
    for (const { owner, ttl, addresses } of records) {
      if (addresses.length === 0 || !owners.has(canonical(owner))) continue
      const expires = now + Math.min(Math.max(ttl, 0), this.#maxTtl) * 1000
      for (const text of addresses) {
        const address = parseAddress(text)
        if (address !== undefined && isHost(address)) this.#table.put(client, address, name, now, expires)
      }
    }
  }

  lookup(client: string, address: string): RecentDomain | undefined {
    const [who, what] = [parseAddress(client), parseAddress(address)]
    if (who === undefined || what === undefined) return undefined
    const table = this.#table
    const now = this.#now()
    const byName = new Map<string, DomainCandidate>()
    for (let at = table.first(what); at >= 0; at = table.next(at, what)) {
      const confidence = this.#confidence(at, who, what, now)
      if (confidence === undefined) continue
      const { name, learnedMs, expiresMs } = table.answer(at)
      const known = byName.get(name)
      if (known === undefined || isBetter(confidence, learnedMs, known.confidence, known.learnedMs)) {
        byName.set(name, { name, confidence, learnedMs, expiresMs })
      }
    }
    const candidates = [...byName.values()].sort((one, other) =>
      isBetter(one.confidence, one.learnedMs, other.confidence, other.learnedMs) ? -1 : 1
    )
    const [first] = candidates
    return first && { name: first.name, confidence: first.confidence, candidates }
  }

  sourceOf(packet: Packet): string {
    return this.#nameOf(packet, false)
  }

  destinationOf(packet: Packet): string {
    return this.#nameOf(packet, true)
  }

  /** The packet's client is the side whose peer is looked up. */
  #nameOf(packet: Packet, isClientSource: boolean): string {
    if (this.#table.size === 0) return ''
    const client = this.#client
    const address = this.#address
    // Nobody asked for most addresses; of those nothing else is worth reading.
    if (!readAddress(packet, !isClientSource, address) || this.#table.first(address) < 0) return ''
    if (!readAddress(packet, isClientSource, client)) return ''
    const at = this.#best(client, address)
    return at < 0 ? '' : this.#table.name(at)
  }

  /** The answer that fits best, if it is good enough to be written; -1 when there is none. */
  #best(client: AddressWords, address: AddressWords): number {
    const table = this.#table
    const now = this.#now()
    let best = -1
    let bestRank = 0
    for (let at = table.first(address); at >= 0; at = table.next(at, address)) {
      const confidence = this.#confidence(at, client, address, now)
      if (confidence === undefined) continue
      const rank = RANKS[confidence]
      if (rank > bestRank || (rank === bestRank && table.learnedMs(at) > table.learnedMs(best))) {
        best = at
        bestRank = rank
      }
    }
    return bestRank >= this.#minRank ? best : -1
  }

  #confidence(at: number, client: AddressWords, address: AddressWords, now: number): Confidence | undefined {
    const table = this.#table
    if (table.expiresMs(at) + this.#lingerMs < now) return undefined
    if (!table.isClient(at, client)) return 'low'
    if (table.expiresMs(at) < now) return 'medium'
    const name = table.name(at)
    for (let other = table.first(address); other >= 0; other = table.next(other, address)) {
      if (table.isClient(other, client) && table.expiresMs(other) >= now && table.name(other) !== name) return 'medium'
    }
    return 'high'
  }
}

function isBetter(confidence: Confidence, learnedMs: number, other: Confidence, otherLearnedMs: number): boolean {
  return RANKS[confidence] === RANKS[other] ? learnedMs > otherLearnedMs : RANKS[confidence] > RANKS[other]
}

/** Names know no case, and some clients vary it to make forging harder; a trailing dot means nothing. */
function canonical(name: string): string {
  const lower = name.toLowerCase()
  return lower.endsWith('.') ? lower.slice(0, -1) : lower
}

function toTold({ name, ttl, details }: DnsRecord): Told {
  switch (details?.kind) {
    case 'A':
    case 'AAAA':
      return { owner: name, ttl, addresses: [details.address] }
    case 'CNAME':
      return { owner: name, ttl, alias: details.target, addresses: [] }
    case 'HTTPS':
    case 'SVCB': {
      const { ipv4Hint = [], ipv6Hint = [] } = details.parameters
      const addresses = [...ipv4Hint, ...ipv6Hint]
      // An alias of its own kind: the target's addresses are those of this name.
      return details.priority === 0 && details.target !== ''
        ? { owner: name, ttl, alias: details.target, addresses }
        : { owner: name, ttl, addresses }
    }
    default:
      return { owner: name, ttl, addresses: [] }
  }
}

function resolverKey(text: string): string {
  const words = parseAddress(text)
  if (words === undefined) throw new TypeError(`resolvers holds ${JSON.stringify(text)}; give addresses`)
  return words.join()
}

function checkCount(field: string, value: number, least: number, most: number): void {
  if (!Number.isSafeInteger(value) || value < least || value > most) {
    throw new RangeError(`${field} is ${value}; give a whole number from ${least} to ${most}`)
  }
}

/**
 * Makes a memory of DNS answers, empty at first.
 * @throws RangeError when a number in `options` is out of range; TypeError when a resolver is no address.
 */
export function createRecentDomains(options: RecentDomainsOptions = {}): RecentDomains {
  return new DomainMemory(options)
}
