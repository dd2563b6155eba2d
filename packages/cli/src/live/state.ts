import type { BusEvent, Gap } from '@packet-logs/bus'
import { append, type EventList, emptyList, type LiveEvent } from './event-list.js'
import type { Key } from './keys.js'
import type { TextField } from './text-field.js'

export interface Size {
  readonly columns: number
  readonly rows: number
}

/** What of the events is shown. */
export interface Wanted {
  /** Beginning of the topic. */
  readonly topic: string
  readonly filter?: { readonly source: string; readonly matches: (event: Readonly<BusEvent>) => boolean }
}

/** All that came lately, and what of it is wanted: that stays even when a flood of other events pushes them out. */
export interface Buffers {
  readonly recent: EventList
  readonly shown: EventList
}

export type Mode =
  | { readonly name: 'list' }
  | { readonly name: 'help' }
  /** Something is being typed that changes what is wanted; `before` is what Escape goes back to. */
  | { readonly name: 'filter' | 'topic'; readonly field: TextField; readonly before: Wanted; readonly error?: string }
  | { readonly name: 'detail'; readonly event: LiveEvent; readonly top: number; readonly asJson: boolean }

/** `over`: there will be no more events. */
export type Connection = 'connected' | 'away' | 'over'

export interface LiveState {
  /** What is looked at, such as the socket, and which topics of it. */
  readonly title: string
  readonly size: Size
  readonly mode: Mode
  readonly wanted: Wanted
  readonly live: Buffers
  /** What was there when the view was paused, which it is as long as this is here. */
  readonly frozen?: Buffers
  /** Number of the event that was chosen; without, the view follows what comes. */
  readonly selected?: number
  /** Number of the event on the last row while one is chosen. */
  readonly bottom?: number
  /** Events that came, and those among them that were wanted. */
  readonly seen: number
  readonly matched: number
  /** The last number given. */
  readonly numbered: number
  readonly lost: number
  /** Of some losses nobody knows how large they are. */
  readonly lostUnknown: boolean
  readonly connection: Connection
  /** What had come when, lately; the rate is over these. */
  readonly pulse: readonly { readonly atMs: number; readonly seen: number }[]
  /** The user wants to leave. */
  readonly isOver: boolean
}

/** What happens to the view. */
export type Message =
  | { readonly type: 'events'; readonly events: readonly BusEvent[]; readonly atMs: number }
  | { readonly type: 'key'; readonly key: Key }
  | { readonly type: 'resize'; readonly size: Size }
  /** Time passes. */
  | { readonly type: 'tick'; readonly atMs: number }
  | { readonly type: 'connection'; readonly connection: Connection }

/** Rows that do not belong to the list: the title, where there is room for it, and the status line. */
const titleFromRows = 6

export function createLiveState(title: string, size: Size): LiveState {
  return {
    title,
    size,
    mode: { name: 'list' },
    wanted: { topic: '' },
    live: { recent: emptyList, shown: emptyList },
    seen: 0,
    matched: 0,
    numbered: 0,
    lost: 0,
    lostUnknown: false,
    connection: 'connected',
    pulse: [],
    isOver: false
  }
}

export function hasTitle({ size }: LiveState): boolean {
  return size.rows >= titleFromRows
}

/** Rows between title and status line: for the list, the detail, the help. */
export function bodyRows(state: LiveState): number {
  return Math.max(0, state.size.rows - (hasTitle(state) ? 2 : 1))
}

/** What is on the screen now. */
export function visibleList({ frozen, live }: LiveState): EventList {
  return (frozen ?? live).shown
}

/** Events per second lately. */
export function rateOf({ pulse }: LiveState): number {
  const first = pulse[0]
  const last = pulse.at(-1)
  if (!first || !last || last.atMs <= first.atMs) return 0
  return ((last.seen - first.seen) * 1000) / (last.atMs - first.atMs)
}

/** Notices of loss concern everybody, whatever is wanted. */
export function isWanted(event: LiveEvent, { topic, filter }: Wanted): boolean {
  if (event.gap) return true
  if (!event.topic.startsWith(topic)) return false
  if (!filter) return true
  try {
    return filter.matches(event)
  } catch {
    return false
  }
}

/** The list with further events; neighbouring notices of loss become one, so that a flood of them does not fill it. */
export function appendMerging(list: EventList, added: readonly LiveEvent[]): EventList {
  const merged: LiveEvent[] = []
  let { events, characters } = list
  for (const event of added) {
    const last = merged.at(-1) ?? events.at(-1)
    const sum = last?.gap && event.gap && addGaps(last.gap, event.gap)
    if (!sum) {
      merged.push(event)
      continue
    }
    if (merged.length > 0) merged.pop()
    else {
      events = events.slice(0, -1)
      characters -= last.topic.length + last.value.length
    }
    merged.push({ ...last, gap: sum })
  }
  return append({ events, characters }, merged)
}

/** Two losses at the same place as one. */
function addGaps(a: Gap, b: Gap): Gap | undefined {
  if (a.where !== b.where || a.group !== b.group) return undefined
  const lost = a.lost === null || b.lost === null ? null : a.lost + b.lost
  return { ...a, to: b.to, lost, ...((a.atMost ?? b.atMost) && { atMost: true }) }
}
