import { NftError } from '../../errors.js'
import { checkDevice, deviceMatch, match } from '../log-rule.js'
import { addedMark, isAdded, isOwned, rewrittenMark } from '../marker.js'
import type { Change, Plan } from '../plan.js'
import {
  asObject,
  type Chain,
  type ChainId,
  canonical,
  findTable,
  groupLogOf,
  isList,
  type Json,
  logOf,
  type Rule,
  type RuleBody,
  type Ruleset,
  type Statement,
  type Table
} from '../ruleset.js'
import type { Profile } from './profile.js'

const filterTable = { family: 'inet', name: 'filter' } as const
const uplinkSet = 'uplink_interfaces'
const blockedGroup = 1
const allowedGroup = 0

/** What SPR's rulesets wrote to the kernel log, and the prefix the same packets have on the bus. */
const prefixes: ReadonlyMap<string, string> = new Map([
  ['DRP:MAC ', 'drop:mac '],
  ['DRP:FWD ', 'drop:forward '],
  ['DRP:INP ', 'drop:input '],
  ['DRP:PFW ', 'drop:pfw ']
])

export interface SprOptions {
  /** Uplink devices; found in the ruleset when not given. */
  uplinks?: readonly string[]
  /** Devices of the default route: used when the ruleset does not name an uplink. */
  defaultRouteDevices?: readonly string[]
}

/**
 * The edits that make an SPR ruleset of 2022 log to groups, in place: drops to group 1, `wan:out` and `lan:in` to
 * group 0. Newer SPR rulesets log to groups by themselves and are left alone.
 *
 * @throws RangeError for an uplink that cannot be a device name.
 */
export function sprProfile(options: SprOptions = {}): Profile {
  for (const name of options.uplinks ?? []) checkDevice(name)
  return { name: 'spr', plan: ruleset => planSpr(ruleset, options) }
}

interface Findings {
  changes: Change[]
  notes: string[]
  /** Whether anything of SPR's was seen, so that a foreign ruleset is refused rather than found to be in order. */
  recognised: boolean
}

function planSpr(ruleset: Ruleset, options: SprOptions): Plan {
  const table = findTable(ruleset, filterTable)
  const findings: Findings = { changes: [], notes: [], recognised: false }
  if (table) {
    // New rules come first: they are placed by the handle of a neighbour, which ends when that one is rewritten.
    planForward(table, options, findings)
    planInput(table, findings)
    for (const chain of table.chains) {
      for (const rule of chain.rules) rewriteDropLog(chainId(chain.name), rule, findings)
    }
  }
  if (!findings.recognised) {
    throw new NftError(
      'NFT_PROFILE',
      'this is not a ruleset of SPR: table inet filter holds neither DRP: log rules, nor @internet_access in FORWARD, ' +
        'nor F_EST_RELATED in INPUT; use --profile basic'
    )
  }
  return { changes: findings.changes, notes: findings.notes }
}

function rewriteDropLog(at: ChainId, rule: Rule, findings: Findings): void {
  if (isOwned(rule)) {
    findings.recognised = true
    return
  }
  const index = rule.expr.findIndex(statement => droppedPrefix(logOf(statement)) !== undefined)
  const log = logOf(rule.expr[index] ?? {})
  const prefix = droppedPrefix(log)
  if (!log || prefix === undefined) return
  findings.recognised = true
  const comment = rewrittenMark({ log, ...(rule.comment !== undefined && { comment: rule.comment }) })
  const reason = refusal(rule, comment)
  if (comment === undefined || reason !== undefined) {
    const which = `the rule with log prefix ${JSON.stringify(log['prefix'])}`
    findings.notes.push(`${at.chain}: ${which} is left alone: ${reason}`)
    return
  }
  // A log to a group takes neither level nor flags, so nothing of the old statement but the prefix lives on.
  const statement: Statement = { log: { prefix, group: blockedGroup } }
  const body: RuleBody = { expr: rule.expr.with(index, statement), comment }
  findings.changes.push({ op: 'replace-rule', at, handle: rule.handle, rule: body })
}

/** The new prefix for a log that goes to the kernel log under one of SPR's old ones. */
function droppedPrefix(log: ReturnType<typeof logOf>): string | undefined {
  const prefix = log?.['prefix']
  return log?.['group'] === undefined && typeof prefix === 'string' ? prefixes.get(prefix) : undefined
}

function refusal(rule: Rule, comment: string | undefined): string | undefined {
  if (rule.expr.filter(statement => logOf(statement)).length > 1) return 'it logs more than once'
  if (comment === undefined) return 'its comment leaves no room to remember what it was'
  if (rule.expr.some(statement => 'xt' in statement)) return 'it was made by iptables-nft, which nft cannot write back'
  return undefined
}

function planForward(table: Table, options: SprOptions, findings: Findings): void {
  const chain = table.chains.find(({ name }) => name === 'FORWARD')
  const anchor = chain?.rules.find(usesInternetAccess)
  if (chain && logsAlready(chain, ['wan:out'], findings)) return
  if (!chain || !anchor) {
    findings.notes.push('no rule of FORWARD uses @internet_access: packets to the uplink are not logged as wan:out')
    return
  }
  findings.recognised = true
  const body: RuleBody = {
    expr: [
      { counter: { packets: 0, bytes: 0 } },
      uplinkMatch(table, anchor, options, findings),
      { log: { prefix: 'wan:out ', group: allowedGroup } }
    ],
    comment: addedMark()
  }
  const end = chain.rules.indexOf(anchor)
  findings.changes.push(...placeRule(chainId('FORWARD'), chain, body, { from: 0, to: end }))
}

function planInput(table: Table, findings: Findings): void {
  const chain = table.chains.find(({ name }) => name === 'INPUT')
  const anchor = chain?.rules.findLastIndex(jumpsToEstablished) ?? -1
  if (chain && logsAlready(chain, ['lan:in', 'wan:in'], findings)) return
  if (!chain || anchor < 0) {
    findings.notes.push('no rule of INPUT jumps to F_EST_RELATED: packets to this machine are not logged as lan:in')
    return
  }
  findings.recognised = true
  const body: RuleBody = { expr: [{ log: { prefix: 'lan:in ', group: allowedGroup } }], comment: addedMark() }
  findings.changes.push(...placeRule(chainId('INPUT'), chain, body, { from: anchor + 1, to: chain.rules.length }))
}

/** Newer SPR rulesets log these themselves, and then packets would be logged twice. */
function logsAlready(chain: Chain, names: readonly string[], findings: Findings): boolean {
  const logging = chain.rules.find(rule => {
    const log = groupLogOf(rule)
    return !isOwned(rule) && log !== undefined && names.includes(log.prefix.trim())
  })
  if (!logging) return false
  findings.recognised = true
  findings.notes.push(`${chain.name} logs ${groupLogOf(logging)?.prefix.trim()} already: left alone`)
  return true
}

/** Our own rule may stand anywhere in the range (others may have added rules around it), in one copy, or is added. */
function placeRule(at: ChainId, chain: Chain, body: RuleBody, range: { from: number; to: number }): Change[] {
  const changes: Change[] = []
  let placed = false
  for (const [index, rule] of chain.rules.entries()) {
    if (!isAdded(rule)) continue
    const right = index >= range.from && index < range.to && canonical(rule) === canonical(body)
    if (right && !placed) placed = true
    else changes.push({ op: 'delete-rule', at, handle: rule.handle })
  }
  if (placed) return changes
  // The neighbour that follows must be a rule that stays.
  const place = range.from === 0 ? range.to : range.from
  const next = chain.rules.slice(place).find(rule => !isAdded(rule))
  changes.push({ op: 'add-rule', at, rule: body, ...(next && { before: next.handle }) })
  return changes
}

function uplinkMatch(table: Table, anchor: Rule, options: SprOptions, findings: Findings): Statement {
  if (options.uplinks?.length) return deviceMatch('oifname', { op: '==', names: options.uplinks })
  const inRule = anchor.expr.find(isOutDeviceMatch)
  if (inRule) return inRule
  if (table.sets.some(({ name }) => name === uplinkSet)) {
    return match('==', { meta: { key: 'oifname' } }, `@${uplinkSet}`)
  }
  if (options.defaultRouteDevices?.length) {
    findings.notes.push(`the uplink is taken from the default route: ${options.defaultRouteDevices.join(', ')}`)
    return deviceMatch('oifname', { op: '==', names: options.defaultRouteDevices })
  }
  findings.notes.push(
    'no uplink found in the ruleset or the routes: eth0 is assumed, use --uplink DEV if it is another'
  )
  return deviceMatch('oifname', { op: '==', names: ['eth0'] })
}

function isOutDeviceMatch(statement: Statement): boolean {
  const found = asObject(statement['match'])
  const meta = asObject(asObject(found?.['left'])?.['meta'])
  return found?.['op'] === '==' && meta?.['key'] === 'oifname'
}

/** A rule that was rewritten still counts: a second plan has to find the same one. */
function usesInternetAccess(rule: Rule): boolean {
  return !isAdded(rule) && rule.expr.some(statement => mentions(statement, '@internet_access'))
}

function jumpsToEstablished(rule: Rule): boolean {
  return rule.expr.some(statement => asObject(statement['jump'])?.['target'] === 'F_EST_RELATED')
}

function mentions(value: Json, text: string): boolean {
  if (value === text) return true
  if (isList(value)) return value.some(member => mentions(member, text))
  return Object.values(asObject(value) ?? {}).some(member => mentions(member, text))
}

function chainId(chain: string): ChainId {
  return { family: filterTable.family, table: filterTable.name, chain }
}
