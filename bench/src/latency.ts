import { once } from 'node:events'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { createInterface, type Interface } from 'node:readline'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { openLab } from '@packet-logs/lab'
import { startDaemon } from './daemon.js'
import { generate, port } from './generator.js'
import { ruleset } from './measure.js'
import type { BenchOptions } from './options.js'

/** How old notifications were when a WebSocket client held them. */
interface Latency {
  askedPerSecond: number
  sent: number
  received: number
  p50Ms: number
  p90Ms: number
  p99Ms: number
  maxMs: number
}

type Tools = { generator: string; folder: string }

const warmUp = { packetsPerSecond: 5000, seconds: 2 }
const settleMs = 1000

/** Measures each rate and prints what it found. @returns the exit code */
export async function runLatency(options: BenchOptions, tools: Tools): Promise<number> {
  for (const perSecond of options.rates) {
    const latency = await measureLatency({ ...options, ...tools }, perSecond)
    process.stdout.write(options.json ? `${JSON.stringify(latency)}\n` : sentence(latency, options))
  }
  return 0
}

async function measureLatency(run: BenchOptions & Tools, perSecond: number): Promise<Latency> {
  await using lab = await openLab()
  await lab.nft(ruleset(run.logRules))
  const [socketPath, notifications] = [join(run.folder, 'api.sock'), join(run.folder, 'notifications.json')]
  const conditions = { Prefix: 'nft:lan:in', Protocol: 'udp', DstPort: port }
  await writeFile(notifications, JSON.stringify([{ Conditions: conditions, Notification: true }]))
  const daemon = await startDaemon(lab, run.folder, {
    bus: { listen: join(run.folder, 'eventbus.sock') },
    rules: { notifications },
    http: { listen: `unix:${socketPath}` }
  })
  const script = fileURLToPath(new URL('./watcher.js', import.meta.url))
  const watcher = lab.spawn(process.execPath, [script, socketPath], { stdio: ['pipe', 'pipe', 'inherit'] })
  if (watcher.stdout === null || watcher.stdin === null) throw new Error('the watcher has no standard streams')
  const lines = createInterface({ input: watcher.stdout })
  await nextLine(lines)

  const agesOf = async (packetsPerSecond: number, seconds: number): Promise<{ sent: number; ages: number[] }> => {
    const { packets } = await generate(lab, run.generator, { ...run, packetsPerSecond, seconds })
    await sleep(settleMs)
    const answer = nextLine(lines)
    watcher.stdin?.write('\n')
    return { sent: packets * run.logRules, ages: JSON.parse(await answer) as number[] }
  }
  await agesOf(warmUp.packetsPerSecond, warmUp.seconds)
  const { sent, ages } = await agesOf(perSecond / run.logRules, run.seconds)
  watcher.stdin.end()
  const ended = once(daemon, 'exit')
  daemon.kill('SIGTERM')
  await ended

  ages.sort((a, b) => a - b)
  const percentile = (share: number): number => (ages[Math.floor((ages.length - 1) * share)] ?? 0) / 1e6
  return {
    askedPerSecond: perSecond,
    sent,
    received: ages.length,
    p50Ms: percentile(0.5),
    p90Ms: percentile(0.9),
    p99Ms: percentile(0.99),
    maxMs: percentile(1)
  }
}

async function nextLine(lines: Interface): Promise<string> {
  const ended = once(lines, 'close').then(() => {
    throw new Error('the watcher ended early')
  })
  const [line] = (await Promise.race([once(lines, 'line'), ended])) as [string]
  return line
}

function sentence({ askedPerSecond, sent, received, ...ages }: Latency, { seconds }: BenchOptions): string {
  const ms = (value: number): string => `${value.toFixed(1)} ms`
  return (
    `${askedPerSecond} events/s for ${seconds} s, ${received} of ${sent} notifications held by a WebSocket client: ` +
    `p50 ${ms(ages.p50Ms)}, p90 ${ms(ages.p90Ms)}, p99 ${ms(ages.p99Ms)}, longest ${ms(ages.maxMs)}\n`
  )
}
