import fc from 'fast-check'
import { expect, it } from 'vitest'
import { parseTimestamp, pointTime } from './timestamp.js'

const time = (text: string, seq = 0, index = 0): string | undefined => {
  const parsed = parseTimestamp(text)
  return parsed && pointTime(parsed, seq, index)
}

it.each([
  ['2023-11-14T22:13:20Z', '1700000000000000000'],
  ['2023-11-14T22:13:20.1Z', '1700000000100000000'],
  ['2023-11-14T22:13:20.123456789Z', '1700000000123456789'],
  ['2023-11-15T00:13:20.5+02:00', '1700000000500000000'],
  ['1970-01-01T00:00:00.000000001Z', '0000000001']
])('reads %s as %s', (text, expected) => {
  expect(time(text)).toBe(expected)
})

it.each([
  '',
  '2023-11-14',
  '2023-11-14T22:13:20',
  '2023-99-14T22:13:20Z',
  '1969-12-31T23:59:59Z',
  '2300-01-01T00:00:00Z',
  '2023-11-14T22:13:20.1234567890Z'
])('takes %j for no time', text => {
  expect(time(text)).toBeUndefined()
})

it('gives a thousand events of one microsecond times of their own, in their order, and the same ones again', () => {
  const text = '2023-11-14T22:13:20.999999Z'
  const times = Array.from({ length: 1000 }, (_, seq) => time(text, 5000 + seq))
  expect(new Set(times).size).toBe(1000)
  expect(times).toEqual([...times].sort())
  expect(Array.from({ length: 1000 }, (_, seq) => time(text, 5000 + seq))).toEqual(times)
})

it('stays within a microsecond of the event, and carries into the next second', () => {
  expect(time('2023-11-14T22:13:20.999999Z', 0, 1)).toBe('1700000001000000000')
  fc.assert(
    fc.property(fc.integer({ min: 0, max: 999_999 }), fc.nat(), (microsecond, seq) => {
      const text = `2023-11-14T22:13:20.${String(microsecond).padStart(6, '0')}Z`
      const difference = BigInt(time(text, seq) ?? 0) - BigInt(time(text) ?? 0)
      expect(difference).toBe(BigInt(seq % 1000))
    })
  )
})
