import { expect, it } from 'vitest'
import { formatGapLine, gapOf } from './gap-line.js'

it.each([
  [{ lost: 12, where: 'reader' }, '-- 12 events lost (reader) --'],
  [{ lost: 1, where: 'kernel', group: 1 }, '-- 1 event lost (kernel, group 1) --'],
  [{ lost: 5, where: 'queue', atMost: true }, '-- at most 5 events lost (queue) --'],
  [{ lost: null, where: 'reader' }, '-- an unknown number of events lost (reader) --']
])('writes %j for people', (notice, line) => {
  const gap = gapOf({ topic: 'bus:gap', value: JSON.stringify(notice) })
  expect(gap && formatGapLine(gap)).toBe(line)
})

it('takes nothing else for a notice of loss', () => {
  expect(gapOf({ topic: 'nft:x', value: '{"lost":1,"where":"reader"}' })).toBeUndefined()
  expect(gapOf({ topic: 'bus:gap', value: 'what?' })).toBeUndefined()
})
