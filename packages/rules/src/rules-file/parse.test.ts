import fc from 'fast-check'
import { describe, expect, expectTypeOf, it } from 'vitest'
import type { RuleProblem, Rules } from '../index.js'
import { createRuleEngine, parseRules, RuleError } from '../index.js'

function parse(text: string): Rules {
  return parseRules(text, { file: 'rules.yaml' })
}

function problemsOf(text: string): readonly RuleProblem[] {
  try {
    parse(text)
  } catch (error) {
    if (error instanceof RuleError && error.code === 'RULE_INVALID') return error.problems
    throw error
  }
  return []
}

/** A file of one rule with more in it, on line 4. */
const withRule = (more: string): string => `rules:\n  - id: a\n    when: tcp.syn\n    ${more}\n`

describe('parseRules', () => {
  it('puts defaults in place, and counts in milliseconds', () => {
    expect(parse('rules: [{ id: a, when: tcp.syn }]')).toEqual({
      rules: [
        {
          id: 'a',
          when: 'tcp.syn',
          topics: ['nft:'],
          by: [],
          severity: 'medium',
          title: '{{rule}}',
          message: expect.stringContaining('{{src.ip}}') as string,
          suffix: 'a',
          actions: ['bus'],
          dryRun: false,
          enabled: true
        }
      ],
      actions: {}
    })
    const { rules } = parse(`
rules:
  - { id: a, when: 'true', threshold: { count: 3, within: 500ms, by: [src.ip] }, cooldown: 2h }
  - { id: b, when: 'true', by: [src.ip, 'dst.port'], distinct: { field: dst.ip, count: 3, within: 1d }, aggregate: 10m }
  - { id: c, when: 'true', topics: [x], snoozeUntil: "2026-12-01T00:00:00+01:00", suffix: '', message: '' }
`)
    expect(rules).toMatchObject([
      { threshold: { count: 3, withinMs: 500 }, by: ['src.ip'], cooldownMs: 7_200_000 },
      {
        distinct: { field: 'dst.ip', count: 3, withinMs: 86_400_000 },
        by: ['src.ip', 'dst.port'],
        aggregateMs: 600_000
      },
      { snoozeUntilMs: Date.UTC(2026, 10, 30, 23), suffix: '', message: '' }
    ])
  })

  it('takes JSON, and a file with nothing in it', () => {
    expect(parse('{"rules":[{"id":"a","when":"true"}]}')).toEqual(parse('rules: [{ id: a, when: "true" }]'))
    expect(parse('')).toEqual({ rules: [], actions: {} })
    expectTypeOf(parse('')).toEqualTypeOf<Rules>()
  })

  it.each([
    ['when: src.prot == 5', 'rules[0].when', /src\.port\?\n {2}src\.prot == 5\n {2}\^{8}$/],
    ['by: [src.ip, src.prt]', 'rules[0].by[1]', /did you mean src\.port\?/],
    ['by: [src.ip == "10.0.0.1"]', 'rules[0].by[0]', /a single field must stand here/],
    ['by: [tcp]', 'rules[0].by[0]', /no field by itself/],
    ['by: [event.user]', 'rules[0].by[0]', /packets have no event; name the topics/],
    ['distinct: { field: dst.prt, count: 2, within: 1s }', 'rules[0].distinct.field', /did you mean dst\.port\?/],
    ['distinct: { field: dst.port, count: 5000, within: 1s }', 'rules[0].distinct.count', /1000/],
    ['threshold: { count: 0, within: 1s }', 'rules[0].threshold.count', /1/],
    ['threshold: { count: 5, within: 1 }', 'rules[0].threshold.within', /must be a duration such as 10s/],
    ['threshold: { count: 5, within: 30d }', 'rules[0].threshold.within', /between 1ms and 7d/],
    ['threshold: { count: 5, within: 1s, bye: [src.ip] }', 'rules[0].threshold', /no field 'bye'; did you mean by\?/],
    ['{ by: [src.ip], threshold: { count: 5, within: 1s, by: [dst.ip] } }', 'rules[0].threshold.by', /same fields/],
    ['{ cooldown: 5s, aggregate: 5s }', 'rules[0].aggregate', /exclude each other/],
    [
      '{ threshold: { count: 5, within: 1s }, distinct: { field: dst.port, count: 2, within: 1s } }',
      'rules[0].distinct',
      /exclude each other/
    ],
    ["title: 'from {{src.pi}}'", 'rules[0].title', /did you mean src\.ip\?/],
    ["title: 'from {{coun}}'", 'rules[0].title', /did you mean count\?/],
    ["title: 'from {{src.ip'", 'rules[0].title', /the end is missing/],
    [`title: '${'{{src.ip}}'.repeat(26)}'`, 'rules[0].title', /256 characters/],
    [`message: '${'{{src.ip}}'.repeat(80)}'`, 'rules[0].message', /32 fields/],
    ['message: 5', 'rules[0].message', /must be a text/],
    ['actions: [phnoe]', 'rules[0].actions[0]', /there is no action 'phnoe'; define it under actions/],
    ['actions: [buss]', 'rules[0].actions[0]', /did you mean bus\?/],
    ['topics: []', 'rules[0].topics', /must name a topic/],
    ['topics: [nft:]', 'rules[0].topics[0]', /ends with a colon stands in quotes/],
    ['topics: [auth]', 'rules[0].when', /only packets have tcp\.syn/],
    ['severity: urgent', 'rules[0].severity', /critical/],
    ['suffix: a b', 'rules[0].suffix', /letters, digits/],
    ['snoozeUntil: tomorrow', 'rules[0].snoozeUntil', /2026-12-01T00:00:00Z/],
    ['enabled: maybe', 'rules[0].enabled', /boolean/],
    ['titel: x', 'rules[0]', /no field 'titel'; did you mean title\?/],
    ['when: !tcp.ack && tcp.syn', '', /stands in quotes/]
  ])('refuses %s', (more, path, message) => {
    const fields = more.startsWith('{') ? more.slice(1, -1) : more
    const rule = fields.startsWith('when') ? fields : `when: tcp.syn, ${fields}`
    const text = `rules:\n\n\n  - { id: a, ${rule} }\n`
    expect(problemsOf(text)).toEqual([
      { file: 'rules.yaml', line: 4, path, message: expect.stringMatching(message) as string }
    ])
  })

  it('names everything wrong at once, by line', () => {
    const text = `
rules:
  - id: a
    when: src.prot == 5
    cooldown: 5x
  - id: a
    when: "dst.port =="
    colldown: 5s
  - when: 5
actions:
  bus: { type: ntfy, url: "https://ntfy.example/t" }
more: 1
`
    expect(problemsOf(text).map(({ line, path }) => `${line} ${path}`)).toEqual([
      '4 rules[0].when',
      '5 rules[0].cooldown',
      '6 rules[1].id',
      '7 rules[1].when',
      '8 rules[1]',
      '9 rules[2].id',
      '9 rules[2].when',
      '11 actions.bus',
      '12 '
    ])
    expect(() => parse(text)).toThrow(
      /^rules\.yaml:4: rules\[0\]\.when there is no field 'src\.prot'; did you mean src\.port\?\n {2}src/
    )
  })

  it('keeps what a terminal might obey out of its messages', () => {
    const text = JSON.stringify({ rules: [{ id: 'a', when: 'x\u001b[2J == 1', '\u202ey': 1, actions: ['\u001bc'] }] })
    const said = problemsOf(text).map(({ path, message }) => path + message)
    expect(said).toHaveLength(3)
    expect(said.join('').replaceAll('\n', '')).not.toMatch(/[\p{Cc}\p{Cf}]/u)
  })

  it('bounds how many rules there are and how long a text is', () => {
    const many = `{"rules":[${'0,'.repeat(100_000)}0]}`
    expect(() => parse(many)).toThrow(/100000 rules at most/)
    expect(problemsOf(withRule(`message: '${'x'.repeat(4097)}'`))).toHaveLength(1)
    expect(() => parse('x'.repeat(5 * 1024 * 1024))).toThrow(RuleError)
  })

  it('refuses whatever it refuses with the one error, and what it takes an engine takes', () => {
    const text = fc.oneof(
      fc.string(),
      fc.constantFrom('a', 'true', 'src.ip', 'bus', '5s', 'nft:', '{{count}}', '{{x}}')
    )
    const anything = fc.oneof(text, fc.integer(), fc.boolean(), fc.array(text, { maxLength: 2 }), fc.constant(null))
    const limit = fc.record(
      { count: fc.nat(9), within: fc.constant('1s'), by: fc.array(text), field: text },
      { requiredKeys: [] }
    )
    const optional = fc.record(
      {
        topics: anything,
        by: anything,
        threshold: fc.oneof(limit, anything),
        distinct: fc.oneof(limit, anything),
        title: anything,
        message: anything,
        cooldown: anything,
        actions: anything
      },
      { requiredKeys: [] }
    )
    const rule = fc.tuple(fc.constantFrom('a', 'b', 'c', ''), fc.constantFrom('true', 'tcp.syn', '('), optional)
    let taken = 0
    fc.assert(
      fc.property(fc.array(rule, { maxLength: 3 }), written => {
        const rules = written.map(([id, when, more]) => ({ id, when, ...more }))
        try {
          const parsed = parse(JSON.stringify({ rules }))
          createRuleEngine({ onAlert: () => undefined }).use({ rules: parsed })
          taken++
        } catch (error) {
          expect(error).toMatchObject({ code: 'RULE_INVALID' })
        }
      }),
      { numRuns: 300 }
    )
    expect(taken).toBeGreaterThan(20)
  })

  it.each([
    ['none of which can be looked up', () => 'dst.port != 22'],
    ['that ask for the same', () => 'dst.port == 22']
  ])('refuses rules that cost too much for one packet together, %s', (_, required) => {
    const searches = Array.from({ length: 150 }, (_value, index) => `prefix.contains("${index}")`).join(' || ')
    const file = (rules: number, filter: (index: number) => string): string =>
      JSON.stringify({
        rules: Array.from({ length: rules }, (_rule, index) => ({
          id: `r${index}`,
          when: `${filter(index)} && (${searches})`
        }))
      })
    expect(() => parseRules(file(140, required), { file: 'a.yaml' })).toThrow(
      /a\.yaml: rules may take too long for one packet/
    )
    expect(parseRules(file(120, required), { file: 'a.yaml' }).rules).toHaveLength(120)
    expect(
      parseRules(
        file(140, index => `dst.port == ${index}`),
        { file: 'a.yaml' }
      ).rules
    ).toHaveLength(140)
  })
})
