import type { BusEvent } from '@packet-logs/bus'
import type { SubscribeOptions } from './options.js'

/** Whether events can come. */
export type StreamState = 'connected' | 'away'

/** Events for whoever shows them, wherever they come from. */
export interface EventStream extends AsyncDisposable {
  /** The socket of the bus, or the file. */
  readonly name: string
  /** Events lost on the way here, as far as they can be counted. */
  readonly lost: number
  /** Resolves when events published from now on will be seen. */
  readonly ready: Promise<void>
  /** Ends when there will be none any more. */
  batches(): AsyncIterable<readonly BusEvent[]>
  /** Whether events can come, whenever that changes; ends with the stream. */
  states(): AsyncIterable<StreamState>
}

/** The bus's own events, such as those that tell of losses, concern everybody who asked for them. */
export function isNotice({ topic }: BusEvent): boolean {
  return topic.startsWith('bus:')
}

/** Leaves out the topics that are not wanted. */
export function createExclusion(
  exclude: SubscribeOptions['exclude']
): (events: readonly BusEvent[]) => readonly BusEvent[] {
  if (exclude.length === 0) return events => events
  return events => events.filter(event => isNotice(event) || !exclude.some(one => event.topic.startsWith(one)))
}
