import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { RuleError } from '../errors.js'
import type { AlertEntry } from './entry.js'
import { NO_ACTION, NO_ENTRY } from './entry.js'
import { lintAlerts } from './lint.js'
import { formatAlerts, parseAlerts } from './read.js'

/** As SPR's service wrote it. */
const SPR_FILE = `[
 {
  "TopicPrefix": "nft:drop:mac",
  "MatchAnyOne": false,
  "InvertRule": false,
  "Conditions": [
   {
    "JPath": "$[?(@.InDev==\\"wlan1\\" \\u0026\\u0026 @.IP.TTL\\u003e3)]"
   }
  ],
  "Actions": [
   {
    "SendNotification": true,
    "StoreAlert": true,
    "MessageTitle": "MAC Filter Violation",
    "MessageBody": "{{IP.SrcIP#Device}} to {{IP.DstIP}}",
    "NotificationType": "warning",
    "GrabEvent": true,
    "GrabValues": false,
    "GrabFields": [
     "IP"
    ]
   }
  ],
  "Name": "MAC Filter Violation",
  "Disabled": false,
  "RuleId": "7f3266dd-7697-44ce-8ddd-36a006043509"
 }
]`

const LEAST = '"TopicPrefix": "a:", "Name": "n", "Actions": [{}]'

describe('parseAlerts', () => {
  it('reads what SPR writes, and formatAlerts writes it back to the byte', () => {
    const entries = parseAlerts(SPR_FILE)
    expect(entries[0]?.Conditions).toEqual([{ JPath: '$[?(@.InDev=="wlan1" && @.IP.TTL>3)]' }])
    expect(formatAlerts(entries)).toBe(SPR_FILE)
  })

  it.each<[string, readonly Partial<AlertEntry>[]]>([
    ['null', []],
    ['[]', []],
    [`[{${LEAST}}]`, [{ TopicPrefix: 'a:', Name: 'n', Actions: [NO_ACTION] }]],
    [
      '[{"topicPREFIX": "a:", "NAME": "n", "actions": [{"storealert": true, "grabFIELDS": ["x"]}], "disabled": true}]',
      [
        {
          TopicPrefix: 'a:',
          Name: 'n',
          Actions: [{ ...NO_ACTION, StoreAlert: true, GrabFields: ['x'] }],
          Disabled: true
        }
      ]
    ],
    [
      `[{${LEAST}, "RuleId": null, "Conditions": null, "MatchAnyOne": null, "Extra": {"x": [1]}}]`,
      [{ TopicPrefix: 'a:', Name: 'n', Actions: [NO_ACTION] }]
    ],
    [
      '[{"TopicPrefix": "a:", "Name": "n", "Actions": [null]}]',
      [{ TopicPrefix: 'a:', Name: 'n', Actions: [NO_ACTION] }]
    ],
    [`[{${LEAST}, "Name": "later"}]`, [{ TopicPrefix: 'a:', Name: 'later', Actions: [NO_ACTION] }]]
  ])('reads %s', (text, expected) => {
    expect(parseAlerts(text)).toEqual(expected.map(fields => ({ ...NO_ENTRY, ...fields })))
  })

  it.each([
    ['{}', 1, '', 'must be a list'],
    ['[\n{"TopicPrefix": "a:",,}]', 2, '', 'is not JSON'],
    ['[\n[]]', 2, '[0]', 'must be an object'],
    ['[\nnull]', 2, '[0]', 'needs a TopicPrefix'],
    ['[\n\n{"Name": "n", "Actions": [{}]}]', 3, '[0]', 'needs a TopicPrefix'],
    ['[{"TopicPrefix": "a:", "Actions": [{}]}]', 1, '[0]', 'needs a Name'],
    ['[{"TopicPrefix": "a:", "Name": "n"}]', 1, '[0]', 'needs an action'],
    [`[{${LEAST},\n"Disabled": 1}]`, 2, '[0].Disabled', 'must be true or false'],
    [`[{${LEAST},\n\n"ruleid": 1}]`, 3, '[0].ruleid', 'must be a text'],
    [`[{${LEAST},\n"Conditions": {}}]`, 2, '[0].Conditions', 'must be a list'],
    [`[{${LEAST}, "Conditions": [\n{"JPath": ""}]}]`, 2, '[0].Conditions[0]', 'needs a JPath'],
    [`[{${LEAST}, "Conditions": [\n{}, \nnull]}]`, 3, '[0].Conditions[1]', 'needs a JPath'],
    [
      `[{${LEAST}, "Conditions": [\n{"JPath":\n"$[?(@.x = 1)]"}]}]`,
      3,
      '[0].Conditions[0].JPath',
      'here should stand `)`'
    ],
    [
      `[{"TopicPrefix": "a:", "Name": "n", "Actions": [\n{"GrabFields": [1]}]}]`,
      2,
      '[0].Actions[0].GrabFields[0]',
      'must be a text'
    ]
  ])('refuses %j and names line %j and path %j', (text, line, path, message) => {
    expect(() => parseAlerts(text, { file: 'f.json' })).toThrow(
      expect.objectContaining({
        code: 'RULE_INVALID',
        message: expect.stringContaining(`f.json:${line}: ${path || 'the whole file'} ${message}`) as string,
        problems: expect.arrayContaining([
          expect.objectContaining({ file: 'f.json', line, path, message: expect.stringContaining(message) as string })
        ]) as unknown[]
      })
    )
  })

  it('shows under a condition that does not compile the place in it', () => {
    const text = `[{${LEAST}, "Conditions": [{"JPath": "$[?(@.InDev === 1)]"}]}]`
    expect(() => parseAlerts(text)).toThrow(
      [
        'alerts.json:1: [0].Conditions[0].JPath here should stand a path such as `@.InDev`, a text in quotes or a number',
        '  $[?(@.InDev === 1)]',
        '                ^'
      ].join('\n')
    )
  })

  it('tells every problem of a file, and no more of them than can be read', () => {
    const problemsOf = (text: string): RuleError => {
      try {
        parseAlerts(text)
      } catch (error) {
        if (error instanceof RuleError) return error
      }
      throw new TypeError('nothing was wrong')
    }
    const error = problemsOf(JSON.stringify(Array.from({ length: 1000 }, () => ({}))))
    expect(error.problems).toHaveLength(3000)
    expect(error.message.split('\n')).toHaveLength(51)
    expect(problemsOf(`[${' '.repeat(4 * 1024 * 1024)}]`).message).toContain('is longer than')
    expect(problemsOf(`[${'{},'.repeat(20_000)}{}]`).message).toContain('more than 20000 entries')
  })

  it('reads back what formatAlerts wrote, whatever texts there are, and throws nothing but RuleErrors', () => {
    // Every code point but halves of surrogate pairs, without the second that fast-check's own takes to begin with.
    const unit = fc.integer({ min: 0, max: 0x10f7ff }).map(n => String.fromCodePoint(n < 0xd800 ? n : n + 0x800))
    const text = fc.string({ unit })
    const some = fc.string({ unit, minLength: 1 })
    const action = fc.record({
      SendNotification: fc.boolean(),
      StoreAlert: fc.boolean(),
      BucketSuffix: text,
      MessageTitle: text,
      MessageBody: text,
      NotificationType: text,
      ActionType: text,
      GrabEvent: fc.boolean(),
      GrabValues: fc.boolean(),
      GrabFields: fc.array(text, { maxLength: 2 })
    })
    const entry = fc.record({
      TopicPrefix: some,
      MatchAnyOne: fc.boolean(),
      InvertRule: fc.boolean(),
      Conditions: fc.array(fc.constantFrom({ JPath: '$' }, { JPath: '$[?(@.a<"<&>\u2028")]' }), { maxLength: 2 }),
      Actions: fc.array(action, { minLength: 1, maxLength: 2 }),
      Name: some,
      Disabled: fc.boolean(),
      RuleId: text
    })
    fc.assert(
      fc.property(fc.array(entry, { maxLength: 3 }), entries => {
        expect(parseAlerts(formatAlerts(entries))).toEqual(entries)
        lintAlerts(formatAlerts(entries))
      }),
      { numRuns: 10 }
    )
    fc.assert(
      fc.property(fc.json(), json => {
        try {
          parseAlerts(`[${json}]`)
        } catch (error) {
          expect(error).toBeInstanceOf(RuleError)
        }
      }),
      { numRuns: 50 }
    )
  })
})
