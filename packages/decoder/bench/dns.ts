/* DNS beside dns-packet, and what recent domains cost. Run: pnpm --filter @packet-logs/decoder bench:dns */

import type { Answer } from 'dns-packet'
import dnsPacket from 'dns-packet'
import type { Packet } from '../src/index.js'
import { createLineWriter, createRecentDomains, decodePacket } from '../src/index.js'
import { compare, measure, row } from './measure.js'

const name = 'www.example.com'
const record = (type: 'A' | 'AAAA', data: string): Answer => ({ type, name: 'edge.cdn.example.net', ttl: 60, data })
const opt: Answer = {
  type: 'OPT',
  name: '.',
  udpPayloadSize: 1232,
  extendedRcode: 0,
  ednsVersion: 0,
  flags: 0,
  flag_do: false,
  options: []
}

const encode = (answers: readonly Answer[], type: 'query' | 'response' = 'response'): Buffer =>
  dnsPacket.encode({
    type,
    id: 7,
    flags: 0x180,
    questions: [{ type: 'A', name }],
    answers: [...answers],
    additionals: [opt]
  })

const alias: Answer = { type: 'CNAME', name, ttl: 300, data: 'edge.cdn.example.net' }
const signature: Answer = {
  type: 'RRSIG',
  name,
  ttl: 300,
  data: {
    typeCovered: 'A',
    algorithm: 13,
    labels: 3,
    originalTTL: 300,
    expiration: 1_700_000_000,
    inception: 1_690_000_000,
    keyTag: 34_505,
    signersName: 'example.com',
    signature: Buffer.alloc(64, 7)
  }
}

const messages: Readonly<Record<string, Buffer>> = {
  query: encode([], 'query'),
  'answer of 4 records': encode([
    alias,
    record('A', '192.0.2.7'),
    record('A', '192.0.2.8'),
    record('AAAA', '2001:db8::7')
  ]),
  'signed answer': encode([alias, record('A', '192.0.2.7'), signature, signature]),
  'TXT, MX, SRV': encode([
    { type: 'TXT', name, ttl: 60, data: ['v=spf1 include:example.net -all', 'google-site-verification=abc'] },
    { type: 'MX', name, ttl: 60, data: { preference: 10, exchange: 'mx.example.com' } },
    { type: 'SRV', name, ttl: 60, data: { priority: 1, weight: 2, port: 443, target: 'srv.example.com' } }
  ]),
  'answer of 24 records': encode(Array.from({ length: 24 }, (_, host) => record('A', `192.0.2.${host}`)))
}

function inPacket(message: Uint8Array): Uint8Array {
  const packet = new Uint8Array(28 + message.length)
  packet.set([0x45, 0, packet.length >> 8, packet.length & 255, 0, 1, 0x40, 0, 64, 17, 0, 0])
  packet.set([192, 168, 2, 1, 192, 168, 2, 10, 0, 53, 0x9c, 0x40], 12)
  packet.set([(message.length + 8) >> 8, (message.length + 8) & 255, 0, 0], 24)
  packet.set(message, 28)
  return packet
}

/** Everything the message says, as objects. */
function readAll({ dns, error }: Packet): unknown[] {
  return [dns?.questions, dns?.answers, dns?.authorities, dns?.additionals, dns?.responseCode, error]
}

const PER_ROUND = 3000
const into = new Uint8Array(1 << 20)
const writer = createLineWriter()
const rows: Record<string, Record<string, string>> = {}
const totals = { ours: 0, theirs: 0 }
for (const [what, message] of Object.entries(messages)) {
  const packet = inPacket(message)
  const { ours, theirs, lines } = compare({
    ours: () => measure([packet], payload => readAll(decodePacket(payload)), PER_ROUND),
    theirs: () => measure([message], payload => dnsPacket.decode(payload), PER_ROUND),
    lines: () =>
      measure([packet], payload => writer.write({ group: 0, prefix: 'lan:in ', payload }, into, 0), PER_ROUND)
  })
  totals.ours += ours.ns
  totals.theirs += theirs.ns
  rows[what] = {
    bytes: String(message.length),
    'ours, IP to objects (ns)': ours.ns.toFixed(0),
    'dns-packet, message only (ns)': theirs.ns.toFixed(0),
    ratio: (theirs.ns / ours.ns).toFixed(1),
    'ours, whole bus line (ns)': lines.ns.toFixed(0)
  }
}
rows['all of them'] = { ratio: (totals.theirs / totals.ours).toFixed(1) }
console.table(rows)

const domains = createRecentDomains()
const answer = inPacket(messages['answer of 4 records'] ?? Buffer.alloc(0))
const learned = decodePacket(answer)
domains.learn(learned)
const known = Uint8Array.from(answer.subarray(0, 40))
known.set([192, 168, 2, 10, 192, 0, 2, 7, 0x9c, 0x40, 1, 0xbb], 12)
const stranger = Uint8Array.from(known)
stranger.set([203, 0, 113, 9], 16)
const knownPacket = decodePacket(known)
const strangerPacket = decodePacket(stranger)
console.table({
  'look-up, known': row(measure([knownPacket], packet => domains.destinationOf(packet))),
  'look-up, unknown': row(measure([strangerPacket], packet => domains.destinationOf(packet))),
  'learn an answer of 4 records': row(measure([learned], packet => domains.learn(packet))),
  'learn, not DNS': row(measure([knownPacket], packet => domains.learn(packet)))
})
