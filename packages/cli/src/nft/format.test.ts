import { expect, it } from 'vitest'
import { formatRule } from './format.js'

it('shows which named counter a rule counts with', () => {
  const rule = { expr: [{ counter: 'blocked' }, { counter: { packets: 1, bytes: 2 } }, { drop: null }], comment: 'x' }
  expect(formatRule(rule)).toBe('counter name "blocked" counter packets 1 bytes 2 drop comment "x"')
})
