import { execFileSync } from 'node:child_process'
import { once } from 'node:events'
import { closeSync, constants, mkdtempSync, openSync, readSync, rmSync } from 'node:fs'
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { EventQueue } from '../../../src/outputs/event-queue.js'
import type { SinkCounters } from '../../../src/outputs/sinks/sink.js'
import { createStdoutSink } from '../../../src/outputs/sinks/stdout-sink.js'
import { lossesTold, openBench, packetNumbers, range, until, whole } from './workbench.js'

/** A server that keeps what each connection sent. */
interface Receiver extends AsyncDisposable {
  readonly port: number
  readonly connections: { socket: Socket; text: () => string }[]
  text(): string
}

async function receive(where: { port: number } | { path: string }, isReading = true): Promise<Receiver> {
  const connections: Receiver['connections'] = []
  const server: Server = createServer({ pauseOnConnect: true }, socket => {
    const parts: Buffer[] = []
    socket.on('data', (part: Buffer) => parts.push(part))
    socket.on('error', () => undefined)
    if (isReading) socket.resume()
    else socket.pause()
    connections.push({ socket, text: () => Buffer.concat(parts).toString() })
  })
  server.listen('port' in where ? { ...where, host: '127.0.0.1' } : where)
  await once(server, 'listening')
  const address = server.address()
  return {
    port: typeof address === 'object' ? (address as AddressInfo).port : 0,
    connections,
    text: () => connections.map(({ text }) => text()).join(''),
    async [Symbol.asyncDispose]() {
      const closed = once(server, 'close')
      server.close()
      for (const { socket } of connections) socket.destroy()
      await closed
    }
  }
}

describe('an output to TCP', () => {
  it('sends every event as a line, and what is left when it is closed', async () => {
    await using receiver = await receive({ port: 0 })
    await using bench = await openBench(() => [{ to: 'tcp', host: '127.0.0.1', port: receiver.port }])
    bench.send(3000)
    await bench.close()
    await until(() => packetNumbers(whole(receiver.text())).length === 3000, 'all arrived')
    expect(packetNumbers(receiver.text())).toEqual(range(3000))
    expect(bench.stats()).toMatchObject({ written: 3000, dropped: 0, failures: 0, reconnects: 0 })
  })

  it('keeps events while nobody listens, and sends them when somebody does', async () => {
    let port = 0
    {
      await using free = await receive({ port: 0 })
      port = free.port
    }
    await using bench = await openBench(() => [{ to: 'tcp', host: '127.0.0.1', port }])
    bench.send(100)
    await until(() => bench.stats().failures >= 2, 'two attempts have failed')
    await using receiver = await receive({ port })
    await until(() => packetNumbers(whole(receiver.text())).length === 100, 'all arrived')
    expect(packetNumbers(receiver.text())).toEqual(range(100))
    expect(bench.said).toHaveLength(2)
    expect(bench.said[0]).toContain('ECONNREFUSED')
  })

  it('begins each connection with a whole line when the receiver resets it again and again', async () => {
    await using receiver = await receive({ port: 0 })
    await using bench = await openBench(() => [{ to: 'tcp', host: '127.0.0.1', port: receiver.port }])
    for (let i = 0; i < 3; i++) {
      await until(() => receiver.connections.length > i, 'it has connected')
      for (let j = 0; j < 5; j++) {
        bench.send(40)
        await new Promise(resolve => setImmediate(resolve))
      }
      receiver.connections[i]?.socket.resetAndDestroy()
    }
    await until(() => receiver.connections.length === 4, 'it has connected again')
    bench.send(1)
    const last = bench.stats().seen - 1
    await until(
      () => packetNumbers(whole(receiver.connections[3]?.text() ?? '')).includes(last),
      'the last one arrived'
    )
    for (const { text } of receiver.connections) {
      const numbers = packetNumbers(whole(text()))
      expect(numbers).toEqual(numbers.toSorted((a, b) => a - b))
    }
    expect(bench.stats()).toMatchObject({ reconnects: 3, dropped: 0 })
  })

  it('lets the oldest go while the receiver hangs, tells how many, and gives it up in the end', async () => {
    await using receiver = await receive({ port: 0 }, false)
    await using bench = await openBench(() => [
      { to: 'tcp', host: '127.0.0.1', port: receiver.port, queueBytes: 65_536, stallSeconds: 1 }
    ])
    const feed = setInterval(() => bench.send(200), 5)
    await until(() => receiver.connections.length === 2, 'it has connected anew')
    clearInterval(feed)
    expect(bench.stats().lastError).toBe('the other side has hardly taken anything for 1 s')
    expect(bench.stats().queuedBytes).toBeLessThanOrEqual(65_536)
    for (const { socket } of receiver.connections) socket.resume()
    await until(() => bench.stats().queuedBytes === 0, 'the rest is sent')
    await bench.close()
    const { dropped } = bench.stats()
    const told = (): number => receiver.connections.reduce((sum, { text }) => sum + lossesTold(whole(text())), 0)
    expect(dropped).toBeGreaterThan(0)
    await until(() => told() === dropped, 'every loss is told')
  })
})

describe('an output to TCP whose receiver', () => {
  it('ends each connection at once is asked ever less often', async () => {
    const server = createServer(socket => socket.resetAndDestroy())
    server.listen(0, '127.0.0.1')
    await once(server, 'listening')
    const { port } = server.address() as AddressInfo
    await using bench = await openBench(() => [{ to: 'tcp', host: '127.0.0.1', port }])
    await until(() => bench.stats().failures >= 4, 'four connections have ended')
    const begun = performance.now()
    await until(() => bench.stats().failures >= 5, 'a fifth has ended')
    expect(performance.now() - begun).toBeGreaterThan(500)
    server.close()
  })
})

describe('an output to a unix stream socket', () => {
  it('follows a receiver that goes and comes back', async () => {
    await using bench = await openBench(folder => [{ to: 'unix', path: join(folder, 'a.sock') }])
    const path = join(bench.folder, 'a.sock')
    {
      await using first = await receive({ path })
      bench.send(10)
      await until(() => packetNumbers(whole(first.text())).length === 10, 'the first ones arrived')
    }
    await until(() => !bench.stats().isOpen, 'the end is noticed without writing')
    bench.send(10)
    await using second = await receive({ path })
    await until(() => packetNumbers(whole(second.text())).length === 10, 'the others arrived')
    expect(packetNumbers(second.text())).toEqual(range(20).slice(10))
    expect(bench.stats()).toMatchObject({ dropped: 0, reconnects: 1 })
  })
})

describe('an output beside one that is stuck', () => {
  it('does not notice', async () => {
    await using stuck = await receive({ port: 0 }, false)
    await using receiver = await receive({ port: 0 })
    await using bench = await openBench(folder => [
      { to: 'tcp', name: 'stuck', host: '127.0.0.1', port: stuck.port, queueBytes: 65_536 },
      { to: 'tcp', name: 'healthy', host: '127.0.0.1', port: receiver.port },
      { to: 'file', path: join(folder, 'nowhere', 'a') },
      { to: 'fifo', path: join(folder, 'fifo') }
    ])
    for (let i = 0; i < 100; i++) {
      bench.send(100)
      await new Promise(resolve => setImmediate(resolve))
    }
    await until(() => packetNumbers(whole(receiver.text())).length === 10_000, 'all arrived')
    expect(packetNumbers(whole(receiver.text()))).toEqual(range(10_000))
    expect(bench.stats(1)).toMatchObject({ name: 'healthy', written: 10_000, dropped: 0 })
    expect(bench.stats(0).dropped).toBeGreaterThan(0)
    expect(bench.outputs.losses.map(({ count }) => count())).toEqual(
      bench.outputs.stats().map(({ dropped }) => dropped)
    )
  })
})

describe('standard output', () => {
  it('never waits for its reader, and goes on when a named pipe is read again', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'stdout-'))
    const path = join(folder, 'pipe')
    execFileSync('mkfifo', [path])
    const both = openSync(path, constants.O_RDWR | constants.O_NONBLOCK)
    const writer = openSync(path, constants.O_WRONLY)
    const counters: SinkCounters = { written: 0, writtenBytes: 0, dropped: 0, skipped: 0, unread: 0, reconnects: 0 }
    const down: Error[] = []
    const options = { counters, preamble: Buffer.alloc(0), onDown: (error: Error) => void down.push(error) }
    const sink = createStdoutSink(options, writer)
    const queue = new EventQueue(1 << 20)
    const write = async (): Promise<void> => {
      for (let i = 0; i < 200; i++) queue.push('', 'x'.repeat(1000), true)
      for (let batch = queue.take(); batch !== undefined; batch = queue.take()) await sink.write(batch)
    }
    await sink.open()
    const writing = write()
    const failure = expect(writing).rejects.toThrow(/EPIPE/)
    // The event loop runs on while the pipe is full.
    await new Promise(resolve => setTimeout(resolve, 50))
    expect(counters.written).toBeLessThan(200)
    closeSync(both)
    await failure
    await expect(sink.open()).rejects.toThrow(/ENXIO/)
    const reader = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK)
    await sink.open()
    queue.clear()
    queue.push('', 'again', true)
    const batch = queue.take()
    if (batch !== undefined) await sink.write(batch)
    // What the reader before had not read comes first.
    const buffer = Buffer.alloc(1 << 20)
    expect(buffer.toString('utf8', 0, readSync(reader, buffer)).slice(-20)).toMatch(/again\n$/)
    sink.destroy()
    for (const fd of [reader, writer]) closeSync(fd)
    rmSync(folder, { recursive: true, force: true })
  })
})
