import { NftError } from '../../errors.js'
import { type Hook, type LogRule, toRuleBody } from '../log-rule.js'
import { isOwned } from '../marker.js'
import type { Change, Plan } from '../plan.js'
import { type BaseChain, type Chain, type ChainId, canonical, findTable, type Ruleset, type Table } from '../ruleset.js'
import type { Profile } from './profile.js'

/** The table that the basic profile keeps to itself. */
export const basicTable = { family: 'inet', name: 'packet_logs' } as const

/**
 * After the usual filter chains (priority 0), so that what is logged as allowed was allowed; before destination NAT
 * (-100) and before source NAT (100), so that a packet shows the addresses its sender and its receiver know it by.
 */
const priorities: Record<Hook, number> = { prerouting: -110, input: 10, forward: 10, output: 10, postrouting: 90 }

/** One or more log rules in a table of our own: nothing that exists is changed, and no packet is ever stopped. */
export function basicProfile(rules: readonly LogRule[]): Profile {
  return { name: 'basic', plan: ruleset => planBasic(ruleset, rules) }
}

/** What is logged unless `--log` says otherwise: each packet once, named by where it comes from or goes to. */
export function defaultLogRules(uplinks: readonly string[]): LogRule[] {
  const uplink = { op: '==', names: uplinks } as const
  const inside = { op: '!=', names: [...uplinks, 'lo'] } as const
  const notUplink = { op: '!=', names: uplinks } as const
  return [
    { hook: 'input', prefix: 'wan:in ', group: 0, inDevice: uplink },
    { hook: 'input', prefix: 'lan:in ', group: 0, inDevice: inside },
    { hook: 'forward', prefix: 'wan:out ', group: 0, outDevice: uplink },
    { hook: 'forward', prefix: 'lan:out ', group: 0, outDevice: notUplink },
    { hook: 'output', prefix: 'wan:out ', group: 0, outDevice: uplink },
    { hook: 'output', prefix: 'lan:out ', group: 0, outDevice: inside }
  ]
}

function planBasic(ruleset: Ruleset, rules: readonly LogRule[]): Plan {
  const table = findTable(ruleset, basicTable)
  if (table) refuseForeign(table)
  const changes: Change[] = table ? [] : [{ op: 'add-table', at: basicTable }]
  const wantedHooks = new Set(rules.map(rule => rule.hook))
  for (const hook of wantedHooks) {
    const at: ChainId = { family: basicTable.family, table: basicTable.name, chain: hook }
    const chain = table?.chains.find(({ name }) => name === hook)
    if (!chain) changes.push({ op: 'add-chain', at, base: baseOf(hook) })
    changes.push(
      ...planRules(
        at,
        chain,
        rules.filter(rule => rule.hook === hook)
      )
    )
  }
  for (const chain of table?.chains ?? []) {
    if (wantedHooks.has(chain.name as Hook) || !isOurChain(chain)) continue
    const at: ChainId = { family: basicTable.family, table: basicTable.name, chain: chain.name }
    changes.push(...planRules(at, chain, []))
    if (chain.rules.every(isOwned)) changes.push({ op: 'delete-chain', at })
  }
  return { changes, notes: [] }
}

/** Log rules decide nothing, so their order does not matter: what is wanted and there keeps its place and counter. */
function planRules(at: ChainId, chain: Chain | undefined, rules: readonly LogRule[]): Change[] {
  const missing = new Map(rules.map(toRuleBody).map(body => [canonical(body), body]))
  const changes: Change[] = []
  for (const rule of chain?.rules ?? []) {
    if (isOwned(rule) && !missing.delete(canonical(rule))) changes.push({ op: 'delete-rule', at, handle: rule.handle })
  }
  for (const rule of missing.values()) changes.push({ op: 'add-rule', at, rule })
  return changes
}

/** The chain that the log rules of a hook stand in. */
export function baseOf(hook: Hook): BaseChain {
  return { type: 'filter', hook, priority: priorities[hook], policy: 'accept' }
}

/** True for a chain as this profile makes them: by name, hook, priority and policy. */
export function isOurChain(chain: Chain): boolean {
  const wanted = Object.hasOwn(priorities, chain.name) ? baseOf(chain.name as Hook) : undefined
  const { base } = chain
  return (
    wanted !== undefined &&
    base !== undefined &&
    base.type === wanted.type &&
    base.hook === wanted.hook &&
    base.priority === wanted.priority &&
    base.policy === wanted.policy
  )
}

/** Other chains and rules in our table are left alone; a chain that only has one of our names is not ours to use. */
function refuseForeign(table: Table): void {
  const foreign = table.chains.find(chain => Object.hasOwn(priorities, chain.name) && !isOurChain(chain))
  const empty = table.chains.length === 0
  if (!foreign && !empty) return
  const what = foreign
    ? `holds a chain ${foreign.name} that was made by someone else`
    : 'exists and was made by someone else'
  throw new NftError(
    'NFT_PROFILE',
    `table ${table.family} ${table.name} ${what}; if it is a leftover, run: nft delete table ${table.family} ${table.name}`
  )
}
