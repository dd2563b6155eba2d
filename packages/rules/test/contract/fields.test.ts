import type { LoggedPacket, PacketInfoOptions } from '@packet-logs/decoder'
import { decodePacket, formatPacketInfo, topicOf } from '@packet-logs/decoder'
import { describe, expect, it } from 'vitest'
import { EventView } from '../../src/filter/fields/event-view.js'
import { PacketView } from '../../src/filter/fields/packet-view.js'
import { fields } from '../../src/filter/fields/table.js'
import type { Value } from '../../src/filter/value.js'
import { arpRequest, httpSegment, tunnelledHello } from '../packets.js'
import { vectors } from '../vectors.js'

const noDomains = { recentDomainSrc: '', recentDomainDst: '' }
const REQUEST = 'GET /a?b HTTP/1.1\r\nHost: Example.ORG:80\r\nUser-Agent: curl/8\r\n\r\n'
const packets = [
  ...vectors,
  { id: 'arp-request', logged: arpRequest, ...noDomains },
  { id: 'tunnelled-hello', logged: tunnelledHello, ...noDomains },
  { id: 'http-request', logged: httpSegment(REQUEST), ...noDomains },
  { id: 'http-response', logged: httpSegment('HTTP/1.1 404 Not Found\r\n\r\n'), ...noDomains }
]

const metadata: Partial<LoggedPacket> = {
  hook: 1,
  mark: 0xffffffff,
  uid: 0,
  gid: 1000,
  physInDevice: 'port1',
  physOutDevice: '',
  vlan: { protocol: 0x8100, tci: 0x6fff }
}

function ofPacket(logged: LoggedPacket, options: PacketInfoOptions): Record<string, Value> {
  const view = new PacketView(logged, decodePacket(logged.payload, logged.etherType))
  view.context = options
  return valuesOf(field => field.fromPacket(view))
}

function ofEvent(logged: LoggedPacket, options: PacketInfoOptions): Record<string, Value> | undefined {
  const value = formatPacketInfo(logged, options)
  if (value === undefined) return undefined
  const view = new EventView()
  view.reset({ topic: topicOf(logged.prefix), value })
  return valuesOf(field => field.fromEvent(view))
}

function valuesOf(read: (field: NonNullable<ReturnType<typeof fields.get>>) => Value): Record<string, Value> {
  const values: Record<string, Value> = {}
  for (const field of fields.values()) {
    const value = read(field)
    if (value !== undefined) values[field.name] = value
  }
  return values
}

describe('the fields of a packet and of its event', () => {
  it.each([
    ['as it is', {}, {}],
    ['with all that the kernel tells', metadata, { action: 'seen', recentDomainSrc: 'Host.Example' }]
  ])('are the same for every packet, %s', (_how, more, known) => {
    const differences = packets.flatMap(({ id, logged, recentDomainSrc, recentDomainDst }) => {
      const packet = { ...logged, ...more }
      const options = { recentDomainSrc, recentDomainDst, ...known }
      const inPacket = ofPacket(packet, options)
      const inEvent = ofEvent(packet, options) ?? {}
      return [...fields.keys()]
        .filter(name => JSON.stringify(inPacket[name]) !== JSON.stringify(inEvent[name]))
        .map(name => ({ id, name, inPacket: inPacket[name], inEvent: inEvent[name] }))
    })
    expect(differences).toEqual([])
  })

  it("are the same in SPR's own JSON or absent from it, but where SPR misreads a packet", () => {
    const misread = new Set<string>()
    for (const { id, logged } of packets) {
      const inPacket = ofPacket(logged, {})
      for (const [name, value] of Object.entries(ofEvent(logged, { extended: false }) ?? {})) {
        // What SPR misreads, these are meant to misread with it.
        if (name.startsWith('spr.')) continue
        if (JSON.stringify(value) !== JSON.stringify(inPacket[name])) misread.add(id)
      }
    }
    const dnsOverTcp = ['tcp53-query-bare', 'tcp53-response-bare-src', 'tcp53-12-zero-bytes']
    expect([...misread]).toEqual([...dnsOverTcp, 'sixin4', 'tunnelled-hello'])
  })

  it('are read by some packet, each of them', () => {
    const options = { recentDomainSrc: 'a', recentDomainDst: 'b' }
    const rich = { ...metadata, physOutDevice: 'port2' }
    const seen = new Set(packets.flatMap(({ logged }) => Object.keys(ofPacket({ ...logged, ...rich }, options))))
    expect([...fields.keys()].filter(name => !seen.has(name))).toEqual([])
  })
})
