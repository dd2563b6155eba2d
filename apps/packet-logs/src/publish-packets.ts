import { setImmediate as nextTurn } from 'node:timers/promises'
import { BusError, type Publisher } from '@packet-logs/bus'
import { type DomainSource, type LoggedPacket, type Packet, topicOf } from '@packet-logs/decoder'
import type { PacketContext } from '@packet-logs/rules'
import type { Config } from './config/config.js'
import { createPacketWriters } from './packet-writers.js'

/** Packets that arrived together: what `NflogSocket.batches()` gives, or an array. */
export interface PacketBatch {
  /** What was lost right before the first of them. */
  readonly gap?: { readonly lost?: number; readonly group?: number } | undefined
  readonly length: number
  at(index: number): LoggedPacket | undefined
}

/** Somebody else who looks at each packet. */
export interface PacketStation {
  /**
   * Called when the packet's event has been published. `packet` and `context` are used for one packet after another: what is
   * wanted of them later has to be copied. Must not throw.
   */
  packet(logged: LoggedPacket, packet: Packet, topic: string, context: PacketContext): void
}

/** What {@link publishPackets} needs of a configuration, and who else looks at the packets. */
export interface PublishOptions extends Pick<Config, 'groups' | 'events'> {
  /** Names for the addresses in events. Default none. */
  readonly domains?: DomainSource | undefined
  /** Asked in this order; without any, a packet is decoded for its event and nothing else. Default none. */
  readonly stations?: readonly PacketStation[]
  /** Aborted when there is no time for more: what comes then is only counted. Default never. */
  readonly until?: AbortSignal | undefined
}

const firstLineBytes = 262_144
/** Strict mode bounds no line; a DNS message full of tiny records can grow far beyond its packet. */
const longestLineBytes = 16 * 1024 * 1024
const rememberedTopics = 1024
/** How long packets may keep timers and sockets from their turn in a flood, and after how many the clock is looked at. */
const longestTurnMs = 10
const packetsPerLook = 32

/** Packets that gave no event. */
export interface Withheld {
  /** Packets that SPR drops, too, in strict mode. */
  dropped: number
  /** Packets whose line is longer than the bus takes; only strict mode, which bounds no line, can write one. */
  tooLarge: number
  /** Packets that were still there when there was no time for them any more. */
  late: number
}

/**
 * Publishes each packet as one event until the batches end; counts in `withheld`, as it goes, those that gave none. What was
 * lost is told to the bus's readers in its place.
 */
export async function publishPackets(
  batches: AsyncIterable<PacketBatch>,
  publisher: Publisher,
  options: PublishOptions,
  withheld: Withheld = { dropped: 0, tooLarge: 0, late: 0 }
): Promise<Withheld> {
  const writerOf = createPacketWriters(options)
  const { stations = [], until } = options
  const topics = new Map<string, string>()
  let line = new Uint8Array(firstLineBytes)
  let turnMs = performance.now()

  for await (const batch of batches) {
    if (until?.aborted) {
      withheld.late += batch.length
      continue
    }
    if (batch.gap) {
      const { lost = null, group } = batch.gap
      publisher.reportLoss({ where: 'kernel', lost, ...(group !== undefined && { group }) })
    }
    for (let i = 0; i < batch.length; i++) {
      if (i % packetsPerLook === 0 && performance.now() - turnMs > longestTurnMs) {
        await nextTurn()
        turnMs = performance.now()
        if (until?.aborted) {
          withheld.late += batch.length - i
          break
        }
      }
      const logged = batch.at(i)
      if (logged === undefined) break
      const writer = writerOf(logged.group)
      const topic = topicFor(logged.prefix)
      let end = writer.write(logged, line, 0)
      while (end < 0 && line.length < longestLineBytes) {
        line = new Uint8Array(line.length * 2)
        end = writer.write(logged, line, 0)
      }
      if (end === 0) withheld.dropped += 1
      else if (end < 0 || !publish(line.subarray(0, end), topic)) {
        withheld.tooLarge += 1
        publisher.reportLoss({ where: 'queue', lost: 1, group: logged.group })
      }
      if (stations.length === 0) continue
      const packet = writer.packetOf(logged)
      for (const station of stations) station.packet(logged, packet, topic, writer.context)
    }
  }
  if (withheld.late > 0) publisher.reportLoss({ where: 'queue', lost: withheld.late })
  return withheld

  function publish(finished: Uint8Array, topic: string): boolean {
    try {
      publisher.publishLine(finished, topic)
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
