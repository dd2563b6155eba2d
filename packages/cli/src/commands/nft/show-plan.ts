import { safeText } from '@packet-logs/decoder'
import pc from 'picocolors'
import { type Io, takesColor, write } from '../../io.js'
import { diffPlan } from '../../nft/diff.js'
import { type Plan, toTransaction } from '../../nft/plan.js'
import type { Json, Ruleset } from '../../nft/ruleset.js'
import { type CommonOptions, openProfile, openRunner, type ProfileOptions } from './options.js'

/** A plan as people read it: a diff in nft syntax, then what to know about it. */
export function formatPlan(before: Ruleset, plan: Plan, color: boolean): string {
  const { green, red, yellow } = pc.createColors(color)
  const paint = { '+': green, '-': red, ' ': (text: string) => text }
  // Tabs are nft's own indentation; anything else that could move the cursor came from the ruleset.
  const lines = diffPlan(before, plan).map(({ sign, text }) => {
    const indent = /^\t*/.exec(text)?.[0] ?? ''
    return paint[sign](`${sign} ${'    '.repeat(indent.length)}${safeText(text.slice(indent.length))}`)
  })
  for (const note of plan.notes) lines.push(yellow(`note: ${safeText(note)}`))
  return lines.map(line => `${line}\n`).join('')
}

/** A plan as programs read it. */
export function planToJson(before: Ruleset, plan: Plan): Record<string, Json> {
  const diff = diffPlan(before, plan).filter(({ sign }) => sign !== ' ')
  return {
    upToDate: plan.changes.length === 0,
    notes: plan.notes,
    diff: diff.map(({ sign, text }) => ({ sign, text: text.trim() })),
    transaction: toTransaction(plan.changes)
  }
}

/** Shows what install would do and does none of it: the shared part of plan and verify. */
export async function showInstallPlan(io: Io, options: ProfileOptions & CommonOptions): Promise<Plan> {
  const runner = await openRunner(io, options)
  const profile = await openProfile(options, runner)
  const before = await runner.read()
  const plan = profile.plan(before)
  const text = options.json
    ? `${JSON.stringify(planToJson(before, plan))}\n`
    : formatPlan(before, plan, takesColor(io.stdout, io.env))
  await write(io.stdout, text)
  return plan
}
