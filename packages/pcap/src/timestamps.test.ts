import fc from 'fast-check'
import { expect, it } from 'vitest'
import type { CaptureRecord } from './captured-packet.js'
import { setTimestamp, timestampSeconds, timestampWords, unitsPerSecond } from './timestamps.js'

const empty: CaptureRecord = { linkType: 101, data: new Uint8Array(0) }

function read(units: bigint, resolution: number, offsetSeconds = 0n): CaptureRecord {
  const record = { ...empty }
  const clock = { unitsPerSecond: unitsPerSecond(resolution), offsetSeconds }
  setTimestamp(record, Number(units >> 32n), Number(units & 0xffff_ffffn), clock)
  return record
}

it.each([
  ['whole seconds', 1_700_000_000n, 0, { timestampUs: 1_700_000_000_000_000 }],
  ['milliseconds', 1_700_000_000_123n, 3, { timestampUs: 1_700_000_000_123_000 }],
  ['picoseconds', 1_700_000_000_123_456_789n, 12, { timestampUs: 1_700_000_000_123, extraNs: 456 }],
  ['halves of a second', 3n, 0x81, { timestampUs: 1_500_000 }],
  ['1/2^30 of a second', (5n << 30n) + 1n, 0x80 + 30, { timestampUs: 5_000_000, extraNs: 0 }],
  ['units too small to count', 1n, 127, { timestampUs: 0, extraNs: 0 }]
])('reads %s', (_, units, resolution, time) => {
  expect(read(units, resolution)).toEqual({ ...empty, ...time })
})

it('adds the offset of the interface, below zero too', () => {
  expect(read(5_000_001n, 6, 100n)).toEqual({ ...empty, timestampUs: 105_000_001 })
  expect(read(1_001n, 9, -1n)).toEqual({ ...empty, timestampUs: -999_999, extraNs: 1 })
})

it('leaves out a time whose µs are no safe integer', () => {
  expect(read(2n ** 53n, 6)).toEqual(empty)
  expect(read(2n ** 64n - 1n, 3)).toEqual(empty)
  expect(read(1n, 6, 2n ** 62n)).toEqual(empty)
})

it('divides nanoseconds exactly over the whole range of 64 bits', () => {
  fc.assert(
    fc.property(fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }), ns => {
      const expected = { ...empty, timestampUs: Number(ns / 1000n), extraNs: Number(ns % 1000n) }
      expect(read(ns, 9)).toEqual(ns / 1000n > BigInt(Number.MAX_SAFE_INTEGER) ? empty : expected)
    })
  )
})

it('writes what it reads, in µs and in ns', () => {
  fc.assert(
    fc.property(fc.maxSafeNat(), fc.integer({ min: 0, max: 999 }), (timestampUs, extraNs) => {
      for (const [resolution, record] of [
        [6, { ...empty, timestampUs }],
        [9, { ...empty, timestampUs, extraNs }]
      ] as const) {
        const [high, low] = timestampWords(record, resolution === 9)
        expect(read((BigInt(high) << 32n) | BigInt(low), resolution)).toEqual(record)
      }
    })
  )
})

it('names the field of a time that cannot be written', () => {
  expect(() => timestampWords({ ...empty, timestampUs: -1 }, false)).toThrow(/^timestampUs is -1/)
  expect(() => timestampWords({ ...empty, timestampUs: 0.5 }, false)).toThrow(RangeError)
  expect(() => timestampWords({ ...empty, extraNs: 1000 }, true)).toThrow(/^extraNs is 1000/)
  expect(() => timestampSeconds({ ...empty, timestampUs: 2 ** 32 * 1e6 }, false)).toThrow(/before 2106/)
})
