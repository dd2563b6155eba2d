import type { Counters } from '../counters.js'
import { readPacket } from './read-packet.js'
import type { Schema } from './schema.js'

/** Makes points of events, and counts them. */
export function encodeEvents(
  events: readonly { value: string; seq: number }[],
  schema: Schema,
  counters: Counters
): readonly string[] {
  const lines: string[] = []
  for (const { value, seq } of events) {
    const facts = readPacket(value)
    const points = facts && schema.points(facts, seq)
    if (points === undefined) counters.eventsSkipped += 1
    else for (const point of points) lines.push(point)
  }
  for (const line of schema.summary(Date.now())) lines.push(line)
  counters.events += events.length
  counters.points += lines.length
  return lines
}
