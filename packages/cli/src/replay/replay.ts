import { type BusClient, BusError } from '@packet-logs/bus'
import { createLineWriter, type LoggedPacket, topicOf } from '@packet-logs/decoder'
import type { Pace } from './pace.js'
import { readRecordedEvent } from './recorded-event.js'
import type { Recording } from './recording.js'

/** How far a replay has come. */
export interface ReplayProgress {
  published: number
  /** Lines and packets that are no events. */
  skipped: number
  /** Where the first of them is, and why. */
  firstSkipped?: string
}

/** Longer than any line that is written: its bound is 65,000 bytes. */
const lineBufferBytes = 128 * 1024
/** So often the bus is asked for room: a publisher that asks loses nothing. */
const eventsPerRoom = 64

/**
 * Publishes a recording's events in their order, at their pace and no faster than the bus takes them. `progress` is kept up to
 * date all the while.
 *
 * @throws what is wrong in the middle of the recording, after all before it was published; BusError; `signal.reason`
 */
export async function replay(
  recording: Recording,
  bus: BusClient,
  { pace, signal, progress }: { pace: Pace; signal: AbortSignal; progress: ReplayProgress }
): Promise<void> {
  let since = 0
  const ready = async (timeMs: number | undefined): Promise<void> => {
    signal.throwIfAborted()
    await pace.wait(timeMs)
    if (since++ % eventsPerRoom === 0) await bus.waitForRoom({ signal })
  }
  if (recording.kind === 'capture') await replayPackets(recording.packets, bus, ready, progress)
  else await replayLines(recording.lines, bus, ready, progress)
  signal.throwIfAborted()
}

type Ready = (timeMs: number | undefined) => Promise<void>

async function replayPackets(
  packets: AsyncIterable<LoggedPacket | undefined>,
  bus: BusClient,
  ready: Ready,
  progress: ReplayProgress
): Promise<void> {
  const writer = createLineWriter()
  const line = new Uint8Array(lineBufferBytes)
  let number = 0
  for await (const packet of packets) {
    number++
    if (!packet) {
      skip(progress, `packet ${number}: its link type carries no IP packet`)
      continue
    }
    await ready(packet.timestampUs === undefined ? undefined : packet.timestampUs / 1000)
    bus.publishLine(line.subarray(0, writer.write(packet, line, 0)), topicOf(packet.prefix))
    progress.published++
  }
}

async function replayLines(
  lines: AsyncIterable<string>,
  bus: BusClient,
  ready: Ready,
  progress: ReplayProgress
): Promise<void> {
  let number = 0
  for await (const line of lines) {
    number++
    if (line.trim() === '') continue
    const event = readRecordedEvent(line)
    if ('reason' in event) {
      skip(progress, `line ${number}: ${event.reason}`)
      continue
    }
    await ready(event.timeMs)
    try {
      bus.publishText(event.topic, event.text)
      progress.published++
    } catch (error) {
      if (!(error instanceof BusError) || error.code !== 'BUS_FRAME_TOO_LARGE') throw error
      skip(progress, `line ${number}: ${error.message}`)
    }
  }
}

function skip(progress: ReplayProgress, reason: string): void {
  progress.skipped++
  progress.firstSkipped ??= reason
}
