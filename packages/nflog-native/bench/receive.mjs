// What it costs to get packets from the kernel into JavaScript, beside a bare C reader (reader.cc) in the same run.
// Needs root (or `unshare -Urn` around it), nft and a C++ compiler.
//   pnpm --filter @packet-logs/nflog-native bench                all but the last
//   pnpm --filter @packet-logs/nflog-native bench rates|stall|latency|idle|memory|soak [PACKETS]
import { spawn, spawnSync } from 'node:child_process'
import { createSocket } from 'node:dgram'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { openNflog } from '../dist/index.js'

/** @typedef {{ packets: number, cpuSeconds: number, drainSeconds: number, lost?: number, rss?: number,
 *   beforeLoss?: number, receiveBufferBytes?: number, receiveBufferPeakBytes?: number }} Seen */

const tools = process.env['NFLOG_BENCH_TOOLS']
const [section, amount] = process.argv.slice(2)
const sections = { rates, stall, latency, idle, memory }

if (!tools) {
  buildAndEnter()
} else if (section === 'soak') {
  await soak(Number(amount ?? 10_000_000))
} else {
  for (const [name, measure] of Object.entries(sections)) if (!section || section === name) await measure()
}

/** Runs this file again in a network namespace of its own, with its two programs compiled. */
function buildAndEnter() {
  const folder = mkdtempSync(join(tmpdir(), 'nflog-bench-'))
  for (const name of ['generator', 'reader']) {
    const source = fileURLToPath(new URL(`${name}.cc`, import.meta.url))
    run('c++', ['-O3', '-std=c++17', '-o', join(folder, name), source])
  }
  const options = { env: { ...process.env, NFLOG_BENCH_TOOLS: folder } }
  const command = [
    'sh',
    '-c',
    'ip link set lo up && exec "$0" "$@"',
    process.execPath,
    '--expose-gc',
    ...process.argv.slice(1)
  ]
  run('unshare', ['--net', ...command], options)
  if (!section && process.getuid?.() === 0) {
    print('\nIn a user namespace, where the receive buffer cannot be forced:')
    run('unshare', ['--user', '--map-root-user', '--net', ...command, 'stall'], options)
  }
  rmSync(folder, { recursive: true })
}

/** Packets per second while the kernel logs as fast as it can, and what one costs. */
async function rates() {
  for (const rules of [1, 8]) {
    print(`\n60-byte packets, each logged ${rules === 1 ? 'once' : `${rules} times`}, as fast as they can be made:`)
    const count = rules === 1 ? 600_000 : 200_000
    /** @type {number | undefined} */
    let best
    let costOfC = 1
    for (const reader of ['C', 'batches', 'objects', 'iterate']) {
      const { seen, logged, seconds } = await lossless(reader, rules, count)
      const rate = seen.packets / seconds
      const cost = (seen.cpuSeconds / seen.packets) * 1e6
      best ??= rate
      if (reader === 'C') costOfC = cost
      print(
        `  ${reader.padEnd(8)} ${Math.round(rate)}/s (${(rate / best).toFixed(2)} of C), ${logged - seen.packets} lost, ` +
          `${cost.toFixed(2)} µs of CPU per packet (${(cost / costOfC).toFixed(1)} × C)`
      )
    }
  }
}

/**
 * At full speed, and if that loses packets, slower and slower.
 *
 * @param {string} reader
 * @param {number} rules
 * @param {number} count
 */
async function lossless(reader, rules, count) {
  let result = await receive(reader, { rules, count, rate: 0, bytes: 60 })
  for (let share = 0.9; share > 0.1 && result.seen.packets < result.logged; share -= 0.1) {
    const rate = Math.round((count / result.seconds) * share)
    result = await receive(reader, { rules, count, rate, bytes: 60 })
  }
  return result
}

/** What an event loop that stands still may miss: nothing, for as long as the receive buffer holds. */
async function stall() {
  const cases = [
    { bytes: 60, stallMs: 500 },
    { bytes: 1500, stallMs: 100 }
  ]
  for (const { bytes, stallMs } of cases) {
    const perSecond = 100_000
    const rules = 10
    const inStall = (perSecond * stallMs) / 1000
    // The rate is that of the rules; what comes is over before the reader looks up.
    const offer = { rules, count: inStall / rules, rate: perSecond / rules, bytes, pauseMs: stallMs + 700 }
    const { seen, logged } = await receive('batches', offer)
    // Until the buffer is full: the first loss says how much fits.
    const full = await receive('batches', { ...offer, count: bytes > 1000 ? 10_000 : 60_000, rate: 0, pauseMs: 2500 })
    const fits = full.seen.beforeLoss ?? full.seen.packets
    print(
      `\n${stallMs} ms of a stalled event loop, ${perSecond} packets/s of ${bytes} bytes: ${logged - seen.packets} of ${logged} lost` +
        `\n  receive buffer ${mib(seen.receiveBufferBytes)}, used ${mib(seen.receiveBufferPeakBytes)}; until it is full it takes ` +
        `${fits} packets, ${Math.floor((fits / perSecond) * 1000)} ms at this rate`
    )
  }
}

/** From sending one packet to having it in JavaScript, with default options. */
async function latency() {
  logRule(1)
  const socket = openNflog({ groups: 0 })
  const sender = createSocket('udp4')
  const packets = socket[Symbol.asyncIterator]()
  const times = []
  for (let i = 0; i < 40; i++) {
    await sleep(40)
    const sentAt = performance.now()
    sender.send('x', 9, '127.0.0.1')
    await packets.next()
    times.push(performance.now() - sentAt)
  }
  sender.close()
  await socket.close()
  times.sort((a, b) => a - b)
  const [half, most] = [times[20] ?? 0, times[38] ?? 0]
  print(`\nOne packet at a time arrives after ${half.toFixed(1)} ms (median), ${most.toFixed(1)} ms (39 of 40)`)
}

/** Times this process woke up while it waited for a packet that never came. */
async function idle() {
  const socket = openNflog({ groups: 0 })
  const waiting = socket.batches().next()
  const seconds = 3
  const measure = async () => {
    await sleep(500)
    const before = process.resourceUsage()
    await sleep(seconds * 1000)
    const after = process.resourceUsage()
    return after.voluntaryContextSwitches - before.voluntaryContextSwitches
  }
  const open = await measure()
  await socket.close()
  await waiting
  const closed = await measure()
  print(`\nWake-ups in ${seconds} idle seconds: ${open} while waiting for packets, ${closed} without a socket`)
}

/** Bytes that an open socket and a queued packet take. */
async function memory() {
  const settle = async () => {
    for (let i = 0; i < 4; i++) {
      globalThis.gc?.()
      await sleep(10)
    }
    return process.memoryUsage()
  }
  logRule(10)
  const before = await settle()
  const sockets = Array.from({ length: 100 }, (_, i) => openNflog({ groups: 1000 + i }))
  const rest = await settle()
  for (const socket of sockets) await socket.close()
  const socket = openNflog({ groups: 0 })
  spawnSync(`${tools}/generator`, ['10000', '50000', '60'])
  const { receiveBufferPeakBytes } = socket.stats
  const idleMemory = await settle()
  /** @type {unknown[]} */
  const kept = []
  let count = 0
  for await (const batch of socket.batches()) {
    kept.push(batch)
    count += batch.length
    if (count >= 100_000) break
  }
  const full = await settle()
  const inScript = (full.arrayBuffers + full.heapUsed - idleMemory.arrayBuffers - idleMemory.heapUsed) / 100_000
  print(
    `\nMemory: ${Math.round((rest.rss - before.rss) / 100 / 1024)} KiB per open socket at rest; per queued 60-byte packet ` +
      `${Math.round(receiveBufferPeakBytes / 100_000)} bytes of receive buffer, then ${Math.round(inScript)} bytes in JavaScript`
  )
  await socket.close()
  if (kept.length === 0) throw new Error('nothing was kept')
}

/**
 * Whether memory grows over very many packets.
 *
 * @param {number} total
 */
async function soak(total) {
  logRule(20)
  const socket = openNflog({ groups: 0 })
  const generator = spawn(`${tools}/generator`, [String(total / 20), '20000', '60'], { stdio: 'ignore' })
  const step = total / 10
  let next = step
  let bytes = 0
  for await (const batch of socket.batches()) {
    for (let i = 0; i < batch.length; i++) bytes += batch.at(i).payload.length
    if (socket.stats.packets < next) continue
    const { rss, heapUsed } = process.memoryUsage()
    print(`${socket.stats.packets} packets, ${socket.stats.lost} lost: rss ${mib(rss)}, heap ${mib(heapUsed)}`)
    next += step
    if (next > total - step / 10 && generator.exitCode !== null) break
    if (socket.stats.packets >= total) break
  }
  await socket.close()
  if (bytes === 0) throw new Error('nothing was read')
}

/**
 * @param {string} reader
 * @param {{ rules: number, count: number, rate: number, bytes: number, pauseMs?: number }} offer
 */
async function receive(reader, { rules, count, rate, bytes, pauseMs }) {
  const logged = logRule(rules)
  const pause = pauseMs === undefined ? [] : [String(pauseMs)]
  const own = [process.execPath, fileURLToPath(new URL('reader.mjs', import.meta.url)), reader, ...pause]
  const command = reader === 'C' ? [`${tools}/reader`, ...pause] : own
  const child = spawn('taskset', ['-c', '1', ...command], { stdio: ['ignore', 'pipe', 'inherit'] })
  let output = ''
  child.stdout.setEncoding('utf8')
  const ready = once(child.stdout, 'data')
  child.stdout.on('data', text => {
    output += text
  })
  await ready
  const offeredAt = performance.now()
  const { stdout } = spawnSync(`${tools}/generator`, [String(count), String(rate), String(bytes)], { encoding: 'utf8' })
  await sleep(Math.max(50, (pauseMs ?? 0) + 300 - (performance.now() - offeredAt)))
  const ended = once(child, 'close')
  child.kill('SIGTERM')
  await ended
  /** @type {Seen} */
  const seen = JSON.parse(output.slice(output.indexOf('{')))
  return { seen, logged: logged(), seconds: Number(stdout) }
}

/**
 * Logs UDP port 9 `times` times, instead of what was logged before, and tells what the rules' own counters say.
 *
 * @param {number} times
 */
function logRule(times) {
  const rules = 'udp dport 9 counter log prefix "lan:in " group 0\n'.repeat(times)
  const chain = `chain input {\ntype filter hook input priority 0\n${rules}udp dport 9 drop\n}`
  nft(['-f', '-'], `table inet bench\ndelete table inet bench\ntable inet bench {\n${chain}\n}\n`)
  return () => {
    const counters = nft(['list', 'table', 'inet', 'bench']).matchAll(/packets (\d+)/g)
    return [...counters].reduce((sum, counter) => sum + Number(counter[1]), 0)
  }
}

/**
 * @param {string[]} args
 * @param {string} [input]
 */
function nft(args, input = '') {
  const { status, stdout, stderr } = spawnSync('nft', args, { input, encoding: 'utf8' })
  if (status !== 0) throw new Error(stderr)
  return stdout
}

/**
 * @param {string} command
 * @param {string[]} args
 * @param {import('node:child_process').SpawnSyncOptions} [options]
 */
function run(command, args, options) {
  const { status, error } = spawnSync(command, args, { stdio: 'inherit', ...options })
  if (error) throw error
  if (status !== 0) process.exit(status ?? 1)
}

/** @param {number | undefined} bytes */
function mib(bytes = 0) {
  return `${(bytes / 1024 / 1024).toFixed(1)} MiB`
}

/** @param {string} text */
function print(text) {
  process.stdout.write(`${text}\n`)
}
