import type { BaseChain, Chain, ChainId, Json, Rule, RuleBody, Ruleset, Table, TableId } from './ruleset.js'
import { findChain } from './ruleset.js'

/** One step of a plan. Rules are named by handle, which is good for the ruleset the plan was made from. */
export type Change =
  | { op: 'add-table'; at: TableId }
  | { op: 'add-chain'; at: ChainId; base: BaseChain }
  /** Without `before` the rule goes to the end of the chain. */
  | { op: 'add-rule'; at: ChainId; rule: RuleBody; before?: number }
  | { op: 'replace-rule'; at: ChainId; handle: number; rule: RuleBody }
  | { op: 'delete-rule'; at: ChainId; handle: number }
  | { op: 'delete-chain'; at: ChainId }
  | { op: 'delete-table'; at: TableId }

/** What has to happen to a ruleset, in order, in one transaction. No changes: it is already as wanted. */
export interface Plan {
  changes: readonly Change[]
  /** What the reader should know: things recognised and left alone, assumptions made. */
  notes: readonly string[]
}

/** The tables a plan touches, each once. */
export function touchedTables(plan: Plan): TableId[] {
  const tables = new Map<string, TableId>()
  for (const { at } of plan.changes) {
    const name = 'table' in at ? at.table : at.name
    tables.set(`${at.family} ${name}`, { family: at.family, name })
  }
  return [...tables.values()]
}

/** The plan as the document that `nft -j -f -` reads, so that no name or prefix can ever be taken for syntax. */
export function toTransaction(changes: readonly Change[]): { nftables: readonly Json[] } {
  return { nftables: [{ metainfo: { json_schema_version: 1 } }, ...changes.flatMap(toCommands)] }
}

function toCommands(change: Change): Json[] {
  switch (change.op) {
    case 'add-table':
      return [{ add: { table: { ...change.at } } }]
    case 'add-chain': {
      const { type, hook, priority: prio, policy } = change.base
      const { family, table, chain: name } = change.at
      return [{ add: { chain: { family, table, name, type, hook, prio, policy } } }]
    }
    case 'add-rule':
      // `add` with a handle appends instead (nft 1.0.6), so a place inside a chain is always named by what follows it.
      if (change.before === undefined) return [{ add: { rule: { ...change.at, ...change.rule } } }]
      return [{ insert: { rule: { ...change.at, handle: change.before, ...change.rule } } }]
    case 'replace-rule':
      // nft 1.0.6 aborts on `replace` of a rule with ranges in an anonymous set; this is the same thing in two steps.
      return [
        { insert: { rule: { ...change.at, handle: change.handle, ...change.rule } } },
        { delete: { rule: { ...change.at, handle: change.handle } } }
      ]
    case 'delete-rule':
      return [{ delete: { rule: { ...change.at, handle: change.handle } } }]
    case 'delete-chain': {
      const { family, table, chain: name } = change.at
      return [{ delete: { chain: { family, table, name } } }]
    }
    case 'delete-table':
      return [{ delete: { table: { ...change.at } } }]
  }
}

/**
 * The ruleset as it stands after a plan: what the kernel will do, without the kernel. New rules get the next handles.
 *
 * @throws RangeError when a change names something the ruleset does not have.
 */
export function applyChanges(ruleset: Ruleset, changes: readonly Change[]): Ruleset {
  return changes.reduce(applyChange, ruleset)
}

function applyChange(ruleset: Ruleset, change: Change): Ruleset {
  switch (change.op) {
    case 'add-table': {
      const table = { ...change.at, chains: [], sets: [], otherObjects: 0 }
      return { tables: [...ruleset.tables, table] }
    }
    case 'delete-table':
      return { tables: ruleset.tables.filter(table => !isTable(table, change.at)) }
    case 'add-chain': {
      const chain: Chain = { name: change.at.chain, base: change.base, rules: [] }
      return mapTable(ruleset, change.at, table => ({ ...table, chains: [...table.chains, chain] }))
    }
    case 'delete-chain':
      return mapTable(ruleset, change.at, table => ({
        ...table,
        chains: table.chains.filter(chain => chain.name !== change.at.chain)
      }))
    case 'add-rule': {
      const rule = { handle: nextHandle(ruleset), ...change.rule }
      return mapRules(ruleset, change.at, rules => {
        const index = change.before === undefined ? rules.length : indexOf(rules, change.before, change.at)
        return rules.toSpliced(index, 0, rule)
      })
    }
    case 'replace-rule': {
      const rule = { handle: nextHandle(ruleset), ...change.rule }
      return mapRules(ruleset, change.at, rules => rules.with(indexOf(rules, change.handle, change.at), rule))
    }
    case 'delete-rule':
      return mapRules(ruleset, change.at, rules => rules.toSpliced(indexOf(rules, change.handle, change.at), 1))
  }
}

function isTable(table: Table, at: TableId): boolean {
  return table.family === at.family && table.name === at.name
}

function mapTable(ruleset: Ruleset, at: ChainId, map: (table: Table) => Table): Ruleset {
  const id = { family: at.family, name: at.table }
  return { tables: ruleset.tables.map(table => (isTable(table, id) ? map(table) : table)) }
}

function mapRules(ruleset: Ruleset, at: ChainId, map: (rules: readonly Rule[]) => readonly Rule[]): Ruleset {
  if (!findChain(ruleset, at)) throw new RangeError(`no chain ${at.family} ${at.table} ${at.chain}`)
  return mapTable(ruleset, at, table => ({
    ...table,
    chains: table.chains.map(chain => (chain.name === at.chain ? { ...chain, rules: map(chain.rules) } : chain))
  }))
}

function indexOf(rules: readonly Rule[], handle: number, at: ChainId): number {
  const index = rules.findIndex(rule => rule.handle === handle)
  if (index < 0) throw new RangeError(`no rule with handle ${handle} in chain ${at.family} ${at.table} ${at.chain}`)
  return index
}

function nextHandle(ruleset: Ruleset): number {
  let highest = 0
  for (const table of ruleset.tables) {
    for (const chain of table.chains) for (const rule of chain.rules) highest = Math.max(highest, rule.handle)
  }
  return highest + 1
}
