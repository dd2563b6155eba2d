import { expect, it } from 'vitest'
import { fixtureRuleset } from '../../test/support/fixtures.js'
import { applyChanges } from './plan.js'
import { sprProfile } from './profiles/spr.js'
import { describeStatus } from './status.js'

const listeners = '    0  12345    12 2 65531   100  1\n   77   4242     0 2 65531   100  1\n'

it('tells our rules from others’, and who listens from who does not', () => {
  const ruleset = fixtureRuleset('spr-2022')
  const status = describeStatus(applyChanges(ruleset, sprProfile().plan(ruleset).changes), listeners)
  expect(status.installed).toBe(true)
  expect(status.groups).toEqual([
    { group: 0, listener: 'yes', portId: 12345, queued: 12 },
    { group: 1, listener: 'no' }
  ])
  expect(status.rules.find(rule => rule.chain === 'DROPLOGFWD')).toMatchObject({
    prefix: 'drop:forward ',
    group: 1,
    owned: true,
    packets: 7,
    bytes: 420
  })
  expect(status.rules.find(rule => rule.chain === 'INPUT')).not.toHaveProperty('packets')
})

it('lists rules that log by themselves as not installed by us, and admits what it may not see', () => {
  const status = describeStatus(fixtureRuleset('spr-today'), undefined)
  expect(status.installed).toBe(false)
  expect(status.rules).toHaveLength(6)
  expect(status.groups.map(group => group.listener)).toEqual(['unknown', 'unknown'])
})
