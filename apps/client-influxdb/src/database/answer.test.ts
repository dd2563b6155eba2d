import fc from 'fast-check'
import { expect, it } from 'vitest'
import { readAnswer, retryAfterMs } from './answer.js'

const nowMs = Date.parse('2026-01-01T00:00:00Z')

it.each([
  ['5', 5000],
  ['0', 0],
  ['0.5', 500],
  ['-3', 0],
  ['999999999', 3_600_000],
  ['Thu, 01 Jan 2026 00:00:30 GMT', 30_000],
  ['Wed, 31 Dec 2025 23:59:00 GMT', 0],
  ['soon', undefined],
  ['', undefined],
  [null, undefined]
])('reads Retry-After: %s', (header, ms) => {
  expect(retryAfterMs(header, nowMs)).toBe(ms)
})

it('keeps points where a person has to do something, and says what', () => {
  expect(readAnswer({ status: 401, retryAfter: null, body: '{"code":"unauthorized","message":"no"}' }, nowMs)).toEqual({
    kind: 'later',
    afterMs: undefined,
    reason: '401 no (see the token, and what it may write to)'
  })
  expect(readAnswer({ status: 404, retryAfter: null, body: '' }, nowMs)).toMatchObject({
    reason: expect.stringContaining('influxdb1') as unknown
  })
})

it.each([
  [204, ''],
  [200, ''],
  [200, 'OK'],
  [200, '{"results":[]}'],
  [204, '<']
])('takes %d %j for a success', (status, body) => {
  expect(readAnswer({ status, retryAfter: null, body }, nowMs)).toEqual({ kind: 'written' })
})

it.each([
  [200, '<!DOCTYPE html><title>Please log in</title>'],
  [400, '<html>400 The plain HTTP request was sent to HTTPS port</html>'],
  [400, 'Client sent an HTTP request to an HTTPS server.\n']
])('keeps points when no database answers: %d %s', (status, body) => {
  expect(readAnswer({ status, retryAfter: null, body }, nowMs)).toMatchObject({
    kind: 'later',
    reason: expect.stringContaining('https://') as unknown
  })
})

it('believes no success that tells an error', () => {
  const body = '{"code":"invalid","message":"failed to parse line protocol"}'
  expect(readAnswer({ status: 201, retryAfter: null, body }, nowMs)).toMatchObject({ kind: 'refused' })
  const partial = '{"error":"partial write: too many tags dropped=2"}'
  expect(readAnswer({ status: 200, retryAfter: null, body: partial }, nowMs)).toMatchObject({ dropped: 2 })
})

it('repeats nothing that a terminal would obey', () => {
  const answer = readAnswer({ status: 500, retryAfter: null, body: '\u001b[2Joh\u009b no' }, nowMs)
  expect(answer).toMatchObject({ reason: '500 [2Joh no' })
})

it('reads any answer without throwing', () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 100, max: 599 }),
      fc.option(fc.string()),
      fc.oneof(fc.string(), fc.json()),
      (status, retryAfter, body) => {
        expect(readAnswer({ status, retryAfter, body }, nowMs).kind).toBeTypeOf('string')
      }
    )
  )
})

it('is not slowed down by any text in quotes', () => {
  const body = `unable to parse '${"'\\".repeat(8000)}`
  const before = performance.now()
  readAnswer({ status: 400, retryAfter: null, body }, nowMs)
  expect(performance.now() - before).toBeLessThan(500)
})
