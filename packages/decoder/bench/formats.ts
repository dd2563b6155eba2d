/* How fast packets are decoded and written. Run: pnpm --filter @packet-logs/decoder bench */

import type { LoggedPacket, Packet } from '../src/index.js'
import {
  communityId,
  createLineWriter,
  decodePacket,
  flowKey,
  formatEve,
  formatPacketInfo,
  formatSummary,
  formatUlogd,
  toPacketInfo
} from '../src/index.js'
import { lineByObjects } from './by-objects.js'
import { corpus } from './corpus.js'
import { compare, measure, row } from './measure.js'
import type { ReadTuple } from './peers.js'
import { loadPeers } from './peers.js'
import { warmUp } from './warm-up.js'

const packets = Object.values(corpus)
const into = new Uint8Array(1 << 20)
const extended = createLineWriter()
const unhashed = createLineWriter({ communityId: false })
const strict = createLineWriter({ extended: false })

const readTuple: ReadTuple = payload => {
  const { ip, tcp, udp } = decodePacket(payload)
  const ports = tcp ?? udp
  return [ip?.source, ip?.destination, ip?.protocol, ports?.sourcePort, ports?.destinationPort]
}

/** Every field of every layer, as an object each. */
function readAll(packet: Packet): unknown {
  return packet.layers.map(layer => {
    const values: Record<string, unknown> = {}
    for (let type: object = layer; type !== Object.prototype; type = Object.getPrototypeOf(type) as object) {
      for (const key of Object.getOwnPropertyNames(type)) values[key] = Reflect.get(layer, key)
    }
    return values
  })
}

const ways: Readonly<Record<string, (packet: LoggedPacket) => unknown>> = {
  'lazy decode, 5-tuple': ({ payload }) => readTuple(payload),
  'full decode to objects': ({ payload }) => readAll(decodePacket(payload)),
  'PacketInfo bytes, strict': packet => strict.write(packet, into, 0),
  'PacketInfo bytes, extended': packet => extended.write(packet, into, 0),
  'PacketInfo bytes, extended without Community ID': packet => unhashed.write(packet, into, 0),
  'PacketInfo text': packet => formatPacketInfo(packet),
  'PacketInfo object': packet => toPacketInfo(packet),
  'ulogd text': packet => formatUlogd(packet),
  'EVE text': packet => formatEve(packet),
  'summary text': packet => formatSummary(packet),
  communityId: ({ payload }) => communityId(decodePacket(payload)),
  flowKey: ({ payload }) => flowKey(decodePacket(payload))
}

warmUp([...Object.values(ways), packet => decodePacket(packet).layers])
const { peers, remove } = loadPeers()
try {
  const payloads = packets
    .map(({ payload }) => Buffer.from(payload))
    .filter(payload => readTuple(payload)[3] !== undefined)
  const everyone: Record<string, ReadTuple> = { 'this package': readTuple, ...peers }
  for (const read of Object.values(everyone)) {
    // cap and pcap write IPv6 addresses in ways of their own.
    const disagrees = payloads.some(
      payload => JSON.stringify(read(payload).slice(3)) !== JSON.stringify(readTuple(payload).slice(3))
    )
    if (disagrees) throw new Error('the decoders disagree')
  }
  const samples = compare(
    Object.fromEntries(Object.entries(everyone).map(([name, read]) => [name, () => measure(payloads, read)]))
  )
  process.stdout.write('decode and read the 5-tuple, mixed corpus of TCP and UDP\n')
  console.table(Object.entries(samples).map(([decoder, sample]) => ({ decoder, ...row(sample) })))
} finally {
  remove()
}

process.stdout.write(`mixed corpus, in turn: ${Object.keys(corpus).join('; ')}\n`)
console.table(Object.entries(ways).map(([what, run]) => ({ what, ...row(measure(packets, run)) })))

process.stdout.write('PacketInfo bytes by packet, against building an object and JSON.stringify twice\n')
console.table(
  Object.entries(corpus).map(([packet, logged]) => {
    // The object is built of IPv4, TCP and UDP only: less work than ours does for DNS and DHCP, so no ratio there.
    const isComparable = /TCP|UDP/.test(packet) && !packet.startsWith('IPv6')
    const samples = compare({
      strict: () => measure([logged], one => strict.write(one, into, 0)),
      extended: () => measure([logged], one => extended.write(one, into, 0)),
      objects: () => measure([logged], lineByObjects, isComparable ? 12_000 : 1)
    })
    const ratio = (ns: number): string => (isComparable ? (samples.objects.ns / ns).toFixed(1) : '')
    return {
      packet,
      'line bytes': extended.write(logged, into, 0),
      ...row(samples.extended),
      'times objects': ratio(samples.extended.ns),
      'strict ns': samples.strict.ns.toFixed(0),
      'strict times objects': ratio(samples.strict.ns)
    }
  })
)
