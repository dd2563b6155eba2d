import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { type BusServer, listenBus } from '@packet-logs/bus'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { type Influx, startInflux } from '../support/databases.js'
import { describeWith } from '../support/describe-with.js'
import { type ExporterProcess, startExporter } from '../support/exporter-process.js'
import { tcpEvent } from '../support/packets.js'

describeWith('influxd', 'into InfluxDB 1.x', () => {
  let folder: string
  let influx: Influx
  let bus: BusServer
  let exporter: ExporterProcess | undefined
  let published = 0

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'packet-logs-influxdb-'))
    influx = await startInflux(join(folder, 'database'))
    bus = await listenBus({ path: join(folder, 'bus.sock') })
    published = 0
  })

  afterEach(async () => {
    await exporter?.end('SIGKILL')
    exporter = undefined
    await bus.close()
    await influx.server.kill()
    await rm(folder, { recursive: true, force: true })
  })

  async function start(...args: string[]): Promise<void> {
    const where = ['--socket', join(folder, 'bus.sock'), '--spool', join(folder, 'spool'), '--url', influx.url]
    exporter = startExporter([...where, '--database', 'influxdb1', '--http', 'off', '--flush', '50ms', ...args])
    await exporter.said('reading the bus')
  }

  function publish(count: number, change: (index: number) => object = () => ({})): void {
    for (let index = 0; index < count; index += 1, published += 1) {
      bus.broker.publishText('nft:wan:out', tcpEvent(published, change(published)))
    }
  }

  async function count(field: string, measurement: string): Promise<number> {
    const [row] = await influx.query(`SELECT count("${field}") FROM "${measurement}"`)
    return Number(row?.[1] ?? 0)
  }

  /** What is in the database once nothing more comes. */
  async function settledCount(field: string, measurement: string, expected: number): Promise<number> {
    let last = 0
    for (let attempt = 0; attempt < 150; attempt += 1) {
      last = await count(field, measurement)
      if (last >= expected) break
      await sleep(100)
    }
    return last
  }

  it('writes every packet once although database, exporter and both at once are killed in mid-run', async () => {
    await start()
    publish(3000)
    expect(await settledCount('Length', 'tcp', 3000)).toBe(3000)

    await influx.server.kill()
    publish(3000)
    await exporter?.said('does not take points')
    await exporter?.end('SIGKILL')
    publish(3000)
    await start()
    publish(1000)
    await sleep(200)
    await influx.server.start()
    expect(await settledCount('Length', 'tcp', 10_000)).toBe(10_000)

    publish(5000)
    await exporter?.end('SIGKILL')
    publish(1000)
    await start()
    expect(await settledCount('Length', 'tcp', 16_000)).toBe(16_000)
    expect(exporter?.lines.join('\n')).not.toContain('gap')
    expect(await exporter?.end('SIGTERM')).toBe(0)
  })

  it('survives a restart of the bus, and counts what that may have lost', async () => {
    await start('--schema', 'v2')
    publish(100)
    expect(await settledCount('bytes', 'packets', 100)).toBe(100)
    await bus.close()
    await exporter?.said('the bus is away')
    bus = await listenBus({ path: join(folder, 'bus.sock') })
    publish(10)
    expect(await settledCount('bytes', 'packets', 110)).toBe(110)
    expect(await settledCount('gaps', 'gaps', 1)).toBe(1)
    await exporter?.end('SIGTERM')
    expect(exporter?.lines.join('\n')).toContain('1 gap in the stream (0 events and an unknown number lost)')
  })

  it('keeps every question of a DNS packet, and writes what SPR wrote', async () => {
    await start()
    const name = (text: string): string => Buffer.from(text).toString('base64')
    const dns = {
      ID: 7,
      QR: false,
      Questions: [
        { Name: name('c2h.se'), Type: 1, Class: 1 },
        { Name: name('c2h.se'), Type: 65, Class: 1 }
      ]
    }
    publish(1, () => ({ TCP: undefined, UDP: { SrcPort: 5000, DstPort: 53, Length: 32, Checksum: 31467 }, DNS: dns }))
    expect(await settledCount('DNS.Name', 'udp', 2)).toBe(2)
    const rows = await influx.query('SELECT "DNS.Type", "DNS.ID", "SrcPort", "DstPort", "Length", "Checksum" FROM udp')
    expect(rows.map(([, ...values]) => values)).toEqual([
      ['A', 7, '5000(commplex-main)', '53(domain)', 48, 31467],
      ['Unknown', 7, '5000(commplex-main)', '53(domain)', 48, 31467]
    ])
    const types = await influx.query('SHOW FIELD KEYS FROM udp')
    expect(Object.fromEntries(types)).toMatchObject({ Length: 'integer', SrcPort: 'string', 'DNS.Name': 'string' })
    const tags = await influx.query('SHOW TAG KEYS FROM udp')
    expect(tags.flat()).toEqual(['Action', 'DstIP', 'Prefix', 'SrcIP'])
  })

  it('leaves out points that the database refuses, shows one, and keeps the others', async () => {
    await influx.query('DROP DATABASE spr')
    await influx.query('CREATE DATABASE spr')
    await fetch(`${influx.url}/write?db=spr`, {
      method: 'POST',
      body: 'packets,action=allowed bytes="text" 1790000000000000000'
    })
    await start('--schema', 'v2')
    publish(20)
    publish(5, () => ({ IP: { SrcIP: '10.0.0.1', DstIP: '10.0.0.2', Protocol: 6 } }))
    expect(await settledCount('packets', 'packets', 5)).toBe(5)
    const told = await exporter?.said('refuses')
    expect(told).toMatch(
      /refuses \d+ points: 400 partial write: field type conflict.*the line: packets,action=allowed.*bytes=48i/
    )
    await exporter?.end('SIGTERM')
    expect(exporter?.lines.join('\n')).toContain('20 points refused by the database')
  })

  it('imports a file, as often as one likes', async () => {
    const path = join(folder, 'events.ndjson')
    const events = Array.from({ length: 500 }, (_, index) => tcpEvent(index))
    const lines = events.map((event, index) =>
      index % 2 ? event : JSON.stringify({ Topic: 'nft:wan:out', Value: JSON.parse(event) as object })
    )
    await writeFile(path, `${lines.join('\n')}\n`)
    for (let time = 0; time < 2; time += 1) {
      const run = startExporter(['--database', 'influxdb1', '--url', influx.url, '--once', path, '--batch', '120'])
      await run.said('500 events read, 500 points written, 0 refused, 0 events skipped')
      expect(await run.exitCode).toBe(0)
      expect(await count('Length', 'tcp')).toBe(500)
    }
  })
})
