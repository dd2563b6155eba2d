import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { Packet } from '../src/index.js'
import { createLineWriter, decodePacket, formatPacketInfo } from '../src/index.js'
import {
  dhcpMessage,
  dnsMessage,
  dnsName,
  dnsQuestion,
  dnsRecord,
  hex,
  ipv4,
  ipv6,
  join,
  logged,
  tcp,
  udp
} from './build.js'
import { vectors } from './vectors.js'

const real = vectors.map(({ logged }) => logged.payload).filter(payload => payload.length > 0 && payload.length < 2000)
const random = fc.uint8Array({ maxLength: 200 })
const tcpOptions = fc.uint8Array({ maxLength: 10 }).map(bytes => join(bytes, new Uint8Array((40 - bytes.length) % 4)))
const ports = fc.constantFrom(53, 67, 68, 123, 9999)
const shaped = fc.oneof(
  random.map(body => ipv4(body, { protocol: 1 })),
  random.map(body => ipv4(ipv4(body), { protocol: 4 })),
  random.map(body => ipv6(body, 0)),
  random.map(body => ipv6(body, 44)),
  random.map(body => ipv6(body, 58)),
  fc
    .tuple(random, tcpOptions, ports)
    .map(([body, options, destinationPort]) => ipv4(tcp(body, { options, destinationPort }), { protocol: 6 })),
  fc.tuple(random, ports).map(([body, port]) => ipv4(udp(join(hex('0007 0100 0001 0001 0000 0001'), body), 1, port))),
  fc.tuple(random, ports).map(([body, port]) => ipv6(udp(dhcpMessage(body), 1, port)))
)
const flipped = fc
  .tuple(fc.constantFrom(...real), fc.array(fc.tuple(fc.nat(2000), fc.nat(7)), { maxLength: 6 }))
  .map(([payload, flips]) => {
    const bytes = Uint8Array.from(payload)
    for (const [at, bit] of flips) bytes[at % bytes.length] = (bytes[at % bytes.length] ?? 0) ^ (1 << bit)
    return bytes
  })
const anything = fc.oneof(random, shaped, flipped)

/** Reads everything a packet offers. */
function readAll(packet: Packet): unknown[] {
  return packet.layers.map(layer => {
    const values: unknown[] = [layer.name, layer.contents, layer.payload]
    for (let type: object = layer; type !== Object.prototype; type = Object.getPrototypeOf(type) as object) {
      for (const key of Object.getOwnPropertyNames(type)) values.push(key, Reflect.get(layer, key))
    }
    return values
  })
}

const strict = { extended: false } as const
const whole = { maxLineBytes: Number.POSITIVE_INFINITY } as const

describe('whatever the bytes', () => {
  it('nothing throws, and every layer and error lies inside the packet', () => {
    fc.assert(
      fc.property(anything, fc.constantFrom(undefined, 0x0800, 0x86dd, 0x0806), (payload, etherType) => {
        const packet = decodePacket(payload, etherType)
        readAll(packet)
        for (const { start, headerEnd, end } of packet.layers) {
          expect(start >= 0 && start <= headerEnd && headerEnd <= end && end <= payload.length).toBe(true)
        }
        const { error } = packet
        if (error !== undefined) expect(error.offset >= 0 && error.offset <= payload.length).toBe(true)
      }),
      { numRuns: 600 }
    )
  })

  it('both modes give JSON or, in strict mode, nothing', () => {
    fc.assert(
      fc.property(anything, payload => {
        const packet = logged(payload)
        const extended = JSON.parse(formatPacketInfo(packet)) as { DecodeError?: object }
        expect(extended).toMatchObject({ Prefix: 'drop:input ' })
        const text = formatPacketInfo(packet, strict)
        if (text !== undefined) JSON.parse(text)
        if (payload.length > 0 && decodePacket(payload).error !== undefined) expect(extended.DecodeError).toBeDefined()
      }),
      { numRuns: 600 }
    )
  })

  it('a line is the text, escaped', () => {
    const into = new Uint8Array(1 << 20)
    for (const options of [strict, {}]) {
      const writer = createLineWriter(options)
      fc.assert(
        fc.property(anything, payload => {
          const packet = logged(payload)
          const end = writer.write(packet, into, 0)
          const text = formatPacketInfo(packet, options)
          if (text === undefined) expect(end).toBe(0)
          else {
            const line = JSON.parse(Buffer.from(into.subarray(0, end)).toString()) as { value: string }
            expect(line.value).toBe(text)
          }
        }),
        { numRuns: 300 }
      )
    }
  })

  it('nothing outside the packet is read', () => {
    fc.assert(
      fc.property(anything, fc.uint8Array({ minLength: 64, maxLength: 64 }), (payload, around) => {
        const inside = join(around, payload, around).subarray(64, 64 + payload.length)
        expect(readAll(decodePacket(inside))).toEqual(readAll(decodePacket(payload)))
        expect(formatPacketInfo(logged(inside))).toBe(formatPacketInfo(logged(payload)))
        expect(formatPacketInfo(logged(inside), strict)).toBe(formatPacketInfo(logged(payload), strict))
      }),
      { numRuns: 200 }
    )
  })

  it('a packet cut anywhere keeps the layers whose headers are whole', () => {
    const answers = [dnsRecord(hex('c00c'), 1, hex('01020304'))]
    const dns = dnsMessage({ questions: [dnsQuestion(dnsName('example.com'))], answers })
    const packets = [
      ipv4(tcp(hex('0102'), { options: hex('020405b401010402') }), { protocol: 6, options: hex('94040000') }),
      ipv4(udp(dns, 53)),
      ipv6(join(hex('1100010400000000'), udp(dns, 53)), 60),
      ipv4(udp(dhcpMessage(hex('350101ff')), 68, 67)),
      ipv6(hex('8700000000000000 fe80000000000000000000000000abcd'), 58)
    ]
    for (const bytes of packets) {
      const uncut = decodePacket(bytes)
      expect(uncut.error).toBeUndefined()
      for (let length = 0; length <= bytes.length; length++) {
        const packet = decodePacket(bytes.subarray(0, length))
        const headers = uncut.layers.filter(({ name, headerEnd }) => name !== 'DNS' && headerEnd <= length)
        expect(packet.layers.length).toBeGreaterThanOrEqual(headers.length)
        for (const [index, { name, start, contents }] of headers.entries()) {
          const kept = packet.layers[index]
          expect([kept?.name, kept?.start]).toEqual([name, start])
          if (name !== 'DHCPv4') expect(kept?.contents).toEqual(contents)
        }
        if (packet.error !== undefined) expect(packet.error.code).toBe('DECODE_TRUNCATED')
      }
    }
  })
})

describe('malice', () => {
  const pointer = (target: number): number[] => [0xc0 | (target >> 8), target & 255]
  const header = (questions: number, answers = 0): number[] => [
    ...[0, 7, 1, 0, questions >> 8, questions & 255],
    ...[answers >> 8, answers & 255, 0, 0, 0, 0]
  ]
  const repeat = (count: number, bytes: readonly number[]): Uint8Array =>
    Uint8Array.from({ length: count * bytes.length }, (_, index) => bytes[index % bytes.length] ?? 0)
  const dns = (...parts: readonly (Uint8Array | readonly number[])[]): Uint8Array => {
    const body = join(...parts).subarray(0, 65_507)
    return ipv4(udp(body, 53, 40000))
  }

  const bombs: Record<string, Uint8Array> = {
    'two thousand questions that point at a chain of 253 pointers': dns(
      header(2000),
      repeat(2000, [...pointer(12 + 2000 * 6 + 252 * 2), 0, 1, 0, 1]),
      join(...Array.from({ length: 253 }, (_, hop) => pointer(hop === 0 ? 4 : 12 + 2000 * 6 + (hop - 1) * 2)))
    ),
    'questions that point at themselves': dns(header(8000), repeat(8000, [0xc0, 12, 0, 1, 0, 1])),
    'names that double with every label': dns(
      header(1000),
      join(
        ...Array.from({ length: 1000 }, (_, index) => [
          63,
          ...repeat(63, [0x61]),
          ...pointer(12 + index * 66),
          0,
          1,
          0,
          1
        ])
      )
    ),
    'roots and nothing but roots': dns(header(0, 5900), repeat(5900, [0, 0, 1, 0, 1, 0, 0, 0, 0, 0, 0])),
    'empty texts': dns(header(0, 1), [0, 0, 16, 0, 1, 0, 0, 0, 0, 0xff, 0x00], new Uint8Array(0xff00)),
    'counts that promise more': dns(header(0xffff, 0xffff), new Uint8Array(48_000)),
    'DHCP pads': ipv4(udp(dhcpMessage(new Uint8Array(65_000)), 68, 67)),
    'IP in IP in IP': Array.from({ length: 3000 }).reduce<Uint8Array>(inner => {
      const outer = new Uint8Array(inner.length + 20)
      outer.set(hex('4500 0000 0000 0000 4004 0000 01020304 05060708'))
      outer.set(inner, 20)
      return outer
    }, new Uint8Array(20)),
    'extension headers': ipv6(repeat(8000, [60, 0, 1, 4, 0, 0, 0, 0]), 60)
  }

  it.each(Object.entries(bombs))('costs no more than its size allows: %s', (_what, payload) => {
    const started = performance.now()
    const packet = decodePacket(payload)
    readAll(packet)
    const text = formatPacketInfo(logged(payload), whole)
    formatPacketInfo(logged(payload), strict)
    expect(performance.now() - started).toBeLessThan(2000)
    expect(text.length).toBeLessThan(100_000 + payload.length * 80)
    expect(formatPacketInfo(logged(payload)).length).toBeLessThan(65_000)
  })
})
