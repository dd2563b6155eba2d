import fc from 'fast-check'
import type { Chain, Rule, RuleBody, Ruleset, Statement, Table } from '../../src/nft/ruleset.js'

const counter = fc.record({ packets: fc.nat(), bytes: fc.nat() }).map((value): Statement => ({ counter: value }))
const sprPrefix = fc.constantFrom('DRP:MAC ', 'DRP:FWD ', 'DRP:INP ', 'DRP:PFW ')
const sprLog = fc
  .record(
    { prefix: sprPrefix, level: fc.constantFrom('info', 'debug'), flags: fc.constantFrom('all', ['ether', 'skuid']) },
    { requiredKeys: ['prefix'] }
  )
  .map((value): Statement => ({ log: value }))
const otherLog = fc
  .record({ prefix: fc.constantFrom('mine ', 'DRP:OTHER '), group: fc.nat(9) }, { requiredKeys: ['prefix'] })
  .map((value): Statement => ({ log: value }))
const device = fc.constantFrom('eth0', 'eth1', 'lo', '@uplink_interfaces')
const deviceMatch = fc
  .record({ key: fc.constantFrom('iifname', 'oifname'), right: device })
  .map(({ key, right }): Statement => ({ match: { op: '==', left: { meta: { key } }, right } }))
const anchor = fc.constantFrom<Statement>(
  { jump: { target: 'F_EST_RELATED' } },
  { vmap: { key: { meta: { key: 'iifname' } }, data: '@internet_access' } }
)
const verdict = fc.constantFrom<Statement>({ accept: null }, { drop: null })
const statement = fc.oneof(counter, sprLog, otherLog, deviceMatch, anchor, verdict)
const comment = fc.option(fc.constantFrom('mine', 'x'.repeat(110), 'packet-logsd'), { nil: undefined })

const body: fc.Arbitrary<RuleBody> = fc
  .record({ expr: fc.array(statement, { minLength: 1, maxLength: 5 }), comment })
  .map(({ expr, comment: text }) => ({ expr, ...(text !== undefined && { comment: text }) }))

/** Chains of a table shaped like SPR's, in any order, each with any rules. */
const chains = fc
  .shuffledSubarray(['INPUT', 'FORWARD', 'OUTPUT', 'DROPLOGINP', 'DROPLOGFWD', 'CUSTOM'])
  .chain(names => fc.tuple(...names.map(name => fc.tuple(fc.constant(name), fc.array(body, { maxLength: 6 })))))

interface Draft {
  family: string
  name: string
  chains: [string, RuleBody[]][]
}

/** Rulesets that others made: tables of SPR's shape and any other, none of them ours. */
export const foreignRuleset: fc.Arbitrary<Ruleset> = fc
  .uniqueArray(
    fc.record({ family: fc.constantFrom('inet', 'ip'), name: fc.constantFrom('filter', 'nat', 'mine'), chains }),
    { maxLength: 3, selector: table => `${table.family} ${table.name}` }
  )
  .map(buildRuleset)

function buildRuleset(drafts: readonly Draft[]): Ruleset {
  let handle = 0
  const tables = drafts.map((draft): Table => {
    const built = draft.chains.map(([name, rules]): Chain => {
      return { name, rules: rules.map((rule): Rule => ({ handle: ++handle, ...rule })) }
    })
    return { family: draft.family, name: draft.name, chains: built, sets: [], otherObjects: 0 }
  })
  return { tables }
}

/** The ruleset without handles, which differ after every edit. Counters stay: they have to survive. */
export function withoutHandles(ruleset: Ruleset): unknown {
  return ruleset.tables.map(table => ({
    ...table,
    chains: table.chains.map(chain => ({
      ...chain,
      rules: chain.rules.map(({ expr, comment: text }) => ({ expr, comment: text }))
    }))
  }))
}
