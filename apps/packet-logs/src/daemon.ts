import { type NflogSocket, openNflog } from '@packet-logs/nflog-native'
import { Api } from './api.js'
import { openBus } from './bus-connection.js'
import { BusFeed } from './bus-feed.js'
import type { Config } from './config/config.js'
import { actionOf } from './config/groups.js'
import { healthOf } from './health.js'
import { type Loss, LossReport } from './loss-report.js'
import { createDaemonMetrics } from './metrics/daemon-metrics.js'
import { PacketCounts } from './metrics/packet-counts.js'
import { openOutputs } from './outputs/outputs.js'
import { present } from './present.js'
import { publishPackets, type Withheld } from './publish-packets.js'
import type { Ready } from './readiness.js'
import { createDomainMemory } from './recent-domains.js'
import { RuleService, type RuleServiceOptions } from './rule-service.js'

/** What the daemon is given beside its configuration. */
export interface DaemonOptions {
  /** Ends the daemon: what the kernel had handed over by then is published first. */
  signal: AbortSignal
  /** Default: the process's. */
  env?: NodeJS.ProcessEnv
  /** Called once, when packets can arrive and readers can subscribe. */
  onReady: (ready: Ready) => void
  /** Called with a sentence for the operator, seldom. */
  log: (text: string) => void
}

/** How long publishing may take at the end for what the kernel still held. */
const lastPacketsMs = 2000

/**
 * kernel → socket → decoder → bus, and from there to rules, outputs and the API, until the signal. At the end each part is
 * given a moment to finish, those first that hand over to others: packets, rules and their actions, the API, outputs, the bus.
 */
export async function runDaemon(config: Config, options: DaemonOptions): Promise<void> {
  const { signal, env = process.env, onReady, log } = options
  // Ended last, so that what the ends of the others lose is told, too.
  using report = new LossReport(log)
  await using bus = await openBus(config.bus, { signal, env, log })
  await using socket = openNflog({ groups: config.groups.map(({ group }) => group), ...config.capture })
  // Closing gives the groups up and lets what the kernel still held be read; then the batches end.
  const close = (): void => void socket.close()
  signal.addEventListener('abort', close, { once: true })
  if (signal.aborted) close()
  const noTime = new AbortController()
  signal.addEventListener('abort', () => void setTimeout(() => noTime.abort(), lastPacketsMs).unref(), { once: true })

  await using outputs = await openOutputs(config.outputs, { signal, log, events: config.events })
  await using api = new Api(config.http, () => bus.settle(), log)
  await using feed = new BusFeed(bus.client, log)
  await using rules = await openRules(config, {
    publisher: bus.publisher,
    payload: config.events.payload,
    notify: api.isWanted ? notice => api.notify(notice) : undefined,
    onAlert: ({ topic, value }) => outputs.event(topic, value),
    onChange: () => void feed.refresh(),
    log
  })
  const memory = createDomainMemory(config)
  const withheld: Withheld = { dropped: 0, tooLarge: 0, late: 0 }
  const counts = new PacketCounts()

  feed.add(...present([memory?.events, rules]))
  await Promise.race([feed.refresh(), aborted(signal)])
  await api.listen({
    bus: bus.client,
    rules,
    metrics: () =>
      createDaemonMetrics({
        packets: counts,
        capture: () => socket.stats,
        withheld,
        bus,
        feed,
        rules,
        domains: memory?.domains,
        outputs: () => outputs.stats()
      }),
    health: () =>
      healthOf({
        isCapturing: () => !signal.aborted,
        outputs: () => outputs.stats()
      }),
    place: { env, ...(bus.broker && { ownBusPath: bus.path }) }
  })
  if (!signal.aborted) {
    onReady({ groups: config.groups.map(group => ({ ...group, action: actionOf(group) })), bus: bus.description })
  }

  report.add(
    ...[kernelLoss(socket), tooLarge(withheld), late(withheld), ...bus.losses],
    ...[feed.loss, ...present([rules?.loss]), ...outputs.losses]
  )
  await publishPackets(
    socket.batches(),
    bus.publisher,
    {
      ...config,
      domains: memory?.source,
      until: noTime.signal,
      stations: present([
        memory?.packets,
        api.isWanted ? counts : undefined,
        rules,
        config.outputs.length > 0 ? outputs : undefined
      ])
    },
    withheld
  )
  await feed.close()
}

async function openRules({ rules }: Config, options: RuleServiceOptions): Promise<RuleService | undefined> {
  const { file, alerts, notifications } = rules
  return (file ?? alerts ?? notifications) ? RuleService.open(rules, options) : undefined
}

function aborted(signal: AbortSignal): Promise<void> {
  if (signal.aborted) return Promise.resolve()
  return new Promise(resolve => signal.addEventListener('abort', () => resolve(), { once: true }))
}

function kernelLoss(socket: NflogSocket): Loss {
  return {
    count: () => socket.stats.lost,
    describe: count =>
      `${count} packets lost in the kernel; the receive buffer holds ${socket.stats.receiveBufferBytes} bytes`
  }
}

function tooLarge(withheld: Withheld): Loss {
  return {
    count: () => withheld.tooLarge,
    describe: count => `${count} packets left out: their events are too large for the bus`
  }
}

function late(withheld: Withheld): Loss {
  return {
    count: () => withheld.late,
    describe: count => `${count} packets that the kernel still held were left: there was no more time at the end`
  }
}
