import { describe, expect, it } from 'vitest'
import { fixtureRuleset } from '../../test/support/fixtures.js'
import { parseRuleset } from './parse-ruleset.js'
import { canonical, counterOf, groupLogOf } from './ruleset.js'

describe('parseRuleset', () => {
  it('reads tables, chains, rules and sets of a real ruleset', () => {
    const { tables } = fixtureRuleset('spr-2022')
    expect(tables.map(table => `${table.family} ${table.name}`)).toEqual(['inet filter', 'inet nat'])
    const [filter] = tables
    expect(filter?.sets.map(set => set.name)).toEqual([
      'internet_access',
      'dns_access',
      'ethernet_filter',
      'lan_tcp_accept'
    ])
    expect(filter?.sets.at(-1)?.elements).toEqual([80, 443])
    const input = filter?.chains.find(chain => chain.name === 'INPUT')
    expect(input?.base).toEqual({ type: 'filter', hook: 'input', priority: 0, policy: 'drop' })
    expect(input?.rules).toHaveLength(5)
    expect(filter?.chains.find(chain => chain.name === 'PFWDROPLOG')?.rules[0]?.comment).toBe('port forwards')
  })

  it('counts what it does not know, so that nothing is taken for empty', () => {
    const text = JSON.stringify({
      nftables: [
        { metainfo: {} },
        { table: { family: 'ip', name: 't', handle: 1 } },
        { counter: { family: 'ip', name: 'c', table: 't', handle: 2 } },
        { flowtable: { family: 'ip', name: 'f', table: 't', handle: 3 } }
      ]
    })
    expect(parseRuleset(text).tables[0]?.otherObjects).toBe(2)
  })

  it.each([
    ['', 'not JSON'],
    ['[]', 'without a list'],
    ['{"nftables":[{"chain":{"family":"ip","table":"t","name":"c"}}]}', 'a table that was not listed'],
    [
      '{"nftables":[{"table":{"family":"ip","name":"t"}},{"rule":{"family":"ip","table":"t","chain":"c","handle":1}}]}',
      'a chain that was not listed'
    ],
    ['{"nftables":[{"table":{"family":"ip"}}]}', '"name" is not text']
  ])('refuses %j', (text, message) => {
    expect(() => parseRuleset(text)).toThrow(message)
    expect(() => parseRuleset(text)).toThrow(expect.objectContaining({ code: 'NFT_OUTPUT' }))
  })
})

describe('canonical', () => {
  it('is the same for the same rule with other counters and another order of its sets', () => {
    const rule = (packets: number, names: string[]): string => {
      const match = { match: { op: '!=', left: { meta: { key: 'iifname' } }, right: { set: names } } }
      return canonical({ expr: [match, { counter: { packets, bytes: 0 } }], comment: 'x' })
    }
    expect(rule(1, ['a', 'b'])).toBe(rule(2, ['b', 'a']))
    expect(rule(1, ['a', 'b'])).not.toBe(rule(1, ['a', 'c']))
  })
})

describe('reading statements', () => {
  it('finds the log with a group, and the counter with values', () => {
    const body = { expr: [{ log: null }, { counter: { packets: 3, bytes: 4 } }, { log: { group: 2 } }] }
    expect(groupLogOf(body)).toEqual({ group: 2, prefix: '' })
    expect(counterOf(body)).toEqual({ packets: 3, bytes: 4 })
    expect(groupLogOf({ expr: [{ log: { prefix: 'kernel ' } }] })).toBeUndefined()
    expect(counterOf({ expr: [{ counter: 'named' }] })).toBeUndefined()
  })
})
