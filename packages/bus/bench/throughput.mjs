// One publisher with its server in this process, readers in other processes, everything over the socket. Each part prints what
// it measured; ratios between parts of one run are what counts, the machine's mood is the same for them.
//
//   node bench/throughput.mjs [--seconds 2] [--bytes 700] [--part idle,rate,fan-out,stalled,latency,overload]
import { fork } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { createBroker, listenBus } from '@packet-logs/bus'

const { values } = parseArgs({
  options: {
    seconds: { type: 'string', default: '2' },
    bytes: { type: 'string', default: '700' },
    part: { type: 'string', default: 'idle,rate,fan-out,stalled,latency,overload' }
  }
})

/** @typedef {{ received: number, dropped: number, cpuUs: number, latencyMs: [number, number] }} Report */

const seconds = Number(values.seconds)
const line = makeLine(Number(values.bytes))
const parts = new Set(values.part.split(','))

if (parts.has('idle')) await measureIdle()
if (parts.has('rate')) await measureRate()
if (parts.has('fan-out')) for (const readers of [1, 10, 100]) await measureFanOut(readers)
if (parts.has('stalled')) await measureStalled()
if (parts.has('latency')) await measureLatency()
if (parts.has('overload')) await measureOverload()

/** A publisher of finished lines at a fixed rate, one reading process. */
async function measureRate() {
  for (const how of ['plain', 'numbered', 'events']) {
    const perSecond = how === 'events' ? 200_000 : 400_000
    const bench = await setUp({ processes: 1, readers: 1, how })
    const { cpuUs, count } = await bench.publish({ perSecond })
    const [report] = await bench.finish()
    print(
      `${perSecond.toLocaleString('en')} events/s to one reading process, ${how}: ${report?.received} of ${count} arrived, ` +
        `µs of CPU per event ${(cpuUs / count).toFixed(2)} publishing, ${((report?.cpuUs ?? 0) / count).toFixed(2)} reading`
    )
  }
  const bench = await setUp({ processes: 1, readers: 1, how: 'plain' })
  const { count, elapsed } = await bench.publish({})
  const [report] = await bench.finish()
  print(`as fast as one reading process takes: ${rate(count / elapsed)}, ${report?.dropped} lost`)
}

/** @param {number} readers */
async function measureFanOut(readers) {
  const bench = await setUp({ processes: Math.min(2, readers), readers, how: 'plain' })
  const { cpuUs, count, elapsed } = await bench.publish({})
  const reports = await bench.finish()
  const deliveries = count * readers
  const readUs = reports.reduce((sum, report) => sum + report.cpuUs, 0)
  print(
    `${readers} readers: ${rate(count / elapsed)}, ${rate(deliveries / elapsed)} deliveries, ` +
      `µs of CPU per delivery ${(cpuUs / deliveries).toFixed(3)} publishing, ${(readUs / deliveries).toFixed(3)} reading, ` +
      `${reports.reduce((sum, report) => sum + report.dropped, 0)} lost`
  )
}

async function measureStalled() {
  const bench = await setUp({ processes: 1, readers: 9, how: 'plain', seconds: seconds / 4 })
  /** @type {{ rates: number[], cpu: number[] }} */
  const ratios = { rates: [], cpu: [] }
  for (let turn = 0; turn < 12; turn += 1) {
    // One right after the other, and each first as often: the machine's mood changes more slowly than that.
    const results = []
    for (const isStalled of turn % 2 ? [true, false] : [false, true]) {
      const release = isStalled ? await bench.stall() : undefined
      const { count, elapsed, cpuUs } = await bench.publish({})
      results.push({ isStalled, rate: count / elapsed, cpu: cpuUs / count })
      await release?.()
    }
    const beside = results.find(({ isStalled }) => isStalled)
    const alone = results.find(({ isStalled }) => !isStalled)
    ratios.rates.push((beside?.rate ?? 0) / (alone?.rate ?? 1))
    ratios.cpu.push((beside?.cpu ?? 0) / (alone?.cpu ?? 1))
  }
  await bench.finish()
  const percent = (/** @type {number} */ ratio) => `${((ratio - 1) * 100).toFixed(1)} %`
  print(
    `nine readers beside one that stalls, against nine alone (median of 12 pairs): ` +
      `events/s ${percent(median(ratios.rates) ?? 1)}, publisher's CPU per event ${percent(median(ratios.cpu) ?? 1)}`
  )
}

async function measureLatency() {
  const bench = await setUp({ processes: 1, readers: 1, how: 'latency' })
  await bench.publish({ perSecond: 10_000, stamped: true })
  const [report] = await bench.finish()
  const [p50, p99] = report?.latencyMs ?? [0, 0]
  print(`latency at 10,000 events/s: p50 ${p50.toFixed(2)} ms, p99 ${p99.toFixed(2)} ms`)
}

async function measureIdle() {
  setFlagsFromString('--expose-gc')
  const collect = /** @type {() => void} */ (runInNewContext('gc'))
  const readers = 1000
  const bench = await setUp({ processes: 0, readers: 0, how: 'plain', maxClients: 2000 })
  const measure = async () => {
    for (let turn = 0; turn < 3; turn += 1) {
      collect()
      await sleep(20)
    }
    const { heapUsed, external, rss } = process.memoryUsage()
    return { used: heapUsed + external, rss }
  }
  const before = await measure()
  bench.fork({ readers, how: 'raw' })
  await bench.until(readers)
  const after = await measure()
  const each = (/** @type {'used' | 'rss'} */ key) => `${((after[key] - before[key]) / readers / 1024).toFixed(1)} KiB`
  print(`an idle reader holds ${each('used')} of heap and buffers, ${each('rss')} of resident memory`)
  await bench.finish()
}

async function measureOverload() {
  const bench = await setUp({ processes: 0, readers: 0, stalled: 50, how: 'plain' })
  const before = process.memoryUsage().rss
  let peak = 0
  for (let topics = 0; topics < 100; topics += 1) {
    const topic = topics % 2 ? `hostile${topics}:x` : 'nft:lan:in'
    const bytes = Buffer.from(line.toString().replace('nft:lan:in', topic))
    for (let index = 0; index < 20_000; index += 1) bench.broker.publishLine(bytes, topic)
    await sleep(0)
    peak = Math.max(peak, process.memoryUsage().rss)
  }
  const mib = (/** @type {number} */ bytes) => `${(bytes / 2 ** 20).toFixed(0)} MiB`
  print(
    `2,000,000 events (${mib(2_000_000 * line.length)}) past 50 readers that stall: ${mib(bench.broker.stats.heldBytes)} held for them, ` +
      `the process grew by ${mib(peak - before)}`
  )
  await bench.finish()
}

/** @param {{ processes: number, readers: number, how: string, stalled?: number, seconds?: number, maxClients?: number }} options */
async function setUp({ processes, readers, how, stalled = 0, seconds: howLong = seconds, maxClients = 1024 }) {
  const directory = mkdtempSync(join(tmpdir(), 'packet-logs-bench-'))
  const broker = createBroker()
  const server = await listenBus({ path: join(directory, 'bus.sock'), broker, maxClients })
  /** @type {import('node:child_process').ChildProcess[]} */
  const children = []
  const stalledSockets = Array.from({ length: stalled }, () => {
    const socket = connect(server.path)
    socket.write('{"topic":"subscribe:","name":"stalled"}\n')
    return socket.pause()
  })
  const startReader = (/** @type {{ readers: number, how: string }} */ options) => {
    const { readers: count, how: mode } = options
    children.push(fork(fileURLToPath(new URL('reader.mjs', import.meta.url)), [server.path, String(count), mode]))
  }
  const until = async (/** @type {number} */ count) => {
    while (server.stats.readers < count) await sleep(5)
    await sleep(50)
  }
  for (let index = 0; index < processes; index += 1) startReader({ readers: Math.ceil(readers / processes), how })
  await until(readers + stalled)

  return {
    broker,
    fork: startReader,
    until,
    /** Adds a reader that takes nothing; the function returned removes it. */
    async stall() {
      const before = server.stats.readers
      const socket = connect(server.path)
      socket.write('{"topic":"subscribe:","name":"stalled"}\n')
      socket.pause()
      await until(before + 1)
      return async () => {
        socket.destroy()
        while (server.stats.readers > before) await sleep(1)
      }
    },
    /**
     * Publishes for the time, at the rate or as fast as the readers follow.
     * @param {{ perSecond?: number, stamped?: boolean }} options
     */
    async publish({ perSecond, stamped = false }) {
      await run(0.3, perSecond, stamped)
      broker.publishText('nft:begin', '')
      await settle()
      // So that readers get it in a piece of its own.
      await sleep(100)
      const cpu = process.cpuUsage()
      const start = performance.now()
      const count = await run(howLong, perSecond, stamped)
      await settle()
      const { user, system } = process.cpuUsage(cpu)
      return { count, elapsed: (performance.now() - start) / 1000, cpuUs: user + system }
    },
    /** @returns {Promise<Report[]>} */
    async finish() {
      /** @type {Promise<Report[]>} */
      const reports = Promise.all(
        children.map(
          child => new Promise(resolve => child.once('message', report => resolve(/** @type {Report} */ (report))))
        )
      )
      broker.publishText('nft:end', '')
      const all = await reports
      await Promise.all(
        children.map(child => {
          const gone = new Promise(resolve => child.once('exit', resolve))
          child.disconnect()
          return gone
        })
      )
      for (const socket of stalledSockets) socket.destroy()
      await server.close()
      rmSync(directory, { recursive: true, force: true })
      return all
    }
  }

  /** Readers that are not meant to stall have all that was published. */
  async function settle() {
    while (lag() > 0) await sleep(1)
  }

  function lag() {
    return Math.max(0, ...broker.readers().map(({ name, lag: behind }) => (name === 'stalled' ? 0 : behind)))
  }

  /**
   * @param {number} howLong
   * @param {number | undefined} perSecond
   * @param {boolean} stamped
   */
  async function run(howLong, perSecond, stamped) {
    const start = performance.now()
    let sent = 0
    for (let turns = 0; ; turns += 1) {
      const elapsed = (performance.now() - start) / 1000
      if (elapsed >= howLong) return sent
      const wanted = perSecond === undefined ? sent + 256 : Math.floor(elapsed * perSecond)
      // As the daemon does: a batch of lines per turn of the event loop.
      const due = Math.min(wanted, sent + 1024)
      for (; sent < due; sent += 1) {
        if (stamped) broker.publishText('nft:time', String(performance.timeOrigin + performance.now()))
        else broker.publishLine(line, 'nft:lan:in')
      }
      // Sleeping keeps the CPU time meaningful; for latency it would be the timer that is measured.
      if (perSecond !== undefined && !stamped && sent >= wanted) await sleep(1)
      else await new Promise(resolve => setImmediate(resolve))
      if (perSecond === undefined && turns % 8 === 0)
        while (lag() > 8192) await new Promise(resolve => setImmediate(resolve))
    }
  }
}

/** @param {number[]} numbers */
function median(numbers) {
  return numbers.toSorted((a, b) => a - b)[Math.floor(numbers.length / 2)]
}

/** @param {number} bytes of the value */
function makeLine(bytes) {
  const value = JSON.stringify({ Payload: 'x'.repeat(bytes - JSON.stringify({ Payload: '' }).length) })
  return Buffer.from(`${JSON.stringify({ topic: 'nft:lan:in', value })}\n`)
}

/** @param {number} perSecond */
function rate(perSecond) {
  return `${Math.round(perSecond).toLocaleString('en')}/s`
}

/** @param {string} text */
function print(text) {
  process.stdout.write(`${text}\n`)
}
