/* Packets per second through notifications.json of three sizes. Run: pnpm --filter @packet-logs/rules bench */

import { decodePacket } from '@packet-logs/decoder'
import type { NotificationEntry, NotificationReading } from '../src/index.js'
import { createNotifications } from '../src/index.js'
import { ping6, query, syn } from '../test/packets.js'

const MEASURE_MS = 300
const packets = [syn, query, ping6].map(logged => ({ logged, packet: decodePacket(logged.payload) }))

/** Entries of which a packet meets at most one: a port of one address each. */
function entries(count: number): NotificationEntry[] {
  return Array.from({ length: count }, (_, index) => ({
    Conditions: {
      Prefix: index % 2 === 0 ? 'nft:wan:out' : '',
      Protocol: 'udp',
      DstIP: `10.${index >> 16}.${(index >> 8) & 255}.${index & 255}`,
      DstPort: 53,
      SrcIP: '',
      SrcPort: 0,
      InDev: '',
      OutDev: ''
    },
    Notification: true
  }))
}

function perSecond(count: number, reading: NotificationReading): number {
  const notifications = createNotifications(entries(count), { reading })
  const step = Math.max(1, Math.round(1000 / count))
  let at = 0
  let end = 0
  let start = 0
  let matched = 0
  for (const measureMs of [MEASURE_MS / 2, MEASURE_MS]) {
    at = 0
    start = performance.now()
    end = start + measureMs
    while (performance.now() < end) {
      for (let index = 0; index < step * 10; index++) {
        const { logged, packet } = packets[at++ % 3] ?? { logged: syn, packet: decodePacket(syn.payload) }
        if (notifications.matchPacket(logged, packet) >= 0) matched++
      }
    }
  }
  if (matched > 0) throw new Error('no packet should match')
  return (at * 1000) / (performance.now() - start)
}

console.log('\nentries   as SPR reads them    strict')
for (const count of [10, 1000, 10_000]) {
  const rates = (['spr', 'strict'] as const).map(reading => `${(perSecond(count, reading) / 1e6).toFixed(3)} M/s`)
  console.log(`${String(count).padStart(7)}   ${rates.map(rate => rate.padStart(16)).join('   ')}`)
}
