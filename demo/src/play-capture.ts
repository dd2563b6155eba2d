import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { listenBus } from '@packet-logs/bus'
import { configSchema, publishPackets } from '@packet-logs/daemon'
import { readCaptureFile, toLoggedPacket } from '@packet-logs/pcap'

type Packet = NonNullable<ReturnType<typeof toLoggedPacket>>

const capture = fileURLToPath(new URL('../captures/home-network.pcapng', import.meta.url))

/** A bus, and the recorded packets that come onto it. */
export interface Playback extends AsyncDisposable {
  /** Plays the capture over and over, as fast as it was recorded, until it is stopped. */
  play(signal: AbortSignal): Promise<void>
}

/** Serves a bus for the bundled capture. */
export async function playCapture(busPath: string): Promise<Playback> {
  const server = await listenBus({ path: busPath })
  return {
    play: async signal => {
      await publishPackets(inRealTime(signal), server.broker, configSchema.parse({}))
    },
    [Symbol.asyncDispose]: () => server.close()
  }
}

/** The capture's packets, each as a batch of its own, as far apart as they were recorded. */
async function* inRealTime(signal: AbortSignal): AsyncGenerator<readonly Packet[]> {
  for (;;) {
    let previousUs: number | undefined
    for await (const captured of readCaptureFile(capture)) {
      const packet = toLoggedPacket(captured)
      const { timestampUs } = captured
      if (packet === undefined || timestampUs === undefined) continue
      const waitMs = Math.max(0, timestampUs - (previousUs ?? timestampUs)) / 1000
      previousUs = timestampUs
      await sleep(waitMs, undefined, { signal }).catch(() => undefined)
      if (signal.aborted) return
      yield [packet]
    }
  }
}
