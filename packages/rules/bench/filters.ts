/* Evaluations per second of five filters, on decoded packets and on events. Run: pnpm --filter @packet-logs/rules bench */

import { Environment } from '@marcbachmann/cel-js'
import type { LoggedPacket } from '@packet-logs/decoder'
import { decodePacket, formatPacketInfo, topicOf } from '@packet-logs/decoder'
import { compileFilter, createFilterCompiler } from '../src/index.js'
import { ping6, query, syn } from '../test/packets.js'

const MEASURE_MS = 300
const packets: readonly LoggedPacket[] = [syn, query, ping6]

const filters: Readonly<Record<string, string>> = {
  'one port': 'dst.port == 443',
  'topic and flags': 'topic.startsWith("nft:drop:") && tcp.syn && !tcp.ack',
  'ports and networks': 'dst.port in [22, 23, 443] && !inCidr(src.ip, ["10.0.0.0/8", "172.16.0.0/12", "fd00::/8"])',
  'a name': 'glob(dns.name, "*.example.com") || dst.domain == "www.example.com"',
  'a regular expression': 'dns.name.matches("^(www|cdn)[0-9]*\\\\.")'
}

function perSecond(run: () => void): number {
  for (let warm = 0; warm < 20_000; warm++) run()
  const end = performance.now() + MEASURE_MS
  const start = performance.now()
  let count = 0
  for (; performance.now() < end; count += 1000) for (let index = 0; index < 1000; index++) run()
  return (count * 1000) / (performance.now() - start)
}

function column(rate: number): string {
  return `${(rate / 1e6).toFixed(2).padStart(8)} M/s`
}

const decoded = packets.map(logged => ({ logged, packet: decodePacket(logged.payload) }))
const texts = packets.map(logged => ({ topic: topicOf(logged.prefix), value: formatPacketInfo(logged) }))

console.log(`${'filter'.padEnd(22)} decoded packet   event, parsed by a filter before   event`)
for (const [name, source] of Object.entries(filters)) {
  let at = 0
  let matches = 0
  const filter = compileFilter(source)
  const onPacket = perSecond(() => {
    const { logged, packet } = decoded[at++ % 3] ?? { logged: syn, packet: decodePacket(syn.payload) }
    if (filter.matchesPacket(logged, packet)) matches++
  })
  const compile = createFilterCompiler()
  const onEvent = compile(source)
  // The second filter of a compiler makes it remember what it parsed.
  compile('true')
  const known = perSecond(() => {
    if (onEvent(texts[at++ % 3] ?? { topic: '', value: '' })) matches++
  })
  const alone = createFilterCompiler()(source)
  const fresh = perSecond(() => {
    const { topic, value } = texts[at++ % 3] ?? { topic: '', value: '' }
    if (alone({ topic, value })) matches++
  })
  console.log(
    `${name.padEnd(22)}${column(onPacket)}${column(known).padStart(34)}${column(fresh)}${matches > 0 ? '' : ' (never)'}`
  )
}

let next = 0
const parsed = perSecond(() => {
  JSON.parse(texts[next++ % 3]?.value ?? '{}')
})
console.log(`${'JSON.parse alone'.padEnd(22)}${column(parsed).padStart(57)}`)

// What the parser's own evaluator would give for the cheapest of them, with the packet already laid out for it.
const environment = new Environment().registerVariable('dst', 'map<string, int>')
const evaluate = environment.parse('dst.port == 443')
const contexts = [{ dst: { port: 443n } }, { dst: { port: 53n } }, { dst: {} }]
let turn = 0
const elsewhere = perSecond(() => {
  try {
    evaluate(contexts[turn++ % 3])
  } catch {
    // The ping has no port.
  }
})
console.log(`${"one port, cel-js's own".padEnd(22)}${column(elsewhere)}`)
