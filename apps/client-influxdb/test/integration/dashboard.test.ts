import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { listenBus } from '@packet-logs/bus'
import { expect, it } from 'vitest'
import { startInflux } from '../support/databases.js'
import { describeWith } from '../support/describe-with.js'
import { startExporter } from '../support/exporter-process.js'
import { tcpEvent } from '../support/packets.js'

interface Dashboard {
  templating: { list: { type: string; query: string }[] }
  panels: { title: string; gridPos: { x: number; w: number }; targets: { query: string }[] }[]
}

const path = new URL('../../deploy/grafana/dashboards/packet-logs.json', import.meta.url)

describeWith('influxd', 'the Grafana dashboard', () => {
  it('asks for what the exporter writes, in every panel', async () => {
    const dashboard = JSON.parse(await readFile(path, 'utf8')) as Dashboard
    const folder = await mkdtemp(join(tmpdir(), 'packet-logs-dashboard-'))
    const influx = await startInflux(join(folder, 'database'))
    const bus = await listenBus({ path: join(folder, 'bus.sock') })
    const where = [
      '--socket',
      bus.path,
      '--spool',
      join(folder, 'spool'),
      '--url',
      influx.url,
      '--http',
      'off',
      '--flush',
      '20ms'
    ]
    const exporter = startExporter([...where, '--database', 'influxdb1', '--schema', 'v2', '--address-tags', 'top:100'])
    try {
      await exporter.said('reading the bus')
      const Timestamp = new Date().toISOString()
      const DNS = { Questions: [{ Name: Buffer.from('example.org').toString('base64'), Type: 1, Class: 1 }] }
      bus.broker.publishText('nft:wan:out', tcpEvent(0, { Timestamp, DNS }))
      bus.broker.publishText('nft:drop:input', tcpEvent(1, { Timestamp, Prefix: 'drop:input ', Action: 'blocked' }))
      bus.broker.reportLoss({ where: 'kernel', lost: 5 })
      for (let attempt = 0; attempt < 100 && (await influx.query('SELECT * FROM gaps')).length === 0; attempt += 1)
        await sleep(50)

      const asked = (query: string): Promise<(string | number)[][]> =>
        influx.query(
          query
            .replace('$timeFilter', 'time > now() - 1h')
            .replace('$__interval', '1m')
            .replaceAll(/\/\^\$prefix\$\//g, '/.*/')
        )
      expect(dashboard.panels.length).toBeGreaterThan(6)
      for (const { title, gridPos, targets } of dashboard.panels) {
        expect(gridPos.x + gridPos.w).toBeLessThanOrEqual(24)
        for (const { query } of targets) {
          const values = (await asked(query))
            .flatMap(([, ...row]) => row)
            .filter(value => value !== null && value !== 0)
          expect(values, title).not.toEqual([])
        }
      }
      for (const { type, query } of dashboard.templating.list) {
        if (type === 'query') expect((await asked(query)).map(([, value]) => value)).toEqual(['drop:input', 'wan:out'])
      }
    } finally {
      await exporter.end('SIGKILL')
      await bus.close()
      await influx.server.kill()
      await rm(folder, { recursive: true, force: true })
    }
  })
})
