import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { LabError } from '@packet-logs/lab'
import { openHomeNetwork } from './home-network.js'
import { playCapture } from './play-capture.js'
import { installLogRules, startDaemon } from './router.js'
import { showEvents } from './show-events.js'
import { startTraffic } from './traffic.js'

/** What `npm start` was asked for. */
export interface DemoOptions {
  /** One PacketInfo per line instead of a readable line. */
  json: boolean
  /** Ends that long after the service is ready; without it, a signal ends. */
  seconds?: number
  /** Why there can be no live packets, and what to do about it; then a capture is played at once. */
  notLive?: string
}

/**
 * Shows packet events on stdout until a signal or the end of the time; everything else is said on stderr.
 * Nothing is left behind: no namespace, no process, no file.
 */
export async function runDemo({ json, seconds, notLive }: DemoOptions): Promise<void> {
  const stop = new AbortController()
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => stop.abort())
  const folder = await mkdtemp(join(tmpdir(), 'packet-logs-'))
  const show = { folder, busPath: join(folder, 'eventbus.sock'), json, seconds, stop }
  try {
    const reason = notLive ?? (await showLive(show))
    if (reason === undefined) return
    say(`No live packets: ${reason}`)
    say('Playing a capture that was recorded in the same network instead.')
    await showRecorded(show)
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}

interface Show {
  folder: string
  busPath: string
  json: boolean
  seconds: number | undefined
  stop: AbortController
}

/**
 * Kernel → packet-logsd → bus → subscriber, on real traffic through the home network.
 *
 * @returns why that cannot be done here, if it cannot
 */
async function showLive({ folder, busPath, json, seconds, stop }: Show): Promise<string | undefined> {
  const home = await openHomeNetwork().catch((error: unknown) => {
    if (error instanceof LabError) return error.message
    throw error
  })
  if (typeof home === 'string') return home
  await using network = home
  await installLogRules(network.router, folder)
  await using daemon = await startDaemon(network.router, busPath, stop)
  const over = timeIsUp(seconds, stop)
  const events = await showEvents(busPath, json, stop)
  await startTraffic(network)
  await over
  // The last packets that the kernel logged reach the screen first.
  await daemon.stop()
  await events.ended
  return undefined
}

/** The same from a capture: no kernel, but the same decoder, bus and subscriber. */
async function showRecorded({ busPath, json, seconds, stop }: Show): Promise<void> {
  await using playback = await playCapture(busPath)
  const over = timeIsUp(seconds, stop)
  const events = await showEvents(busPath, json, stop)
  const played = playback.play(stop.signal)
  await over
  stop.abort()
  await played
  await playback[Symbol.asyncDispose]()
  await events.ended
}

/** Resolves after so many seconds, or when it is stopped before. */
async function timeIsUp(seconds: number | undefined, { signal }: AbortController): Promise<void> {
  const foreverMs = 2 ** 31 - 1
  const ms = seconds === undefined ? foreverMs : seconds * 1000
  await sleep(ms, undefined, { signal }).catch(() => undefined)
}

function say(text: string): void {
  process.stderr.write(`${text}\n`)
}
