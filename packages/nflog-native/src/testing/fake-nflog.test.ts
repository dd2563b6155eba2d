import { describe, expect, expectTypeOf, it } from 'vitest'
import { NflogError } from '../errors.js'
import type { openNflog } from '../open-nflog.js'
import type { PacketBatch } from '../packet-batch.js'
import { createFakeNflog, type FakeNflog, type FakePacket } from './index.js'

const ipv6 = Uint8Array.of(0x60, 0, 0, 0, 0, 0, 59, 64)

describe('a fake', () => {
  it('stands in for openNflog', () => {
    expectTypeOf<FakeNflog['openNflog']>().toEqualTypeOf<typeof openNflog>()
  })

  it('logs to nobody until a socket reads the group', () => {
    const fake = createFakeNflog()
    expect(fake.log({ group: 1 })).toBe(0)
    const socket = fake.openNflog({ groups: 1, queueThreshold: 1 })
    expect(fake.log({ group: 1 }, { group: 2 }, { group: 1 })).toBe(2)
    expect([socket.tryRead()?.seq, socket.tryRead()?.seq, socket.tryRead()]).toEqual([0, 1, undefined])
  })

  it('fills in what a rule of an input chain would say', () => {
    const fake = createFakeNflog()
    const socket = fake.openNflog({ groups: 1, queueThreshold: 1 })
    fake.log({ group: 1, inDevice: 'eth0', payload: ipv6 }, { group: 1, inDevice: 'lo', outDevice: 'eth0' })
    expect(socket.tryRead()).toMatchObject({
      family: 10,
      etherType: 0x86dd,
      hook: 1,
      inDevice: 'eth0',
      inIndex: 2,
      timestampSource: 'receive'
    })
    expect(socket.tryRead()).toMatchObject({ family: 2, etherType: 0x0800, inIndex: 1, outIndex: 2 })
  })

  it('gives every field back as it was logged', () => {
    const fake = createFakeNflog()
    const socket = fake.openNflog({ groups: 65535, queueThreshold: 1, sequence: 'global', conntrack: true })
    const packet: FakePacket = {
      group: 65535,
      payload: Uint8Array.of(1, 2, 3),
      family: 7,
      etherType: 0x0806,
      hook: 5,
      mark: 0xffff_ffff,
      timestampUs: Number.MAX_SAFE_INTEGER,
      inDevice: 'a',
      outDevice: 'b',
      physInDevice: 'c',
      physOutDevice: 'd',
      inIndex: 11,
      outIndex: 12,
      physInIndex: 13,
      physOutIndex: 14,
      hwType: 1,
      hwHeader: Uint8Array.of(4, 5),
      hwAddress: Uint8Array.of(6),
      l2Header: Uint8Array.of(7, 8, 9),
      vlan: { protocol: 0x88a8, tci: 0xffff },
      uid: 0,
      gid: 0xffff_ffff,
      conntrack: { id: 7, original: { source: '10.0.0.1', destination: '10.0.0.2', protocol: 1 } }
    }
    fake.log({ ...packet, prefix: Uint8Array.of(0x61, 0xff) })
    expect(socket.tryRead()?.toJSON()).toEqual({
      ...packet,
      prefix: 'a\ufffd',
      prefixBytes: Uint8Array.of(0x61, 0xff),
      timestampSource: 'kernel',
      seq: 0,
      seqGlobal: 1
    })
  })

  it('gives the connection only to who asked for it, and no mark of 0', () => {
    const fake = createFakeNflog()
    const socket = fake.openNflog({ groups: 1, queueThreshold: 1 })
    fake.log({ group: 1, mark: 0, conntrack: { id: 7 } })
    const packet = socket.tryRead()
    expect([packet?.conntrack, packet?.mark]).toEqual([undefined, undefined])
  })

  it('owns the bytes it was given', () => {
    const fake = createFakeNflog()
    const socket = fake.openNflog({ groups: 1, queueThreshold: 1 })
    const payload = Uint8Array.of(1)
    fake.log({ group: 1, payload })
    payload[0] = 2
    expect(socket.tryRead()?.payload).toEqual(Uint8Array.of(1))
  })

  it('delivers at flush what the groups hold, before any time has passed', () => {
    const fake = createFakeNflog()
    const socket = fake.openNflog({ groups: [1, 2] })
    fake.log({ group: 1 }, { group: 2 })
    expect(socket.tryRead()).toBeUndefined()
    fake.flush()
    expect([socket.tryRead()?.group, socket.tryRead()?.group]).toEqual([1, 2])
  })

  it('delivers what no longer fits one datagram', () => {
    const fake = createFakeNflog()
    const socket = fake.openNflog({ groups: 1, netlinkBufferBytes: 8192, flushMs: 3_600_000 })
    const payload = new Uint8Array(3000)
    fake.log({ group: 1, payload }, { group: 1, payload }, { group: 1, payload })
    expect([socket.tryRead()?.seq, socket.tryRead()?.seq, socket.tryRead()]).toEqual([0, 1, undefined])
  })

  it('loses packets where it is told to, with their numbers', async () => {
    const fake = createFakeNflog()
    const socket = fake.openNflog({ groups: 1 })
    fake.log({ group: 1 })
    fake.lose(1, 3)
    fake.log({ group: 1 })
    fake.flush()
    expect([socket.tryRead()?.gap, socket.tryRead()?.gap]).toEqual([undefined, { group: 1, lost: 3, from: 1, to: 3 }])
    expect(socket.stats).toMatchObject({ packets: 2, lost: 3, overruns: 1, droppedDatagrams: 3 })
    await socket.close()
  })

  it('loses packets without numbers', async () => {
    const fake = createFakeNflog()
    const socket = fake.openNflog({ groups: 1, sequence: false, overrun: 'throw' })
    fake.log({ group: 1, prefix: 'before' })
    fake.lose(1)
    fake.lose(1)
    fake.log({ group: 1, prefix: 'after' })
    fake.flush()
    const batches = socket.batches()
    const first = (await batches.next()).value as PacketBatch
    expect([first.at(0).prefix, first.gap]).toEqual(['before', undefined])
    const second = (await batches.next()).value as PacketBatch
    expect([second.at(0).prefix, second.gap]).toEqual(['after', {}])
    await expect(batches.next()).rejects.toMatchObject({ code: 'NFLOG_IO', osCode: 'ENOBUFS' })
  })

  it('tells of an overrun even when there is no packet to read', async () => {
    const fake = createFakeNflog()
    const socket = fake.openNflog({ groups: 1, overrun: 'throw' })
    const waiting = socket.batches().next()
    fake.lose(1)
    await expect(waiting).rejects.toMatchObject({ osCode: 'ENOBUFS' })
  })

  it('holds no more than the receive buffer, however much is logged', async () => {
    const fake = createFakeNflog()
    const socket = fake.openNflog({ groups: 1, receiveBufferBytes: 100_000, receiveBufferMaxBytes: 100_000 })
    const payload = new Uint8Array(1000)
    for (let i = 0; i < 1000; i++) fake.log({ group: 1, payload })
    await socket.close()
    expect(socket.queued).toBeGreaterThan(50)
    expect(socket.queued).toBeLessThan(300)
    expect(socket.stats.droppedDatagrams).toBeGreaterThan(0)
  })

  it('fails a socket as a system call would', async () => {
    const fake = createFakeNflog()
    const socket = fake.openNflog({ groups: 1, queueThreshold: 1 })
    fake.log({ group: 1 })
    fake.fail(1, 'EBADF')
    await expect(socket.batches().next()).rejects.toMatchObject({ code: 'NFLOG_IO', osCode: 'EBADF', syscall: 'recv' })
    expect(socket.fd).toBeUndefined()
    expect(() => fake.fail(1, 'EBADF')).toThrow(/no socket reads group 1/)
  })

  it('refuses to open as it is told, once', async () => {
    const fake = createFakeNflog()
    const refusal = new NflogError('NFLOG_PERMISSION', 'no')
    fake.failNextOpen(refusal)
    expect(() => fake.openNflog({ groups: 1 })).toThrow(refusal)
    await fake.openNflog({ groups: 1 }).close()
  })

  it('has groups of its own', async () => {
    const [a, b] = [createFakeNflog(), createFakeNflog()]
    await using mine = a.openNflog({ groups: 1, queueThreshold: 1 })
    await using other = b.openNflog({ groups: 1, queueThreshold: 1 })
    a.log({ group: 1 })
    expect([mine.tryRead()?.group, other.tryRead()]).toEqual([1, undefined])
  })

  it.each([
    [{ group: 65536 }, RangeError, 'group'],
    [{ group: 1, payload: [1] }, TypeError, 'payload'],
    [{ group: 1, timestampUs: 0.5 }, RangeError, 'timestampUs'],
    [{ group: 1, timestampUs: -1 }, RangeError, 'timestampUs'],
    [{ group: 1, hook: 256 }, RangeError, 'hook'],
    [{ group: 1, hwAddress: '00:00' }, TypeError, 'hwAddress'],
    [{}, TypeError, 'group']
  ])('refuses %j by name, and logs nothing of that call', (packet, kind, name) => {
    const fake = createFakeNflog()
    const socket = fake.openNflog({ groups: 1, queueThreshold: 1 })
    const log = (): number => fake.log({ group: 1 }, packet as FakePacket)
    expect(log).toThrow(kind)
    expect(log).toThrow(name)
    expect(() => fake.lose(1, 0)).toThrow('packets')
    expect(socket.tryRead()).toBeUndefined()
  })

  it('forgets a socket that was closed at once, with what its groups held', () => {
    const fake = createFakeNflog()
    const controller = new AbortController()
    fake.openNflog({ groups: 1, signal: controller.signal })
    fake.log({ group: 1 })
    controller.abort()
    expect(fake.log({ group: 1 })).toBe(0)
  })
})
