import type { Broker } from '@packet-logs/bus'
import type { RecentDomains } from '@packet-logs/decoder'
import type { NflogStats } from '@packet-logs/nflog-native'
import type { RuleStats } from '@packet-logs/rules'
import type { Actions } from '@packet-logs/rules/actions'
import type { Registry } from 'prom-client'
import type { BusConnection } from '../bus-connection.js'
import type { BusFeed } from '../bus-feed.js'
import type { OutputStats } from '../outputs/outputs.js'
import type { Withheld } from '../publish-packets.js'
import type { RuleService } from '../rule-service.js'
import { BoundedNames } from './bounded-names.js'
import { Metrics, type Sample } from './metrics.js'
import type { PacketCounts } from './packet-counts.js'
import { addProcessMetrics } from './process-metrics.js'

/** The parts of the daemon that have something to tell. */
export interface MetricSources {
  readonly packets: Pick<PacketCounts, 'counts'>
  readonly capture: () => NflogStats
  readonly withheld: Readonly<Withheld>
  readonly bus: BusConnection
  readonly feed: BusFeed
  readonly rules?: RuleService | undefined
  readonly domains?: RecentDomains | undefined
  readonly outputs: () => readonly OutputStats[]
}

/** Names of readers of the bus that are told apart. */
const maxReaders = 64

/** Makes metrics of what the parts of the daemon count anyway, and of the process. */
export function createDaemonMetrics(sources: MetricSources): Registry {
  const metrics = new Metrics()
  addProcessMetrics(metrics)
  addCapture(metrics, sources)
  addBus(metrics, sources.bus)
  addOutputs(metrics, sources.outputs)
  const { feed, rules, domains } = sources
  metrics.counter(
    'rule_events_lost_total',
    'Events of the bus, other than packets, that came too fast for rules and recent domains.',
    () => feed.dropped
  )
  if (rules !== undefined) addRules(metrics, rules)
  if (domains !== undefined) addDomains(metrics, domains)
  return metrics.registry
}

function addDomains(metrics: Metrics, domains: RecentDomains): void {
  metrics.gauge('recent_domains', 'DNS answers remembered.', () => domains.size)
  metrics.counter(
    'recent_domains_evicted_total',
    'DNS answers forgotten before their time for want of room.',
    () => domains.evicted
  )
}

function addCapture(metrics: Metrics, { packets, capture, withheld }: MetricSources): void {
  const labelNames = ['prefix', 'action', 'group', 'protocol', 'device'] as const
  function* samples(field: 'packets' | 'bytes'): Iterable<Sample> {
    for (const count of packets.counts) {
      const { prefix, action, group, protocol, device } = count
      yield { labels: { prefix, action, group, protocol, device }, value: count[field] }
    }
  }
  metrics.counters('packets_total', 'Packets logged.', labelNames, () => samples('packets'))
  metrics.counters('packet_bytes_total', 'Bytes of the packets logged, from the network header on.', labelNames, () =>
    samples('bytes')
  )
  metrics.counter('kernel_packets_total', 'Packets read from the kernel.', () => capture().packets)
  metrics.counter('kernel_lost_packets_total', 'Packets logged that never arrived.', () => capture().lost)
  metrics.counter('kernel_overruns_total', 'Times that the receive buffer was full.', () => capture().overruns)
  metrics.gauge('kernel_receive_buffer_bytes', 'Size of the receive buffer.', () => capture().receiveBufferBytes)
  metrics.gauge(
    'kernel_receive_buffer_peak_bytes',
    'The most of it that was in use; near its size means loss.',
    () => capture().receiveBufferPeakBytes
  )
  metrics.counter(
    'strict_dropped_packets_total',
    'Packets without an event because SPR drops them, too.',
    () => withheld.dropped
  )
  metrics.counter(
    'too_large_packets_total',
    'Packets without an event because it is too large for the bus.',
    () => withheld.tooLarge
  )
}

function addBus(metrics: Metrics, { broker, client, refused }: BusConnection): void {
  metrics.gauge('bus_connected', 'Whether the bus is there.', () => (client.stats.connected ? 1 : 0))
  if (broker === undefined) {
    metrics.counter('bus_lost_events_total', 'Events lost on the way to the bus.', () => client.stats.dropped)
    metrics.counter('bus_refused_events_total', 'Events that the bus refused.', refused)
    metrics.gauge('bus_queued_bytes', 'Bytes that wait for the bus.', () => client.stats.queuedBytes)
    return
  }
  metrics.counter('bus_events_total', 'Events published.', () => broker.stats.published)
  metrics.counter('bus_bytes_total', 'Bytes of events published.', () => broker.stats.publishedBytes)
  metrics.counter('bus_evicted_events_total', 'Events that made room for newer ones.', () => broker.stats.evicted)
  metrics.counter(
    'bus_dropped_events_total',
    'Events lost by readers that were too slow, one per event and reader.',
    () => broker.stats.dropped
  )
  metrics.gauge('bus_ring_bytes', 'Memory set aside for events.', () => broker.stats.heldBytes)
  metrics.gauge('bus_readers', 'Readers of the bus.', () => broker.stats.readers)
  const names = new BoundedNames(maxReaders)
  const labelNames = ['reader'] as const
  metrics.gauges(
    'bus_reader_dropped_events',
    'Events that a reader of the bus has lost since it came.',
    labelNames,
    () => readers(broker, names, 'dropped')
  )
  metrics.gauges('bus_reader_lag_events', 'Events that a reader of the bus is behind.', labelNames, () =>
    readers(broker, names, 'lag')
  )
}

/** Readers of one name are one. Whoever connects may call itself anything, so names are bounded for good. */
function readers(broker: Broker, names: BoundedNames, field: 'dropped' | 'lag'): Sample[] {
  const byName = new Map<string, number>()
  for (const reader of broker.readers()) {
    const name = names.nameFor(reader.name ?? reader.dialect ?? '')
    byName.set(name, (byName.get(name) ?? 0) + reader[field])
  }
  return Array.from(byName, ([reader, value]) => ({ labels: { reader }, value }))
}

/** Metrics of parts that are alike, one series for each. */
function familyOf<Part extends { readonly name: string }>(
  metrics: Metrics,
  kind: string,
  label: 'reader' | 'action',
  parts: () => readonly Part[]
): Record<'counter' | 'gauge', (name: string, help: string, read: (part: Part) => number) => void> {
  const samples = (read: (part: Part) => number) => (): Sample[] =>
    parts().map(part => ({ labels: { [label]: part.name }, value: read(part) }))
  return {
    counter: (name, help, read) => metrics.counters(`${kind}_${name}_total`, help, [label], samples(read)),
    gauge: (name, help, read) => metrics.gauges(`${kind}_${name}`, help, [label], samples(read))
  }
}

function addOutputs(metrics: Metrics, outputs: MetricSources['outputs']): void {
  const { counter, gauge } = familyOf(metrics, 'output', 'reader', outputs)
  gauge('open', 'Whether an output can be written; of a FIFO, whether somebody reads.', ({ isOpen }) => Number(isOpen))
  counter('seen_events', 'Events whose topic an output takes.', ({ seen }) => seen)
  counter('matched_events', 'Of these, events that passed its filter.', ({ matched }) => matched)
  counter('written_events', 'Events written by an output.', ({ written }) => written)
  counter('written_bytes', 'Bytes written by an output.', ({ writtenBytes }) => writtenBytes)
  counter('dropped_events', 'Events of an output that nobody took fast enough.', ({ dropped }) => dropped)
  counter('skipped_events', 'Events that the format or a datagram of an output cannot hold.', ({ skipped }) => skipped)
  counter('unread_events', 'Events that came while nobody read a FIFO.', ({ unread }) => unread)
  gauge('queued_events', 'Events that wait in the queue of an output.', ({ queued }) => queued)
  gauge('queued_bytes', 'Bytes that wait in the queue of an output.', ({ queuedBytes }) => queuedBytes)
  counter('failures', 'Times that writing or opening failed and was tried again.', ({ failures }) => failures)
  counter('reconnects', 'Times that an output was opened again.', ({ reconnects }) => reconnects)
}

/** Metrics of rules as a whole: rules have names that nobody bounds. `/rules` tells each one's. */
function addRules(metrics: Metrics, { engine, actions, files }: RuleService): void {
  const sum = (read: (rule: RuleStats) => number): number =>
    engine.stats().reduce((total, rule) => total + read(rule), 0)
  const counter = (name: string, help: string, read: (rule: RuleStats) => number): void =>
    metrics.counter(
      name,
      help,
      rising(() => sum(read))
    )

  metrics.gauge('rules', 'Rules and entries in force.', () => sum(() => 1))
  counter('rule_hits_total', 'Packets and events that met the condition of a rule.', ({ hits }) => hits)
  metrics.counter('rule_alerts_total', 'Alerts raised.', () => engine.totals.alerts)
  metrics.counter('rule_notices_total', 'Notices sent for notifications.json.', () => engine.totals.notices)
  counter(
    'rule_suppressed_total',
    'Alerts held back by a cooldown, a summary, a snooze, a dry run or the limit of alerts a minute.',
    ({ suppressed: { cooldown, aggregate, snooze, dryRun, flood } }) => cooldown + aggregate + snooze + dryRun + flood
  )
  counter(
    'rule_failures_total',
    'Conditions of alerts.json that would have had to look at too much.',
    ({ failures = 0 }) => failures
  )
  metrics.counter(
    'rule_loops_cut_total',
    'Alerts about alerts that no rule was asked about.',
    () => engine.totals.loopsCut
  )
  metrics.gauge('rule_keys', 'Keys remembered by rules.', () => sum(({ keys }) => keys))
  metrics.gauge('rule_remembered_bytes', 'What rules remember, by estimate.', () => engine.totals.rememberedBytes)
  counter('rule_keys_evicted_total', 'Keys forgotten by rules for want of room.', ({ keysEvicted }) => keysEvicted)
  metrics.gauge('rule_file_problems', 'Problems of rule files that are not in force.', () => files.problems.length)
  addActions(metrics, actions)
}

/** A sum over rules in force falls when one of them goes; a counter must not, because that is taken for a restart. */
function rising(read: () => number): () => number {
  let [total, last] = [0, 0]
  return () => {
    const now = read()
    total += Math.max(0, now - last)
    last = now
    return total
  }
}

function addActions(metrics: Metrics, actions: Actions): void {
  const { counter, gauge } = familyOf(metrics, 'action', 'action', () => actions.stats())
  counter('delivered', 'Alerts delivered by an action.', ({ delivered }) => delivered)
  counter('failed', 'Alerts that an action gave up.', ({ failed }) => failed)
  counter('dropped', 'Alerts that an action never tried to deliver: no room, or no such action.', a => a.dropped)
  counter('filtered', 'Alerts below the least severity of an action.', ({ filtered }) => filtered)
  counter('retries', 'Attempts of an action after the first.', ({ retries }) => retries)
  gauge('queued', 'Alerts that wait for an action.', ({ queued }) => queued)
  gauge('queued_bytes', 'Bytes of the alerts that wait for an action.', ({ queuedBytes }) => queuedBytes)
  gauge('active', 'Deliveries of an action that are under way.', ({ active }) => active)
}
