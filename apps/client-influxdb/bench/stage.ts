import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { type BusServer, listenBus } from '@packet-logs/bus'
import { type Influx, startInflux } from '../test/support/databases.js'
import { type ExporterProcess, startExporter } from '../test/support/exporter-process.js'
import { freePort } from '../test/support/free-port.js'
import { tcpEvent } from '../test/support/packets.js'

/** A bus, an exporter and a database. */
export interface Stage extends AsyncDisposable {
  bus: BusServer
  influx: Influx
  exporter: ExporterProcess
  metricsPort: number
  restartBus(): Promise<void>
  startExporter(): Promise<void>
  /** Publishes the next events. */
  publish(count: number): void
  readonly published: number
  /** A value of the exporter's metrics; `undefined` while it is not there. */
  metric(name: string): Promise<number | undefined>
  /** Points in the database. */
  stored(): Promise<number>
}

export async function setStage(
  folder: string,
  { url, args = [] }: { url?: (influx: Influx) => Promise<string>; args?: string[] } = {}
): Promise<Stage> {
  const influx = await startInflux(join(folder, 'database'))
  const path = join(folder, 'bus.sock')
  const metricsPort = await freePort()
  const target = (await url?.(influx)) ?? influx.url
  const flags = [
    '--socket',
    path,
    '--spool',
    join(folder, 'spool'),
    '--url',
    target,
    '--http',
    `127.0.0.1:${metricsPort}`
  ]
  const start = async (): Promise<ExporterProcess> => {
    const exporter = startExporter([...flags, '--database', 'influxdb1', '--log-every', '1d', ...args])
    await exporter.said('reading the bus')
    return exporter
  }
  let published = 0
  const stage: Stage = {
    bus: await listenBus({ path }),
    influx,
    metricsPort,
    exporter: undefined as unknown as ExporterProcess,
    async restartBus() {
      await stage.bus.close()
      stage.bus = await listenBus({ path })
    },
    async startExporter() {
      stage.exporter = await start()
    },
    publish(count) {
      for (let index = 0; index < count; index += 1, published += 1)
        stage.bus.broker.publishText('nft:wan:out', tcpEvent(published))
    },
    get published() {
      return published
    },
    async metric(name) {
      const text = await fetch(`http://127.0.0.1:${metricsPort}/metrics`).then(
        response => response.text(),
        () => ''
      )
      const value = new RegExp(`^packet_logs_influxdb_${name} (\\S+)$`, 'm').exec(text)?.[1]
      return value === undefined ? undefined : Number(value)
    },
    async stored() {
      const rows = await influx.query('SELECT count("Length") FROM tcp').catch(() => [])
      return Number(rows[0]?.[1] ?? 0)
    },
    async [Symbol.asyncDispose]() {
      await stage.exporter.end('SIGKILL')
      await stage.bus.close()
      await influx.server.kill()
    }
  }
  await stage.startExporter()
  return stage
}

/** Waits until something holds. */
export async function until(holds: () => Promise<boolean>, timeoutMs = 60_000): Promise<boolean> {
  const deadline = performance.now() + timeoutMs
  while (performance.now() < deadline) {
    if (await holds()) return true
    await sleep(25)
  }
  return false
}
