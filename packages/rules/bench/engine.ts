/* What the rule engine costs per packet and per event, by the number of rules. Run: pnpm --filter @packet-logs/rules bench */

import { decodePacket } from '@packet-logs/decoder'
import type { AlertEntry, FilterEvent, NotificationEntry, RuleEngine, RuleSets } from '../src/index.js'
import { createAlerts, createNotifications, createRuleEngine, parseRules } from '../src/index.js'
import { eventOf, ping6, query, syn } from '../test/packets.js'

const ROUNDS = 7
const ROUND_MS = 120
const logged = [syn, query, ping6]
const packets = logged.map(one => ({ logged: one, packet: decodePacket(one.payload) }))
const events = logged.map(one => eventOf(one))

const address = (index: number): string => `10.${index >> 16}.${(index >> 8) & 255}.${index & 255}`

/** Rules of which a packet meets the requirement of one at most, and that one in vain. */
function rules(count: number): RuleSets {
  const filters = [
    (index: number) => `dst.ip == "${address(index)}" && dst.port == 22`,
    (index: number) => `inCidr(src.ip, "${address(index)}/31") && tcp.syn`,
    (index: number) => `protocol == "udp" && dst.port == ${1000 + index}`,
    (index: number) => `topic.startsWith("nft:chain${index}:") && tcp.syn`
  ]
  const written = Array.from({ length: count }, (_, index) => {
    const when = index === 0 ? 'dst.port == 443 && tcp.ack' : filters[index % filters.length]?.(index)
    return { id: `rule-${index}`, when, threshold: { count: 20, within: '60s', by: ['src.ip'] } }
  })
  return { rules: parseRules(JSON.stringify({ rules: written }), { file: 'bench' }) }
}

const NO_CONDITIONS = { Prefix: '', Protocol: '', DstIP: '', DstPort: 0, SrcIP: '', SrcPort: 0, InDev: '', OutDev: '' }

/** Entries that a packet meets as little. */
function entries(count: number): NotificationEntry[] {
  const conditions = [
    (index: number) => ({ Prefix: 'nft:wan:out', Protocol: 'udp', DstIP: address(index), DstPort: 53 }),
    (index: number) => ({ Protocol: 'tcp', DstPort: 1000 + index }),
    (index: number) => ({ Prefix: `nft:chain${index}` })
  ]
  return Array.from({ length: count }, (_, index) => ({
    Conditions: {
      ...NO_CONDITIONS,
      ...(index === 0
        ? { Protocol: 'tcp', DstPort: 443, InDev: 'eth9' }
        : conditions[index % conditions.length]?.(index))
    },
    Notification: true
  }))
}

function engineWith(sets: RuleSets): RuleEngine {
  const engine = createRuleEngine({
    onAlert: () => {
      throw new Error('nothing should match')
    }
  })
  engine.use(sets)
  return engine
}

/** Nanoseconds of one call. */
function measured(run: (index: number) => void, ms: number): number {
  const start = performance.now()
  let calls = 0
  while (performance.now() - start < ms) {
    for (let index = 0; index < 300; index++) run(index % 3)
    calls += 300
  }
  return ((performance.now() - start) / calls) * 1e6
}

/** The best of several rounds of each, taken in turns: a busy machine only ever makes things slower. */
function compared(runs: ReadonlyMap<string, (index: number) => void>): ReadonlyMap<string, number> {
  const best = new Map<string, number>()
  for (let round = 0; round < ROUNDS; round++) {
    for (const [name, run] of runs) {
      best.set(name, Math.min(best.get(name) ?? Number.POSITIVE_INFINITY, measured(run, ROUND_MS)))
    }
  }
  return best
}

function onPackets(engine: RuleEngine): (index: number) => void {
  return index => {
    const one = packets[index]
    if (one !== undefined) engine.packet(one.logged, one.packet)
  }
}

/** Each event is a new object, as from a bus. */
function onEvents(look: (event: FilterEvent) => void): (index: number) => void {
  return index => {
    const event = events[index]
    if (event !== undefined) look({ topic: event.topic, value: event.value })
  }
}

function parsed({ value }: FilterEvent): void {
  JSON.parse(value)
}

/** Bytes that the heap grew by for a packet. */
function allocated(run: (index: number) => void): number {
  const PACKETS = 60_000
  let least = Number.POSITIVE_INFINITY
  for (let round = 0; round < 5; round++) {
    const before = process.memoryUsage().heapUsed
    for (let index = 0; index < PACKETS; index++) run(index % 3)
    const grown = process.memoryUsage().heapUsed - before
    if (grown >= 0) least = Math.min(least, grown / PACKETS)
  }
  return least
}

const sets: ReadonlyMap<string, (count: number) => RuleSets> = new Map([
  ['rules.yaml', rules],
  ['notifications.json', count => ({ notifications: createNotifications(entries(count)) })],
  [
    'notifications.json, strict',
    count => ({ notifications: createNotifications(entries(count), { reading: 'strict' }) })
  ]
])
const counts = [0, 10, 1000, 10_000]

function show(title: string, kind: (engine: RuleEngine) => (index: number) => void): void {
  const engines = [...sets].flatMap(([format, make]) =>
    counts.map(count => [`${format} ${count}`, engineWith(make(count))] as const)
  )
  const runs = new Map<string, (index: number) => void>(engines.map(([name, engine]) => [name, kind(engine)]))
  const ns = compared(runs.set('JSON.parse', onEvents(parsed)))
  console.log(`\n${title}\n${''.padEnd(28)}${counts.map(count => `${count} rules`.padStart(22)).join('')}`)
  for (const format of sets.keys()) {
    const cells = counts.map(count => {
      const one = ns.get(`${format} ${count}`) ?? 0
      return `${one.toFixed(0)} ns, ${(1000 / one).toFixed(2)} M/s`.padStart(22)
    })
    console.log(format.padEnd(28) + cells.join(''))
  }
  console.log(`for comparison, JSON.parse alone: ${(ns.get('JSON.parse') ?? 0).toFixed(0)} ns`)
}

show('A decoded packet', onPackets)
show("An event's JSON", engine =>
  onEvents(event => {
    engine.event(event)
  })
)

console.log('\nBytes that the heap grows by for a decoded packet, with 1000 rules')
for (const [format, make] of sets) {
  console.log(format.padEnd(28) + allocated(onPackets(engineWith(make(1000)))).toFixed(2))
}

/** Entries of alerts.json about every packet, with one JSONPath each, which does not match. */
function alertEntries(count: number, pathOf: (index: number) => string): AlertEntry[] {
  return Array.from({ length: count }, (_, index) => ({
    TopicPrefix: 'nft:',
    MatchAnyOne: false,
    InvertRule: false,
    Conditions: [{ JPath: pathOf(index) }],
    Actions: [
      {
        SendNotification: true,
        StoreAlert: false,
        BucketSuffix: '',
        MessageTitle: '',
        MessageBody: '',
        NotificationType: '',
        ActionType: '',
        GrabEvent: true,
        GrabValues: false,
        GrabFields: []
      }
    ],
    Name: `entry ${index}`,
    Disabled: false,
    RuleId: `entry-${index}`
  }))
}

const alertRuns: [name: string, run: (index: number) => void][] = [['JSON.parse alone', onEvents(parsed)]]
for (const [kind, pathOf] of [
  ['an address each', (index: number) => `$[?(@.IP.DstIP=="${address(index)}")]`],
  ['a comparison each', (index: number) => `$[?(@.IP.TTL>${300 + index})]`]
] as const) {
  for (const count of [1, 100, 1000]) {
    const engine = engineWith({ alerts: createAlerts(alertEntries(count, pathOf)) })
    const look = (event: FilterEvent): void => {
      engine.event(event)
    }
    alertRuns.push([`${count} entries, ${kind}`, onEvents(look)])
  }
}
console.log("\nAn event's JSON before alerts.json")
for (const [name, ns] of compared(new Map(alertRuns))) {
  console.log(`${name.padEnd(36)}${(ns / 1000).toFixed(2).padStart(10)} µs`)
}
