import { accessSync, constants } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'
import { describeWithKernel } from '@packet-logs/lab/testing'
import { expect, it } from 'vitest'
import { type LoggedPacket, NflogError, openNflog, type PacketBatch } from '../../src/index.js'
import { chain, drain, logRules, run, runScript, sendUdp, take, udpText } from './kernel.js'

const port = 4201
const table = 'inet nflog_reading'

describeWithKernel('a reader', () => {
  it('gets a single packet within a few milliseconds with default options', async () => {
    using _ = logRules(table, chain('input', `udp dport ${port} log group 4201`))
    await using socket = openNflog({ groups: 4201 })
    const latencies: number[] = []
    for (let i = 0; i < 5; i++) {
      await sleep(30)
      const sentAt = performance.now()
      await sendUdp('127.0.0.1', port, 'x')
      await take(socket, 1)
      latencies.push(performance.now() - sentAt)
    }
    // The median, because other processes share the machine.
    expect(latencies.sort((a, b) => a - b)[2]).toBeLessThan(15)
  })

  it('goes on where it left a loop, whatever way it reads', async () => {
    using _ = logRules(table, chain('input', `udp dport ${port} log group 4202`))
    await using socket = openNflog({ groups: 4202, flushMs: 50 })
    await sendUdp('127.0.0.1', port, 'a', 'b', 'c', 'd', 'e')
    expect((await take(socket, 2)).map(udpText)).toEqual(['a', 'b'])
    expect(socket.queued).toBe(3)
    const third = socket.tryRead()
    expect(third && udpText(third)).toBe('c')
    const batch: IteratorResult<PacketBatch> = await socket.batches().next()
    expect([...(batch.value as PacketBatch)].map(udpText)).toEqual(['d', 'e'])
    expect(socket.queued).toBe(0)
    expect(socket.tryRead()).toBeUndefined()
  })

  it('learns of every lost packet, between the packets around the hole', async () => {
    using _ = logRules(table, chain('input', `udp dport ${port} log group 4203`))
    // One packet a datagram and a small buffer: it overflows early, and the kernel stays deaf until it was emptied.
    await using socket = openNflog({ groups: 4203, queueThreshold: 1, receiveBufferBytes: 65536 })
    const sent = 500
    await sendUdp('127.0.0.1', port, ...Array.from({ length: sent }, () => 'x'.repeat(100)))
    let received = 0
    let lost = 0
    let next = 0
    for await (const batch of socket.batches()) {
      if (batch.gap) {
        expect(batch.gap).toMatchObject({ group: 4203, from: next, to: (batch.at(0).seq ?? 0) - 1 })
        lost += batch.gap.lost ?? 0
      }
      next = (batch.at(batch.length - 1).seq ?? 0) + 1
      received += batch.length
      // The packet behind the hole makes it visible.
      if (next < sent) await sendUdp('127.0.0.1', port, 'last')
      if (next > sent) break
    }
    expect(lost).toBeGreaterThan(0)
    expect(received + lost).toBe(next)
    expect(socket.stats).toMatchObject({ packets: received, lost, overruns: 1 })
    expect(socket.stats.droppedDatagrams).toBe(lost)
    socket.resetStats()
    expect(socket.stats).toMatchObject({ packets: 0, lost: 0, overruns: 0, droppedDatagrams: 0 })
  })

  it('is told of an overrun once when it asked to be, and goes on', async () => {
    using _ = logRules(table, chain('input', `udp dport ${port} log group 4204`))
    await using socket = openNflog({
      groups: 4204,
      queueThreshold: 1,
      receiveBufferBytes: 65536,
      sequence: false,
      overrun: 'throw'
    })
    await sendUdp('127.0.0.1', port, ...Array.from({ length: 500 }, () => 'x'.repeat(100)))
    let received = 0
    const reading = (async () => {
      for await (const packet of socket) received += packet.group === 4204 ? 1 : 0
    })()
    await expect(reading).rejects.toMatchObject({ code: 'NFLOG_IO', osCode: 'ENOBUFS' })
    expect(received).toBeGreaterThan(0)
    while (socket.tryRead());
    await sendUdp('127.0.0.1', port, 'on we go')
    const { value } = (await socket.batches().next()) as { value: PacketBatch }
    expect([value.gap, udpText(value.at(0))]).toEqual([{}, 'on we go'])
  })

  it('finds what was queued still queued after configure, and only then learns of the overrun', async () => {
    using _ = logRules(table, chain('input', `udp dport ${port} log group 4211`))
    await using socket = openNflog({
      groups: 4211,
      queueThreshold: 1,
      receiveBufferBytes: 65536,
      sequence: false,
      overrun: 'throw'
    })
    await sendUdp('127.0.0.1', port, ...Array.from({ length: 500 }, () => 'x'.repeat(100)))
    socket.configure({ flushMs: 20, copyBytes: 40 })
    expect(socket.settings).toMatchObject({ flushMs: 20, copyBytes: 40, queueThreshold: 1 })
    expect(socket.stats).toMatchObject({ packets: 0, overruns: 0 })
    expect(socket.queued).toBe(0)
    expect(socket.tryRead()?.payload.length).toBe(128)
    expect(() => {
      while (socket.tryRead());
    }).toThrow(expect.objectContaining({ osCode: 'ENOBUFS' }) as Error)
    while (socket.tryRead());
    await sendUdp('127.0.0.1', port, 'behind the hole')
    const { value } = (await socket.batches().next()) as { value: PacketBatch }
    const packet = value.at(0)
    expect([value.gap, packet.gap, packet.payload.length, udpText(packet)]).toEqual([{}, {}, 40, 'behind the h'])
  })

  it('is told of a gap by the packet behind it, in whatever way it reads', async () => {
    using _ = logRules(table, chain('input', `udp dport ${port} log group 4213`))
    await using socket = openNflog({
      groups: 4213,
      queueThreshold: 1,
      receiveBufferBytes: 65536,
      receiveBufferMaxBytes: 65536
    })
    let next = 0
    let gaps = 0
    const follow = ({ seq = 0, gap }: LoggedPacket): void => {
      if (gap) gaps++
      expect(gap).toEqual(seq === next ? undefined : { group: 4213, lost: seq - next, from: next, to: seq - 1 })
      next = seq + 1
    }
    const overflow = (): Promise<void> =>
      sendUdp('127.0.0.1', port, ...Array.from({ length: 500 }, () => 'x'.repeat(100)))
    await overflow()
    for (let packet = socket.tryRead(); packet; packet = socket.tryRead()) follow(packet)
    await overflow()
    for await (const packet of socket) {
      follow(packet)
      if (gaps > 0 && socket.queued === 0) break
    }
    expect(gaps).toBe(1)
    await sendUdp('127.0.0.1', port, 'last')
    while (gaps < 2) for (const packet of (await take(socket, 1)).values()) follow(packet)
    expect(socket.stats.lost).toBe(next - socket.stats.packets)
    expect(next).toBe(1001)
  })

  it('gets a larger receive buffer when it lags, up to the cap', async () => {
    using _ = logRules(table, chain('input', `udp dport ${port} log group 4214`))
    await using socket = openNflog({
      groups: 4214,
      queueThreshold: 1,
      receiveBufferBytes: 40_000,
      receiveBufferMaxBytes: 100_000
    })
    const flood = (count: number): Promise<void> =>
      sendUdp('127.0.0.1', port, ...Array.from({ length: count }, () => 'x'))
    await flood(5)
    while (socket.tryRead());
    expect(socket.settings.receiveBufferBytes).toBe(40_000)
    for (const granted of [80_000, 100_000, 100_000]) {
      await flood(500)
      expect(socket.stats.receiveBufferPeakBytes).toBeGreaterThan(socket.stats.receiveBufferBytes / 2)
      while (socket.tryRead());
      expect(socket.settings.receiveBufferBytes).toBe(granted)
    }
    socket.configure({ flushMs: 20 })
    expect(socket.settings.receiveBufferBytes).toBe(100_000)
    socket.configure({ receiveBufferBytes: 50_000 })
    expect(socket.settings).toMatchObject({ receiveBufferBytes: 50_000, receiveBufferMaxBytes: 100_000 })
    socket.resetStats()
    expect(socket.stats.receiveBufferPeakBytes).toBe(0)
  })

  it.each([
    ['60 bytes for half a second', 60, 50_000],
    ['1,500 bytes for a tenth of one', 1500, 10_000]
  ])('loses nothing of 100,000 packets a second of %s while the event loop stands still', async (_, bytes, packets) => {
    const rules = 10
    using _rules = logRules(
      table,
      chain('input', ...Array.from({ length: rules }, () => `udp dport ${port} log group 4200`))
    )
    await using socket = openNflog({ groups: 4200 })
    // Waits for another process, and so does nothing else.
    const sender = `
      const socket = require('node:dgram').createSocket('udp4')
      let left = ${packets / rules}
      const send = () => left-- > 0 ? socket.send(Buffer.alloc(${bytes - 28}), ${port}, '127.0.0.1', send) : socket.close()
      send()`
    run(process.execPath, ['-e', sender])
    let received = 0
    while (socket.tryRead()) received++
    // What was lost at the end shows when something comes after it.
    await sendUdp('127.0.0.1', port, 'x')
    expect((await take(socket, 1))[0]?.seq).toBe(packets)
    const { lost } = socket.stats
    expect(received + lost).toBe(packets)
    // In a user namespace the kernel grants less, and what did not fit is counted.
    if (socket.settings.receiveBufferBytes === 32 * 1024 * 1024) expect(lost).toBe(0)
    else expect(socket.stats.receiveBufferPeakBytes).toBeGreaterThan(0)
  })

  it('can change its groups while packets flow', async () => {
    const rules = [4215, 4216, 4217].map(group => `udp dport ${port} log group ${group}`)
    using _ = logRules(table, chain('input', ...rules))
    await using socket = openNflog({ groups: [4215, 4216], flushMs: 60_000 })
    await sendUdp('127.0.0.1', port, 'a', 'b')
    // What the kernel held of a group that is given up comes at once.
    socket.configure({ groups: [4216, 4217] })
    expect(socket.groups).toEqual([4216, 4217])
    expect((await take(socket, 2)).map(packet => [packet.group, packet.seq])).toEqual([
      [4215, 0],
      [4215, 1]
    ])
    socket.configure({ groups: [4215, 4217], flushMs: 10 })
    await sendUdp('127.0.0.1', port, 'c')
    const seen = (await take(socket, 4)).map(packet => [packet.group, packet.seq, packet.gap, udpText(packet)])
    expect(seen.sort()).toEqual([
      [4215, 0, undefined, 'c'],
      [4216, 0, undefined, 'a'],
      [4216, 1, undefined, 'b'],
      [4217, 0, undefined, 'c']
    ])
    expect(socket.stats.lost).toBe(0)
  })

  it('that asks for a group of another socket keeps its own', async () => {
    using _ = logRules(table, chain('input', `udp dport ${port} log group 4218`))
    await using other = openNflog({ groups: 4219 })
    await using socket = openNflog({ groups: 4218 })
    expect(() => socket.configure({ groups: 4219, flushMs: 50 })).toThrow(
      expect.objectContaining({ code: 'NFLOG_GROUP_IN_USE', group: 4219 }) as Error
    )
    expect(socket.settings).toMatchObject({ groups: [4218], flushMs: 0 })
    expect(other.groups).toEqual([4219])
    await sendUdp('127.0.0.1', port, 'mine')
    expect((await take(socket, 1)).map(udpText)).toEqual(['mine'])
  })

  it('has at once what came for one group while the others were bound', async () => {
    using _ = logRules(table, chain('input', ...Array.from({ length: 50 }, () => `udp dport ${port} log group 4212`)))
    const stop = new AbortController()
    const flood = runScript(
      `import { createSocket } from 'node:dgram'
      const sender = createSocket('udp4')
      const send = () => sender.send('x', ${port}, '127.0.0.1', send)
      for (let i = 0; i < 50; i++) send()`,
      { signal: stop.signal }
    )
    const groups = [4212, ...Array.from({ length: 200 }, (_, i) => 5300 + i)]
    let queued = 0
    for (let attempt = 0; attempt < 100 && queued === 0; attempt++) {
      await using socket = openNflog({ groups, queueThreshold: 1 })
      queued = socket.queued
      await sleep(10)
    }
    stop.abort()
    await flood
    expect(queued).toBeGreaterThan(0)
  })

  it('counts no overrun when it does not want to know', async () => {
    using _ = logRules(table, chain('input', `udp dport ${port} log group 4205`))
    await using socket = openNflog({
      groups: 4205,
      queueThreshold: 1,
      receiveBufferBytes: 65536,
      overrun: 'ignore'
    })
    await sendUdp('127.0.0.1', port, ...Array.from({ length: 500 }, () => 'x'.repeat(100)))
    await take(socket, 1)
    expect(socket.stats.overruns).toBe(0)
    expect(socket.stats.droppedDatagrams).toBeGreaterThan(0)
  })

  it('leaves the event loop its turns under load', async () => {
    using _ = logRules(table, chain('input', ...Array.from({ length: 20 }, () => `udp dport ${port} log group 4207`)))
    await using socket = openNflog({ groups: 4207 })
    await sendUdp('127.0.0.1', port, ...Array.from({ length: 500 }, () => 'x'))
    let turns = 0
    const count = (): void => {
      turns++
      timer = setImmediate(count)
    }
    let timer = setImmediate(count)
    let batches = 0
    let packets = 0
    for await (const batch of socket.batches()) {
      batches++
      packets += batch.length
      if (packets === 10_000) break
    }
    clearImmediate(timer)
    expect(batches).toBeGreaterThan(10)
    expect(turns).toBeGreaterThanOrEqual(batches - 1)
  })

  it('that has given up its privilege gets what the kernel still held when its time has come', async () => {
    using _ = logRules(table, chain('input', `udp dport ${port} log group 4216`))
    const script = `
      import { createSocket } from 'node:dgram'
      const socket = nflog.openNflog({ groups: 4216, flushMs: 200 })
      try { process.setgid(65534); process.setuid(65534) } catch { console.log('only root is known here') }
      const sender = createSocket('udp4')
      for (let i = 0; i < 3; i++) await new Promise(sent => sender.send('x', ${port}, '127.0.0.1', sent))
      sender.close()
      try { socket.configure({ flushMs: 20 }) } catch (error) { console.log(error.code) }
      await socket.close()
      let packets = 0
      for await (const packet of socket) packets++
      console.log(packets)`
    const { stdout, stderr } = await runScript(script)
    expect(stderr).toBe('')
    // A user namespace with one user lets nobody become another.
    expect(stdout).toMatch(/^(NFLOG_PERMISSION|only root is known here)\n3\n$/)
  })

  it('that waits is ended by close', async () => {
    const socket = openNflog({ groups: 4208 })
    const waiting = drain(socket)
    await sleep(5)
    await socket.close()
    expect(await waiting).toEqual([])
    await socket.close()
    expect(socket.fd).toBeUndefined()
    expect(socket.tryRead()).toBeUndefined()
    expect(() => socket.configure({ flushMs: 20 })).toThrow(expect.objectContaining({ code: 'NFLOG_CLOSED' }) as Error)
  })

  it('that waits is rejected with the reason of an abort', async () => {
    const controller = new AbortController()
    const socket = openNflog({ groups: 4209, signal: controller.signal })
    const waiting = drain(socket)
    const reason = new Error('enough')
    controller.abort(reason)
    await expect(waiting).rejects.toBe(reason)
    expect(socket.fd).toBeUndefined()
    expect(() => openNflog({ groups: 4209, signal: controller.signal })).toThrow(reason)
  })

  it('learns the receive buffer that the kernel granted', async () => {
    await using socket = openNflog({ groups: 4210, receiveBufferBytes: 100_000 })
    expect(socket.stats.receiveBufferBytes).toBe(100_000)
    socket.configure({ receiveBufferBytes: 150_000 })
    expect(socket.stats.receiveBufferBytes).toBe(150_000)
  })
})

/** The kernel's list of readers belongs to the machine's root, also inside a user namespace. */
function tellsOwners(): boolean {
  try {
    accessSync('/proc/net/netfilter/nfnetlink_log', constants.R_OK)
    return true
  } catch {
    return false
  }
}

describeWithKernel('opening', () => {
  it('a group that another socket reads says who has it', async () => {
    await using owner = openNflog({ groups: 4220 })
    const open = (): unknown => openNflog({ groups: [4221, 4220] })
    expect(open).toThrow(NflogError)
    expect(open).toThrow(expect.objectContaining({ code: 'NFLOG_GROUP_IN_USE', group: 4220, osCode: 'EPERM' }) as Error)
    expect(open).toThrow(
      tellsOwners()
        ? /log group 4220 is being read by another socket \((probably process|netlink port) \d+/
        : /log group 4220 is being read by another socket; /
    )
    expect(owner.fd).toBeGreaterThan(2)
    // Nothing is left of the attempt.
    await openNflog({ groups: 4221 }).close()
  })

  it('without privilege says so, also for a group that is taken', async () => {
    await using owner = openNflog({ groups: 4222 })
    const script = `
      for (const groups of [4222, 4223]) {
        try { nflog.openNflog({ groups }); console.log('opened') }
        catch (error) { console.log(error instanceof nflog.NflogError, error.code, error.osCode) }
      }`
    // Without a bounding set even root gets no capability at exec; this works in a user namespace as well.
    const { stdout, stderr } = await runScript(script, {
      wrapper: ['setpriv', '--bounding-set', '-all', '--inh-caps', '-all']
    })
    expect({ stdout, stderr }).toEqual({
      stdout: 'true NFLOG_PERMISSION EPERM\ntrue NFLOG_PERMISSION EPERM\n',
      stderr: ''
    })
    expect(owner.groups).toEqual([4222])
  })
})
