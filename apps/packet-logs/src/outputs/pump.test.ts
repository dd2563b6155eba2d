import { describe, expect, it } from 'vitest'
import { type EventBatch, EventQueue } from './event-queue.js'
import { Pump } from './pump.js'
import type { Sink } from './sinks/sink.js'

/** A sink that keeps what it is given, and fails when it is told to. */
class FakeSink implements Sink {
  readonly isOpen = true
  readonly isWanted = true
  text = ''
  failure: Error | undefined
  opened = 0
  ended = 0
  /** Holds a write up until it is called. */
  release: (() => void) | undefined
  stalls = false

  async open(): Promise<void> {
    this.opened += 1
    if (this.failure !== undefined) throw this.failure
  }

  async write(batch: EventBatch): Promise<void> {
    if (this.stalls) {
      await new Promise<void>(resolve => {
        this.release = resolve
      })
      throw new Error('destroyed')
    }
    this.text += batch.bytes.toString('utf8', batch.start, batch.length)
    batch.done = batch.ends.length
  }

  async end(): Promise<void> {
    this.ended += 1
  }

  destroy(): void {
    this.release?.()
  }
}

function open(flushMs = 0) {
  const queue = new EventQueue(65_536)
  const sink = new FakeSink()
  const said: string[] = []
  const lossNotice = (lost: number): Buffer => Buffer.from(`lost ${lost}\n`)
  const pump = new Pump({ queue, sink, flushMs, lossNotice, log: text => void said.push(text) })
  const put = (event: string): void => {
    queue.push('', event, true)
    pump.wake()
  }
  return { queue, sink, said, pump, put }
}

const passes = (ms: number): Promise<void> => new Promise(resolve => setTimeout(resolve, ms))

describe('a pump', () => {
  it('writes what is put in at any moment before it is closed', async () => {
    for (let turns = 0; turns < 20; turns++) {
      const { sink, pump, put } = open()
      pump.start()
      for (let turn = 0; turn < turns; turn++) await Promise.resolve()
      put('event')
      await pump.close()
      expect(sink).toMatchObject({ text: 'event\n', ended: 1 })
    }
  })

  it('writes together what comes together', async () => {
    const { sink, pump, put } = open(50)
    pump.start()
    await passes(5)
    for (const event of ['a', 'b', 'c']) put(event)
    await passes(10)
    expect(sink.text).toBe('')
    await passes(60)
    expect(sink.text).toBe('a\nb\nc\n')
    await pump.close()
  })

  it('tries again, tells what was lost meanwhile where it was lost, and says so to the operator once', async () => {
    const { queue, sink, said, pump, put } = open()
    sink.failure = new Error('nobody is there')
    pump.start()
    await passes(5)
    for (let i = 0; i < 100; i++) put(`${i} `.padEnd(2000, 'x'))
    await passes(350)
    expect(pump.failures).toBeGreaterThan(1)
    sink.failure = undefined
    await passes(800)
    expect(sink.text.startsWith(`lost ${queue.dropped}\n${queue.dropped} xx`)).toBe(true)
    expect(said).toEqual([
      'nobody is there; events wait, and it is tried again',
      `works again; ${queue.dropped} events were lost meanwhile`
    ])
    await pump.close()
  })

  it('gives up at the end, after two seconds when a write hangs', async () => {
    const { queue, sink, pump, put } = open()
    sink.stalls = true
    put('event')
    await passes(20)
    const begun = performance.now()
    await pump.close()
    expect(performance.now() - begun).toBeGreaterThan(1900)
    expect(queue.isEmpty).toBe(false)
    expect(pump.lastError).toBe('destroyed')
  })

  it('gives up at once at the end when it does not work', async () => {
    const { sink, pump, put } = open()
    sink.failure = new Error('nobody is there')
    put('event')
    await passes(20)
    const begun = performance.now()
    await pump.close()
    expect(performance.now() - begun).toBeLessThan(1000)
  })
})
