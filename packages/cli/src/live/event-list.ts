import type { BusEvent, Gap } from '@packet-logs/bus'

/** An event as the live view holds it. */
export interface LiveEvent extends BusEvent {
  /** The how-manieth it is, from 1: its identity in the view. */
  readonly number: number
  /** When it came, milliseconds since the epoch. */
  readonly atMs: number
  /** It is no event but tells of a loss. */
  readonly gap?: Gap
}

/** The last events, bounded in number and in size; never changed, only replaced. */
export interface EventList {
  readonly events: readonly LiveEvent[]
  /** Characters in all of them. */
  readonly characters: number
}

export const maxEvents = 5_000
/** Two bytes each at most. */
export const maxCharacters: number = 8 * 1024 * 1024

export const emptyList: EventList = { events: [], characters: 0 }

/** The list with further events at its end; the oldest make room. */
export function append(list: EventList, added: readonly LiveEvent[]): EventList {
  if (added.length === 0) return list
  const all = list.events.concat(added)
  let { characters } = list
  for (const event of added) characters += charactersOf(event)
  let first = Math.max(0, all.length - maxEvents)
  for (const event of all.slice(0, first)) characters -= charactersOf(event)
  while (characters > maxCharacters && first < all.length - 1) {
    const event = all[first++]
    if (event) characters -= charactersOf(event)
  }
  return { events: first === 0 ? all : all.slice(first), characters }
}

/** The events of both lists, each once and in order. */
export function merge(a: EventList, b: EventList): readonly LiveEvent[] {
  const byNumber = new Map([...a.events, ...b.events].map(event => [event.number, event]))
  return [...byNumber.values()].sort((one, other) => one.number - other.number)
}

/** The place of an event, or, if it is gone, of the one that took its place; -1 in an empty list. */
export function indexOf({ events }: EventList, number: number): number {
  let low = 0
  let high = events.length
  while (low < high) {
    const middle = (low + high) >> 1
    if ((events[middle]?.number ?? 0) < number) low = middle + 1
    else high = middle
  }
  return Math.min(low, events.length - 1)
}

function charactersOf({ topic, value }: LiveEvent): number {
  return topic.length + value.length
}
