import { describe, expect, it } from 'vitest'
import { fixtureRuleset } from '../../test/support/fixtures.js'
import { diffPlan } from './diff.js'
import { parseLogRule } from './log-rule.js'
import { applyChanges, type Plan } from './plan.js'
import { basicProfile } from './profiles/basic.js'
import { sprProfile } from './profiles/spr.js'
import type { Ruleset } from './ruleset.js'

function diffText(ruleset: Ruleset, plan: Plan): string {
  return diffPlan(ruleset, plan)
    .map(({ sign, text }) => `${sign}${text}`)
    .join('\n')
}

describe('diffPlan', () => {
  it('shows a rewritten rule as taken away and added, between its neighbours, and hides the rest', () => {
    const ruleset = fixtureRuleset('spr-2022')
    const plan = sprProfile().plan(ruleset)
    const chain = diffText(ruleset, plan)
      .split('\tchain ')
      .find(text => text.startsWith('FORWARD'))
    expect(chain?.trimEnd()).toBe(
      [
        'FORWARD {',
        ' \t\ttype filter hook forward priority 0; policy drop;',
        ' \t\toifname "eth0" ct state new limit rate 100/second burst 5 packets counter packets 0 bytes 0',
        '+\t\tcounter packets 0 bytes 0 oifname "eth0" log prefix "wan:out " group 0 comment "packet-logs"',
        ' \t\tcounter packets 0 bytes 0 oifname "eth0" ip saddr . iifname . ether saddr vmap @internet_access',
        ' \t}',
        ' }'
      ].join('\n')
    )
    expect(diffText(ruleset, plan)).not.toContain('chain OUTPUT')
  })

  it('marks what lies between two places that change', () => {
    const rules = [1, 2, 3, 4, 5].map(handle => ({ handle, expr: [{ jump: { target: `C${handle}` } }] }))
    const at = { family: 'inet', table: 'filter', chain: 'c' }
    const chains = [{ name: 'c', rules }]
    const ruleset = { tables: [{ family: 'inet', name: 'filter', chains, sets: [], otherObjects: 0 }] }
    const changes = [1, 5].map(handle => ({ op: 'delete-rule', at, handle }) as const)
    expect(diffText(ruleset, { changes, notes: [] }).split('\n').slice(2, -2)).toEqual([
      '-\t\tjump C1',
      ' \t\tjump C2',
      ' \t\t…',
      ' \t\tjump C4',
      '-\t\tjump C5'
    ])
  })

  it('shows a new table whole, and its removal as the same lines taken away', () => {
    const empty: Ruleset = { tables: [] }
    const plan = basicProfile([parseLogRule('a@input')]).plan(empty)
    const added = diffPlan(empty, plan)
    expect(added.every(line => line.sign === '+')).toBe(true)
    const installed = applyChanges(empty, plan.changes)
    const removal = {
      changes: [{ op: 'delete-table', at: { family: 'inet', name: 'packet_logs' } }] as const,
      notes: []
    }
    expect(diffPlan(installed, removal)).toEqual(added.map(line => ({ ...line, sign: '-' })))
  })
})
