import { BusError, type Publisher } from '@packet-logs/bus'
import { createLineWriter, type LineWriter, type LoggedPacket, topicOf } from '@packet-logs/decoder'
import type { Config } from './config.js'

/** Packets that arrived together: what `NflogSocket.batches()` gives, or an array. */
export interface PacketBatch {
  /** What was lost right before the first of them. */
  readonly gap?: { readonly lost?: number; readonly group?: number } | undefined
  readonly length: number
  at(index: number): LoggedPacket | undefined
}

/** What {@link publishPackets} needs of a configuration. */
export type PublishOptions = Pick<Config, 'groups' | 'events'>

const firstLineBytes = 262_144
/** Strict mode bounds no line; a DNS message full of tiny records can grow far beyond its packet. */
const longestLineBytes = 16 * 1024 * 1024
const rememberedTopics = 1024

/** Packets that gave no event. */
export interface Withheld {
  /** Packets that SPR drops, too, in strict mode. */
  dropped: number
  /** Packets whose line is longer than the bus takes; only strict mode, which bounds no line, can write one. */
  tooLarge: number
}

/**
 * Publishes each packet as one event until the batches end; counts in `withheld`, as it goes, those that gave none. What was
 * lost is told to the bus's readers in its place.
 */
export async function publishPackets(
  batches: AsyncIterable<PacketBatch>,
  publisher: Publisher,
  options: PublishOptions,
  withheld: Withheld = { dropped: 0, tooLarge: 0 }
): Promise<Withheld> {
  const writerOf = createWriters(options)
  const topics = new Map<string, string>()
  let line = new Uint8Array(firstLineBytes)

  for await (const batch of batches) {
    if (batch.gap) {
      const { lost = null, group } = batch.gap
      publisher.reportLoss({ where: 'kernel', lost, ...(group !== undefined && { group }) })
    }
    for (let i = 0; i < batch.length; i++) {
      const packet = batch.at(i)
      if (packet === undefined) break
      const writer = writerOf(packet.group)
      let end = writer.write(packet, line, 0)
      while (end < 0 && line.length < longestLineBytes) {
        line = new Uint8Array(line.length * 2)
        end = writer.write(packet, line, 0)
      }
      if (end === 0) withheld.dropped += 1
      else if (end < 0 || !publish(line.subarray(0, end), packet.prefix)) {
        withheld.tooLarge += 1
        publisher.reportLoss({ where: 'queue', lost: 1, group: packet.group })
      }
    }
  }
  return withheld

  function publish(finished: Uint8Array, prefix: string): boolean {
    try {
      publisher.publishLine(finished, topicFor(prefix))
      return true
    } catch (error) {
      if (error instanceof BusError && error.code === 'BUS_FRAME_TOO_LARGE') return false
      throw error
    }
  }

  function topicFor(prefix: string): string {
    let topic = topics.get(prefix)
    if (topic === undefined) {
      topic = topicOf(prefix)
      if (topics.size >= rememberedTopics) topics.clear()
      topics.set(prefix, topic)
    }
    return topic
  }
}

/** A line writer for each group that names its own action, and one for all others. */
function createWriters({ groups, events }: PublishOptions): (group: number) => LineWriter {
  const { maxLineBytes, communityId, ...rest } = events
  const options = {
    ...rest,
    ...(maxLineBytes !== undefined && { maxLineBytes }),
    ...(communityId !== undefined && { communityId })
  }
  const usual = createLineWriter(options)
  const named = new Map<number, LineWriter>()
  for (const { group, action } of groups) {
    if (action !== undefined) named.set(group, createLineWriter({ ...options, action }))
  }
  return named.size === 0 ? () => usual : group => named.get(group) ?? usual
}
