import type { Json, Rule, Ruleset, Statement, Table } from '../../src/nft/ruleset.js'

/** A generated ruleset as the document that `nft -j -f` loads, with all that its rules refer to. */
export function toKernelDocument(ruleset: Ruleset): string {
  const objects = ruleset.tables.flatMap(tableObjects)
  return JSON.stringify({ nftables: objects.map(object => ({ add: object })) })
}

function tableObjects(table: Table): Json[] {
  const { family, name } = table
  const inTable = { family, table: name }
  const chains = ['F_EST_RELATED', ...table.chains.map(chain => chain.name)]
  return [
    { table: { family, name } },
    { set: { ...inTable, name: 'uplink_interfaces', type: 'ifname', elem: ['wan7'] } },
    {
      map: { ...inTable, name: 'internet_access', type: 'ifname', map: 'verdict', elem: [['lan7', { accept: null }]] }
    },
    ...chains.map(chain => ({ chain: { ...inTable, name: chain } })),
    ...table.chains.flatMap(chain =>
      chain.rules.map(rule => ({ rule: { ...inTable, chain: chain.name, ...body(rule) } }))
    )
  ]
}

/** A verdict ends a rule, so the kernel takes one, as its last statement. */
function body({ expr, comment }: Rule): { expr: readonly Statement[]; comment?: string } {
  const ends = expr.filter(isVerdict).slice(0, 1)
  const statements = [...expr.filter(statement => !isVerdict(statement)), ...ends]
  return { expr: statements, ...(comment !== undefined && { comment }) }
}

function isVerdict(statement: Statement): boolean {
  return ['accept', 'drop', 'jump', 'vmap'].some(kind => kind in statement)
}
