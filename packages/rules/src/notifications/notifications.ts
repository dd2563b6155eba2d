import type { LoggedPacket, Packet } from '@packet-logs/decoder'
import { formatPacketInfo, topicOf } from '@packet-logs/decoder'
import type { FilterEvent } from '../filter/fields/event-view.js'
import { EventView } from '../filter/fields/event-view.js'
import type { PacketContext } from '../filter/fields/packet-view.js'
import { FilterList } from '../filter/filter-list.js'
import { readFilter } from '../filter/read-filter.js'
import { isObject } from '../filter/value.js'
import type { NotificationEntry } from './entry.js'
import { NO_CONDITIONS, wantsEverything } from './entry.js'
import { EntryIndex } from './entry-index.js'
import { DecodedSprPacket, JsonSprPacket } from './spr-packets.js'
import { strictFilter } from './strict-filter.js'

/** What is sent to those who watch. */
export interface Notice {
  /** The event's topic. */
  readonly topic: string
  /** JSON. Of a packet the keys SPR's service sends; Ethernet and recent domains are not among them. */
  readonly data: string
  /** Whether to show it to people, or only to pass it on. */
  readonly notification: boolean
}

/** How entries are read: as SPR does, quirks included, or as their authors most likely meant them. */
export type NotificationReading = 'spr' | 'strict'

/** A `notifications.json` in force. */
export interface Notifications {
  readonly entries: readonly NotificationEntry[]
  /** Whether every event of the bus is passed on. */
  readonly notifyAll: boolean
  /** Index of the first entry that a packet matches, or -1. */
  matchPacket(logged: LoggedPacket, packet: Packet, context?: PacketContext): number
  /**
   * Index of the first entry that a packet's event matches, or -1; no other event matches any.
   * @param view one that already looks at the event, so that it is not parsed again
   */
  matchEvent(event: FilterEvent, view?: EventView): number
  /**
   * What is sent for an event, if anything.
   * @param match what `matchEvent` gave, where it was asked before
   * @param view one that already looks at the event, so that it is not parsed again
   */
  noticeOf(event: FilterEvent, match?: number, view?: EventView): Notice | undefined
  /**
   * What is sent for a decoded packet, if anything: the same as for its event.
   * @param match what `matchPacket` gave, where it was asked before
   */
  noticeOfPacket(logged: LoggedPacket, packet: Packet, context?: PacketContext, match?: number): Notice | undefined
}

/** Puts entries in force; deterministic, synchronous, and it never throws on what packets and events hold. */
export function createNotifications(
  entries: readonly NotificationEntry[],
  options: { readonly reading?: NotificationReading } = {}
): Notifications {
  return options.reading === 'strict' ? new StrictNotifications(entries) : new SprNotifications(entries)
}

const PACKET_TOPIC = 'nft:'
/** Sent to everybody whatever the file says. */
const ALWAYS_SENT = 'wifi:auth'
/** In the order SPR writes them. */
const SENT_KEYS = ['TCP', 'UDP', 'IP', 'DNS', 'DHCP', 'Prefix', 'Action', 'Timestamp', 'InDev', 'OutDev'] as const

abstract class BaseNotifications implements Notifications {
  readonly entries: readonly NotificationEntry[]
  abstract readonly notifyAll: boolean
  readonly #view = new EventView()

  constructor(entries: readonly NotificationEntry[]) {
    this.entries = entries
  }

  abstract matchPacket(logged: LoggedPacket, packet: Packet, context?: PacketContext): number

  protected abstract matchPacketEvent(view: EventView): number

  matchEvent(event: FilterEvent, view: EventView = this.#view): number {
    if (!event.topic.startsWith(PACKET_TOPIC)) return -1
    view.reset(event)
    return this.matchPacketEvent(view)
  }

  noticeOf(event: FilterEvent, match?: number, view: EventView = this.#view): Notice | undefined {
    const { topic } = event
    if (topic.startsWith(PACKET_TOPIC)) {
      const notification = (match ?? this.matchEvent(event, view)) >= 0
      if (!notification && !this.notifyAll) return undefined
      view.reset(event)
      const { info } = view
      const sent = SENT_KEYS.flatMap(key => (Object.hasOwn(info, key) ? [[key, info[key]] as const] : []))
      // Anybody may publish on a packet's topic what is none.
      if (sent.length === 0) return undefined
      return { topic, data: JSON.stringify(Object.fromEntries(sent)), notification }
    }
    const notification = topic.startsWith(ALWAYS_SENT)
    if (!notification && !this.notifyAll) return undefined
    view.reset(event)
    return isObject(view.event) ? { topic, data: event.value, notification } : undefined
  }

  noticeOfPacket(logged: LoggedPacket, packet: Packet, context?: PacketContext, match?: number): Notice | undefined {
    const notification = (match ?? this.matchPacket(logged, packet, context)) >= 0
    if (!notification && !this.notifyAll) return undefined
    const { action } = context ?? {}
    const event = formatPacketInfo(logged, action === undefined ? {} : { action })
    return { topic: topicOf(logged.prefix), data: sentPart(event), notification }
  }
}

const ETHERNET = /^\{"Ethernet":\{[^}]*\},/
const LAST_SENT_KEY = /,"OutDev":"(?:[^"\\]|\\.)*"/

/**
 * Of a packet's JSON what SPR sends. It stands together: Ethernet comes before it, what SPR does not know after it. A
 * quotation mark within a text has a backslash, so that the key is found and nothing else.
 */
function sentPart(event: string): string {
  const start = ETHERNET.exec(event)?.[0].length ?? 1
  const last = LAST_SENT_KEY.exec(event)
  return `{${event.slice(start, last === null ? -1 : last.index + last[0].length)}}`
}

class SprNotifications extends BaseNotifications {
  readonly notifyAll: boolean
  readonly #index: EntryIndex
  #packet: DecodedSprPacket | undefined

  constructor(entries: readonly NotificationEntry[]) {
    super(entries)
    this.notifyAll = entries.some(wantsEverything)
    this.#index = new EntryIndex(entries)
  }

  matchPacket(logged: LoggedPacket, packet: Packet): number {
    this.#packet ??= new DecodedSprPacket(logged, packet)
    return this.#index.find(this.#packet.reset(logged, packet))
  }

  protected matchPacketEvent(view: EventView): number {
    return this.#index.isEmpty ? -1 : this.#index.find(new JsonSprPacket(view.info))
  }
}

class StrictNotifications extends BaseNotifications {
  readonly notifyAll: boolean
  readonly #filters: FilterList

  constructor(entries: readonly NotificationEntry[]) {
    super(entries)
    const empty = JSON.stringify(NO_CONDITIONS)
    this.notifyAll = entries.some(({ Conditions, Notification }) => {
      return !Notification && JSON.stringify({ ...NO_CONDITIONS, ...Conditions }) === empty
    })
    this.#filters = new FilterList(
      entries.map(entry => {
        const source = strictFilter(entry)
        return source === undefined ? undefined : readFilter(source)
      })
    )
  }

  matchPacket(logged: LoggedPacket, packet: Packet, context?: PacketContext): number {
    return this.#filters.firstForPacket(logged, packet, context)
  }

  protected matchPacketEvent(view: EventView): number {
    return this.#filters.firstForEvent(view)
  }
}
