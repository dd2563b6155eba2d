import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { freePort } from './free-port.js'
import { ServerProcess } from './server-process.js'

/** InfluxDB 1.x on loopback, its data below a folder. */
export interface Influx {
  server: ServerProcess
  url: string
  /** The rows of a query's only series. */
  query(text: string): Promise<(string | number)[][]>
}

/** Starts InfluxDB 1.x with a database `spr`. */
export async function startInflux(folder: string): Promise<Influx> {
  const port = await freePort()
  const url = `http://127.0.0.1:${port}`
  await mkdir(folder, { recursive: true })
  const config = join(folder, 'influxdb.conf')
  await writeFile(
    config,
    `reporting-disabled = true
bind-address = "127.0.0.1:0"
[meta]
dir = "${folder}/meta"
[data]
dir = "${folder}/data"
wal-dir = "${folder}/wal"
max-values-per-tag = 0
[http]
bind-address = "127.0.0.1:${port}"
log-enabled = false
[monitor]
store-enabled = false
`
  )
  const server = new ServerProcess(url, ['influxd', '-config', config])
  await server.start()
  const influx: Influx = {
    server,
    url,
    async query(text) {
      const response = await fetch(`${url}/query?db=spr&epoch=ns`, {
        method: 'POST',
        body: new URLSearchParams({ q: text })
      })
      const { results } = (await response.json()) as { results: { series?: { values: (string | number)[][] }[] }[] }
      return results[0]?.series?.[0]?.values ?? []
    }
  }
  await influx.query('CREATE DATABASE spr')
  return influx
}

/** A sample that VictoriaMetrics holds. */
export interface VictoriaSeries {
  metric: Record<string, string>
  values: number[]
  timestamps: number[]
}

/** VictoriaMetrics on loopback. */
export interface Victoria {
  server: ServerProcess
  url: string
  /** Every sample of a metric. */
  export(name: string): Promise<VictoriaSeries[]>
}

export async function startVictoria(folder: string): Promise<Victoria> {
  const port = await freePort()
  const url = `http://127.0.0.1:${port}`
  const flags = ['-storageDataPath', folder, '-httpListenAddr', `127.0.0.1:${port}`, '-retentionPeriod', '100y']
  const server = new ServerProcess(url, ['victoria-metrics', ...flags])
  await server.start()
  return {
    server,
    url,
    async export(name) {
      await fetch(`${url}/internal/force_flush`)
      const text = await (await fetch(`${url}/api/v1/export?match[]=${name}`)).text()
      return text
        .split('\n')
        .filter(Boolean)
        .map(line => JSON.parse(line) as VictoriaSeries)
    }
  }
}
