import fc from 'fast-check'
import { expect, it } from 'vitest'
import { createAlerts } from './alerts.js'
import type { AlertEntry } from './entry.js'
import { NO_ACTION, NO_ENTRY } from './entry.js'

const literals = [
  '"x"',
  '"y"',
  '"1"',
  '1',
  '0',
  'true',
  'false',
  '"true"',
  '-0.0',
  '""',
  '"1.0"',
  '443',
  '"443"',
  '"inf"',
  '"TRUE"',
  '-1'
]
const literal = fc.constantFrom(...literals)
const field = fc.constantFrom('@.a', '@.b', '@.c.d', '@["a"]')
const test = fc.oneof(
  fc.tuple(field, fc.constantFrom('==', '!=', '<'), literal).map(parts => parts.join('')),
  fc.tuple(literal, field).map(([value, path]) => `${value}==${path}`),
  fc.tuple(field, fc.array(literal, { maxLength: 3 })).map(([path, values]) => `${path} in [${values.join(',')}]`)
)
const condition = fc
  .tuple(test, fc.constantFrom('&&', '||'), test, fc.constantFrom('$[?(', '$[?!(', '$..[?('))
  .map(([one, operator, other, open]) => `${open}${one} ${operator} ${other})]`)

const entries = fc.array(
  fc.record({
    TopicPrefix: fc.constantFrom('t:', 't:a', 'u:'),
    MatchAnyOne: fc.boolean(),
    InvertRule: fc.boolean(),
    Disabled: fc.boolean(),
    Conditions: fc.array(
      condition.map(JPath => ({ JPath })),
      { maxLength: 2 }
    )
  }),
  { maxLength: 8 }
)
const values: readonly unknown[] = [
  ...['x', 'y', '1', '1.0', '0', '443', 'true', 'TRUE', 'false', '', 'inf', 'nan'],
  ...[1, 0, -0, 443, 1.5, true, false, null, [], ['x'], {}, { d: 'x' }, { d: 1 }]
]
const value = fc.constantFrom(...values)
const event = fc.record({ a: value, b: value, c: value }, { requiredKeys: [] })

/** Of one entry: whether it is satisfied, found by looking it up and by asking it. */
function bothWays(JPath: string, json: unknown): readonly [boolean, boolean] {
  const [lookedUp, asked] = [false, true].map(InvertRule => {
    let raised = false
    const entry = { ...NO_ENTRY, TopicPrefix: 't:', Name: 'n', Actions: [{ ...NO_ACTION, StoreAlert: true }] }
    createAlerts([{ ...entry, Conditions: [{ JPath }], InvertRule }]).evaluate(
      { topic: 't:', json: () => json },
      0,
      () => {
        raised = true
      }
    )
    return raised
  })
  // A contrary that is turned round is never looked up.
  return [lookedUp === true, asked === false]
}

it.each(literals)('misses nothing that counts as equal to %s', literal => {
  for (const a of values) {
    for (const test of [`@.a==${literal}`, `${literal}==@.a`, `@.a in [${literal}]`, `@.a==${literal} && @.a!="z"`]) {
      const [lookedUp, asked] = bothWays(`$[?(${test})]`, { a })
      expect([test, a, lookedUp]).toEqual([test, a, asked])
    }
  }
})

it('finds the same entries, in the same order, as asking one after the other', () => {
  fc.assert(
    fc.property(entries, event, fc.constantFrom('t:', 't:a', 't:ab', 'v:'), (list, json, topic) => {
      const all = list.map((fields, index): AlertEntry => {
        return { ...NO_ENTRY, ...fields, Name: String(index), Actions: [{ ...NO_ACTION, StoreAlert: true }] }
      })
      const raised = (some: readonly AlertEntry[]): string[] => {
        const ids: string[] = []
        createAlerts(some).evaluate({ topic, json: () => json }, 0, ({ ruleId }) => ids.push(ruleId))
        return ids
      }
      const naive = all.flatMap(entry => {
        if (entry.Disabled || !topic.startsWith(entry.TopicPrefix)) return []
        if (entry.Conditions.length === 0) return [entry.Name]
        return raised([{ ...entry, InvertRule: !entry.InvertRule }]).length === 0 ? [entry.Name] : []
      })
      expect(raised(all)).toEqual(naive)
    }),
    { numRuns: 150 }
  )
})
