import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { hex, ipv4, ipv6, join, tcp, udp } from '../../test/build.js'
import { vectors } from '../../test/vectors.js'
import { decodePacket } from '../decoder.js'
import { communityId } from './community-id.js'
import { flowKey } from './flow-key.js'

/** The baseline that comes with the specification; for ICMP the ports are the type and its answer or code. */
interface Baseline {
  readonly protocol: number
  readonly source: string
  readonly destination: string
  readonly sourcePort: number | null
  readonly destinationPort: number | null
  readonly unseeded: string
  readonly seed1: string
}

const baseline = readFileSync(new URL('../../test/fixtures/community-id.jsonl', import.meta.url), 'utf8')
  .trim()
  .split('\n')
  .map(line => JSON.parse(line) as Baseline)

const u16 = (value: number): number[] => [value >> 8, value & 255]

function ipv6Bytes(text: string): Uint8Array {
  const [head = '', tail] = text.split('::')
  const groups = (part: string | undefined): string[] => (part ? part.split(':') : [])
  const [before, after] = [groups(head), groups(tail)]
  const zeros = Array.from({ length: 8 - before.length - after.length }, () => '0')
  return hex([...before, ...zeros, ...after].map(group => group.padStart(4, '0')).join(''))
}

const ICMP = 1
const ICMPV6 = 58
/** Messages whose second number is a code and not the answer's type. */
const WITHOUT_ANSWER: ReadonlySet<string> = new Set(['1/11', '58/3', '58/1'])

function bodyOf({ protocol, sourcePort, destinationPort }: Baseline): Uint8Array {
  if (sourcePort === null || destinationPort === null) return hex('10020000 00000000')
  if (protocol !== ICMP && protocol !== ICMPV6) return join(u16(sourcePort), u16(destinationPort), new Uint8Array(20))
  const code = WITHOUT_ANSWER.has(`${protocol}/${sourcePort}`) ? destinationPort : 0
  return join([sourcePort, code], new Uint8Array(30))
}

function packetOf(flow: Baseline): Uint8Array {
  const { protocol, source, destination } = flow
  const body = bodyOf(flow)
  if (!source.includes(':')) return ipv4(body, { protocol, source, destination })
  return join([0x60, 0, 0, 0, ...u16(body.length), protocol, 64], ipv6Bytes(source), ipv6Bytes(destination), body)
}

describe('communityId', () => {
  it.each(baseline)('agrees with the specification: $protocol $source $destination $sourcePort', flow => {
    const packet = decodePacket(packetOf(flow))
    expect(communityId(packet)).toBe(flow.unseeded)
    expect(communityId(packet, 1)).toBe(flow.seed1)
  })

  it('tells no flow of a packet that does not tell its own', () => {
    const whole = ipv4(tcp(hex('')), { protocol: 6 })
    for (const payload of [hex(''), hex('45'), whole.subarray(0, 23), ipv4(udp(hex('')), { flagsAndOffset: 1 })]) {
      expect(communityId(decodePacket(payload))).toBeUndefined()
      expect(flowKey(decodePacket(payload))).toBeUndefined()
    }
    expect(communityId(decodePacket(ipv6(hex('1100000900000001 9c40270f'), 44)))).toBeUndefined()
  })

  it('knows the flow of a header cut behind its ports, and of a first fragment', () => {
    const whole = ipv4(udp(hex('6162')))
    const id = communityId(decodePacket(whole))
    expect(communityId(decodePacket(whole.subarray(0, 24)))).toBe(id)
    expect(communityId(decodePacket(ipv4(udp(hex('6162')), { flagsAndOffset: 0x2000 })))).toBe(id)
  })

  it('says the same of a flow however many were seen between', () => {
    const packets = Array.from({ length: 3000 }, (_, index) => decodePacket(ipv4(udp(hex(''), index + 1, 53))))
    const ids = packets.map(packet => communityId(packet))
    expect(new Set(ids).size).toBe(packets.length)
    for (const [index, packet] of packets.entries()) {
      expect(communityId(packet)).toBe(ids[index])
    }
    expect(communityId(decodePacket(ipv4(hex('00'), { protocol: 0, source: '0.0.0.0', destination: '0.0.0.0' })))).toBe(
      '1:'.concat(createHash('sha1').update(hex('0000 00000000 00000000 00 00')).digest('base64'))
    )
  })

  it('takes the inner of two IP headers', () => {
    const inner = ipv4(udp(hex('61')), { source: '10.0.0.1', destination: '10.0.0.2' })
    expect(communityId(decodePacket(ipv4(inner, { protocol: 4 })))).toBe(communityId(decodePacket(inner)))
  })

  it.each([-1, 65_536, 1.5, Number.NaN])('refuses %s as a seed', seed => {
    expect(() => communityId(decodePacket(packetOf(baseline[0] as Baseline)), seed)).toThrow(RangeError)
  })
})

describe('flowKey', () => {
  it('is the same for both ways of a flow, and for no other flow', () => {
    const keys = new Map<string, string>()
    for (const flow of baseline) {
      const key = flowKey(decodePacket(packetOf(flow))) ?? ''
      expect(keys.get(key) ?? flow.unseeded).toBe(flow.unseeded)
      keys.set(key, flow.unseeded)
    }
    expect(keys.size).toBe(new Set(baseline.map(({ unseeded }) => unseeded)).size)
  })

  it('says for every packet what the hash of the flow says', () => {
    const keys = new Map<string | undefined, string | undefined>()
    for (const { logged } of vectors) {
      const packet = decodePacket(logged.payload)
      const key = flowKey(packet)
      expect(keys.get(key) ?? communityId(packet)).toBe(communityId(packet))
      keys.set(key, communityId(packet))
    }
    expect(keys.size).toBeGreaterThan(50)
  })

  it('stays what it is', () => {
    const packet = decodePacket(ipv4(udp(hex('61'), 40000, 53), { source: '10.0.0.2', destination: '8.8.8.8' }))
    const bytes = Buffer.from('08080808' + '0a000002' + '1100' + '0035' + '9c40', 'hex')
    expect(flowKey(packet)).toBe(bytes.toString('base64url'))
    const bare = decodePacket(ipv4(hex('10020000'), { protocol: 46, source: '10.0.0.1', destination: '10.0.0.2' }))
    expect(flowKey(bare)).toBe(Buffer.from('0a0000010a0000022e00', 'hex').toString('base64url'))
  })
})
