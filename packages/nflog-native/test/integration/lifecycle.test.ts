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

  it('stays alive while it waits for a packet', async () => {
    const script = `
      setTimeout(() => { console.log('still here'); process.exit(0) }, 200).unref()
      await nflog.openNflog({ groups: 4302 }).batches().next()`
    expect((await runScript(script)).stdout).toBe('still here\n')
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

  it('opens and closes a thousand times without growing', async () => {
    const cycle = async (): Promise<void> => {
      const socket = openNflog({ groups: [4330, 4331] })
      const waiting = socket.batches().next()
      await socket.close()
      await waiting
    }
    for (let i = 0; i < 50; i++) await cycle()
    await new Promise(setImmediate)
    const descriptors = openDescriptors()
    const memory = process.memoryUsage().rss
    for (let i = 0; i < 1000; i++) {
      await cycle()
      // libuv frees a handle in the next turn of the loop.
      if (i % 50 === 0) await new Promise(setImmediate)
    }
    await new Promise(setImmediate)
    expect(openDescriptors()).toBe(descriptors)
    expect(process.memoryUsage().rss - memory).toBeLessThan(64 * 1024 * 1024)
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
})
