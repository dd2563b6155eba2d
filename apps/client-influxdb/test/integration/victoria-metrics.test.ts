import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { type BusServer, listenBus } from '@packet-logs/bus'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { startVictoria, type Victoria } from '../support/databases.js'
import { describeWith } from '../support/describe-with.js'
import { type ExporterProcess, startExporter } from '../support/exporter-process.js'
import { tcpEvent } from '../support/packets.js'

describeWith('victoria-metrics', 'into VictoriaMetrics', () => {
  let folder: string
  let victoria: Victoria
  let bus: BusServer
  let exporter: ExporterProcess
  let published = 0

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'packet-logs-victoria-'))
    victoria = await startVictoria(join(folder, 'database'))
    bus = await listenBus({ path: join(folder, 'bus.sock') })
    await start()
    published = 0
  })

  afterEach(async () => {
    await exporter.end('SIGKILL')
    await bus.close()
    await victoria.server.kill()
    await rm(folder, { recursive: true, force: true })
  })

  async function start(): Promise<void> {
    const where = ['--socket', join(folder, 'bus.sock'), '--spool', join(folder, 'spool'), '--url', victoria.url]
    const how = ['--database', 'victoriametrics', '--schema', 'v2', '--http', 'off', '--flush', '50ms']
    exporter = startExporter([...where, ...how])
    await exporter.said('reading the bus')
  }

  function publish(count: number): void {
    for (let index = 0; index < count; index += 1, published += 1)
      bus.broker.publishText('nft:wan:out', tcpEvent(published))
  }

  /** What the counters grew by, as `increase()` sees it: a smaller value means that they began again. */
  async function settledIncrease(metric: string, expected: number): Promise<number> {
    for (let attempt = 0; ; attempt += 1) {
      const series = await victoria.export(metric)
      const increase = series.reduce((sum, { values }) => sum + increaseOf(values), 0)
      if (increase >= expected || attempt === 100) return increase
      await sleep(100)
    }
  }

  it('counts every packet once although database and exporter are killed in mid-run', async () => {
    publish(2000)
    expect(await settledIncrease('packet_logs_packets_total', 2000)).toBe(2000)
    await victoria.server.kill()
    publish(2000)
    await exporter.said('does not take points')
    await exporter.end('SIGKILL')
    publish(2000)
    await victoria.server.start()
    await start()
    expect(await settledIncrease('packet_logs_packets_total', 6000)).toBe(6000)
    expect(await settledIncrease('packet_logs_bytes_total', 6000 * 48)).toBe(6000 * 48)
  })
})

function increaseOf(values: readonly number[]): number {
  let [increase, last] = [0, 0]
  for (const value of values) {
    increase += value >= last ? value - last : value
    last = value
  }
  return increase
}
