import type { Gap } from '@packet-logs/bus'
import type { PacketFacts } from './read-packet.js'

/** How events become points: lines of InfluxDB's line protocol, none ended by a newline. */
export interface Schema {
  /**
   * The points of a packet; `undefined` when this schema has no place for it.
   *
   * @param seq the event's number, which tells apart what was logged in the same microsecond
   */
  points(facts: PacketFacts, seq: number): readonly string[] | undefined
  /** The points of a hole in the stream of events. */
  gap(gap: Gap, nowMs: number): readonly string[]
  /** Points about the packets since the last time, of a schema that sums up. */
  summary(nowMs: number): readonly string[]
}
