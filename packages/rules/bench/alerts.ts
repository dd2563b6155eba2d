/* What an entry of alerts.json costs per event, by what its condition is. Run: pnpm --filter @packet-logs/rules bench */

import { formatPacketInfo, topicOf } from '@packet-logs/decoder'
import type { AlertAction, AlertEntry } from '../src/index.js'
import { createAlerts } from '../src/index.js'
import { syn } from '../test/packets.js'

const MEASURE_MS = 250

/** Microseconds of the processor that one event takes: what else the machine does has little to say in it. */
function microseconds(run: () => void): number {
  let count = 0
  const measure = (): number => {
    const start = process.cpuUsage()
    for (count = 0; ; ) {
      for (; ++count % 16 !== 0; ) run()
      run()
      const { user, system } = process.cpuUsage(start)
      if (user + system >= MEASURE_MS * 1000) return user + system
    }
  }
  // The first round is for the compiler.
  measure()
  return measure() / count
}

const text = formatPacketInfo(syn) ?? '{}'
const json = JSON.parse(text) as unknown
const topic = topicOf(syn.prefix)

const action: AlertAction = {
  SendNotification: true,
  StoreAlert: false,
  BucketSuffix: '',
  MessageTitle: '{{IP.SrcIP#Device}} to {{IP.DstIP}}',
  MessageBody: '',
  NotificationType: 'warning',
  ActionType: '',
  GrabEvent: false,
  GrabValues: false,
  GrabFields: []
}

function entries(count: number, path: (index: number) => string, fields: Partial<AlertAction> = {}): AlertEntry[] {
  return Array.from({ length: count }, (_, index) => ({
    TopicPrefix: 'nft:',
    MatchAnyOne: false,
    InvertRule: false,
    Conditions: [{ JPath: path(index) }],
    Actions: [{ ...action, ...fields }],
    Name: 'bench',
    Disabled: false,
    RuleId: String(index)
  }))
}

function perEvent(list: readonly AlertEntry[]): number {
  const alerts = createAlerts(list)
  return microseconds(() => {
    alerts.evaluate({ topic, json: () => json }, 0, () => undefined)
  })
}

console.log(
  `JSON.parse of the event, ${text.length} characters: ${microseconds(() => JSON.parse(text) as unknown).toFixed(1)} µs`
)

console.log('\nEntries looked up by a value that the event has not, µs per event:')
for (const count of [10, 1000, 10_000]) {
  const took = perEvent(entries(count, index => `$[?(@.IP.DstIP=="198.51.100.${index}" && @.Action=="blocked")]`))
  console.log(`${String(count).padStart(8)} entries ${took.toFixed(2).padStart(8)}`)
}

console.log('\nEntries that have to be asked, µs per entry and event:')
const shapes: Readonly<Record<string, string>> = {
  'a comparison that fails': '$[?(@.IP.TTL > 250)]',
  'three comparisons': '$[?(@.IP.TTL > 1 && @.TCP.DstPort != 443 && @.InDev != "wlan1")]',
  'a regular expression': '$[?(@.InDev =~ "^wlan[0-9]+$")]',
  'a search through all of it': '$..[?(@.OptionType==99)]'
}
for (const [name, path] of Object.entries(shapes)) {
  const took = (perEvent(entries(210, () => path)) - perEvent(entries(10, () => path))) / 200
  console.log(`${name.padEnd(30)} ${took.toFixed(2).padStart(8)}`)
}

console.log('\nEntries that raise an alert, µs per alert:')
for (const [name, fields] of [
  ['title only', {}],
  ['with the event (GrabEvent)', { GrabEvent: true }]
] as const) {
  const list = (count: number): AlertEntry[] => entries(count, () => '$[?(@.IP.TTL > 1)]', fields)
  console.log(`${name.padEnd(30)} ${((perEvent(list(210)) - perEvent(list(10))) / 200).toFixed(2).padStart(8)}`)
}
