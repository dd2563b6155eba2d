import { decodePacket, type LoggedPacket, type Packet, topicOf } from '@packet-logs/decoder'
import type { FilterEvent } from '@packet-logs/rules'
import { readRecordedEvent } from '../replay/recorded-event.js'
import type { Recording } from '../replay/recording.js'

/** What a recording holds at one place, ready for rules. */
export type Recorded = { readonly number: number } & (
  | RecordedPacket
  | RecordedBusEvent
  | { readonly kind: 'skipped'; readonly reason: string }
)

export interface RecordedPacket {
  readonly kind: 'packet'
  readonly topic: string
  readonly logged: LoggedPacket
  readonly packet: Packet
  readonly timeMs?: number
}

export interface RecordedBusEvent {
  readonly kind: 'event'
  readonly topic: string
  readonly event: FilterEvent
  readonly timeMs?: number
}

/** Something that rules can be put before. */
export type Subject = RecordedPacket | RecordedBusEvent

/** Reads a recording from its beginning, one place after the other, counted from 1. */
export async function* readRecorded(recording: Recording): AsyncGenerator<Recorded> {
  let number = 0
  if (recording.kind === 'capture') {
    for await (const logged of recording.packets) {
      number++
      yield { number, ...(logged === undefined ? skipped('its link type carries no IP packet') : packetOf(logged)) }
    }
    return
  }
  for await (const line of recording.lines) {
    number++
    if (line.trim() !== '') yield { number, ...eventOf(line) }
  }
}

function packetOf(logged: LoggedPacket): RecordedPacket {
  const { payload, etherType, prefix, timestampUs } = logged
  const packet = decodePacket(payload, etherType)
  const time = timestampUs === undefined ? {} : { timeMs: timestampUs / 1000 }
  return { kind: 'packet', topic: topicOf(prefix), logged, packet, ...time }
}

const writtenByUlogd = /"oob\.prefix"\s*:/

function eventOf(line: string): RecordedBusEvent | ReturnType<typeof skipped> {
  const read = readRecordedEvent(line)
  if ('reason' in read) return skipped(read.reason)
  const { topic, text, timeMs } = read
  if (topic.startsWith('nft:') && writtenByUlogd.test(text)) {
    return skipped('it is what ulogd writes, which rules do not read; decode its capture instead')
  }
  return { kind: 'event', topic, event: { topic, value: text }, ...(timeMs === undefined ? {} : { timeMs }) }
}

function skipped(reason: string): { kind: 'skipped'; reason: string } {
  return { kind: 'skipped', reason }
}
