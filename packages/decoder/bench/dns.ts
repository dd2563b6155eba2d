/* DNS beside dns-packet, and what recent domains cost. Run: pnpm --filter @packet-logs/decoder bench:dns */

import dnsPacket from 'dns-packet'
import type { Packet } from '../src/index.js'
import { createLineWriter, createRecentDomains, decodePacket } from '../src/index.js'
import { compare, measure, row } from './measure.js'

const u16 = (value: number): number[] => [value >> 8, value & 255]
const labels = (name: string): number[] => [
  ...name.split('.').flatMap(label => [label.length, ...Buffer.from(label)]),
  0
]
const QUESTION = labels('www.example.com')
/** Owners as resolvers write them: pointers to the name asked for, and to the target of the alias. */
const ASKED = [0xc0, 12]
const ALIAS = labels('edge.cdn.example.net')
const TARGET = [0xc0, 12 + QUESTION.length + 4 + 12]
const OPT = [0, 0, 41, 4, 208, 0, 0, 0, 0, 0, 0]

const record = (owner: readonly number[], type: number, data: readonly number[]): number[] => [
  ...owner,
  ...u16(type),
  ...[0, 1, 0, 0, 1, 44],
  ...u16(data.length),
  ...data
]
const message = (records: readonly number[][], flags = 0x8180): Uint8Array =>
  Uint8Array.from([
    ...[0, 7, ...u16(flags), 0, 1, ...u16(records.length), 0, 0, 0, 1],
    ...[...QUESTION, 0, 1, 0, 1],
    ...records.flat(),
    ...OPT
  ])
const text = (value: string): number[] => [value.length, ...Buffer.from(value)]

const signature = record(ASKED, 46, [
  ...[0, 1, 13, 3, 0, 0, 1, 44, 0x65, 0x53, 0xf1, 0, 0x64, 0xbb, 0x5a, 0x80, 0x86, 0xca],
  ...labels('example.com'),
  ...Array.from({ length: 64 }, () => 7)
])
const alias = record(ASKED, 5, ALIAS)

const messages: Readonly<Record<string, Uint8Array>> = {
  query: message([], 0x0100),
  'answer of 4 records': message([
    alias,
    record(TARGET, 1, [192, 0, 2, 7]),
    record(TARGET, 1, [192, 0, 2, 8]),
    record(TARGET, 1, [192, 0, 2, 9])
  ]),
  'IPv6 answer of 4 records': message(
    [7, 8, 9, 10].map(host => record(ASKED, 28, [0x20, 1, 0x0d, 0xb8, ...Array.from({ length: 11 }, () => 0), host]))
  ),
  'signed answer': message([alias, record(TARGET, 1, [192, 0, 2, 7]), signature]),
  'TXT, MX, SRV': message([
    record(ASKED, 16, [...text('v=spf1 include:example.net -all'), ...text('site-verification=abc')]),
    record(ASKED, 15, [0, 10, 2, 109, 120, 0xc0, 16]),
    record(ASKED, 33, [0, 1, 0, 2, 1, 187, ...labels('srv.example.com')])
  ]),
  'answer of 24 records': message(Array.from({ length: 24 }, (_, host) => record(ASKED, 1, [192, 0, 2, host])))
}

function inPacket(message: Uint8Array): Uint8Array {
  const packet = new Uint8Array(28 + message.length)
  packet.set([0x45, 0, packet.length >> 8, packet.length & 255, 0, 1, 0x40, 0, 64, 17, 0, 0])
  packet.set([192, 168, 2, 1, 192, 168, 2, 10, 0, 53, 0x9c, 0x40], 12)
  packet.set([(message.length + 8) >> 8, (message.length + 8) & 255, 0, 0], 24)
  packet.set(message, 28)
  return packet
}

/** Everything the message says, record by record: what dns-packet gives as `data`, and EDNS. */
function readOurs({ dns, error }: Packet): number {
  if (dns === undefined || error !== undefined) throw new Error('the message is not read')
  let seen = dns.id + dns.responseCode
  for (const { name, type } of dns.questions) seen += name.length + type
  for (const section of [dns.answers, dns.authorities, dns.additionals]) {
    for (const { name, type, class: number, ttl, details } of section) {
      seen += name.length + type + number + ttl + (details === undefined ? 0 : 1)
    }
  }
  return seen
}

/** What was asked and which addresses came back, and nothing else: what a log or a rule wants. */
function readBrief({ dns }: Packet): number {
  if (dns === undefined) throw new Error('the message is not read')
  let seen = 0
  for (const { name, type } of dns.questions) seen += name.length + type
  for (const { address } of dns.answers) seen += address?.length ?? 0
  return seen
}

/** The same as the first, of what dns-packet gives. */
function readTheirs({
  id = 0,
  rcode,
  questions = [],
  answers = [],
  authorities = [],
  additionals = []
}: Decoded): number {
  let seen = id + rcode.length
  for (const { name, type } of questions) seen += name.length + type.length
  for (const section of [answers, authorities, additionals]) {
    for (const { name, type } of section) seen += name.length + type.length
  }
  return seen
}

type Decoded = ReturnType<typeof dnsPacket.decode> & { readonly rcode: string }

const PER_ROUND = 6000
const into = new Uint8Array(1 << 20)
const writer = createLineWriter()
const rows: Record<string, Record<string, string>> = {}
const totals = { ours: 0, brief: 0, theirs: 0 }
for (const [what, bytes] of Object.entries(messages)) {
  const packet = inPacket(bytes)
  const buffer = Buffer.from(bytes)
  const { ours, brief, theirs, lines } = compare({
    ours: () => measure([packet], payload => readOurs(decodePacket(payload)), PER_ROUND),
    brief: () => measure([packet], payload => readBrief(decodePacket(payload)), PER_ROUND),
    theirs: () => measure([buffer], payload => readTheirs(dnsPacket.decode(payload) as Decoded), PER_ROUND),
    lines: () =>
      measure([packet], payload => writer.write({ group: 0, prefix: 'lan:in ', payload }, into, 0), PER_ROUND)
  })
  totals.ours += ours.ns
  totals.brief += brief.ns
  totals.theirs += theirs.ns
  rows[what] = {
    bytes: String(bytes.length),
    'ours, IP to objects (ns)': ours.ns.toFixed(0),
    'question and addresses (ns)': brief.ns.toFixed(0),
    'dns-packet, message only (ns)': theirs.ns.toFixed(0),
    ratio: (theirs.ns / ours.ns).toFixed(1),
    'ratio, brief': (theirs.ns / brief.ns).toFixed(1),
    'ours, whole bus line (ns)': lines.ns.toFixed(0)
  }
}
rows['all of them'] = {
  ratio: (totals.theirs / totals.ours).toFixed(1),
  'ratio, brief': (totals.theirs / totals.brief).toFixed(1)
}
console.table(rows)

const domains = createRecentDomains()
const answer = inPacket(messages['answer of 4 records'] ?? new Uint8Array(0))
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
