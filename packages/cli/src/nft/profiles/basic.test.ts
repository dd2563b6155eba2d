import { describe, expect, it } from 'vitest'
import { formatRule } from '../format.js'
import { parseLogRule } from '../log-rule.js'
import { applyChanges } from '../plan.js'
import { findTable, type Ruleset } from '../ruleset.js'
import { basicProfile, basicTable, defaultLogRules } from './basic.js'

const empty: Ruleset = { tables: [] }

function install(ruleset: Ruleset, ...rules: string[]): Ruleset {
  return applyChanges(ruleset, basicProfile(rules.map(rule => parseLogRule(rule))).plan(ruleset).changes)
}

describe('basicProfile', () => {
  it('logs after the filter and lets everything pass', () => {
    const installed = install(empty, 'a@input', 'b@prerouting', 'c@postrouting')
    const bases = findTable(installed, basicTable)?.chains.map(chain => chain.base)
    expect(bases).toEqual([
      { type: 'filter', hook: 'input', priority: 10, policy: 'accept' },
      { type: 'filter', hook: 'prerouting', priority: -110, policy: 'accept' },
      { type: 'filter', hook: 'postrouting', priority: 90, policy: 'accept' }
    ])
  })

  it('keeps rules that stay wanted, with their counters, when others come and go', () => {
    const first = install(empty, 'a@input', 'b@input', 'c@output')
    const second = install(first, 'b@input', 'd@input')
    const chains = findTable(second, basicTable)?.chains ?? []
    expect(chains.map(chain => chain.name)).toEqual(['input'])
    const handles = chains[0]?.rules.map(rule => rule.handle)
    expect(handles?.[0]).toBe(2)
    expect(chains[0]?.rules.map(rule => formatRule(rule).includes('"b "'))).toEqual([true, false])
  })

  it('names each packet once by default: where it comes from, or where it goes', () => {
    const rules = defaultLogRules(['wan0']).map(rule => `${rule.prefix}@${rule.hook}`)
    expect(rules).toEqual([
      'wan:in @input',
      'lan:in @input',
      'wan:out @forward',
      'lan:out @forward',
      'wan:out @output',
      'lan:out @output'
    ])
  })

  it('does not move into a table or chain that somebody else made', () => {
    const table = { ...basicTable, chains: [], sets: [], otherObjects: 0 }
    const refused = expect.objectContaining({ code: 'NFT_PROFILE' }) as unknown
    expect(() => install({ tables: [table] }, 'a@input')).toThrow(refused)
    const chains = [{ name: 'input', rules: [] }]
    expect(() => install({ tables: [{ ...table, chains }] }, 'a@input')).toThrow(refused)
  })
})
