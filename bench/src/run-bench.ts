import { rmSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { cpus, tmpdir } from 'node:os'
import { join } from 'node:path'
import { buildGenerator } from './generator.js'
import { runLatency } from './latency.js'
import { type Measurement, measure } from './measure.js'
import { type BenchOptions, parseBenchOptions, usage } from './options.js'
import type { RuleKind } from './rule-sets.js'

/**
 * Runs the end-to-end benchmark and prints what it found.
 *
 * @returns the exit code
 */
export async function runBench(argv: readonly string[]): Promise<number> {
  const options = parseBenchOptions(argv)
  if (options === undefined) {
    process.stdout.write(usage)
    return 0
  }
  const folder = await mkdtemp(join(tmpdir(), 'packet-logs-bench-'))
  // The processes and the namespace of a run end with this process.
  process.once('SIGINT', () => {
    rmSync(folder, { recursive: true, force: true })
    process.exit(130)
  })
  try {
    const generator = await buildGenerator(folder)
    const kinds: readonly RuleKind[] = options.rules === 0 ? ['none'] : ['none', 'rules.yaml', 'notifications.json']
    if (options.latency) return await runLatency(options, { generator, folder })
    if (!options.json) process.stdout.write(heading(options))
    for (const eventsPerSecond of options.rates) {
      for (const ruleKind of kinds) {
        const measurement = await measure({ ...options, eventsPerSecond, ruleKind, generator, folder })
        process.stdout.write(options.json ? `${JSON.stringify(measurement)}\n` : row(measurement))
      }
    }
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
  return 0
}

function heading({ packetBytes, logRules, rules, seconds }: BenchOptions): string {
  return (
    `${packetBytes}-byte UDP packets, ${logRules} log rules each, ${seconds} s per run, ` +
    `${rules === 0 ? '' : `without and with ${rules} rules in the daemon, `}` +
    `${cpus().length} processors, Node ${process.version}\n\n` +
    `${columns.map(({ title, width }) => title.padStart(width)).join('  ')}\n`
  )
}

function row(measurement: Measurement): string {
  return `${columns.map(({ width, cell }) => cell(measurement).padStart(width)).join('  ')}\n`
}

const whole = new Intl.NumberFormat('en', { maximumFractionDigits: 0 })
const columns: readonly { title: string; width: number; cell: (measurement: Measurement) => string }[] = [
  { title: 'rules', width: 18, cell: m => m.rules },
  { title: 'asked/s', width: 9, cell: m => whole.format(m.askedPerSecond) },
  { title: 'offered/s', width: 9, cell: m => whole.format(m.offered / m.seconds) },
  { title: 'delivered/s', width: 11, cell: m => whole.format(m.delivered / m.seconds) },
  { title: 'lost', width: 10, cell: m => whole.format(m.lost) },
  { title: 'lost %', width: 7, cell: m => ((100 * m.lost) / m.offered).toFixed(2) },
  { title: 'generator CPU s/M', width: 17, cell: m => m.generator.cpuSecondsPerMillion.toFixed(2) },
  { title: 'daemon CPU s/M', width: 14, cell: m => m.daemon.cpuSecondsPerMillion.toFixed(2) },
  { title: 'reader CPU s/M', width: 14, cell: m => m.subscriber.cpuSecondsPerMillion.toFixed(2) },
  { title: 'daemon MiB', width: 10, cell: m => whole.format(m.daemon.peakMemoryMiB) },
  { title: 'reader MiB', width: 10, cell: m => whole.format(m.subscriber.peakMemoryMiB) }
]
