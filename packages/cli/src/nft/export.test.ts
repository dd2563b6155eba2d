import { describe, expect, it } from 'vitest'
import { fixtureRuleset } from '../../test/support/fixtures.js'
import { exportLogRules, formatNftScript } from './export.js'
import { type LogRule, parseLogRule } from './log-rule.js'
import { applyChanges } from './plan.js'
import { basicProfile, basicTable } from './profiles/basic.js'
import { sprProfile } from './profiles/spr.js'
import type { Ruleset } from './ruleset.js'

const rules: LogRule[] = [
  parseLogRule('a#1@input:iif!=lo,x:limit=3/hour:burst=9'),
  parseLogRule('b@output:oif=x:group=2:snaplen=5:queue=3'),
  parseLogRule('c@output:family=ip6')
]
const installed: Ruleset = applyChanges({ tables: [] }, basicProfile(rules).plan({ tables: [] }).changes)

describe('exportLogRules', () => {
  it('gives back the rules that were installed', () => {
    expect(exportLogRules(installed)).toEqual({ rules, notes: [] })
  })

  it('leaves out, with a note, a rule that somebody else has changed', () => {
    const at = { family: 'inet', table: basicTable.name, chain: 'output' }
    const { handle = -1, ...body } = installed.tables[0]?.chains.find(({ name }) => name === 'output')?.rules[0] ?? {
      expr: []
    }
    const rule = { ...body, expr: [{ match: { op: '==', left: { meta: { key: 'mark' } }, right: 5 } }, ...body.expr] }
    const edited = exportLogRules(applyChanges(installed, [{ op: 'replace-rule', at, handle, rule }]))
    expect(edited.rules).toHaveLength(2)
    expect(edited.notes.join()).toContain('edited by someone else')
  })

  it('says that edits in place need install, not a file', () => {
    const before = fixtureRuleset('spr-2022')
    const { notes } = exportLogRules(applyChanges(before, sprProfile().plan(before).changes))
    expect(notes.join()).toContain('7 rules are edits of other chains')
  })
})

describe('formatNftScript', () => {
  it('replaces the table whether or not it is there', () => {
    expect(formatNftScript(rules.slice(2))).toBe(
      [
        '#!/usr/sbin/nft -f',
        'table inet packet_logs',
        'delete table inet packet_logs',
        'table inet packet_logs {',
        '\tchain output {',
        '\t\ttype filter hook output priority 10; policy accept;',
        '\t\tmeta nfproto ipv6 counter packets 0 bytes 0 log prefix "c " group 0 comment "packet-logs"',
        '\t}',
        '}',
        ''
      ].join('\n')
    )
  })
})
