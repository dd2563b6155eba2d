import type { RuleEngine, RuleStats } from '@packet-logs/rules'
import type { RuleFiles } from '@packet-logs/rules/files'
import { z } from 'zod'
import { durationMs } from './duration.js'
import { HttpError } from './http-error.js'
import { type Answer, defineRoute, json, type Route } from './route.js'
import { named, problem, ruleProblem, time } from './schemas.js'

/** How long a snooze may last. Forever is `enabled: false`. */
const MAX_SNOOZE_MS = 366 * 24 * 3_600_000

const key = z
  .record(z.string().max(256), z.union([z.string().max(1024), z.number(), z.boolean()]))
  .meta({ description: 'Only this key of the rule: its `by` fields and their values, `{"src.ip": "192.0.2.1"}`.' })

const ruleState = named(
  'RuleState',
  z.looseObject({
    source: z.enum(['rules', 'alerts', 'notifications']).meta({ description: 'The kind of file it stands in.' }),
    id: z.string().meta({ description: 'Of an entry of notifications.json its index.' }),
    definition: z.looseObject({}).meta({ description: 'The rule as it was read.' }).optional(),
    hits: z.int().meta({ description: 'Packets and events that met its condition.' }),
    alerts: z.int().meta({ description: 'Alerts raised, or notices sent.' }),
    suppressed: z.looseObject({}).meta({ description: 'Alerts held back, by reason.' }),
    failures: z
      .int()
      .meta({ description: 'Of alerts.json: conditions that would have had to look at too much of an event.' })
      .optional(),
    lastHit: time.optional(),
    snoozedUntil: time.optional()
  })
)

const ruleList = named(
  'RuleList',
  z.object({
    rules: z.array(ruleState),
    totals: z.looseObject({}).meta({ description: 'What the engine as a whole has done.' }),
    problems: z.array(ruleProblem).meta({ description: 'What is wrong on disk and therefore not in force.' })
  })
)

const snoozeWish = named(
  'SnoozeWish',
  z.strictObject({
    until: time.meta({ description: 'When it ends.' }).optional(),
    for: z.string().meta({ description: 'Or how long it lasts: `90s`, `10m`, `2h`, `7d`.' }).optional(),
    key: key.optional()
  })
)

const snoozed = named('Snooze', z.object({ id: z.string(), until: time, key: key.optional() }))

const wakeQuery = z.strictObject({
  key: z.string().meta({ description: 'Only this key of the rule, as JSON.' }).optional()
})

const id = { description: "The rule's id.", schema: z.string() }
const problems = (description: string): Answer => ({ description, content: { 'application/problem+json': problem } })

/** What is in force, how it is doing, and how to keep it quiet for a while. */
export function ruleRoutes(files: RuleFiles | undefined): Route[] {
  const common = { tag: 'Rules', errors: 'problem' } as const
  const absent = problems('No rules here, or none with this id.')
  return [
    defineRoute({
      ...common,
      method: 'get',
      path: '/rules',
      id: 'list-rules',
      summary: 'The rules in force, what they did, and what is wrong on disk',
      answers: {
        200: { description: 'In the order of the files.', content: { 'application/json': ruleList } },
        404: problems('No rules here.')
      },
      handle: () => {
        const { engine, problems: broken } = filesOf(files)
        return json({ rules: statesOf(engine), totals: engine.totals, problems: broken })
      }
    }),
    defineRoute({
      ...common,
      method: 'post',
      path: '/rules/{id}/snooze',
      id: 'snooze-rule',
      summary: 'Keep a rule, or one key of it, quiet for a while',
      description:
        'It lasts until then or until the service ends; what is to outlive that is `snoozeUntil` in rules.yaml.',
      params: { id },
      body: snoozeWish,
      answers: {
        200: { description: 'It is.', content: { 'application/json': snoozed } },
        400: problems('What is wrong with the wish.'),
        404: absent,
        413: problems('The body is too long.'),
        415: problems('The body does not say that it is JSON.')
      },
      handle: ({ params, body }) => {
        const { engine } = filesOf(files)
        const untilMs = untilOf(body, Date.now())
        const ruleId = params['id'] ?? ''
        snooze(engine, ruleId, untilMs, body.key)
        const until = new Date(untilMs).toISOString()
        return json({ id: ruleId, until, ...(body.key !== undefined && { key: body.key }) })
      }
    }),
    defineRoute({
      ...common,
      method: 'delete',
      path: '/rules/{id}/snooze',
      id: 'wake-rule',
      summary: 'End a snooze',
      params: { id },
      query: wakeQuery,
      answers: {
        204: { description: 'It is over, or there was none.' },
        400: problems('What is wrong with the key.'),
        404: absent
      },
      handle: ({ params, query }) => {
        const { engine } = filesOf(files)
        snooze(engine, params['id'] ?? '', 0, query.key === undefined ? undefined : readKey(query.key))
        return new Response(null, { status: 204 })
      }
    })
  ]
}

function filesOf(files: RuleFiles | undefined): RuleFiles {
  if (files !== undefined) return files
  throw new HttpError(404, 'No rule files are configured here.')
}

function statesOf(engine: RuleEngine): object[] {
  const definitions = definitionsOf(engine)
  return engine.stats().map(stats => {
    const { lastHitMs, snoozedUntilMs, ...counts } = stats
    const definition = definitions.get(nameOf(stats))
    return {
      ...counts,
      ...(lastHitMs !== undefined && { lastHit: new Date(lastHitMs).toISOString() }),
      ...(snoozedUntilMs !== undefined && { snoozedUntil: new Date(snoozedUntilMs).toISOString() }),
      ...(definition !== undefined && { definition })
    }
  })
}

function nameOf({ source, id: of }: Pick<RuleStats, 'source' | 'id'>): string {
  return `${source}:${of}`
}

function definitionsOf({ sets }: RuleEngine): ReadonlyMap<string, object> {
  const definitions = new Map<string, object>()
  for (const rule of sets.rules?.rules ?? []) definitions.set(nameOf({ source: 'rules', id: rule.id }), rule)
  for (const entry of sets.alerts?.entries ?? []) {
    definitions.set(nameOf({ source: 'alerts', id: entry.RuleId === '' ? entry.Name : entry.RuleId }), entry)
  }
  for (const [index, entry] of (sets.notifications?.entries ?? []).entries()) {
    definitions.set(nameOf({ source: 'notifications', id: String(index) }), entry)
  }
  return definitions
}

function untilOf({ until, for: duration }: z.infer<typeof snoozeWish>, nowMs: number): number {
  if ((until === undefined) === (duration === undefined)) {
    throw new HttpError(400, 'Give either until, a time, or for, a duration such as 10m.')
  }
  const durationOf = (text: string): number => {
    const ms = durationMs(text)
    if (ms === undefined) throw new HttpError(400, 'for: expected a duration such as 90s, 10m, 2h or 7d.')
    return ms
  }
  const untilMs = until === undefined ? nowMs + durationOf(duration ?? '') : Date.parse(until)
  if (!(untilMs > nowMs)) throw new HttpError(400, 'That is over already; DELETE ends a snooze.')
  if (untilMs > nowMs + MAX_SNOOZE_MS) {
    throw new HttpError(400, 'That is more than a year; switch the rule off with enabled: false instead.')
  }
  return untilMs
}

function readKey(text: string): z.infer<typeof key> {
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch (cause) {
    throw new HttpError(400, 'key: expected JSON, such as {"src.ip": "192.0.2.1"}.', { cause })
  }
  const result = key.safeParse(value)
  if (!result.success) throw new HttpError(400, 'key: expected an object of texts, numbers, true or false.')
  return result.data
}

function snooze(engine: RuleEngine, ruleId: string, untilMs: number, of: z.infer<typeof key> | undefined): void {
  if (engine.snooze(ruleId, untilMs, of)) return
  const isKnown = engine.stats().some(stats => stats.id === ruleId && stats.source !== 'notifications')
  if (isKnown) throw new HttpError(400, 'key: these are not the fields the rule goes by.')
  throw new HttpError(404, `There is no rule ${JSON.stringify(ruleId)}.`)
}
