import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { JsonWriter } from '../src/bytes/json-writer.js'
import type { DecodeError } from '../src/errors.js'
import { FieldWriter } from '../src/formats/field-writer.js'
import { RawBytes } from '../src/formats/packet-info/raw-bytes.js'
import type { Layer } from '../src/layer.js'
import { ReusablePacket } from '../src/packet.js'
import type { Protocol } from '../src/registry.js'
import { extendedRegistry } from '../src/tables/registries.js'
import { join } from './build.js'
import { GuardedReader } from './guarded-reader.js'
import { samples } from './samples.js'

const registry = extendedRegistry()
const { protocols } = registry

/** What decoding may read and say for each byte, and beside: generous, and far from anything that is not linear. */
const READS_PER_BYTE = 600
const FIXED_READS = 20_000
const VALUES_PER_BYTE = 400
const FIXED_VALUES = 20_000

interface Reading {
  readonly layer: Layer
  readonly error: DecodeError | undefined
  readonly values: Readonly<Record<string, unknown>>
  readonly json: string
  readonly reader: GuardedReader
}

/** Reads one layer from bytes of its own, everything it offers, and writes it. */
function read(protocol: Protocol, bytes: Uint8Array, layer: Layer = protocol.create()): Reading {
  const reader = new GuardedReader(bytes)
  const error = layer.read(reader, 0, bytes.length)
  if (!layer.usable) return { layer, error, values: {}, json: '', reader }
  layer.attach?.(registry)
  layer.next?.(registry)
  const values: Record<string, unknown> = {}
  for (let type: object = layer; type !== Object.prototype; type = Object.getPrototypeOf(type) as object) {
    for (const key of Object.keys(Object.getOwnPropertyDescriptors(type))) {
      values[key] ??= Reflect.get(layer, key)
    }
  }
  return { layer, error, values, json: writeJson(layer, bytes.length), reader }
}

function writeJson(layer: Layer, length: number): string {
  const into = new Uint8Array(65_536 + length * 256)
  const out = new JsonWriter()
  out.into(into)
  const raw = new RawBytes()
  raw.begin(Number.POSITIVE_INFINITY)
  const fields = new FieldWriter(out, raw)
  fields.begin(into.length, false)
  layer.writeJson(fields)
  expect(fields.overflowed).toBe(false)
  const text = Buffer.from(into.subarray(0, out.at)).toString()
  if (layer.json !== undefined) JSON.parse(`{${text.slice(1)}}`)
  return text
}

/** How much a value holds: characters, bytes, entries. */
function sizeOf(value: unknown, seen = new Set<unknown>()): number {
  if (typeof value === 'string') return value.length
  if (typeof value !== 'object' || value === null || seen.has(value)) return 1
  seen.add(value)
  if (value instanceof Uint8Array) return 1
  if (Array.isArray(value)) return value.reduce<number>((sum, entry) => sum + sizeOf(entry, seen), 1)
  return Object.getPrototypeOf(value) === Object.prototype ? sizeOf(Object.values(value), seen) : 1
}

function checkPlace({ layer, error }: Reading, length: number): void {
  if (layer.usable) {
    const { start, headerEnd, end } = layer
    expect([start >= 0, start <= headerEnd, headerEnd <= end, end <= length]).toEqual([true, true, true, true])
  }
  if (error === undefined) {
    expect(layer.usable).toBe(true)
    return
  }
  expect(error.layer).not.toBe('')
  expect(error.reason).not.toBe('')
  expect(error.offset >= 0 && error.offset <= length).toBe(true)
}

function flipped(bytes: Uint8Array): fc.Arbitrary<Uint8Array> {
  return fc.array(fc.tuple(fc.nat(bytes.length - 1), fc.nat(7)), { minLength: 1, maxLength: 5 }).map(flips => {
    const copy = Uint8Array.from(bytes)
    for (const [at, bit] of flips) copy[at] = (copy[at] ?? 0) ^ (1 << bit)
    return copy
  })
}

/** The sample's start, then a few bytes over and over: where lists and lengths bite. */
function repeated(bytes: Uint8Array): fc.Arbitrary<Uint8Array> {
  return fc
    .tuple(fc.nat(bytes.length), fc.uint8Array({ minLength: 1, maxLength: 12 }), fc.nat(400))
    .map(([keep, pattern, count]) =>
      Uint8Array.from({ length: keep + count }, (_, index) =>
        index < keep ? (bytes[index] ?? 0) : (pattern[(index - keep) % pattern.length] ?? 0)
      )
    )
}

const sampleBytes = (name: string): readonly Uint8Array[] => samples[name] ?? []

describe.each(protocols.map((protocol): [string, Protocol] => [protocol.name, protocol]))('%s', (name, protocol) => {
  const seeds = sampleBytes(name)
  const anything = fc.oneof(
    fc.uint8Array({ maxLength: 400 }),
    ...seeds.flatMap(seed => [flipped(seed), repeated(seed)])
  )

  it('has a sample that is whole', () => {
    const whole = seeds.filter(seed => {
      const { error, layer } = read(protocol, seed)
      return error === undefined && layer.usable
    })
    expect(whole.length).toBeGreaterThan(0)
  })

  it('never throws, reads nothing outside, and says where it stopped and why', () => {
    fc.assert(
      fc.property(anything, bytes => {
        const reading = read(protocol, bytes)
        checkPlace(reading, bytes.length)
        expect(reading.reader.outside).toEqual([])
      }),
      { numRuns: 250 }
    )
  })

  it('says the same of the same bytes, wherever they stand and whatever was read before', () => {
    const used = protocol.create()
    fc.assert(
      fc.property(anything, bytes => {
        const fresh = read(protocol, bytes)
        const again = read(protocol, bytes, used)
        expect([again.error, again.json]).toEqual([fresh.error, fresh.json])
      }),
      { numRuns: 100 }
    )
  })

  it('keeps what it read before the bytes end, and it is right', () => {
    for (const seed of seeds) {
      const whole = read(protocol, seed)
      if (whole.error !== undefined) continue
      for (let length = 0; length < seed.length; length++) {
        const cut = read(protocol, seed.subarray(0, length))
        checkPlace(cut, length)
        expect(cut.reader.outside).toEqual([])
        for (const [key, value] of Object.entries(cut.values)) {
          if (BY_LENGTH[name]?.includes(key)) continue
          if (!isPart(value, whole.values[key], key)) {
            expect({ length, key, value }).toEqual({ length, key, value: whole.values[key] })
          }
        }
      }
    }
  })

  it('takes time and memory in proportion to the bytes', () => {
    const patterns = [
      [0],
      [0xff],
      [1],
      [0, 1],
      [1, 0],
      [0xc0, 12],
      [0, 0, 0, 4],
      [4, 0, 0, 4],
      [63, ...Buffer.alloc(63, 97)]
    ]
    for (const seed of [new Uint8Array(0), ...seeds]) {
      for (const pattern of patterns) {
        for (const keep of new Set([seed.length, Math.min(seed.length, 12), seed.length >> 1])) {
          const length = 8000
          const filled = Uint8Array.from({ length }, (_, index) => pattern[index % pattern.length] ?? 0)
          const bytes = join(seed.subarray(0, keep), filled)
          const { reader, values } = read(protocol, bytes)
          expect(reader.reads).toBeLessThan(FIXED_READS + bytes.length * READS_PER_BYTE)
          expect(sizeOf(Object.values(values))).toBeLessThan(FIXED_VALUES + bytes.length * VALUES_PER_BYTE)
        }
      }
    }
  })
})

/** Offsets and ranges, which depend on where the bytes end and not on what they say. */
const PLACES: ReadonlySet<string> = new Set([
  'bytes',
  'contents',
  'payload',
  'end',
  'headerEnd',
  'optionsStart',
  'optionsEnd',
  'chunksEnd',
  'embeddedRange',
  'fragmentStart',
  'targetStart'
])

/** What a protocol tells by how much there is. */
const BY_LENGTH: Readonly<Record<string, readonly string[]>> = {
  // The innermost tag that is whole.
  VLAN: ['id', 'etherType'],
  // The last extension header that is whole names it.
  IPv6: ['protocol', 'fragmentOffset', 'isFragment', 'moreFragments', 'unread'],
  // The captured length stands in for a length of 0.
  IPv4: ['hasPadding'],
  TCP: ['hasPadding'],
  // Queries of version 3 are longer, and nothing else tells them apart.
  IGMP: ['version', 'maxResponse'],
  ICMPv6: ['maxResponseMs'],
  // Records read so far, and what the last of them adds.
  DNS: ['answerCount', 'authorityCount', 'additionalCount', 'responseCode', 'slotCount'],
  mDNS: ['answerCount', 'authorityCount', 'additionalCount', 'responseCode', 'slotCount'],
  LLMNR: ['answerCount', 'authorityCount', 'additionalCount', 'responseCode', 'slotCount'],
  // The innermost message that is whole.
  DHCPv6: ['messageType']
}

/** Whether a cut layer's value is the whole one's, a part of it, or missing. */
function isPart(part: unknown, whole: unknown, key = ''): boolean {
  if (PLACES.has(key) || part === undefined || part === null || typeof part === 'function') return true
  if (Object.is(part, whole)) return true
  if (part === true && key === 'isPartial') return true
  // Not seen so far.
  if (part === false && key.startsWith('has')) return true
  if (typeof part !== typeof whole) return false
  if (typeof part === 'string') return String(whole).startsWith(part)
  if (typeof part !== 'object' || typeof whole !== 'object' || whole === null) return false
  if (part instanceof Uint8Array) return whole instanceof Uint8Array && startsWith(whole, part)
  if (Array.isArray(part)) {
    return Array.isArray(whole) && part.every((entry, index) => isPart(entry, whole[index]))
  }
  if (Object.getPrototypeOf(part) !== Object.prototype) return true
  return Object.entries(part).every(([name, value]) => isPart(value, Reflect.get(whole, name)))
}

function startsWith(whole: Uint8Array, part: Uint8Array): boolean {
  return part.length <= whole.length && part.every((byte, index) => byte === whole[index])
}

describe('a packet', () => {
  it('nests no deeper than it may, and says so', () => {
    for (const [start, protocol] of [
      ['4500 0000 0000 0000 4004 0000 01020304 05060708', 4],
      ['4500 0000 0000 0000 402f 0000 01020304 05060708 0000 0800', 47]
    ] as const) {
      const header = Uint8Array.from(Buffer.from(start.replaceAll(' ', ''), 'hex'))
      expect(header[9]).toBe(protocol)
      const packet = new ReusablePacket(registry)
      packet.reset(join(...Array.from({ length: 2000 }, () => header)))
      expect(packet.layers.length).toBe(32)
      expect(packet.error).toMatchObject({ code: 'DECODE_LIMIT', reason: 'more than 32 headers follow each other' })
    }
  })
})
