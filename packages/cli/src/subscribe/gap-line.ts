import { type BusEvent, type Gap, parseGap } from '@packet-logs/bus'

const gapTopic = 'bus:gap'

/** What a gap notice tells; `undefined` for every other event. */
export function gapOf({ topic, value }: BusEvent): Gap | undefined {
  return topic === gapTopic ? parseGap(value) : undefined
}

/** A hole in the stream as a line for people. */
export function formatGapLine({ lost, atMost, where, group }: Gap): string {
  const place = group === undefined ? where : `${where}, group ${group}`
  return `-- ${formatLost(lost, atMost)} lost (${place}) --`
}

function formatLost(lost: number | null, atMost: true | undefined): string {
  if (lost === null) return 'an unknown number of events'
  return `${atMost ? 'at most ' : ''}${lost} ${lost === 1 ? 'event' : 'events'}`
}
