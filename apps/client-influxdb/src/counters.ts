/** What an exporter has done since it began. Points in are points written, rejected, dropped, or waiting. */
export interface Counters {
  /** Events that came from the bus. */
  events: number
  /** Events that are no packet, or of which the schema makes no point. */
  eventsSkipped: number
  /** Holes in the stream of events. */
  gaps: number
  /** Of them those of which nobody knows how large they are. */
  gapsUnknown: number
  /** Events in the others. */
  eventsLost: number
  /** Points made. */
  points: number
  pointsWritten: number
  /** Points that the database does not want, and never will. */
  pointsRejected: number
  requests: number
  /** Requests that have to be made again. */
  retries: number
  /** Time spent waiting for answers. */
  requestMs: number
}

export function createCounters(): Counters {
  return {
    events: 0,
    eventsSkipped: 0,
    gaps: 0,
    gapsUnknown: 0,
    eventsLost: 0,
    points: 0,
    pointsWritten: 0,
    pointsRejected: 0,
    requests: 0,
    retries: 0,
    requestMs: 0
  }
}
