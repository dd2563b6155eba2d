import { describe, expect, expectTypeOf, it, vi } from 'vitest'
import * as bus from './index.js'

describe('the package', () => {
  it('exports what is documented and nothing else', () => {
    expect(Object.keys(bus).sort()).toEqual([
      'BusError',
      'busCandidates',
      'chooseBusRole',
      'connectBus',
      'createBroker',
      'createBusClient',
      'defaultBusPath',
      'findBusSocket',
      'listenBus',
      'parseGap'
    ])
  })

  it('loads no gRPC but by its own entry point', async () => {
    vi.resetModules()
    for (const library of ['@grpc/grpc-js', '@grpc/proto-loader', '@grpc/reflection']) {
      vi.doMock(library, () => {
        throw new Error('loaded')
      })
    }
    await expect(import('./grpc/index.js')).rejects.toThrow()
    await expect(import('./index.js')).resolves.toHaveProperty('listenBus')
  })

  it('lets brokers and clients stand for one another', () => {
    expectTypeOf<bus.Broker>().toExtend<bus.Publisher>()
    expectTypeOf<bus.BusClient>().toExtend<bus.Publisher>()
    expectTypeOf<bus.BusClient>().toExtend<Pick<bus.Broker, 'subscribe'>>()
    expectTypeOf(bus.createBusClient).returns.toEqualTypeOf<bus.BusClient>()
    expectTypeOf<bus.Publisher>().toHaveProperty('reportLoss')
    expectTypeOf<bus.Subscription>().toExtend<AsyncIterable<bus.BusEvent>>()
    expectTypeOf(bus.listenBus).returns.resolves.toEqualTypeOf<bus.BusServer>()
    expectTypeOf(bus.findBusSocket).returns.resolves.toEqualTypeOf<string | undefined>()
    expectTypeOf<Extract<bus.BusStatus, { type: 'dropped' }>['count']>().toEqualTypeOf<number>()
    expect(bus.createBroker().stats).toEqual({
      published: 0,
      publishedBytes: 0,
      heldBytes: 0,
      evicted: 0,
      dropped: 0,
      readers: 0
    })
  })

  it('leaves no reader behind a client in process that was closed', async () => {
    const broker = bus.createBroker()
    for (const isRead of [true, false]) {
      const client = bus.createBusClient(broker)
      const subscription = client.subscribe('t')
      if (isRead) broker.publishText('t', 'last')
      await client.close()
      const values: string[] = []
      if (isRead) for await (const { value } of subscription) values.push(value)
      expect(values).toEqual(isRead ? ['last'] : [])
      expect(broker.stats.readers).toBe(0)
    }
  })

  it('checks the sizes of a broker', () => {
    expect(() => bus.createBroker({ ringBytes: 1000, maxLineBytes: 256 })).toThrow(/^ringBytes: /)
    expect(() => bus.createBroker({ maxLineBytes: 10 })).toThrow(/^maxLineBytes: /)
    expect(() => bus.createBroker({ ringBytes: { nft: 1000 } })).toThrow(/^ringBytes\.nft: /)
    expect(() => bus.createBroker({ otherRingsBytes: 1000 })).toThrow(/^otherRingsBytes: /)
    expect(() => bus.createBroker({ maxRings: -1 })).toThrow(/^maxRings: /)
    expect(bus.createBroker({ maxLineBytes: 16 << 20 }).maxLineBytes).toBe(16 << 20)
  })
})
