import { once } from 'node:events'
import { Worker } from 'node:worker_threads'
import { describeWithKernel } from '@packet-logs/lab/testing'
import { describe, expect, it } from 'vitest'
import { openNflog } from '../../src/index.js'
import { builtPackage, chain, logRules, openDescriptors, runScript, sendUdp } from './kernel.js'

const port = 4301
const table = 'inet nflog_lifecycle'

const flow = `
  import { createSocket } from 'node:dgram'
  const sender = createSocket('udp4').unref()
  const flow = setInterval(() => sender.send('x', ${port}, '127.0.0.1'), 2).unref()`

describeWithKernel('a process', () => {
  const states = [
    ['with an open socket that nobody reads', 'nflog.openNflog({ groups: 4301 })'],
    [
      'while it waits for a packet, when unref was called',
      'nflog.openNflog({ groups: 4301 }).unref().batches().next()'
    ],
    [
      'in the middle of an iteration',
      'for await (const packet of nflog.openNflog({ groups: 4301 })) process.exit(packet.group - 4301)'
    ],
    [
      'after leaving an iteration',
      'for await (const packet of nflog.openNflog({ groups: 4301 })) break; clearInterval(flow)'
    ],
    ['right after opening, by exit', 'nflog.openNflog({ groups: 4301 }); process.exit(0)'],
    [
      'while it waits for a packet, by exit',
      'nflog.openNflog({ groups: 4301 }).batches().next(); setTimeout(() => process.exit(0), 20)'
    ],
    [
      'in the middle of a batch',
      `for await (const batch of nflog.openNflog({ groups: 4301 }).batches()) {
        batch.at(0).payload
        process.exit(batch.length > 0 ? 0 : 1)
      }`
    ],
    [
      'with packets that were read and not taken',
      `const socket = nflog.openNflog({ groups: 4301, queueThreshold: 20, flushMs: 1000 })
      for await (const packet of socket) if (socket.queued > 0) process.exit(0)`
    ],
    [
      'with packets that the kernel holds',
      'nflog.openNflog({ groups: 4301, flushMs: 60_000 }); setTimeout(() => process.exit(0), 20)'
    ],
    [
      'in an exit handler that reads and closes',
      `const socket = nflog.openNflog({ groups: 4301 })
      process.on('exit', () => { socket.tryRead(); socket.configure({ flushMs: 20 }); socket.close() })
      setTimeout(() => process.exit(0), 20)`
    ],
    [
      'after an abort that ended a wait',
      `const signal = AbortSignal.timeout(20)
      await nflog.openNflog({ groups: 4301, signal }).batches().next().catch(error => clearInterval(flow))`
    ],
    [
      'after it failed to open',
      `const owner = nflog.openNflog({ groups: 4301 })
      try { nflog.openNflog({ groups: [4302, 4301] }) } catch { process.exitCode = 0 }
      await owner.close()`
    ],
    [
      'after each of many configurations',
      `const socket = nflog.openNflog({ groups: 4301 })
      for (let i = 0; i < 50; i++) {
        socket.configure({ queueThreshold: 1 + i, groups: i % 2 ? [4301] : [4301, 4306] })
        await socket.batches().next()
      }
      process.exit(0)`
    ],
    [
      'while workers wait and read',
      `import { Worker } from 'node:worker_threads'
      const source = "const { parentPort, workerData } = require('node:worker_threads');" +
        "import(workerData.url).then(async ({ openNflog }) => {" +
        "const socket = openNflog({ groups: workerData.group }); parentPort.postMessage('open');" +
        "for await (const packet of socket) packet.toJSON() })"
      const url = ${JSON.stringify(builtPackage)}
      const workers = [4301, 4307].map(group => new Worker(source, { eval: true, execArgv: [], workerData: { url, group } }))
      await Promise.all(workers.map(worker => new Promise(open => worker.once('message', open))))
      process.exit(0)`
    ],
    ['after close', 'await nflog.openNflog({ groups: 4301 }).close()'],
    ['right after close, by exit', 'nflog.openNflog({ groups: 4301 }).close(); process.exit(0)']
  ] as const
  describe.each(states)('ends cleanly %s', (_, script) => {
    it('with code 0', async () => {
      using _ = logRules(table, chain('input', `udp dport ${port} log group 4301`))
      const { code, signal, stderr } = await runScript(`${flow}\n${script}`)
      expect({ code, signal, stderr }).toEqual({ code: 0, signal: null, stderr: '' })
    })
  })

  it('can be killed while it waits', async () => {
    const script = `
      nflog.openNflog({ groups: 4308 }).batches().next()
      setTimeout(() => process.kill(process.pid, 'SIGTERM'), 20)`
    const { signal, stderr } = await runScript(script)
    expect({ signal, stderr }).toEqual({ signal: 'SIGTERM', stderr: '' })
    // The kernel has the group back as soon as the process is gone.
    await openNflog({ groups: 4308 }).close()
  })

  it('stays alive while it waits for a packet', async () => {
    const script = `
      setTimeout(() => { console.log('still here'); process.exit(0) }, 200).unref()
      await nflog.openNflog({ groups: 4302 }).batches().next()`
    expect((await runScript(script)).stdout).toBe('still here\n')
  })

  it('ends when nobody waits any more', async () => {
    const script = `
      import { Readable } from 'node:stream'
      const socket = nflog.openNflog({ groups: 4309 })
      const stream = Readable.from(socket).on('data', () => {})
      setTimeout(() => stream.destroy(), 20)`
    const { code, stderr } = await runScript(script)
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
  })

  it('ends when what it waited for came another way', async () => {
    using _ = logRules(table, chain('input', `udp dport ${port} log group 4305`))
    const script = `
      import { createSocket } from 'node:dgram'
      const socket = nflog.openNflog({ groups: 4305 })
      const waiting = socket[Symbol.asyncIterator]().next()
      const sender = createSocket('udp4').unref()
      await new Promise(sent => sender.send('x', ${port}, '127.0.0.1', sent))
      const until = Date.now() + 50
      while (Date.now() < until);
      const other = socket.tryRead()
      console.log((await waiting).value.seq, other)`
    const { code, stdout } = await runScript(script)
    expect({ code, stdout }).toEqual({ code: 0, stdout: '0 undefined\n' })
  })

  it('reports an exception thrown in a reader like any other', async () => {
    using _ = logRules(table, chain('input', `udp dport ${port} log group 4303`))
    const script = `for await (const packet of nflog.openNflog({ groups: 4303 })) throw new Error('mine: ' + packet.group)`
    const { code, stderr } = await runScript(`${flow}\n${script}`)
    expect(code).toBe(1)
    expect(stderr).toContain('mine: 4303')
  })

  it('gets the descriptors back of a socket that was forgotten', async () => {
    const script = `
      import { readdirSync } from 'node:fs'
      import { setTimeout as sleep } from 'node:timers/promises'
      const count = () => readdirSync('/proc/self/fd').length
      nflog.openNflog({ groups: 4304 }); await sleep(1); global.gc(); await sleep(10)
      const before = count()
      for (let i = 0; i < 20; i++) nflog.openNflog({ groups: 4310 + i })
      const open = count() - before
      for (let i = 0; i < 5; i++) { global.gc(); await sleep(10) }
      console.log(open, count() - before)`
    const { stdout, stderr } = await runScript(script, { nodeOptions: ['--expose-gc'] })
    expect({ stdout, stderr }).toEqual({ stdout: '40 0\n', stderr: '' })
  })

  it('does not forget a socket that somebody waits for', async () => {
    using _ = logRules(table, chain('input', `udp dport ${port} log group 4309`))
    const script = `
      import { createSocket } from 'node:dgram'
      import { setTimeout as sleep } from 'node:timers/promises'
      const waiting = nflog.openNflog({ groups: 4309 }).batches().next()
      for (let i = 0; i < 5; i++) { global.gc(); await sleep(5) }
      createSocket('udp4').unref().send('x', ${port}, '127.0.0.1')
      console.log((await waiting).value.length)`
    const { stdout, stderr } = await runScript(script, { nodeOptions: ['--expose-gc'] })
    expect({ stdout, stderr }).toEqual({ stdout: '1\n', stderr: '' })
  })

  it('opens and closes a thousand times without growing', async () => {
    const script = `
      import { readdirSync } from 'node:fs'
      import { setImmediate as turn } from 'node:timers/promises'
      async function cycles(count) {
        for (let i = 0; i < count; i++) {
          const socket = nflog.openNflog({ groups: [4330, 4331] })
          const waiting = socket.batches().next()
          await socket.close()
          await waiting
          // libuv frees a handle in the next turn of the loop.
          if (i % 10 === 0) await turn()
        }
        for (let i = 0; i < 3; i++) { global.gc(); await turn() }
        const { rss, heapUsed } = process.memoryUsage()
        return { descriptors: readdirSync('/proc/self/fd').length, rss, heapUsed }
      }
      const before = await cycles(1000)
      const after = await cycles(1000)
      console.log(after.descriptors - before.descriptors, after.rss - before.rss, after.heapUsed - before.heapUsed)`
    const { stdout, stderr } = await runScript(script, { nodeOptions: ['--expose-gc'] })
    const [descriptors, bytes, heapBytes] = stdout.split(' ').map(Number)
    expect({ stderr, descriptors }).toEqual({ stderr: '', descriptors: 0 })
    // A socket has buffers of 300 KiB; the process itself breathes by a few MiB.
    expect(bytes).toBeLessThan(8 * 1024 * 1024)
    expect(heapBytes).toBeLessThan(1024 * 1024)
  })
})

describeWithKernel('a worker thread', () => {
  const source = `
    const { parentPort } = require('node:worker_threads')
    import(${JSON.stringify(builtPackage)}).then(async ({ openNflog }) => {
      const socket = openNflog({ groups: 4340 })
      parentPort.postMessage('open')
      for await (const packet of socket) parentPort.postMessage(packet.toJSON())
    })`

  it('reads packets of its own, and can be terminated while it waits', async () => {
    using _ = logRules(table, chain('input', `udp dport ${port} log prefix "worker" group 4340`))
    for (let round = 0; round < 3; round++) {
      const worker = new Worker(source, { eval: true })
      expect(await once(worker, 'message')).toEqual(['open'])
      const message = once(worker, 'message')
      await sendUdp('127.0.0.1', port, 'x')
      const [packet] = (await message) as [object]
      expect(packet).toMatchObject({ prefix: 'worker', group: 4340, inDevice: 'lo' })
      await worker.terminate()
    }
    await openNflog({ groups: 4340 }).close()
  })

  it('can be terminated at any moment under load', async () => {
    const rules = Array.from({ length: 20 }, () => `udp dport ${port} log group 4342`)
    using _ = logRules(table, chain('input', ...rules))
    const flood = setInterval(() => void sendUdp('127.0.0.1', port, ...Array.from({ length: 20 }, () => 'x')), 2)
    const source = `
      const { parentPort } = require('node:worker_threads')
      import(${JSON.stringify(builtPackage)}).then(async ({ openNflog }) => {
        let packets = 0
        for await (const packet of openNflog({ groups: 4342, queueThreshold: 4 })) {
          if (++packets % 100 === 0) parentPort.postMessage(packet.seq)
        }
      })`
    for (let round = 0; round < 12; round++) {
      const worker = new Worker(source, { eval: true })
      await once(worker, 'message')
      expect(await worker.terminate()).toBe(1)
    }
    clearInterval(flood)
  })

  it('reads beside the main thread, each from its own socket', async () => {
    const rules = [`udp dport ${port} log group 4340`, `udp dport ${port} log group 4341`]
    using _ = logRules(table, chain('input', ...rules))
    await using own = openNflog({ groups: 4341 })
    const worker = new Worker(source, { eval: true })
    await once(worker, 'message')
    const theirs = once(worker, 'message')
    await sendUdp('127.0.0.1', port, 'x')
    const mine = await own.batches().next()
    expect(mine.value).toHaveLength(1)
    expect(((await theirs) as [object])[0]).toMatchObject({ group: 4340 })
    await worker.terminate()
  })

  it('is one of several that read at once, and all can be terminated together', async () => {
    const groups = [4343, 4344, 4345, 4346]
    using _ = logRules(table, chain('input', ...groups.map(group => `udp dport ${port} log group ${group}`)))
    const source = `
      const { parentPort, workerData } = require('node:worker_threads')
      import(${JSON.stringify(builtPackage)}).then(async ({ openNflog }) => {
        const socket = openNflog({ groups: workerData })
        parentPort.postMessage('open')
        for await (const packet of socket) if (packet.seq === 99) parentPort.postMessage([packet.group, socket.stats.lost])
      })`
    for (let round = 0; round < 3; round++) {
      const workers = groups.map(workerData => new Worker(source, { eval: true, workerData }))
      await Promise.all(workers.map(worker => once(worker, 'message')))
      const reports = Promise.all(workers.map(worker => once(worker, 'message')))
      await sendUdp('127.0.0.1', port, ...Array.from({ length: 100 }, () => 'x'))
      expect(await reports).toEqual(groups.map(group => [[group, 0]]))
      await Promise.all(workers.map(worker => worker.terminate()))
      await openNflog({ groups }).close()
    }
  })

  it('gives everything back that it had open, however it ends', async () => {
    const ends = [
      '',
      'process.exit()',
      'for (;;);',
      'socket.batches().next()',
      'throw new Error("mine")',
      'socket.close()'
    ]
    const descriptors = openDescriptors()
    for (const end of ends) {
      const source = `
        import(${JSON.stringify(builtPackage)}).then(({ openNflog }) => {
          const socket = openNflog({ groups: [4347, 4348] })
          require('node:worker_threads').parentPort.postMessage('open')
          ${end}
        })`
      const worker = new Worker(source, { eval: true })
      worker.on('error', () => undefined)
      const ended = new Promise(resolve => worker.once('exit', resolve))
      // Not once(): it would take an exception that overtakes the message for its own.
      await new Promise(resolve => worker.once('message', resolve))
      await worker.terminate()
      await ended
      await openNflog({ groups: [4347, 4348] }).close()
    }
    await new Promise(setImmediate)
    expect(openDescriptors()).toBe(descriptors)
  })
})
