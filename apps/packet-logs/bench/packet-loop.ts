/* What each station costs a packet on its way to the bus. Run: pnpm --filter @packet-logs/daemon bench */

import { createBroker } from '@packet-logs/bus'
import { createRecentDomains, type LoggedPacket } from '@packet-logs/decoder'
import { configSchema } from '../src/config/config.js'
import { PacketCounts } from '../src/metrics/packet-counts.js'
import { type PacketBatch, type PublishOptions, publishPackets } from '../src/publish-packets.js'
import { createDomainMemory } from '../src/recent-domains.js'
import { logged, served } from './packets.js'
import { ruleStations } from './rule-sets.js'

const packetsPerRun = 60_000
const batchLength = 256
const rounds = 15
const config = configSchema.parse({})

const batch: PacketBatch = Object.assign(
  Array.from({ length: batchLength }, (_, index): LoggedPacket => logged(index)),
  {}
)

async function* batches(): AsyncGenerator<PacketBatch> {
  for (let sent = 0; sent < packetsPerRun; sent += batchLength) yield batch
}

const broker = createBroker()

/** Nanoseconds of processor time that a packet takes, which others on the machine disturb less than they do the clock. */
async function measure(options: PublishOptions): Promise<number> {
  const before = process.cpuUsage()
  await publishPackets(batches(), broker, options)
  const { user, system } = process.cpuUsage(before)
  return ((user + system) * 1000) / packetsPerRun
}

const memory = createDomainMemory(config)
if (memory === undefined) throw new Error('recent domains are on by default')
const full = createRecentDomains()
for (let client = 0; client < 200; client++) full.learnEvent('dns:serve:10.0.0.1', served(client))

const variants: Record<string, PublishOptions> = {
  'line to the bus': config,
  'and counted': { ...config, stations: [new PacketCounts()] },
  'and recent domains, none known': {
    ...config,
    domains: memory.source,
    stations: [memory.packets ?? new PacketCounts()]
  },
  'and recent domains, some known': { ...config, domains: full, stations: [memory.packets ?? new PacketCounts()] },
  ...Object.fromEntries(
    Object.entries(ruleStations()).map(([name, station]) => [`and ${name}`, { ...config, stations: [station] }])
  )
}

const times = new Map(Object.keys(variants).map(name => [name, [] as number[]]))
// The first rounds compile.
for (let round = -3; round < rounds; round++) {
  for (const [name, options] of Object.entries(variants)) {
    const ns = await measure(options)
    if (round >= 0) times.get(name)?.push(ns)
  }
}

const median = (values: readonly number[]): number => values.toSorted((a, b) => a - b)[values.length >> 1] ?? 0
const bare = median(times.get('line to the bus') ?? [])
console.log(`${packetsPerRun} packets a round, medians of ${rounds} rounds\n`)
console.log(`${''.padEnd(52)}  ns/packet      more`)
for (const [name, values] of times) {
  const ns = median(values)
  const more = `${(100 * (ns / bare - 1)).toFixed(1)} %`
  console.log(`${name.padEnd(52)}  ${ns.toFixed(0).padStart(9)}  ${more.padStart(8)}`)
}
