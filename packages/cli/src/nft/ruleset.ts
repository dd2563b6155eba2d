/** A JSON value as nft prints and reads it. */
export type Json = string | number | boolean | null | readonly Json[] | { readonly [key: string]: Json }
/** One statement of a rule, such as `{ "log": { "prefix": "lan:in ", "group": 0 } }`. */
export type Statement = Readonly<Record<string, Json>>

export interface TableId {
  family: string
  name: string
}

export interface ChainId {
  family: string
  table: string
  chain: string
}

/** How a base chain hooks into the kernel; a regular chain has none. */
export interface BaseChain {
  type: string
  hook: string
  priority: number
  policy: string
}

/** What a rule says, apart from where it stands. */
export interface RuleBody {
  expr: readonly Statement[]
  comment?: string
}

/** A rule in the kernel. The handle is only good for the ruleset it was read with. */
export interface Rule extends RuleBody {
  handle: number
}

export interface Chain {
  name: string
  base?: BaseChain
  rules: readonly Rule[]
}

export interface NamedSet {
  name: string
  elements: readonly Json[]
}

export interface Table extends TableId {
  chains: readonly Chain[]
  /** Sets and maps by name. */
  sets: readonly NamedSet[]
  /** How many further objects (counters, flowtables, helpers, …) the table holds. */
  otherObjects: number
}

/** The typed part of `nft -j -a list ruleset`: tables, chains, rules and the sets rules can refer to. */
export interface Ruleset {
  tables: readonly Table[]
}

export function findTable(ruleset: Ruleset, id: TableId): Table | undefined {
  return ruleset.tables.find(table => table.family === id.family && table.name === id.name)
}

export function findChain(ruleset: Ruleset, id: ChainId): Chain | undefined {
  const table = findTable(ruleset, { family: id.family, name: id.table })
  return table?.chains.find(chain => chain.name === id.chain)
}

/** Every rule with the chain it stands in, in the kernel's order. */
export function* eachRule(ruleset: Ruleset): Generator<{ at: ChainId; rule: Rule }> {
  for (const table of ruleset.tables) {
    for (const chain of table.chains) {
      const at = { family: table.family, table: table.name, chain: chain.name }
      for (const rule of chain.rules) yield { at, rule }
    }
  }
}

/** What a `log` statement says, or `undefined` for any other statement. */
export function logOf(statement: Statement): Readonly<Record<string, Json>> | undefined {
  // A bare `log` is printed as `{ "log": null }`.
  if (!('log' in statement)) return undefined
  return asObject(statement['log']) ?? {}
}

/** The first log statement of a rule that sends packets to an NFLOG group. */
export function groupLogOf(rule: RuleBody): { group: number; prefix: string } | undefined {
  for (const statement of rule.expr) {
    const log = logOf(statement)
    const group = log?.['group']
    const prefix = log?.['prefix']
    if (typeof group === 'number') return { group, prefix: typeof prefix === 'string' ? prefix : '' }
  }
  return undefined
}

/** The first counter statement of a rule that carries its values. */
export function counterOf(rule: RuleBody): { packets: number; bytes: number } | undefined {
  for (const statement of rule.expr) {
    const counter = asObject(statement['counter'])
    const packets = counter?.['packets']
    const bytes = counter?.['bytes']
    if (typeof packets === 'number' && typeof bytes === 'number') return { packets, bytes }
  }
  return undefined
}

export function asObject(value: Json | undefined): Readonly<Record<string, Json>> | undefined {
  if (typeof value !== 'object' || value === null || isList(value)) return undefined
  return value
}

/** `Array.isArray` that also narrows read-only arrays. */
export function isList(value: Json | undefined): value is readonly Json[] {
  return Array.isArray(value)
}

/**
 * The text two rule bodies share exactly when they do the same: counter values and the order of anonymous sets do not
 * matter, because packets change the former and the kernel sorts the latter.
 */
export function canonical(body: RuleBody): string {
  return JSON.stringify([body.comment ?? null, body.expr.map(normalise)])
}

function normalise(value: Json): Json {
  if (isList(value)) return value.map(normalise)
  const object = asObject(value)
  if (!object) return value
  const entries = Object.entries(object).map(([key, member]): [string, Json] => {
    if (key === 'counter' && typeof member !== 'string') return [key, null]
    if (key === 'set' && isList(member)) return [key, member.map(normalise).map(toText).sort()]
    return [key, normalise(member)]
  })
  return Object.fromEntries(entries.sort(([a], [b]) => (a < b ? -1 : 1)))
}

function toText(value: Json): string {
  return JSON.stringify(value)
}
