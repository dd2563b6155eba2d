import type { NotificationEntry } from './entry.js'
import type { SprPacket } from './spr-conditions.js'
import { comparedPrefix, meetsConditions } from './spr-conditions.js'

type Key = string | number

const MAX_PREFIXES = 256

/** One thing entries can be told apart by, and how a packet is asked for it. */
interface Dimension {
  of(entry: NotificationEntry): Key | undefined
  in(packet: SprPacket): Key | undefined
}

/** The most telling first: each entry is filed under the first it asks for. */
const DIMENSIONS: readonly Dimension[] = [
  { of: ({ Conditions: { DstIP } }) => DstIP || undefined, in: packet => packet.destinationIp },
  { of: ({ Conditions: { SrcIP } }) => SrcIP || undefined, in: packet => packet.sourceIp },
  port('tcp', 'DstPort'),
  port('udp', 'DstPort'),
  port('tcp', 'SrcPort'),
  port('udp', 'SrcPort'),
  { of: ({ Conditions: { InDev } }) => InDev || undefined, in: packet => packet.inDevice },
  { of: ({ Conditions: { OutDev } }) => OutDev || undefined, in: packet => packet.outDevice },
  { of: () => 0, in: () => 0 }
]

function port(protocol: 'tcp' | 'udp', key: 'SrcPort' | 'DstPort'): Dimension {
  return {
    of: ({ Conditions }) => (Conditions.Protocol === protocol ? Conditions[key] || undefined : undefined),
    in: packet => (key === 'SrcPort' ? packet.sourcePort(protocol) : packet.destinationPort(protocol))
  }
}

/** The entries of one prefix, by dimension and value. */
class Shelf {
  readonly #filed: { dimension: Dimension; indexes: Map<Key, number[]> }[] = []

  add(entry: NotificationEntry, index: number): void {
    for (const dimension of DIMENSIONS) {
      const key = dimension.of(entry)
      if (key === undefined) continue
      let filed = this.#filed.find(one => one.dimension === dimension)
      if (filed === undefined) {
        filed = { dimension, indexes: new Map() }
        this.#filed.push(filed)
      }
      const indexes = filed.indexes.get(key)
      if (indexes === undefined) filed.indexes.set(key, [index])
      else indexes.push(index)
      return
    }
  }

  /** The first entry before `limit` that the packet meets, or `limit`. */
  first(entries: readonly NotificationEntry[], packet: SprPacket, limit: number): number {
    let first = limit
    for (const { dimension, indexes } of this.#filed) {
      const key = dimension.in(packet)
      const candidates = key === undefined ? undefined : indexes.get(key)
      if (candidates === undefined) continue
      for (const index of candidates) {
        if (index >= first) break
        const entry = entries[index]
        if (entry !== undefined && meetsConditions(entry, packet)) first = index
      }
    }
    return first
  }
}

/** Finds the first entry that a packet meets without trying them one by one. */
export class EntryIndex {
  /** Whether no packet can meet any entry. */
  readonly isEmpty: boolean
  readonly #entries: readonly NotificationEntry[]
  readonly #anyPrefix = new Shelf()
  readonly #byPrefix = new Map<string, Shelf>()
  /** The shelves of prefixes as they are logged. */
  readonly #byLogged = new Map<string, Shelf | undefined>()

  constructor(entries: readonly NotificationEntry[]) {
    this.#entries = entries
    this.isEmpty = !entries.some(({ Notification }) => Notification)
    for (const [index, entry] of entries.entries()) {
      if (entry.Notification) this.#shelfFor(entry.Conditions.Prefix).add(entry, index)
    }
  }

  #shelfFor(prefix: string): Shelf {
    if (prefix === '') return this.#anyPrefix
    let shelf = this.#byPrefix.get(prefix)
    if (shelf === undefined) {
      shelf = new Shelf()
      this.#byPrefix.set(prefix, shelf)
    }
    return shelf
  }

  /** The index of the first entry that the packet meets, or -1. */
  find(packet: SprPacket): number {
    const entries = this.#entries
    const { length } = entries
    const { prefix } = packet
    if (prefix === '') return -1
    const own = this.#shelfOf(prefix)?.first(entries, packet, length) ?? length
    const first = this.#anyPrefix.first(entries, packet, own)
    return first === length ? -1 : first
  }

  #shelfOf(logged: string): Shelf | undefined {
    const known = this.#byLogged.get(logged)
    if (known !== undefined || this.#byLogged.has(logged)) return known
    const shelf = this.#byPrefix.get(comparedPrefix(logged))
    // A firewall has a handful of prefixes; should somebody find a way to vary them, the memory of them starts over.
    if (this.#byLogged.size >= MAX_PREFIXES) this.#byLogged.clear()
    this.#byLogged.set(logged, shelf)
    return shelf
  }
}
