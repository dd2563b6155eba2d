import { createHash } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import { vectors } from '../../../test/vectors.js'
import { formatPacketInfo } from './index.js'

const domains = (v: (typeof vectors)[number]) => ({
  recentDomainSrc: v.expected.event?.RecentDomainSrc ?? '',
  recentDomainDst: v.expected.event?.RecentDomainDst ?? ''
})

describe('strict mode', () => {
  it.each(vectors.map(v => [v.id, v] as const))('%s', (_id, v) => {
    const text = formatPacketInfo(v.logged, { extended: false, ...domains(v) })
    if (v.expected.error !== undefined) {
      expect(text).toBeUndefined()
      return
    }
    expect(JSON.parse(text ?? 'null')).toEqual(v.expected.event)
    expect(createHash('sha256').update(text ?? '').digest('hex')).toBe(v.expected.sha256)
  })
})
