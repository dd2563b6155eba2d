import { setImmediate as turn } from 'node:timers/promises'
import { describe, expect, it } from 'vitest'
import type { LoggedPacket } from './logged-packet.js'
import type { NativeConfig, NativeError, NativeGap, NativeSocket, NflogStats, OnBatch } from './native.js'
import { NativeStream, type NflogSocket } from './nflog-socket.js'
import { type NflogOptions, parseOptions } from './options.js'
import type { PacketBatch } from './packet-batch.js'
import { recordWords, word } from './packet-layout.js'

/** Stands where the addon stands, and plays batches of packets that have only a sequence number. */
class ScriptedNative implements NativeSocket {
  readonly fd = 3
  requests = 0
  isOpen = true
  config: NativeConfig | undefined
  /** What the next calls of read() bring. */
  readonly pending: number[][] = []
  private onBatch: OnBatch = () => undefined
  fail: (error: NativeError) => void = () => undefined

  open(config: NativeConfig, onBatch: OnBatch, onFailure: (error: NativeError) => void): this {
    this.config = config
    this.onBatch = onBatch
    this.fail = onFailure
    return this
  }

  play(marks: readonly number[], gaps?: NativeGap[]): void {
    const words = new Uint32Array(marks.length * recordWords)
    marks.forEach((mark, i) => {
      words[i * recordWords + word.fields] = 2
      words[i * recordWords + word.mark] = mark
    })
    this.onBatch(words.buffer, marks.length, undefined, gaps, false)
  }

  request(): void {
    this.requests++
  }

  rest(): void {
    this.requests = 0
  }

  read(): boolean {
    const marks = this.isOpen ? this.pending.shift() : undefined
    if (marks) this.play(marks)
    return marks !== undefined
  }

  configure(config: NativeConfig): void {
    this.config = config
  }

  /** Without privilege the kernel keeps the rest until it is time. */
  isPrivileged = true

  unbind(): boolean {
    const deliver = (): void => void this.pending.push([91, 92])
    if (this.isPrivileged) deliver()
    else setTimeout(deliver, 10)
    return this.isPrivileged
  }

  close(): void {
    this.isOpen = false
  }
  ref(): void {}
  unref(): void {}
  stats(): NflogStats {
    return { packets: 1 } as NflogStats
  }
  resetStats(): void {}
}

function open(options: Partial<NflogOptions> = {}): { socket: NflogSocket; native: ScriptedNative } {
  const native = new ScriptedNative()
  const socket = new NativeStream(parseOptions({ groups: 1, ...options }), options.signal, (...args) =>
    native.open(...args)
  )
  return { socket, native }
}

function errorOf(osCode: string): NativeError {
  return Object.assign(new Error(osCode), { osCode, syscall: 'recv', errno: 1 })
}

const marksOf = (batch: PacketBatch): (number | undefined)[] => [...batch].map(packet => packet.mark)

describe('a socket', () => {
  it('ends who waits in a loop that is left, and gives what comes to the others', async () => {
    const { socket, native } = open()
    const left = socket.batches()
    const waiting = [left.next(), left.next()]
    const other: Promise<IteratorResult<LoggedPacket, undefined>> = socket[Symbol.asyncIterator]().next()
    await left.return?.()
    expect(await Promise.all(waiting)).toEqual([
      { done: true, value: undefined },
      { done: true, value: undefined }
    ])
    expect(native.requests).toBeGreaterThan(0)
    native.play([1])
    expect((await other).value?.mark).toBe(1)
  })

  it('asks for nothing any more when the last loop that waits is left', async () => {
    const { socket, native } = open()
    const packets = socket[Symbol.asyncIterator]()
    const waiting = packets.next()
    await packets.return?.()
    expect(native.requests).toBe(0)
    expect(await waiting).toEqual({ done: true, value: undefined })
  })

  it('reads nothing before it is asked to', async () => {
    const { socket, native } = open()
    expect(native.requests).toBe(0)
    const next = socket.batches().next()
    expect(native.requests).toBe(1)
    native.play([1, 2])
    expect(marksOf((await next).value as PacketBatch)).toEqual([1, 2])
    expect(native.requests).toBe(1)
  })

  it('begins a batch after each gap', async () => {
    const { socket, native } = open()
    const batches = socket.batches()
    const first = batches.next()
    native.play(
      [1, 2, 3],
      [
        { at: 0, group: 1, lost: 5, from: 0, to: 4 },
        { at: 2, group: 1, lost: 1, from: 7, to: 7 }
      ]
    )
    const [before, after] = [(await first).value as PacketBatch, (await batches.next()).value as PacketBatch]
    expect([marksOf(before), before.gap]).toEqual([[1, 2], { group: 1, lost: 5, from: 0, to: 4 }])
    expect([marksOf(after), after.gap]).toEqual([[3], { group: 1, lost: 1, from: 7, to: 7 }])
  })

  it('tells of a gap behind the last packet with the next batch', async () => {
    const { socket, native } = open()
    native.play([1], [{ at: 1 }])
    native.play([2])
    const batches = socket.batches()
    expect(((await batches.next()).value as PacketBatch).gap).toBeUndefined()
    expect(((await batches.next()).value as PacketBatch).gap).toEqual({})
  })

  it('serves several that wait in the order of asking', async () => {
    const { socket, native } = open()
    const packets = socket[Symbol.asyncIterator]()
    const waiting = [packets.next(), packets.next(), packets.next()]
    native.play([1, 2])
    expect(native.requests).toBe(4)
    native.play([3, 4])
    const values = (await Promise.all(waiting)).map(result => (result.value as LoggedPacket).mark)
    expect(values).toEqual([1, 2, 3])
    expect(socket.queued).toBe(1)
    expect(socket.tryRead()?.mark).toBe(4)
  })

  it('delivers what close brought, then ends', async () => {
    const { socket, native } = open()
    native.play([1])
    await socket.close()
    expect(native.isOpen).toBe(false)
    const marks: (number | undefined)[] = []
    for await (const packet of socket) marks.push(packet.mark)
    expect(marks).toEqual([1, 91, 92])
  })

  it('waits for the rest when it may not ask for it any more', async () => {
    const { socket, native } = open({ flushMs: 20 })
    native.isPrivileged = false
    native.play([1])
    const closing = [socket.close(), socket.close()]
    expect(native.isOpen).toBe(true)
    await Promise.all(closing)
    expect(native.isOpen).toBe(false)
    const marks: (number | undefined)[] = []
    for await (const packet of socket) marks.push(packet.mark)
    expect(marks).toEqual([1, 91, 92])
  })

  it('keeps its settings when the kernel refuses others, and a buffer that has grown', () => {
    const { socket, native } = open()
    socket.configure({ flushMs: 35 })
    expect(native.config).toMatchObject({ flushCentiseconds: 4, receiveBufferBytes: 0 })
    expect(socket.settings.flushMs).toBe(40)
    native.configure = () => {
      throw errorOf('ENOTSUP')
    }
    expect(() => socket.configure({ conntrack: true })).toThrow(/modprobe nf_conntrack_netlink/)
    expect(socket.settings.conntrack).toBe(false)
  })

  it('tells each packet of the gap before it, and no other', async () => {
    const { socket, native } = open()
    native.play([1, 2, 3], [{ at: 1, group: 1, lost: 1, from: 4, to: 4 }, { at: 3 }])
    native.play([4])
    const seen: unknown[] = []
    for (let packet = socket.tryRead(); packet; packet = socket.tryRead()) seen.push(packet.gap ?? packet.mark)
    expect(seen).toEqual([1, { group: 1, lost: 1, from: 4, to: 4 }, 3, {}])
    native.play([5, 6], [{ at: 1, group: 1, lost: 2, from: 8, to: 9 }])
    const packets: LoggedPacket[] = []
    for await (const packet of socket) if (packets.push(packet) === 2) break
    expect(packets.map(packet => packet.toJSON().gap?.lost)).toEqual([undefined, 2])
  })

  it('can be closed from inside the loop that reads it', async () => {
    const { socket, native } = open()
    native.play([1, 2])
    const marks: (number | undefined)[] = []
    for await (const packet of socket) {
      marks.push(packet.mark)
      await socket.close()
    }
    expect(marks).toEqual([1, 2, 91, 92])
  })

  it('throws away what it has on abort, and rejects with the reason ever after', async () => {
    const controller = new AbortController()
    const { socket, native } = open({ signal: controller.signal })
    native.play([1])
    controller.abort('enough')
    expect(native.isOpen).toBe(false)
    await expect(socket.batches().next()).rejects.toBe('enough')
    await expect(socket.batches().next()).rejects.toBe('enough')
    expect(() => socket.tryRead()).toThrow('enough')
  })

  it('tells one reader of an overrun, after the packets that came before it', async () => {
    const { socket, native } = open({ overrun: 'throw' })
    expect(native.config).toMatchObject({ reportOverruns: true, silenceOverruns: false })
    native.play([1])
    native.fail(errorOf('ENOBUFS'))
    const batches = socket.batches()
    expect(marksOf((await batches.next()).value as PacketBatch)).toEqual([1])
    await expect(batches.next()).rejects.toMatchObject({ code: 'NFLOG_IO', osCode: 'ENOBUFS' })
    const next = batches.next()
    native.play([2])
    expect(marksOf((await next).value as PacketBatch)).toEqual([2])
    expect(native.isOpen).toBe(true)
  })

  it('leaves the others waiting when one of them is told of an overrun', async () => {
    const { socket, native } = open({ overrun: 'throw' })
    const waiting = [socket.batches().next(), socket.batches().next()] as const
    native.fail(errorOf('ENOBUFS'))
    await expect(waiting[0]).rejects.toMatchObject({ osCode: 'ENOBUFS' })
    native.play([1])
    expect(marksOf((await waiting[1]).value as PacketBatch)).toEqual([1])
  })

  it('tells a reader that never waits as well', () => {
    const { socket, native } = open({ overrun: 'throw' })
    native.play([1])
    native.fail(errorOf('ENOBUFS'))
    expect(socket.tryRead()?.mark).toBe(1)
    expect(() => socket.tryRead()).toThrow(expect.objectContaining({ osCode: 'ENOBUFS' }) as Error)
    expect(socket.tryRead()).toBeUndefined()
    native.fail(errorOf('EBADF'))
    for (let i = 0; i < 2; i++) {
      expect(() => socket.tryRead()).toThrow(expect.objectContaining({ osCode: 'EBADF' }) as Error)
    }
  })

  it('closes on any other failure and rejects everyone', async () => {
    const { socket, native } = open()
    const waiting = [socket.batches().next(), socket.batches().next()] as const
    native.fail(errorOf('EBADF'))
    for (const next of waiting) await expect(next).rejects.toMatchObject({ code: 'NFLOG_IO', osCode: 'EBADF' })
    await expect(socket.batches().next()).rejects.toMatchObject({ osCode: 'EBADF' })
    expect(native.isOpen).toBe(false)
  })

  it('keeps its counters after it was closed', async () => {
    const { socket } = open()
    await socket.close()
    expect(socket.stats.packets).toBe(1)
    expect(socket.fd).toBeUndefined()
  })

  it('ends one loop at return, not the socket', async () => {
    const { socket, native } = open()
    native.play([1, 2])
    const packets = socket[Symbol.asyncIterator]()
    await packets.next()
    await packets.return?.()
    expect(await packets.next()).toEqual({ done: true, value: undefined })
    expect(socket.tryRead()?.mark).toBe(2)
    await turn()
    expect(native.isOpen).toBe(true)
  })
})

describe('a batch', () => {
  it('has no packet beyond its ends', async () => {
    const { socket, native } = open()
    native.play([1, 2])
    const batch = (await socket.batches().next()).value as PacketBatch
    expect(batch.at(1).mark).toBe(2)
    for (const index of [-1, 2, 0.5, Number.NaN]) expect(() => batch.at(index)).toThrow(RangeError)
  })

  it('gives packets that can be taken apart', () => {
    const { socket, native } = open()
    native.play([7])
    const packet = socket.tryRead()
    expect(packet?.toJSON()).toEqual({
      group: 0,
      prefix: '',
      payload: new Uint8Array(),
      family: 0,
      mark: 7,
      timestampUs: 0,
      timestampSource: 'receive'
    })
    expect(structuredClone(packet?.toJSON())).toEqual(packet?.toJSON())
  })
})
