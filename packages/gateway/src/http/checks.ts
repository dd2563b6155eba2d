import { compileFilter, lintNotifications, parseAlerts, parseRules, RuleError } from '@packet-logs/rules'
import { z } from 'zod'
import { type Answer, defineRoute, json, type Route } from './route.js'
import { named, problem, ruleProblem } from './schemas.js'

const KINDS = ['rules', 'alerts', 'notifications'] as const

const rulesText = named(
  'RulesText',
  z.strictObject({
    kind: z.enum(KINDS).default('rules').meta({ description: 'rules.yaml, alerts.json or notifications.json.' }),
    text: z.string().meta({ description: 'What is, or will be, in the file.' }),
    file: z.string().max(1024).default('text').meta({ description: 'What problems are to call it.' })
  })
)

const rulesReport = named(
  'RulesReport',
  z.object({
    valid: z.boolean(),
    count: z.int().meta({ description: 'Rules or entries in it, when it is valid.' }).optional(),
    problems: z.array(ruleProblem).meta({ description: 'Why it cannot be used.' }),
    findings: z
      .array(z.looseObject({ code: z.string(), entry: z.int(), line: z.int(), path: z.string(), message: z.string() }))
      .meta({ description: 'What it does otherwise than it looks.' })
  })
)

const filterText = named('FilterText', z.strictObject({ filter: z.string() }))

const filterReport = named(
  'FilterReport',
  z.union([
    z.object({
      valid: z.literal(true),
      fields: z.array(z.string()).meta({ description: 'The fields it reads.' })
    }),
    z.object({
      valid: z.literal(false),
      code: z.string(),
      message: z.string().meta({ description: 'What is wrong, with a caret under the place; monospaced.' }),
      offset: z.int().optional(),
      line: z.int().optional(),
      column: z.int().optional()
    })
  ])
)

const refused = (description: string): Answer => ({ description, content: { 'application/problem+json': problem } })
const refusals = {
  400: refused('The body is not what is expected.'),
  413: refused('The body is too long.'),
  415: refused('The body does not say that it is JSON.')
}

/** Questions about texts; nothing changes by them. */
export function checkRoutes(): Route[] {
  const common = { tag: 'Checks', errors: 'problem', method: 'post' } as const
  return [
    defineRoute({
      ...common,
      path: '/rules/check',
      id: 'check-rules',
      summary: 'What is wrong with a text for a rule file',
      body: rulesText,
      answers: {
        200: { description: 'What was found.', content: { 'application/json': rulesReport } },
        ...refusals
      },
      handle: ({ body }) => json(checkRules(body))
    }),
    defineRoute({
      ...common,
      path: '/filter/check',
      id: 'check-filter',
      summary: 'What is wrong with a filter, or what it reads',
      body: filterText,
      answers: {
        200: { description: 'What was found.', content: { 'application/json': filterReport } },
        ...refusals
      },
      handle: ({ body }) => json(checkFilter(body.filter))
    })
  ]
}

function checkRules({ kind, text, file }: z.infer<typeof rulesText>): z.infer<typeof rulesReport> {
  try {
    switch (kind) {
      case 'rules':
        return { valid: true, count: parseRules(text, { file }).rules.length, problems: [], findings: [] }
      case 'alerts':
        return { valid: true, count: parseAlerts(text, { file }).length, problems: [], findings: [] }
      case 'notifications': {
        const { findings, filters } = lintNotifications(text, file)
        return { valid: true, count: filters.length, problems: [], findings: findings.map(one => ({ ...one })) }
      }
    }
  } catch (error) {
    if (!(error instanceof RuleError)) throw error
    return { valid: false, problems: error.problems.map(one => ({ ...one })), findings: [] }
  }
}

function checkFilter(source: string): z.infer<typeof filterReport> {
  try {
    return { valid: true, fields: [...compileFilter(source).fields] }
  } catch (error) {
    if (!(error instanceof RuleError)) throw error
    return { valid: false, code: error.code, message: error.message, ...error.position }
  }
}
