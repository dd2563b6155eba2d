import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { fixtureRuleset } from '../../test/support/fixtures.js'
import { foreignRuleset, withoutHandles } from '../../test/support/rulesets.js'
import { NftError } from '../errors.js'
import { type LogRule, parseLogRule } from './log-rule.js'
import { applyChanges } from './plan.js'
import { planInstall, planRemoval } from './planner.js'
import { basicProfile, defaultLogRules } from './profiles/basic.js'
import type { Profile } from './profiles/profile.js'
import { sprProfile } from './profiles/spr.js'
import { eachRule, type Ruleset } from './ruleset.js'

const logRules: fc.Arbitrary<LogRule[]> = fc.uniqueArray(
  fc
    .record({
      prefix: fc.constantFrom('wan:out', 'lan:in', 'x'),
      where: fc.constantFrom('input', 'forward:oif=eth0', 'forward:iif!=lo', 'output', 'prerouting:limit=5/second'),
      group: fc.nat(3)
    })
    .map(({ prefix, where, group }) => parseLogRule(`${prefix}@${where}:group=${group}`)),
  { selector: rule => JSON.stringify(rule), minLength: 1, maxLength: 6 }
)

const profile: fc.Arbitrary<Profile> = fc.oneof(
  logRules.map(rules => basicProfile(rules)),
  fc.constantFrom([], ['wan0'], ['wan0', 'wan1']).map(uplinks => sprProfile({ uplinks })),
  fc.constant(basicProfile(defaultLogRules(['eth0'])))
)

function install(ruleset: Ruleset, wanted: Profile): Ruleset | undefined {
  try {
    return applyChanges(ruleset, planInstall(ruleset, wanted).changes)
  } catch (error) {
    // The spr profile refuses what is not SPR's.
    if (error instanceof NftError && error.code === 'NFT_PROFILE') return undefined
    throw error
  }
}

describe('install and remove', () => {
  it('are each other’s inverse on any ruleset, counters included', () => {
    fc.assert(
      fc.property(foreignRuleset, profile, (before, wanted) => {
        const installed = install(before, wanted)
        if (!installed) return
        const removed = applyChanges(installed, planRemoval(installed).changes)
        expect(withoutHandles(removed)).toEqual(withoutHandles(before))
      }),
      { numRuns: 1_000 }
    )
  })

  it('change nothing the second time', () => {
    fc.assert(
      fc.property(foreignRuleset, profile, (before, wanted) => {
        const installed = install(before, wanted)
        if (!installed) return
        expect(planInstall(installed, wanted).changes).toEqual([])
        const removed = applyChanges(installed, planRemoval(installed).changes)
        expect(planRemoval(removed).changes).toEqual([])
      }),
      { numRuns: 500 }
    )
  })

  it('lead to the same end from any other installation', () => {
    fc.assert(
      fc.property(foreignRuleset, logRules, logRules, (before, first, second) => {
        const direct = applyChanges(before, planInstall(before, basicProfile(second)).changes)
        const other = applyChanges(before, planInstall(before, basicProfile(first)).changes)
        const reached = applyChanges(other, planInstall(other, basicProfile(second)).changes)
        expect(ruleTexts(reached)).toEqual(ruleTexts(direct))
        const removed = applyChanges(reached, planRemoval(reached).changes)
        expect(withoutHandles(removed)).toEqual(withoutHandles(before))
      })
    )
  })

  it('leave what others added meanwhile, and take out only what is ours', () => {
    const before = fixtureRuleset('spr-2022')
    const installed = install(before, sprProfile()) ?? { tables: [] }
    const at = { family: 'inet', table: 'filter', chain: 'INPUT' }
    const foreign = { expr: [{ accept: null }], comment: 'added later' }
    const target = [...eachRule(installed)].find(({ rule }) => rule.comment === 'packet-logs')
    const edited = applyChanges(installed, [
      { op: 'add-rule', at, rule: foreign },
      { op: 'add-rule', at: target?.at ?? at, rule: foreign, before: target?.rule.handle ?? -1 }
    ])
    const removed = applyChanges(edited, planRemoval(edited).changes)
    const foreignRules = [...eachRule(removed)].filter(({ rule }) => rule.comment === 'added later')
    expect(foreignRules).toHaveLength(2)
    const cleaned = applyChanges(
      removed,
      foreignRules.map(({ at: place, rule }) => ({ op: 'delete-rule', at: place, handle: rule.handle }))
    )
    expect(withoutHandles(cleaned)).toEqual(withoutHandles(before))
  })

  it('keep a chain of ours in which others have put rules', () => {
    const installed = install({ tables: [] }, basicProfile([parseLogRule('a@input'), parseLogRule('b@output')]))
    const at = { family: 'inet', table: 'packet_logs', chain: 'input' }
    const edited = applyChanges(installed ?? { tables: [] }, [
      { op: 'add-rule', at, rule: { expr: [{ accept: null }] } }
    ])
    const removed = applyChanges(edited, planRemoval(edited).changes)
    expect(removed.tables.map(table => table.chains.map(chain => chain.name))).toEqual([['input']])
  })
})

function ruleTexts(ruleset: Ruleset): string[] {
  return [...eachRule(ruleset)].map(({ at, rule }) => JSON.stringify([at, rule.expr, rule.comment])).sort()
}
