import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, expect, it } from 'vitest'
import {
  type Gap,
  type LoggedPacket,
  NflogError,
  type NflogOptions,
  type NflogSocket,
  type PacketBatch
} from '../../src/index.js'
import { drain, take, udpText } from '../integration/kernel.js'

/** What reads and what logs, so that one suite can hold them to the same promises. */
export interface ContractKernel {
  readonly openNflog: (options: NflogOptions) => NflogSocket
  /** Logs a UDP datagram per text to a group, as a rule of the input chain with the prefix `contract ` does for `lo`. */
  log(group: number, ...texts: readonly string[]): Promise<void>
  [Symbol.dispose](): void
}

/** Groups that a kernel under contract must log to. */
export const contractGroups: readonly number[] = [4501, 4502, 4503]

const [one = 0, two = 0, three = 0] = contractGroups
const unreachable = 10_000

/** Every promise of `NflogSocket`, as tests. Call it inside a `describe`. */
export function nflogContract(make: () => ContractKernel): void {
  let kernel: ContractKernel
  beforeAll(() => {
    kernel = make()
  })
  afterAll(() => kernel[Symbol.dispose]())

  const open = (options: Omit<NflogOptions, 'groups'> & { groups?: number | number[] } = {}): NflogSocket =>
    kernel.openNflog({ groups: one, ...options })
  /** Holds packets back until they are asked for, however slow the machine is. */
  const patient = { flushMs: 3_600_000, queueThreshold: unreachable }
  const texts = (count: number, size = 1): string[] => Array.from({ length: count }, () => 'x'.repeat(size))
  const nextBatch = async (socket: NflogSocket): Promise<PacketBatch> =>
    (await socket.batches().next()).value as PacketBatch

  // What a packet says

  it('gives a packet everything that its rule and its device say', async () => {
    await using socket = open()
    const beforeUs = Date.now() * 1000
    await kernel.log(one, 'hello')
    const [packet] = await take(socket, 1)
    expect(packet?.toJSON()).toEqual({
      group: one,
      prefix: 'contract ',
      payload: expect.any(Uint8Array) as Uint8Array,
      family: 2,
      etherType: 0x0800,
      hook: 1,
      timestampUs: expect.any(Number) as number,
      timestampSource: 'kernel',
      inDevice: 'lo',
      inIndex: 1,
      hwType: 772,
      hwHeader: expect.any(Uint8Array) as Uint8Array,
      hwAddress: new Uint8Array(6),
      seq: 0,
      originalLength: 33
    })
    expect(packet && udpText(packet)).toBe('hello')
    expect(Math.abs((packet?.timestampUs ?? 0) - beforeUs)).toBeLessThan(2_000_000)
  })

  it('reads a field that is absent as undefined', async () => {
    await using socket = open()
    await kernel.log(one, 'x')
    const [packet] = await take(socket, 1)
    for (const name of ['mark', 'outDevice', 'physInDevice', 'uid', 'vlan', 'l2Header', 'conntrack', 'gap'] as const) {
      expect(packet?.[name]).toBeUndefined()
    }
  })

  it('gives bytes that stay as they are, whatever is read afterwards', async () => {
    await using socket = open()
    await kernel.log(one, 'first')
    const [kept] = await take(socket, 1)
    for (let round = 0; round < 5; round++) {
      await kernel.log(one, 'other')
      await take(socket, 1)
    }
    expect(kept && udpText(kept)).toBe('first')
    expect(structuredClone(kept?.toJSON())).toEqual(kept?.toJSON())
  })

  // Ways to read

  it('reads nothing before it is asked to', async () => {
    await using socket = open({ queueThreshold: 1 })
    await kernel.log(one, 'a', 'b')
    await sleep(20)
    expect([socket.queued, socket.stats.packets]).toEqual([0, 0])
    expect(await take(socket, 2)).toHaveLength(2)
    expect(socket.stats.packets).toBe(2)
  })

  it('never waits in tryRead', async () => {
    await using socket = open({ queueThreshold: 1 })
    expect(socket.tryRead()).toBeUndefined()
    await kernel.log(one, 'a', 'b')
    const read = [socket.tryRead(), socket.tryRead(), socket.tryRead()]
    expect(read.map(packet => packet && udpText(packet))).toEqual(['a', 'b', undefined])
  })

  it('gives one stream to all ways of reading, and each packet once', async () => {
    await using socket = open({ queueThreshold: 6, flushMs: 1000 })
    await kernel.log(one, 'a', 'b', 'c', 'd', 'e', 'f')
    expect((await take(socket, 2)).map(udpText)).toEqual(['a', 'b'])
    expect(socket.queued).toBe(4)
    const third = socket.tryRead()
    expect(third && udpText(third)).toBe('c')
    expect([...(await nextBatch(socket))].map(udpText)).toEqual(['d', 'e', 'f'])
    expect(socket.queued).toBe(0)
    expect(socket.tryRead()).toBeUndefined()
  })

  it('ends a loop that is left, not the socket', async () => {
    await using socket = open({ queueThreshold: 1 })
    await kernel.log(one, 'a', 'b')
    const left = socket[Symbol.asyncIterator]()
    expect((await left.next()).done).toBe(false)
    expect(await left.return?.()).toEqual({ done: true, value: undefined })
    expect(await left.next()).toEqual({ done: true, value: undefined })
    expect((await take(socket, 1)).map(udpText)).toEqual(['b'])
  })

  it('takes nothing for a loop that was left while it waited', async () => {
    await using socket = open({ queueThreshold: 1 })
    const left = socket.batches()
    const waiting = left.next()
    await left.return?.()
    expect(await waiting).toEqual({ done: true, value: undefined })
    await kernel.log(one, 'a')
    expect((await take(socket, 1)).map(udpText)).toEqual(['a'])
  })

  it('serves readers that wait at the same time in the order of asking', async () => {
    await using socket = open({ queueThreshold: 1 })
    const packets = socket[Symbol.asyncIterator]()
    const waiting = [packets.next(), packets.next(), packets.next()]
    await kernel.log(one, 'a', 'b', 'c')
    const results = await Promise.all(waiting)
    expect(results.map(({ value }) => udpText(value as LoggedPacket))).toEqual(['a', 'b', 'c'])
  })

  it('gives batches of whole datagrams, as many as bring 256 packets', async () => {
    await using socket = open({ queueThreshold: 50 })
    await kernel.log(one, ...texts(1000))
    const sizes: number[] = []
    for await (const batch of socket.batches()) {
      expect([...batch].map(packet => packet.seq)).toEqual(Array.from(batch, (_, i) => (batch.at(0).seq ?? 0) + i))
      for (const index of [-1, batch.length, 0.5]) expect(() => batch.at(index)).toThrow(RangeError)
      sizes.push(batch.length)
      if (socket.stats.packets === 1000) break
    }
    expect(sizes.reduce((a, b) => a + b)).toBe(1000)
    expect(Math.max(...sizes)).toBeLessThan(256 + 50)
    expect(sizes.length).toBeLessThan(20)
  })

  it('gives one batch in a turn of the event loop, so that others have theirs', async () => {
    await using socket = open({ queueThreshold: 16 })
    await kernel.log(one, ...texts(2048))
    let turns = 0
    const count = (): void => {
      turns++
      timer = setImmediate(count)
    }
    let timer = setImmediate(count)
    let batches = 0
    for await (const batch of socket.batches()) {
      batches++
      expect(batch.length).toBeLessThan(256 + 16)
      if (socket.stats.packets === 2048) break
    }
    clearImmediate(timer)
    expect(batches).toBeGreaterThanOrEqual(8)
    expect(turns).toBeGreaterThanOrEqual(batches - 1)
  })

  it('counts what it read, and starts over when told to', async () => {
    await using socket = open({ queueThreshold: 2 })
    await kernel.log(one, 'ab', 'cd', 'ef', 'gh')
    await take(socket, 4)
    const none = { lost: 0, overruns: 0, droppedDatagrams: 0, truncatedDatagrams: 0, malformed: 0 }
    expect(socket.stats).toMatchObject({ packets: 4, payloadBytes: 120, datagrams: 2, ...none })
    const { receiveBufferBytes } = socket.stats
    socket.resetStats()
    expect(socket.stats).toMatchObject({ packets: 0, payloadBytes: 0, datagrams: 0, ...none, receiveBufferBytes })
  })

  // Groups and options

  it('reads several groups, each with a sequence of its own', async () => {
    await using socket = open({ groups: [one, two], queueThreshold: 1 })
    expect(socket.groups).toEqual([one, two])
    await kernel.log(one, 'a', 'b')
    await kernel.log(two, 'c')
    await kernel.log(three, 'nobody reads this')
    const packets = await take(socket, 3)
    expect(packets.map(packet => [packet.group, packet.seq, udpText(packet)])).toEqual([
      [one, 0, 'a'],
      [one, 1, 'b'],
      [two, 0, 'c']
    ])
  })

  it('gives a group to one reader only, and leaves nothing of an attempt', async () => {
    await using owner = open({ groups: two })
    const attempt = (): unknown => open({ groups: [one, two] })
    expect(attempt).toThrow(NflogError)
    expect(attempt).toThrow(expect.objectContaining({ code: 'NFLOG_GROUP_IN_USE', group: two }) as Error)
    await open({ groups: one }).close()
    await owner.close()
    await open({ groups: two }).close()
  })

  it('refuses a wrong option by name, and opens nothing', async () => {
    expect(() => open({ flushMs: -1 })).toThrow(RangeError)
    expect(() => open({ flushMs: -1 })).toThrow('flushMs')
    expect(() => open({ flushms: 1 } as object)).toThrow(TypeError)
    await open().close()
  })

  it('copies copyBytes of a packet, and says how long it was', async () => {
    await using socket = open({ copyBytes: 30, queueThreshold: 1 })
    await kernel.log(one, 'hello')
    const [cut] = await take(socket, 1)
    expect(cut && [udpText(cut), cut.originalLength]).toEqual(['he', 33])
    socket.configure({ copyBytes: 0 })
    await kernel.log(one, 'hello')
    const [none] = await take(socket, 1)
    expect(none).toMatchObject({ etherType: 0x0800, seq: 1 })
    expect(none?.payload).toHaveLength(0)
    expect(none?.originalLength).toBeUndefined()
  })

  it('lets the kernel collect packets up to queueThreshold, and changes that while it runs', async () => {
    await using socket = open({ ...patient, queueThreshold: 3 })
    await kernel.log(one, 'a', 'b')
    await sleep(20)
    expect(socket.tryRead()).toBeUndefined()
    await kernel.log(one, 'c')
    expect(await nextBatch(socket)).toHaveLength(3)
    socket.configure({ queueThreshold: 1 })
    expect(socket.settings).toMatchObject({ queueThreshold: 1, flushMs: patient.flushMs })
    await kernel.log(one, 'd')
    expect(await nextBatch(socket)).toHaveLength(1)
  })

  it('holds no packet longer than flushMs', async () => {
    await using socket = open({ queueThreshold: unreachable, flushMs: 60 })
    const startMs = performance.now()
    await kernel.log(one, 'a')
    await take(socket, 1)
    expect(performance.now() - startMs).toBeGreaterThan(40)
    expect(performance.now() - startMs).toBeLessThan(1000)
  })

  it('numbers packets as asked', async () => {
    await using plain = open({ groups: one, sequence: false, queueThreshold: 1 })
    await using global = open({ groups: [two, three], sequence: 'global', queueThreshold: 1 })
    await kernel.log(one, 'a')
    for (const group of [two, three, two]) await kernel.log(group, 'b')
    const [unnumbered] = await take(plain, 1)
    expect([unnumbered?.seq, unnumbered?.seqGlobal]).toEqual([undefined, undefined])
    const packets = await take(global, 3)
    const base = packets[0]?.seqGlobal ?? 0
    expect(packets.map(packet => [packet.seq, (packet.seqGlobal ?? 0) - base])).toEqual([
      [0, 0],
      [0, 1],
      [1, 2]
    ])
  })

  it('takes and gives up groups while it runs, and delivers what was held of them', async () => {
    await using socket = open({ ...patient, groups: one })
    await kernel.log(one, 'held')
    socket.configure({ groups: [two], queueThreshold: 1 })
    expect(socket.groups).toEqual([two])
    await open({ groups: one }).close()
    await kernel.log(two, 'new')
    const packets = await take(socket, 2)
    expect(packets.map(packet => [packet.group, packet.gap, udpText(packet)])).toEqual([
      [one, undefined, 'held'],
      [two, undefined, 'new']
    ])
  })

  it('sees no loss where a group begins to count anew, however often', async () => {
    await using socket = open({ queueThreshold: 1 })
    for (let i = 0; i < 3; i++) {
      await kernel.log(one, 'a', 'b')
      socket.configure({ groups: two })
      socket.configure({ groups: one })
    }
    await kernel.log(one, 'a', 'b')
    expect((await take(socket, 8)).map(({ seq, gap }) => [seq, gap])).toEqual(
      [0, 1, 0, 1, 0, 1, 0, 1].map(seq => [seq, undefined])
    )
    expect(socket.stats.lost).toBe(0)
  })

  it('changes nothing when a change is refused', async () => {
    await using owner = open({ groups: two })
    await using socket = open({ groups: one })
    const before = socket.settings
    expect(() => socket.configure({ queueThreshold: 0 })).toThrow(RangeError)
    expect(() => socket.configure({ signal: undefined } as object)).toThrow(TypeError)
    expect(() => socket.configure({ groups: [two], queueThreshold: 7 })).toThrow(
      expect.objectContaining({ code: 'NFLOG_GROUP_IN_USE', group: two }) as Error
    )
    expect(socket.settings).toEqual(before)
    await kernel.log(one, 'still read')
    expect((await take(socket, 1)).map(udpText)).toEqual(['still read'])
    expect(owner.groups).toEqual([two])
  })

  it('reads nothing for a change: what is queued comes as it was logged', async () => {
    await using socket = open({ queueThreshold: 1 })
    await kernel.log(one, 'before')
    socket.configure({ copyBytes: 29, sequence: false })
    expect([socket.queued, socket.stats.packets]).toEqual([0, 0])
    await kernel.log(one, 'after')
    const packets = await take(socket, 2)
    expect(packets.map(packet => [udpText(packet), packet.seq])).toEqual([
      ['before', 0],
      ['a', undefined]
    ])
  })

  it('shows the options in effect', async () => {
    await using socket = open({ flushMs: 11, receiveBufferBytes: 100_000, receiveBufferMaxBytes: 150_000 })
    expect(socket.settings).toEqual({
      groups: [one],
      copyBytes: 65531,
      queueThreshold: 256,
      flushMs: 20,
      netlinkBufferBytes: 65024,
      receiveBufferBytes: 100_000,
      receiveBufferMaxBytes: 150_000,
      sequence: true,
      conntrack: false,
      overrun: 'count'
    })
    socket.configure({ receiveBufferBytes: 120_000 })
    expect(socket.settings.receiveBufferBytes).toBe(120_000)
    expect(socket.stats.receiveBufferBytes).toBe(120_000)
  })

  // Under load

  const small = { queueThreshold: 1, receiveBufferBytes: 65536, receiveBufferMaxBytes: 65536 }
  const tooMany = 500

  it('counts every lost packet, and tells of it between the packets around the hole', async () => {
    await using socket = open(small)
    await kernel.log(one, ...texts(tooMany, 100))
    const gaps: Gap[] = []
    let received = 0
    let next = 0
    for await (const batch of socket.batches()) {
      if (batch.gap) {
        expect(batch.gap).toEqual({
          group: one,
          lost: (batch.at(0).seq ?? 0) - next,
          from: next,
          to: (batch.at(0).seq ?? 0) - 1
        })
        expect(batch.at(0).gap).toEqual(batch.gap)
        gaps.push(batch.gap)
      }
      received += batch.length
      next = (batch.at(batch.length - 1).seq ?? 0) + 1
      // The packet behind the hole makes it visible.
      if (next < tooMany) await kernel.log(one, 'last')
      else break
    }
    const lost = gaps.reduce((total, gap) => total + (gap.lost ?? 0), 0)
    expect(lost).toBeGreaterThan(0)
    expect(received + lost).toBe(next)
    expect(socket.stats).toMatchObject({ packets: received, lost, overruns: 1, droppedDatagrams: lost })
    expect(socket.stats.receiveBufferPeakBytes).toBeGreaterThan(0)
    socket.resetStats()
    expect(socket.stats).toMatchObject({
      packets: 0,
      payloadBytes: 0,
      datagrams: 0,
      lost: 0,
      overruns: 0,
      droppedDatagrams: 0
    })
  })

  it('loses everything that comes between an overrun and the end of what is queued', async () => {
    const bytes = 200_000
    await using socket = open({ queueThreshold: 1, receiveBufferBytes: bytes, receiveBufferMaxBytes: bytes })
    await kernel.log(one, ...texts(2000))
    const first = await nextBatch(socket)
    await kernel.log(one, 'refused')
    const rest = readAll(socket)
    expect(first.length).toBe(256)
    expect(rest.length).toBeGreaterThan(0)
    await kernel.log(one, 'taken')
    const [taken] = await take(socket, 1)
    expect(taken && [udpText(taken), taken.seq, taken.gap?.to]).toEqual(['taken', 2001, 2000])
    expect(socket.stats.lost).toBe(2001 - first.length - rest.length)
  })

  it('tells of a gap in its place in packet iteration as well', async () => {
    await using socket = open(small)
    await kernel.log(one, ...texts(tooMany, 100))
    const firstLost = readAll(socket).length
    await kernel.log(one, 'behind')
    const [behind] = await take(socket, 1)
    expect(behind?.gap).toEqual({ group: one, lost: tooMany - firstLost, from: firstLost, to: tooMany - 1 })
    expect(behind?.toJSON().gap).toEqual(behind?.gap)
  })

  it('tells one reader of an overrun when it asked to be told, and goes on', async () => {
    await using socket = open({ ...small, sequence: false, overrun: 'throw' })
    await kernel.log(one, ...texts(tooMany, 100))
    await expect(drain(socket)).rejects.toMatchObject({ code: 'NFLOG_IO', osCode: 'ENOBUFS' })
    readAll(socket)
    await kernel.log(one, 'on we go')
    const batch = await nextBatch(socket)
    expect([batch.gap, udpText(batch.at(0))]).toEqual([{}, 'on we go'])
    expect(socket.stats.overruns).toBe(1)
  })

  it('tells tryRead of an overrun once, after the packets before it', async () => {
    await using socket = open({ ...small, overrun: 'throw' })
    await kernel.log(one, ...texts(tooMany, 100))
    expect(socket.tryRead()?.seq).toBe(0)
    expect(() => readAll(socket)).toThrow(expect.objectContaining({ code: 'NFLOG_IO', osCode: 'ENOBUFS' }) as Error)
    readAll(socket)
    await kernel.log(one, 'on we go')
    expect(socket.tryRead()?.gap?.lost).toBeGreaterThan(0)
  })

  it('tells only one of those who wait of an overrun', async () => {
    await using socket = open({ ...small, overrun: 'throw' })
    await kernel.log(one, ...texts(tooMany, 100))
    const readers = [drain(socket), drain(socket)].map(reading =>
      reading.then(
        () => 'ended',
        (error: unknown) => (error as NflogError).osCode
      )
    )
    expect(await Promise.race(readers)).toBe('ENOBUFS')
    await socket.close()
    expect((await Promise.all(readers)).sort()).toEqual(['ENOBUFS', 'ended'])
  })

  it('takes no notice of an overrun when told so, and still counts what was dropped', async () => {
    await using socket = open({ ...small, overrun: 'ignore' })
    await kernel.log(one, ...texts(tooMany, 100))
    readAll(socket)
    expect(socket.stats.overruns).toBe(0)
    expect(socket.stats.droppedDatagrams).toBeGreaterThan(0)
  })

  it('lets the receive buffer grow as far as it may', async () => {
    await using socket = open({ ...small, receiveBufferMaxBytes: 100_000 })
    await kernel.log(one, ...texts(tooMany, 100))
    readAll(socket)
    expect(socket.settings.receiveBufferBytes).toBe(100_000)
  })

  // The end

  it('delivers at close what the kernel still held, then ends', async () => {
    const socket = open(patient)
    await kernel.log(one, 'a', 'b', 'c')
    expect(socket.tryRead()).toBeUndefined()
    await socket.close()
    expect(socket.queued).toBe(3)
    expect((await drain(socket)).map(udpText)).toEqual(['a', 'b', 'c'])
    expect(await drain(socket)).toEqual([])
    expect(socket.stats.packets).toBe(3)
  })

  it('closes twice, reads nothing and can be asked about its past afterwards', async () => {
    const socket = open()
    expect(socket.fd).toBeTypeOf('number')
    await Promise.all([socket.close(), socket.close()])
    await socket.close()
    await socket[Symbol.asyncDispose]()
    expect([socket.fd, socket.tryRead(), socket.queued]).toEqual([undefined, undefined, 0])
    expect(() => socket.configure({ flushMs: 20 })).toThrow(expect.objectContaining({ code: 'NFLOG_CLOSED' }) as Error)
    expect(socket.groups).toEqual([one])
    expect(socket.settings.queueThreshold).toBe(256)
    socket.resetStats()
    expect(socket.ref().unref()).toBe(socket)
  })

  it('ends readers that wait when it is closed', async () => {
    const socket = open()
    const waiting = [drain(socket), drain(socket)]
    await sleep(5)
    await socket.close()
    expect(await Promise.all(waiting)).toEqual([[], []])
  })

  it('can be closed inside the loop that reads it', async () => {
    const socket = open({ ...patient, queueThreshold: 2 })
    await kernel.log(one, 'a', 'b', 'c')
    const seen: string[] = []
    for await (const packet of socket) {
      seen.push(udpText(packet))
      await socket.close()
    }
    expect(seen).toEqual(['a', 'b', 'c'])
  })

  it('rejects everyone with the reason of an abort, from then on, and frees its groups', async () => {
    const controller = new AbortController()
    const socket = open({ signal: controller.signal })
    const waiting = [drain(socket), socket.batches().next()]
    const reason = new Error('enough')
    controller.abort(reason)
    for (const reading of waiting) await expect(reading).rejects.toBe(reason)
    await expect(drain(socket)).rejects.toBe(reason)
    expect(() => socket.tryRead()).toThrow(reason)
    expect(socket.fd).toBeUndefined()
    await socket.close()
    await open().close()
  })

  it('does not open for a signal that was aborted before', () => {
    expect(() => open({ signal: AbortSignal.abort('too late') })).toThrow('too late')
  })

  it('throws away on abort what was not read', async () => {
    const controller = new AbortController()
    const socket = open({ signal: controller.signal, queueThreshold: 2 })
    await kernel.log(one, 'a', 'b')
    await take(socket, 1)
    expect(socket.queued).toBe(1)
    controller.abort('enough')
    expect(socket.queued).toBe(0)
    await expect(drain(socket)).rejects.toBe('enough')
  })

  it('outlives the abort of its signal once it is closed', async () => {
    const controller = new AbortController()
    const socket = open({ signal: controller.signal })
    await socket.close()
    controller.abort('too late')
    expect(await drain(socket)).toEqual([])
  })
}

/** Everything that is there now. */
function readAll(socket: NflogSocket): LoggedPacket[] {
  const packets: LoggedPacket[] = []
  for (let packet = socket.tryRead(); packet !== undefined; packet = socket.tryRead()) packets.push(packet)
  return packets
}
