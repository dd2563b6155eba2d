import { describe, expect, it } from 'vitest'
import { durationMs, durationSchema } from './duration.js'

describe('a duration', () => {
  it.each([
    ['0s', 0],
    ['500ms', 500],
    ['1.5s', 1500],
    ['10m', 600_000],
    ['2h', 7_200_000],
    ['7d', 604_800_000]
  ])('is read from %s', (text, ms) => {
    expect(durationMs(text)).toBe(ms)
  })

  it.each(['', '10', 's', '-1s', '1e3s', '01s', '1 s', '1S', '1s ', '1w', '1.s', '9999999999s'])('is not %j', text => {
    expect(durationMs(text)).toBeUndefined()
  })

  it('is refused beyond its bounds, with what they are', () => {
    const schema = durationSchema('1s', '1h')
    expect(schema.parse('60m')).toBe('60m')
    expect(() => schema.parse('999ms')).toThrow('must be between 1s and 1h')
    expect(() => schema.parse('soon')).toThrow('must be a duration such as')
    expect(() => schema.parse(10)).toThrow('must be a duration such as')
  })
})
