import { createBroker, createBusClient } from '@packet-logs/bus'
import type { NflogStats } from '@packet-logs/nflog-native'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { BusFeed } from '../bus-feed.js'
import { createDaemonMetrics } from './daemon-metrics.js'
import { PacketCounts } from './packet-counts.js'

const capture: NflogStats = {
  packets: 7,
  payloadBytes: 0,
  datagrams: 1,
  lost: 3,
  overruns: 0,
  droppedDatagrams: 0,
  truncatedDatagrams: 0,
  malformed: 0,
  receiveBufferBytes: 4096,
  receiveBufferPeakBytes: 0
}

describe('the metrics of the daemon', () => {
  const broker = createBroker()
  let registry: ReturnType<typeof createDaemonMetrics>

  beforeEach(() => {
    const client = createBusClient(broker)
    registry = createDaemonMetrics({
      packets: new PacketCounts(),
      capture: () => capture,
      withheld: { dropped: 0, tooLarge: 2, late: 0 },
      bus: {
        publisher: broker,
        client,
        broker,
        path: '/bus.sock',
        refused: () => 0,
        settle: () => Promise.resolve(),
        description: '',
        losses: [],
        [Symbol.asyncDispose]: () => client.close()
      },
      feed: new BusFeed(client, () => undefined),
      outputs: () => []
    })
  })
  afterEach(() => registry.clear())

  it('tell what is counted now, every time they are asked', async () => {
    expect(await registry.metrics()).toMatch(/\npacket_logs_kernel_lost_packets_total 3\n/)
    expect(await registry.metrics()).toMatch(/\npacket_logs_kernel_lost_packets_total 3\n/)
    expect(await registry.metrics()).toMatch(/\npacket_logs_too_large_packets_total 2\n/)
    broker.publish('a', {})
    expect(await registry.metrics()).toMatch(/\npacket_logs_bus_events_total 1\n/)
  })

  it('tell readers of the bus apart only as long as there are not too many names', async () => {
    const namesOf = async (): Promise<Set<string>> => {
      const text = await registry.metrics()
      return new Set(Array.from(text.matchAll(/reader_lag_events\{reader="(.*?)"\}/g), ([, name = '']) => name))
    }
    broker.subscribe('a', { name: 'first' })
    expect([...(await namesOf())]).toEqual(['first'])
    for (let round = 0; round < 4; round++) {
      const subscriptions = Array.from({ length: 50 }, (_, i) => broker.subscribe('a', { name: `${round}-${i}` }))
      const names = await namesOf()
      expect(names.size).toBeLessThanOrEqual(65)
      if (round > 1) expect(names).toContain('other')
      for (const subscription of subscriptions) await subscription.close()
    }
  })
})
