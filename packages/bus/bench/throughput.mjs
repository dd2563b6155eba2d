// One publisher in this process, reading processes over the socket. Prints what was offered and delivered per second, CPU
// per event on both sides, and latency at a moderate rate.
//
//   node bench/throughput.mjs [--events 1000000] [--rate 400000] [--bytes 760] [--readers 1] [--stalled 0] [--mode lines|batches|events]
//
// Without --rate it publishes as fast as it can, which no reader keeps up with: what they miss is counted.
import { fork } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { connectBus, createBroker, listenBus } from '@packet-logs/bus'

const { values } = parseArgs({
  options: {
    events: { type: 'string', default: '1000000' },
    rate: { type: 'string', default: 'Infinity' },
    bytes: { type: 'string', default: '760' },
    readers: { type: 'string', default: '1' },
    stalled: { type: 'string', default: '0' },
    mode: { type: 'string', default: 'lines' },
    read: { type: 'string' }
  }
})

if (values.read === undefined) await publish()
else await read(values.read, values.mode)

async function publish() {
  const events = Number(values.events)
  const readers = Number(values.readers)
  const directory = mkdtempSync(join(tmpdir(), 'packet-logs-bench-'))
  const broker = createBroker()
  const server = await listenBus({ path: join(directory, 'bus.sock'), broker })
  const stalled = Array.from({ length: Number(values.stalled) }, () => {
    const socket = connect(server.path)
    socket.write('{"topic":"subscribe:"}\n')
    return socket.pause()
  })
  const children = Array.from({ length: readers }, () =>
    fork(fileURLToPath(import.meta.url), ['--read', server.path, '--mode', values.mode])
  )
  while (server.stats.readers < readers + stalled.length) await sleep(10)

  const line = makeLine(Number(values.bytes))
  await run('throughput', 'nft:lan:in', events, Number(values.rate))
  await run('latency', 'time', 20_000, 10_000)
  for (const child of children) child.disconnect()
  for (const socket of stalled) socket.destroy()
  await server.close()
  process.stdout.write(`server: ${JSON.stringify(server.stats)}\n`)
  process.stdout.write(`memory: ${(process.memoryUsage().rss / 2 ** 20).toFixed(0)} MiB resident\n`)
  rmSync(directory, { recursive: true, force: true })

  /**
   * @param {string} name
   * @param {string} topic
   * @param {number} count
   * @param {number} perSecond
   */
  async function run(name, topic, count, perSecond) {
    const reports = Promise.all(children.map(nextReport))
    const cpuBefore = process.cpuUsage()
    const start = performance.now()
    for (let sent = 0; sent < count; ) {
      // As the daemon does: a batch of lines per turn of the event loop.
      const wanted = Math.min(count, ((performance.now() - start) / 1000) * perSecond)
      const due = Math.min(wanted, sent + 256)
      const publishTime = topic === 'time'
      for (; sent < due; sent += 1) {
        if (publishTime) broker.publishText(topic, String(performance.timeOrigin + performance.now()))
        else broker.publishLine(line, topic)
      }
      // Sleeping keeps the publisher's CPU time meaningful; for latency it would be the timer that is measured.
      if (sent < count && !publishTime && sent >= wanted) await sleep(1)
      else await new Promise(resolve => setImmediate(resolve))
    }
    const seconds = (performance.now() - start) / 1000
    broker.publishText('end', '')
    const results = await reports
    const cpu = process.cpuUsage(cpuBefore)
    const { user, system } = cpu
    const cost = topic === 'time' ? '' : `, ${((user + system) / count).toFixed(2)} µs CPU per event`
    process.stdout.write(`${name}: ${rate(count / seconds)} published${cost}\n`)
    for (const { received, userUs, systemUs, readSeconds, latencyMs } of results) {
      const latency = latencyMs ? `, latency p50 ${latencyMs[0].toFixed(2)} ms, p99 ${latencyMs[1].toFixed(2)} ms` : ''
      process.stdout.write(
        `  reader: ${received} of ${count}, ${rate(received / readSeconds)}, µs CPU per event ${userUs.toFixed(2)} + ${systemUs.toFixed(2)}${latency}\n`
      )
    }
  }
}

/**
 * @typedef {{ received: number, userUs: number, systemUs: number, readSeconds: number, latencyMs: [number, number] | undefined }} Report
 *
 * @param {import('node:child_process').ChildProcess} child
 * @returns {Promise<Report>}
 */
function nextReport(child) {
  return new Promise(resolve => child.once('message', report => resolve(/** @type {Report} */ (report))))
}

/**
 * @param {string} path
 * @param {string} mode
 */
async function read(path, mode) {
  const client = await connectBus({ path })
  const subscription = client.subscribe('')
  process.once('disconnect', () => void client.close())
  let received = 0
  let firstAt = 0
  let cpuBefore = process.cpuUsage()
  /** @type {number[]} */
  let latencies = []

  const END = '{"topic":"end"'
  if (mode === 'lines') {
    for await (const { bytes, count } of subscription.lines()) {
      begin()
      received += count
      const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
      const last = buffer.lastIndexOf(10, buffer.length - 2) + 1
      if (buffer.toString('latin1', last, last + END.length) === END) report()
    }
  } else if (mode === 'batches') {
    for await (const batch of subscription.batches()) for (const event of batch) take(event)
  } else {
    for await (const event of subscription) take(event)
  }

  /** @param {import('@packet-logs/bus').BusEvent} event */
  function take(event) {
    begin()
    received += 1
    if (event.topic === 'end') report()
    else if (event.topic === 'time') latencies.push(performance.timeOrigin + performance.now() - Number(event.value))
  }

  function begin() {
    if (firstAt === 0) {
      firstAt = performance.now()
      cpuBefore = process.cpuUsage()
    }
  }

  function report() {
    const cpu = process.cpuUsage(cpuBefore)
    latencies.sort((a, b) => a - b)
    const at = (/** @type {number} */ share) => latencies[Math.floor(latencies.length * share)] ?? 0
    process.send?.({
      received: received - 1,
      userUs: cpu.user / received,
      systemUs: cpu.system / received,
      readSeconds: (performance.now() - firstAt) / 1000,
      latencyMs: latencies.length > 0 ? [at(0.5), at(0.99)] : undefined
    })
    received = 0
    firstAt = 0
    latencies = []
  }
}

/** @param {number} bytes */
function makeLine(bytes) {
  const empty = JSON.stringify({ topic: 'nft:lan:in', value: JSON.stringify({ Payload: '' }) }).length + 1
  return Buffer.from(
    `${JSON.stringify({ topic: 'nft:lan:in', value: JSON.stringify({ Payload: 'x'.repeat(bytes - empty) }) })}\n`
  )
}

/** @param {number} perSecond */
function rate(perSecond) {
  return `${Math.round(perSecond).toLocaleString('en')}/s`
}
