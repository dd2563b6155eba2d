import type { ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { type Lab, openLab } from '@packet-logs/lab'
import { startDaemon } from './daemon.js'
import { generate, port } from './generator.js'
import type { BenchOptions } from './options.js'
import { type ProcessUsage, usageOf } from './process-usage.js'
import { type RuleKind, writeRules } from './rule-sets.js'

/** One run: what the kernel was asked to log and what the subscriber received. */
export interface Measurement {
  /** What the daemon was told to look for. */
  rules: RuleKind
  askedPerSecond: number
  /** Seconds for which the generator sent. */
  seconds: number
  /** Packets logged: packets that met the rules, by the rules' own counter, times the rules. */
  offered: number
  delivered: number
  lost: number
  generator: Pick<Cost, 'cpuSecondsPerMillion'>
  daemon: Cost
  subscriber: Cost
}

/** What a process cost while events flowed. */
export interface Cost {
  cpuSecondsPerMillion: number
  /** Highest resident memory since its start. */
  peakMemoryMiB: number
}

const warmUp = { packetsPerSecond: 20_000, seconds: 1 }

/** What one run needs to know. */
export type Run = BenchOptions & { eventsPerSecond: number; ruleKind: RuleKind; generator: string; folder: string }

/** Runs generator, daemon and subscriber once in a namespace of their own. */
export async function measure(run: Run): Promise<Measurement> {
  await using lab = await openLab()
  await lab.nft(ruleset(run.logRules))
  const busPath = join(run.folder, 'eventbus.sock')
  const config = await writeRules(run.ruleKind, run.rules, run.folder)
  const daemon = await startDaemon(lab, run.folder, { ...config, bus: { listen: busPath } })
  const subscriber = startSubscriber(lab, busPath)
  await subscriber.subscribed

  // A service that runs for months is compiled and warm; the first second of a young process is not what is asked for.
  await generate(lab, run.generator, { ...run, ...warmUp })
  await untilQuiet(subscriber)

  const before = { daemon: usageOf(daemon.pid), subscriber: usageOf(subscriber.process.pid) }
  const counted = { packets: await countedPackets(lab), received: subscriber.received() }
  const packetsPerSecond = run.eventsPerSecond / run.logRules
  const sent = await generate(lab, run.generator, { ...run, packetsPerSecond })
  await untilQuiet(subscriber)
  const after = { daemon: usageOf(daemon.pid), subscriber: usageOf(subscriber.process.pid) }

  const offered = ((await countedPackets(lab)) - counted.packets) * run.logRules
  const delivered = subscriber.received() - counted.received
  // The reader first: a reader calls a bus that goes away an error.
  for (const child of [subscriber.process, daemon]) {
    const ended = once(child, 'exit')
    child.kill('SIGTERM')
    await ended
  }
  return {
    rules: run.ruleKind,
    askedPerSecond: run.eventsPerSecond,
    seconds: sent.seconds,
    offered,
    delivered,
    lost: offered - delivered,
    generator: { cpuSecondsPerMillion: (sent.cpuSeconds * 1_000_000) / offered },
    daemon: cost(before.daemon, after.daemon, delivered),
    subscriber: cost(before.subscriber, after.subscriber, delivered)
  }
}

/** Log rules that packets of the generator meet, then a counter. */
export function ruleset(logRules: number): string {
  const match = `udp dport ${port}`
  const log = `${match} log prefix "lan:in " group 0\n`
  return `table inet bench {
    chain input {
      type filter hook input priority filter
      ${log.repeat(logRules)}
      ${match} counter drop
    }
  }`
}

async function countedPackets(lab: Lab): Promise<number> {
  const { stdout } = await lab.run('nft', ['list', 'table', 'inet', 'bench'])
  const packets = /counter packets (\d+)/.exec(stdout)?.[1]
  if (packets === undefined) throw new Error(`nft shows no counter:\n${stdout}`)
  return Number(packets)
}

interface RunningSubscriber {
  readonly process: ChildProcess
  readonly subscribed: Promise<void>
  received(): number
}

/** Starts the counting reader; it prints `subscribed`, then its count whenever that has changed. */
function startSubscriber(lab: Lab, busPath: string): RunningSubscriber {
  const script = fileURLToPath(new URL('./subscriber.js', import.meta.url))
  const child = lab.spawn(process.execPath, [script, busPath], { stdio: ['ignore', 'pipe', 'inherit'] })
  let received = 0
  const subscribed = new Promise<void>((resolve, reject) => {
    if (child.stdout === null) throw new Error('the subscriber has no stdout')
    child.once('exit', () => reject(new Error('the subscriber ended early')))
    createInterface({ input: child.stdout }).on('line', line => {
      if (line === 'subscribed') resolve()
      else received = Number(line)
    })
  })
  return { process: child, subscribed, received: () => received }
}

/** Waits until nothing has arrived for half a second. */
async function untilQuiet(subscriber: RunningSubscriber): Promise<void> {
  for (let last = -1; last !== subscriber.received(); ) {
    last = subscriber.received()
    await sleep(500)
  }
}

function cost(before: ProcessUsage, after: ProcessUsage, events: number): Cost {
  const cpuSeconds = after.cpuSeconds - before.cpuSeconds
  return {
    cpuSecondsPerMillion: events === 0 ? 0 : (cpuSeconds * 1_000_000) / events,
    peakMemoryMiB: after.peakMemoryMiB
  }
}
