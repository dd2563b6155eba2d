// How fast packets cross from the kernel into JavaScript. Needs root (or `unshare -Urn` around it), nft and a C++ compiler.
//   pnpm --filter @packet-logs/nflog-native bench [PACKETS_PER_SECOND]
import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { openNflog } from '../dist/index.js'

const inNamespace = process.env['NFLOG_BENCH_NAMESPACE']
const rate = Number(process.argv[2] ?? 200_000)
const packetsSent = rate * 2
const rulesPerPacket = 2

if (inNamespace) await measureAll(inNamespace)
else enterNamespace()

function enterNamespace() {
  const folder = mkdtempSync(join(tmpdir(), 'nflog-bench-'))
  const generator = join(folder, 'generator')
  const source = fileURLToPath(new URL('generator.cc', import.meta.url))
  run('c++', ['-O2', '-std=c++17', '-o', generator, source])
  const command = 'ip link set lo up && exec "$0" "$@"'
  run('unshare', ['--net', 'sh', '-c', command, process.execPath, ...process.argv.slice(1)], {
    env: { ...process.env, NFLOG_BENCH_NAMESPACE: generator }
  })
  rmSync(folder, { recursive: true })
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

/** @param {string} generator */
async function measureAll(generator) {
  const rules = 'udp dport 9 log prefix "lan:in " group 0\n'.repeat(rulesPerPacket)
  const table = `table inet bench {\nchain input {\ntype filter hook input priority 0\n${rules}udp dport 9 drop\n}\n}\n`
  spawnSync('nft', ['-f', '-'], { input: table, stdio: ['pipe', 'inherit', 'inherit'] })
  process.stdout.write(`${packetsSent} packets of 60 bytes at ${rate}/s, each logged ${rulesPerPacket} times\n`)
  let touched = 0
  await measure('batches only', generator, () => undefined)
  await measure('a packet object each, prefix and payload read', generator, batch => {
    for (let i = 0; i < batch.length; i++) {
      const packet = batch.at(i)
      touched += packet.payload.length + packet.prefix.length
    }
  })
  if (touched === 0) throw new Error('no packet was read')
}

/**
 * @param {string} name
 * @param {string} generator
 * @param {(batch: import('../dist/index.js').PacketBatch) => void} use
 */
async function measure(name, generator, use) {
  const socket = openNflog({ groups: 0 })
  const child = spawn('taskset', ['-c', '0', generator, String(packetsSent), String(rate)], {
    stdio: ['ignore', 'pipe', 'inherit']
  })
  let took = ''
  child.stdout.setEncoding('utf8').on('data', text => {
    took += text
  })
  const before = process.cpuUsage()
  let batches = 0
  const reading = (async () => {
    for await (const batch of socket.batches()) {
      batches++
      use(batch)
    }
  })()
  await once(child, 'close')
  await socket.close()
  await reading
  const { user, system } = process.cpuUsage(before)
  const { packets, lost } = socket.stats
  const cpu = (user + system) / packets
  process.stdout.write(
    `${name}: ${packets} received at ${Math.round(packets / Number(took))}/s, ${lost} lost, ` +
      `${cpu.toFixed(2)} µs of CPU per packet (system ${(system / packets).toFixed(2)}), ${Math.round(packets / batches)} per batch\n`
  )
}
