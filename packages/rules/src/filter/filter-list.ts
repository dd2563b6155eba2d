import type { LoggedPacket, Packet } from '@packet-logs/decoder'
import type { EventView } from './fields/event-view.js'
import type { PacketContext } from './fields/packet-view.js'
import { PacketView } from './fields/packet-view.js'
import type { IndexedFilter } from './lookup/filter-index.js'
import { FilterIndex } from './lookup/filter-index.js'
import { eventReader, packetReader } from './readers.js'

/** Many filters that are put to the same packets and events; undefined stands for one that never matches. */
export class FilterList {
  readonly #filters: readonly (IndexedFilter | undefined)[]
  #onPacket: FilterIndex<PacketView> | undefined
  #onEvent: FilterIndex<EventView> | undefined
  #packetView: PacketView | undefined

  constructor(filters: readonly (IndexedFilter | undefined)[]) {
    this.#filters = filters
  }

  /** Index of the first filter that a packet matches, or -1. */
  firstForPacket(logged: LoggedPacket, packet: Packet, context?: PacketContext): number {
    this.#packetView ??= new PacketView(logged, packet)
    return this.#packets.first(this.#packetView.reset(logged, packet, context))
  }

  /** Index of the first filter that an event matches, or -1. */
  firstForEvent(view: EventView): number {
    return this.#events.first(view)
  }

  /** Indexes of all filters that a packet matches, ascending. */
  allForPacket(view: PacketView): readonly number[] {
    return this.#packets.all(view)
  }

  /** Indexes of all filters that an event matches, ascending. */
  allForEvent(view: EventView): readonly number[] {
    return this.#events.all(view)
  }

  /** What the filters that are tried for one packet may cost together. */
  get worstCost(): number {
    return this.#packets.worstCost
  }

  get #packets(): FilterIndex<PacketView> {
    this.#onPacket ??= new FilterIndex(this.#filters, packetReader)
    return this.#onPacket
  }

  get #events(): FilterIndex<EventView> {
    this.#onEvent ??= new FilterIndex(this.#filters, eventReader)
    return this.#onEvent
  }
}
