import { formatBaseChain, formatRule } from './format.js'
import { applyChanges, type Plan, touchedTables } from './plan.js'
import { type Chain, findTable, type Rule, type Ruleset, type Table, type TableId } from './ruleset.js'

/** A line of a diff in nft syntax: taken away, added, or shown so that the reader finds the place. */
export interface DiffLine {
  sign: '-' | '+' | ' '
  text: string
}

/** What a plan does to a ruleset, as the lines of nft's own listing that change, each with its neighbours. */
export function diffPlan(before: Ruleset, plan: Plan): DiffLine[] {
  const after = applyChanges(before, plan.changes)
  return touchedTables(plan).flatMap(id => diffTable(findTable(before, id), findTable(after, id), id))
}

function diffTable(before: Table | undefined, after: Table | undefined, id: TableId): DiffLine[] {
  const sign = signOf(before, after)
  const names = new Set([...(before?.chains ?? []), ...(after?.chains ?? [])].map(chain => chain.name))
  const chains = [...names].flatMap(name => diffChain(chainOf(before, name), chainOf(after, name), name))
  return [{ sign, text: `table ${id.family} ${id.name} {` }, ...chains, { sign, text: '}' }]
}

function diffChain(before: Chain | undefined, after: Chain | undefined, name: string): DiffLine[] {
  const sign = signOf(before, after)
  const lines = withContext(diffRules(before?.rules ?? [], after?.rules ?? []))
  if (sign === ' ' && lines.length === 0) return []
  const base = (after ?? before)?.base
  const head: DiffLine[] = [{ sign, text: `\tchain ${name} {` }]
  if (base) head.push({ sign, text: `\t\t${formatBaseChain(base)}` })
  return [...head, ...lines, { sign, text: '\t}' }]
}

/** Rules that stay keep their handle, so no guessing is needed about which rule became which. */
function diffRules(before: readonly Rule[], after: readonly Rule[]): DiffLine[] {
  const kept = new Set(after.map(rule => rule.handle))
  const known = new Set(before.map(rule => rule.handle))
  const lines: DiffLine[] = []
  let next = 0
  const addNew = (): void => {
    for (let rule = after[next]; rule && !known.has(rule.handle); rule = after[++next]) lines.push(line('+', rule))
  }
  for (const rule of before) {
    if (kept.has(rule.handle)) {
      addNew()
      lines.push(line(' ', rule))
      next++
    } else {
      lines.push(line('-', rule))
    }
  }
  addNew()
  return lines
}

/** One unchanged rule on either side of what changes, as much as it takes to see where it is. */
function withContext(lines: readonly DiffLine[]): DiffLine[] {
  const isChanged = (index: number): boolean => (lines[index]?.sign ?? ' ') !== ' '
  const shown = (index: number): boolean => isChanged(index - 1) || isChanged(index) || isChanged(index + 1)
  const result: DiffLine[] = []
  let hidden = false
  for (const [index, entry] of lines.entries()) {
    if (shown(index)) {
      if (hidden && result.length > 0) result.push({ sign: ' ', text: '\t\t…' })
      result.push(entry)
      hidden = false
    } else {
      hidden = true
    }
  }
  return result
}

function line(sign: DiffLine['sign'], rule: Rule): DiffLine {
  return { sign, text: `\t\t${formatRule(rule)}` }
}

function chainOf(table: Table | undefined, name: string): Chain | undefined {
  return table?.chains.find(chain => chain.name === name)
}

function signOf(before: unknown, after: unknown): DiffLine['sign'] {
  if (before === undefined) return '+'
  return after === undefined ? '-' : ' '
}
