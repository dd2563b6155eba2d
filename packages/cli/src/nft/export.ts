import { formatBaseChain, formatRule } from './format.js'
import { hooks, type LogRule, toRuleBody } from './log-rule.js'
import { isOwned } from './marker.js'
import { baseOf, basicTable } from './profiles/basic.js'
import { readLogRule } from './read-log-rule.js'
import { eachRule, findTable, type Ruleset } from './ruleset.js'

/** The log rules that can stand in a file of their own, and what was left out. */
export interface ExportedRules {
  rules: readonly LogRule[]
  /** Ours, but edited into somebody else's chains or by somebody else. */
  notes: readonly string[]
}

/** Reads the installed log rules back out of the ruleset. */
export function exportLogRules(ruleset: Ruleset): ExportedRules {
  const rules: LogRule[] = []
  const notes: string[] = []
  for (const hook of hooks) {
    const chain = findTable(ruleset, basicTable)?.chains.find(({ name }) => name === hook)
    for (const body of chain?.rules.filter(isOwned) ?? []) {
      const rule = readLogRule(body, hook)
      if (rule) rules.push(rule)
      else notes.push(`a rule of chain ${hook} was edited by someone else and is left out: ${formatRule(body)}`)
    }
  }
  const inPlace = [...eachRule(ruleset)].filter(({ at, rule }) => isOwned(rule) && at.table !== basicTable.name)
  if (inPlace.length > 0) {
    notes.push(
      `${inPlace.length} rules are edits of other chains (spr profile) and are left out: ` +
        'run packet-logs nft install --profile spr after those chains are loaded'
    )
  }
  return { rules, notes }
}

/**
 * The table of the basic profile as an nft script, which replaces what is there of it. Names and prefixes were checked,
 * so that none of them can be taken for syntax.
 */
export function formatNftScript(rules: readonly LogRule[]): string {
  const name = `table ${basicTable.family} ${basicTable.name}`
  const chains = hooks.flatMap(hook => {
    const own = rules.filter(rule => rule.hook === hook)
    if (own.length === 0) return []
    const head = [`\tchain ${hook} {`, `\t\t${formatBaseChain(baseOf(hook))}`]
    return [...head, ...own.map(rule => `\t\t${formatRule(toRuleBody(rule))}`), '\t}']
  })
  // Declaring it first makes the deletion succeed whether or not the table is there.
  return ['#!/usr/sbin/nft -f', name, `delete ${name}`, `${name} {`, ...chains, '}', ''].join('\n')
}
