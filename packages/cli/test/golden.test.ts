import { Readable, Writable } from 'node:stream'
import type { Command } from 'commander'
import { describe, expect, it } from 'vitest'
import { formatPlan } from '../src/commands/nft/show-plan.js'
import type { Io } from '../src/io.js'
import { parseLogRule } from '../src/nft/log-rule.js'
import { applyChanges, type Plan } from '../src/nft/plan.js'
import { planRemoval } from '../src/nft/planner.js'
import { basicProfile, defaultLogRules } from '../src/nft/profiles/basic.js'
import type { Profile } from '../src/nft/profiles/profile.js'
import { sprProfile } from '../src/nft/profiles/spr.js'
import type { Ruleset } from '../src/nft/ruleset.js'
import { createProgram } from '../src/program.js'
import { fixtureRuleset } from './support/fixtures.js'

/** The help of every command is in `golden/help`: a change shows in review as the text that users will read. */
describe('the help', () => {
  const sink = new Writable({ write: (_chunk, _encoding, done) => done() })
  const io: Io = { stdin: Readable.from([]), stdout: sink, stderr: sink, env: {}, signal: new AbortController().signal }

  it.each(everyCommand(createProgram(io), []))('of %s is as agreed', async (name, command) => {
    let text = ''
    command.configureOutput({ writeOut: part => (text += part) }).outputHelp()
    // Whatever is learnt by trying is learnt from an example; whatever has a result has it for programs, too.
    expect(text).toMatch(/^Examples:\n {2}\S/m)
    if (command.commands.length === 0) expect(text).toContain('--json')
    await expect(text).toMatchFileSnapshot(`golden/help/${name.replaceAll(' ', '-')}.txt`)
  })

  function everyCommand(command: Command, path: readonly string[]): [string, Command][] {
    const names = [...path, command.name()]
    return [[names.join(' '), command], ...command.commands.flatMap(child => everyCommand(child, names))]
  }
})

describe('a plan', () => {
  const empty: Ruleset = { tables: [] }
  const spr = fixtureRuleset('spr-2022')
  const basic = basicProfile(defaultLogRules(['wan0']))
  const rules = ['wan:out#17@forward:oif=wan0:limit=100/second', 'ssh@input:iif=wan0:family=ip6:snaplen=96'].map(
    rule => {
      return parseLogRule(rule)
    }
  )

  it.each<[string, Ruleset, (ruleset: Ruleset) => Plan]>([
    ['install-basic', empty, ruleset => basic.plan(ruleset)],
    ['install-basic-on-spr', spr, ruleset => basic.plan(ruleset)],
    ['install-own-rules-instead', installed(empty, basic), ruleset => basicProfile(rules).plan(ruleset)],
    ['install-spr', spr, ruleset => sprProfile().plan(ruleset)],
    ['install-spr-of-today', fixtureRuleset('spr-today'), ruleset => sprProfile().plan(ruleset)],
    ['remove-basic', installed(empty, basic), planRemoval],
    ['remove-spr', installed(spr, sprProfile()), planRemoval]
  ])('to %s reads as agreed', async (name, before, plan) => {
    await expect(formatPlan(before, plan(before), false)).toMatchFileSnapshot(`golden/plans/${name}.txt`)
  })

  function installed(ruleset: Ruleset, profile: Profile): Ruleset {
    return applyChanges(ruleset, profile.plan(ruleset).changes)
  }
})
