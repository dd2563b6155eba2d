import { describe, expect, it } from 'vitest'
import { fixtureRuleset } from '../../../test/support/fixtures.js'
import { formatRule } from '../format.js'
import { applyChanges, type Plan } from '../plan.js'
import { findChain, type Ruleset } from '../ruleset.js'
import { sprProfile } from './spr.js'

function rulesOf(ruleset: Ruleset, chain: string): string[] {
  const found = findChain(ruleset, { family: 'inet', table: 'filter', chain })
  return (found?.rules ?? []).map(formatRule)
}

function install(ruleset: Ruleset, options = {}): { plan: Plan; after: Ruleset } {
  const plan = sprProfile(options).plan(ruleset)
  return { plan, after: applyChanges(ruleset, plan.changes) }
}

describe('sprProfile on a ruleset of 2022', () => {
  const { plan, after } = install(fixtureRuleset('spr-2022'))

  it('turns the four kernel logs into group 1, each where it stands, with its counter and the rest of its rule', () => {
    expect(rulesOf(after, 'DROPLOGFWD')[0]).toBe(
      'counter packets 7 bytes 420 log prefix "drop:forward " group 1 comment "packet-logs was=DRP:FWD%20"'
    )
    expect(rulesOf(after, 'DROPLOGINP')[0]).toBe(
      'counter packets 2 bytes 120 log prefix "drop:input " group 1 comment "packet-logs was=DRP:INP%20"'
    )
    expect(rulesOf(after, 'DROP_MAC_SPOOF')[1]).toBe(
      'counter packets 1 bytes 60 log prefix "drop:mac " group 1 comment "packet-logs was=DRP:MAC%20"'
    )
    expect(rulesOf(after, 'PFWDROPLOG').slice(0, 2)).toEqual([
      'ip daddr 10.0.0.0/8 tcp dport { 22, 8000-8010 } counter packets 0 bytes 0 log prefix "drop:pfw " group 1 drop ' +
        'comment "packet-logs was=DRP:PFW%20 comment=port%20forwards"',
      'counter packets 0 bytes 0 log prefix "drop:pfw " group 1 comment "packet-logs was=DRP:PFW%20 flags=all"'
    ])
  })

  it('logs wan:out right before the rule that decides about internet access, for the uplink that rule names', () => {
    const rules = rulesOf(after, 'FORWARD')
    const index = rules.indexOf(
      'counter packets 0 bytes 0 oifname "eth0" log prefix "wan:out " group 0 comment "packet-logs"'
    )
    expect(index).toBe(3)
    expect(rules[index + 1]).toContain('vmap @internet_access')
  })

  it('logs lan:in right after the jump for established connections', () => {
    const rules = rulesOf(after, 'INPUT')
    expect(rules[2]).toBe('log prefix "lan:in " group 0 comment "packet-logs"')
    expect(rules[1]).toContain('jump F_EST_RELATED')
  })

  it('touches nothing else and has nothing to remark', () => {
    expect(plan.changes).toHaveLength(7)
    expect(plan.notes).toEqual([])
  })

  it('takes the uplinks it is given instead, and replaces the rule when they change', () => {
    const given = install(after, { uplinks: ['wwan0', 'eth1'] }).after
    const rules = rulesOf(given, 'FORWARD').filter(rule => rule.includes('wan:out'))
    expect(rules).toEqual([
      'counter packets 0 bytes 0 oifname { "eth1", "wwan0" } log prefix "wan:out " group 0 comment "packet-logs"'
    ])
  })

  it('moves its rule back when others have moved the one it belongs to', () => {
    const at = { family: 'inet', table: 'filter', chain: 'FORWARD' }
    const rules = findChain(after, at)?.rules ?? []
    const access = rules.find(rule => formatRule(rule).includes('@internet_access'))
    const moved = applyChanges(after, [
      { op: 'delete-rule', at, handle: access?.handle ?? -1 },
      { op: 'add-rule', at, rule: { expr: access?.expr ?? [] }, before: rules[0]?.handle ?? -1 }
    ])
    const repaired = rulesOf(install(moved).after, 'FORWARD')
    expect(repaired[0]).toContain('wan:out')
    expect(repaired[1]).toContain('@internet_access')
    expect(repaired.filter(rule => rule.includes('wan:out'))).toHaveLength(1)
  })
})

describe('sprProfile on a ruleset of today', () => {
  it('sees that it logs to groups by itself and changes nothing', () => {
    const { plan } = install(fixtureRuleset('spr-today'))
    expect(plan.changes).toEqual([])
    expect(plan.notes).toEqual(['FORWARD logs wan:out already: left alone', 'INPUT logs wan:in already: left alone'])
  })
})

describe('sprProfile on a rule that both logs a drop and decides about internet access', () => {
  it('finds the same place the second time, although it rewrote that rule', () => {
    const decides = { vmap: { key: { meta: { key: 'iifname' } }, data: '@internet_access' } }
    const rules = [
      { handle: 1, expr: [{ log: { prefix: 'DRP:MAC ' } }, decides] },
      { handle: 2, expr: [decides] }
    ]
    const table = { family: 'inet', name: 'filter', sets: [], otherObjects: 0, chains: [{ name: 'FORWARD', rules }] }
    const { after } = install({ tables: [table] })
    expect(install(after).plan.changes).toEqual([])
  })
})

describe('sprProfile without an uplink in the rule', () => {
  const bare = (sets: string[]): Ruleset => ({
    tables: [
      {
        family: 'inet',
        name: 'filter',
        sets: sets.map(name => ({ name, elements: [] })),
        otherObjects: 0,
        chains: [
          {
            name: 'FORWARD',
            rules: [{ handle: 1, expr: [{ vmap: { key: { meta: { key: 'iifname' } }, data: '@internet_access' } }] }]
          }
        ]
      }
    ]
  })

  it('follows the set of uplinks', () => {
    expect(rulesOf(install(bare(['uplink_interfaces'])).after, 'FORWARD')[0]).toContain(
      'oifname @uplink_interfaces log'
    )
  })

  it('falls back to the default route, then to eth0, and says so', () => {
    const routed = install(bare([]), { defaultRouteDevices: ['wan0'] })
    expect(rulesOf(routed.after, 'FORWARD')[0]).toContain('oifname "wan0" log')
    expect(routed.plan.notes[0]).toContain('default route: wan0')
    const blind = install(bare([]))
    expect(rulesOf(blind.after, 'FORWARD')[0]).toContain('oifname "eth0" log')
    expect(blind.plan.notes[0]).toContain('eth0 is assumed')
  })
})

describe('sprProfile on what it cannot handle', () => {
  it('refuses a ruleset that is not SPR’s', () => {
    expect(() => install({ tables: [] })).toThrow(expect.objectContaining({ code: 'NFT_PROFILE' }))
  })

  it.each([
    [
      'a second log',
      [{ log: { prefix: 'DRP:INP ' } }, { log: { prefix: 'x', group: 2 } }],
      undefined,
      'more than once'
    ],
    ['a match of iptables', [{ xt: null }, { log: { prefix: 'DRP:INP ' } }], undefined, 'iptables-nft'],
    ['a comment as long as they get', [{ log: { prefix: 'DRP:INP ' } }], 'x'.repeat(120), 'no room']
  ])('leaves a rule with %s alone and says why', (_name, expr, comment, reason) => {
    const rule = { handle: 9, expr, ...(comment !== undefined && { comment }) }
    const chains = [{ name: 'DROPLOGINP', rules: [rule] }]
    const { plan } = install({ tables: [{ family: 'inet', name: 'filter', chains, sets: [], otherObjects: 0 }] })
    expect(plan.changes).toEqual([])
    expect(plan.notes.join('\n')).toContain(reason)
  })
})
