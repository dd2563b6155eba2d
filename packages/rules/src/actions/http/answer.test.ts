import { describe, expect, it } from 'vitest'
import { retryAfterMs } from './answer.js'
import { redact } from './redact.js'

describe('Retry-After', () => {
  const nowMs = Date.parse('2026-01-01T00:00:00Z')

  it.each([
    ['0', 0],
    [' 30 ', 30_000],
    ['86400', 600_000],
    ['99999999999999999999', 600_000],
    ['Thu, 01 Jan 2026 00:01:00 GMT', 60_000],
    ['Wed, 31 Dec 2025 00:00:00 GMT', 0],
    ['', undefined],
    ['soon', undefined],
    [undefined, undefined]
  ])('reads %j as %j ms', (header, ms) => {
    expect(retryAfterMs(header, nowMs)).toBe(ms)
  })
})

describe('what a server says', () => {
  it('loses secrets, the longest first, and what a terminal might obey', () => {
    expect(redact('\u001b[31m  a key-long\nand key-', ['key-', 'key-long'])).toBe('\ufffd[31m a *** and ***')
  })

  it('keeps what is too short for a secret, and no more than a line', () => {
    expect(redact('a b', ['', 'a', 'b'])).toBe('a b')
    expect(redact('x'.repeat(1000), [])).toHaveLength(300)
  })
})
