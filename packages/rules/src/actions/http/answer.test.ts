import { describe, expect, it } from 'vitest'
import { readFailure, retryAfterMs } from './answer.js'

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

describe('a failure', () => {
  it.each(['ECONNREFUSED', 'EAI_AGAIN', 'EMFILE', 'UND_ERR_SOCKET'])('of code %s may pass', code => {
    const error = Object.assign(new Error('no luck with s3cr3t'), { code })
    const redacted = (text: string): string => text.replace('s3cr3t', '***')
    expect(readFailure(error, redacted)).toEqual({ kind: 'later', reason: 'no luck with ***' })
  })

  it.each(['CERT_HAS_EXPIRED', 'HPE_INVALID_CONSTANT', undefined])('of code %s does not', code => {
    expect(readFailure(Object.assign(new Error('no'), { code }), String)).toEqual({ kind: 'refused', reason: 'no' })
  })

  it('of several addresses tells what became of each', () => {
    const error = Object.assign(new AggregateError([new Error('one'), new Error('two')]), { code: 'ECONNREFUSED' })
    expect(readFailure(error, String)).toEqual({ kind: 'later', reason: 'one; two' })
  })
})
