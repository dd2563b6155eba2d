import { Socket } from 'node:net'
import { describe, expect, it } from 'vitest'
import { EventQueue } from '../event-queue.js'
import type { SinkCounters } from './sink.js'
import { StreamSink } from './stream-sink.js'

/** A connection that takes 16 KiB in a tenth of a second. */
class SlowSocket extends Socket {
  readonly pieces: string[] = []

  override _write(piece: Buffer, _encoding: string, done: () => void): void {
    this.pieces.push(piece.toString())
    setTimeout(done, (piece.length / 16_384) * 100)
  }
}

function open() {
  const counters: SinkCounters = { written: 0, writtenBytes: 0, dropped: 0, skipped: 0, unread: 0, reconnects: 0 }
  const socket = new SlowSocket()
  const connect = async () => socket
  const sink = new StreamSink({ connect, counters, preamble: Buffer.alloc(0), stallMs: 300, onDown: () => undefined })
  const queue = new EventQueue(1 << 20)
  const write = async (): Promise<void> => {
    const batch = queue.take()
    if (batch === undefined) throw new Error('nothing to write')
    try {
      await sink.write(batch)
      queue.finish(batch)
    } catch (error) {
      queue.putBack(batch)
      throw error
    }
  }
  return { sink, socket, counters, queue, write }
}

describe('a sink of connections', () => {
  it('gives a slow receiver its time, piece by piece, each of whole events', async () => {
    const { sink, socket, counters, queue, write } = open()
    for (let i = 0; i < 65; i++) queue.push('', 'x'.repeat(999), true)
    await sink.open()
    await write()
    expect(socket.pieces.map(piece => piece.length)).toEqual([16_000, 16_000, 16_000, 16_000, 1000])
    expect(socket.pieces.every(piece => piece.endsWith('\n'))).toBe(true)
    expect(counters).toMatchObject({ written: 65, writtenBytes: 65_000 })
    sink.destroy()
  })

  it('gives up a receiver that takes too long, and keeps what was not taken', async () => {
    const { sink, counters, queue, write } = open()
    queue.push('', 'x', true)
    queue.push('', 'an event that takes a second '.repeat(6000), true)
    await sink.open()
    await write()
    await expect(write()).rejects.toThrow('the other side has hardly taken anything for 0.3 s')
    expect(counters).toMatchObject({ written: 1 })
    expect(queue.events).toBe(1)
    expect(sink.isOpen).toBe(false)
  })
})
