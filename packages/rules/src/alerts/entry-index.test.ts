import fc from 'fast-check'
import { expect, it } from 'vitest'
import { createAlerts } from './alerts.js'
import type { AlertEntry } from './entry.js'
import { NO_ACTION, NO_ENTRY } from './entry.js'

const literal = fc.constantFrom('"x"', '"y"', '"1"', '1', '0', 'true', 'false', '"true"', '-0.0', '""')
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
const value = fc.constantFrom<unknown>(
  'x',
  'y',
  '1',
  1,
  0,
  -0,
  true,
  false,
  'true',
  '',
  null,
  [],
  ['x'],
  { d: 'x' },
  { d: 1 }
)
const event = fc.record({ a: value, b: value, c: value }, { requiredKeys: [] })

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
      // A contrary that is turned round is never looked up.
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
