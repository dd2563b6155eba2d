import { z } from 'zod'
import type { ActionDefinition } from '../actions/definition.js'
import { actionsSchema, BUILT_IN_ACTIONS } from '../actions/definition.js'
import { durationSchema } from '../duration.js'
import type { Severity } from '../engine/alert.js'
import { fields } from '../filter/fields/table.js'
import { MAX_SOURCE_CHARACTERS } from '../filter/limits.js'
import { nearestName } from '../filter/nearest-name.js'
import { quoted } from '../filter/source-text.js'
import {
  LEAST_TIME,
  MAX_BY,
  MAX_COUNT,
  MAX_DISTINCT,
  MAX_ID_CHARACTERS,
  MAX_MESSAGE_CHARACTERS,
  MAX_RULE_ACTIONS,
  MAX_RULES,
  MAX_TITLE_CHARACTERS,
  MAX_TOPIC_CHARACTERS,
  MAX_TOPICS,
  MOST_TIME
} from './limits.js'

/** An object with these fields and no others, which says what an unknown one was most likely meant to be. */
function fieldsOf<Shape extends z.core.$ZodLooseShape>(shape: Shape): z.ZodObject<Shape, z.core.$strict> {
  return z.strictObject(shape, {
    error: issue => {
      if (issue.code !== 'unrecognized_keys') return undefined
      const unknown = (issue['keys'] as readonly string[]).map(key => {
        const nearest = nearestName(key, Object.keys(shape))
        return `${quoted(key)}${nearest === undefined ? '' : `; did you mean ${nearest}?`}`
      })
      return `has no field ${unknown.join(', ')}`
    }
  })
}

const text = (most: number, kind = 'must be a text'): z.ZodString =>
  z.string(kind).max(most, `must have ${most} characters at most`)
/** For editors, which can then complete names. */
const field = text(256).meta({ anyOf: [{ enum: [...fields.keys()] }, { pattern: '^event' }] })
const by = z.array(field).min(1, 'must name a field, or be left out').max(MAX_BY, `must be ${MAX_BY} fields at most`)
const duration = durationSchema(LEAST_TIME, MOST_TIME)

const threshold = fieldsOf({
  count: z.int().min(1).max(MAX_COUNT).describe('How many matches it takes.'),
  within: duration.describe('In which time: `500ms`, `60s`, `10m`, `2h`, `1d`.'),
  by: by.optional().describe('Fields whose values are counted apart; the same as by of the rule.')
})

const distinct = fieldsOf({
  field: field.describe('The field whose different values are counted; `event.user` in events of other topics.'),
  count: z.int().min(1).max(MAX_DISTINCT).describe('How many different values it takes.'),
  within: duration.describe('In which time: `500ms`, `60s`, `10m`, `2h`, `1d`.'),
  by: by.optional().describe('Fields whose values are counted apart; the same as by of the rule.')
})

const rule = fieldsOf({
  id: text(MAX_ID_CHARACTERS)
    .regex(/^[A-Za-z0-9_][\w.-]*$/, 'must be letters, digits, _ . and -')
    .describe('Identity of the rule, once in the file.'),
  when: z
    .string('must be a filter')
    .max(MAX_SOURCE_CHARACTERS)
    .describe('A filter: `action == "blocked" && dst.port == 22`.'),
  topics: z
    .array(text(MAX_TOPIC_CHARACTERS, 'must be a text; in YAML one that ends with a colon stands in quotes'))
    .min(1, 'must name a topic, or be left out')
    .max(MAX_TOPICS, `must be ${MAX_TOPICS} topics at most`)
    .default(['nft:'])
    .describe('What the topics of its events begin with; `nft:` are packets, the empty text is everything.'),
  by: by.optional().describe('Fields whose values make the key: each key is counted, and kept quiet, by itself.'),
  threshold: threshold.optional().describe('So many matches of one key within a time, and not each.'),
  distinct: distinct.optional().describe('So many different values of a field within a time.'),
  cooldown: duration.optional().describe('After an alert there is none of the same key for this time.'),
  aggregate: duration
    .optional()
    .describe('The first of a key at once, what follows in one summary per key and this time, if anything does.'),
  snoozeUntil: z.iso
    .datetime({ offset: true, error: 'must be a time such as 2026-12-01T00:00:00Z' })
    .optional()
    .describe('No alerts before this time.'),
  severity: z.enum(['info', 'low', 'medium', 'high', 'critical']).default('medium').describe('How much it matters.'),
  title: text(MAX_TITLE_CHARACTERS)
    .min(1)
    .default('{{rule}}')
    .describe('One line for people, with fields: `SSH from {{src.ip}}, {{count}} times`.'),
  message: text(MAX_MESSAGE_CHARACTERS).optional().describe('More for people, with fields.'),
  suffix: text(MAX_ID_CHARACTERS)
    .regex(/^[\w.:-]*$/, 'must be letters, digits, _ . : and -')
    .optional()
    .describe("Last part of the alert's topic, `alert:<topic of the event>:<suffix>`. Default: the id."),
  actions: z
    .array(text(64).meta({ anyOf: [{ enum: [...BUILT_IN_ACTIONS] }, { pattern: '' }] }))
    .max(MAX_RULE_ACTIONS, `must be ${MAX_RULE_ACTIONS} actions at most`)
    .default(['bus'])
    .describe(`Where alerts go: ${BUILT_IN_ACTIONS.join(', ')}, and names of actions.`),
  dryRun: z.boolean().default(false).describe('Counts what it would have raised, and raises nothing.'),
  enabled: z.boolean().default(true).describe('Whether it is looked at.')
})

/** A rule as it is written, with defaults in place. */
export interface WrittenRule {
  readonly id: string
  readonly when: string
  readonly topics: readonly string[]
  readonly by?: readonly string[] | undefined
  readonly threshold?: Limit | undefined
  readonly distinct?: (Limit & { readonly field: string }) | undefined
  readonly cooldown?: string | undefined
  readonly aggregate?: string | undefined
  readonly snoozeUntil?: string | undefined
  readonly severity: Severity
  readonly title: string
  readonly message?: string | undefined
  readonly suffix?: string | undefined
  readonly actions: readonly string[]
  readonly dryRun: boolean
  readonly enabled: boolean
}

interface Limit {
  readonly count: number
  readonly within: string
  readonly by?: readonly string[] | undefined
}

export interface WrittenRules {
  readonly rules: readonly WrittenRule[]
  readonly actions: Readonly<Record<string, ActionDefinition>>
}

/** The file as it is written; what its texts say is checked by `checkRules`. */
export const rulesFileSchema: z.ZodType<WrittenRules> = fieldsOf({
  $schema: z.string().optional().describe('For editors.'),
  rules: z
    .array(rule)
    .max(MAX_RULES, `must be ${MAX_RULES} rules at most`)
    .default([])
    .describe('Every rule that matches, fires.'),
  actions: actionsSchema.default({}).describe('Where alerts can go, by name, beside `bus` and `websocket`.')
})
