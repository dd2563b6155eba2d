import { createCompatSchema } from '../src/points/compat-schema.js'
import { readPacket } from '../src/points/read-packet.js'
import { tcpEvent } from '../test/support/packets.js'
import { setStage, until } from './stage.js'

const EVENTS = 300_000
const SINGLE_POINTS = 2000
/** Events the bus holds for the exporter at a time: it is never without work, and nothing is dropped. */
const AHEAD = 30_000

/** Points per second into the database, through bus and spool, and one request per point as the seed's client makes them. */
export async function measureSpeed(folder: string): Promise<void> {
  await using stage = await setStage(folder)
  const startedMs = performance.now()
  while (stage.published < EVENTS) {
    stage.publish(5000)
    await until(async () => ((await stage.metric('events_total')) ?? 0) > stage.published - AHEAD)
  }
  await until(async () => ((await stage.metric('points_written_total')) ?? 0) >= EVENTS)
  const perSecond = (EVENTS * 1000) / (performance.now() - startedMs)
  const stored = await stage.stored()
  await stage.exporter.end('SIGTERM')

  const schema = createCompatSchema(false)
  const singleStartedMs = performance.now()
  for (let index = 0; index < SINGLE_POINTS; index += 1) {
    const facts = readPacket(tcpEvent(index, { Prefix: 'single ' }))
    const body = (facts && schema.points(facts, index)?.[0]) ?? ''
    const response = await fetch(`${stage.influx.url}/write?db=spr&precision=ns`, { method: 'POST', body })
    await response.arrayBuffer()
  }
  const singlePerSecond = (SINGLE_POINTS * 1000) / (performance.now() - singleStartedMs)
  const ratio = (perSecond / singlePerSecond).toFixed(0)
  console.log(
    `speed: ${Math.round(perSecond)} points/s, ${stored} of ${EVENTS} stored; one request per point: ${Math.round(singlePerSecond)}/s; ${ratio} times as many`
  )
}
