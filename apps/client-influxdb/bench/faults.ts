import { setTimeout as sleep } from 'node:timers/promises'
import { type FaultProxy, startFaultProxy } from '../test/support/fault-proxy.js'
import { type Stage, setStage, until } from './stage.js'

const MINUTES = 60
const EVENTS_PER_MINUTE = 1200

/** What happens in a minute of the hour; each comes up several times. */
type Minute = (stage: Stage, proxy: FaultProxy) => Promise<void>

const quiet: Minute = async stage => stage.publish(EVENTS_PER_MINUTE)

const faulty = (fault: FaultProxy['fault']): Minute => {
  return async (stage, proxy) => {
    proxy.fault = fault
    stage.publish(EVENTS_PER_MINUTE)
    await sleep(400)
    proxy.fault = 'none'
  }
}

const databaseKilled: Minute = async stage => {
  stage.publish(EVENTS_PER_MINUTE / 2)
  await stage.influx.server.kill()
  stage.publish(EVENTS_PER_MINUTE / 2)
  await sleep(300)
  await stage.influx.server.start()
}

const exporterKilled: Minute = async stage => {
  stage.publish(EVENTS_PER_MINUTE / 2)
  await sleep(Math.random() * 100)
  await stage.exporter.end('SIGKILL')
  stage.publish(EVENTS_PER_MINUTE / 2)
  await stage.startExporter()
}

const exporterEnded: Minute = async stage => {
  stage.publish(EVENTS_PER_MINUTE / 2)
  await stage.exporter.end('SIGTERM')
  stage.publish(EVENTS_PER_MINUTE / 2)
  await stage.startExporter()
}

const bothKilled: Minute = async (stage, proxy) => {
  proxy.fault = 'cut-after'
  stage.publish(EVENTS_PER_MINUTE / 2)
  await sleep(Math.random() * 200)
  await Promise.all([stage.influx.server.kill(), stage.exporter.end('SIGKILL')])
  proxy.fault = 'none'
  stage.publish(EVENTS_PER_MINUTE / 2)
  await stage.startExporter()
  await stage.influx.server.start()
}

/** What a bus holds dies with it: so the exporter is first given time to read it. */
const busRestarted: Minute = async stage => {
  stage.publish(EVENTS_PER_MINUTE)
  const before = stage.exporter.lines.length
  let last = -1
  await until(async () => {
    const read = (await stage.metric('events_total')) ?? 0
    const isQuiet = read === last
    last = read
    await sleep(100)
    return isQuiet
  })
  await stage.restartBus()
  await until(async () => stage.exporter.lines.slice(before).some(line => line.includes('reading the bus')))
}

const script: readonly Minute[] = [
  quiet,
  databaseKilled,
  faulty('refuse-503'),
  exporterKilled,
  faulty('cut-after'),
  busRestarted,
  faulty('refuse-429'),
  bothKilled,
  exporterEnded,
  faulty('cut-before')
]

/** An hour in which something fails every minute, at speed: how many points are missing in the end, and how many too many. */
export async function measureFaults(folder: string): Promise<void> {
  let proxy: FaultProxy | undefined
  await using stage = await setStage(folder, {
    url: async influx => {
      proxy = await startFaultProxy(influx.url)
      return proxy.url
    },
    args: ['--flush', '50ms', '--timeout', '2s']
  })
  if (proxy === undefined) return
  for (let minute = 0; minute < MINUTES; minute += 1) await script[minute % script.length]?.(stage, proxy)
  await until(async () => (await stage.stored()) >= stage.published, 30_000)
  await sleep(500)
  const stored = await stage.stored()
  const lost = Math.max(0, stage.published - stored)
  const tooMany = Math.max(0, stored - stage.published)
  console.log(
    `faults: ${MINUTES} minutes, ${stage.published} points published, ${stored} stored: ${lost} lost, ${tooMany} duplicated`
  )
  await proxy.close()
}
