import { readFile } from 'node:fs/promises'
import { setTimeout as sleep } from 'node:timers/promises'
import { setStage, until } from './stage.js'

const EVENTS_PER_SECOND = 50_000
const SECONDS = 20
const STEP_MS = 20

/** Memory of the exporter at 50,000 events a second; during the second half the database is away. */
export async function measureMemory(folder: string): Promise<void> {
  await using stage = await setStage(folder)
  const idle = await residentMib(stage.exporter.pid, 'VmRSS')
  const startedMs = performance.now()
  let peakMib = 0
  let isAway = false
  for (;;) {
    const elapsedMs = performance.now() - startedMs
    if (elapsedMs >= SECONDS * 1000) break
    if (!isAway && elapsedMs > SECONDS * 500) {
      isAway = true
      peakMib = await residentMib(stage.exporter.pid, 'VmHWM')
      await stage.influx.server.kill()
    }
    stage.publish(Math.floor((elapsedMs * EVENTS_PER_SECOND) / 1000) - stage.published)
    await sleep(STEP_MS)
  }
  const rate = (stage.published * 1000) / (performance.now() - startedMs)
  const peakAwayMib = await residentMib(stage.exporter.pid, 'VmHWM')
  const lost = (await stage.metric('events_lost_total')) ?? 0
  await stage.influx.server.start()
  await until(async () => {
    const written = (await stage.metric('points_written_total')) ?? 0
    return written + ((await stage.metric('events_lost_total')) ?? 0) >= stage.published
  })
  const peakReplayMib = await residentMib(stage.exporter.pid, 'VmHWM')
  const stored = await stage.stored()
  console.log(
    `memory: ${Math.round(rate)} events/s; ${idle} MiB idle, at most ${peakMib} MiB while the database takes them, ` +
      `${peakAwayMib} MiB with it away, ${peakReplayMib} MiB catching up; ${stage.published} events, ${stored} stored, ${lost} lost by the bus's queue`
  )
}

async function residentMib(pid: number, key: 'VmRSS' | 'VmHWM'): Promise<number> {
  const status = await readFile(`/proc/${pid}/status`, 'utf8')
  return Math.round(Number(new RegExp(`${key}:\\s+(\\d+) kB`).exec(status)?.[1] ?? 0) / 1024)
}
