import type { Registry } from 'prom-client'
import { z } from 'zod'
import type { GatewayOptions, Health } from '../options.js'
import { HttpError } from './http-error.js'
import { type Answer, defineRoute, json, type Route } from './route.js'
import { named, plainText, problem } from './schemas.js'

const health = named(
  'Health',
  z.looseObject({
    ok: z.boolean().meta({ description: 'Whether the service does its work.' }),
    status: z.enum(['ok', 'degraded', 'failing']).meta({
      description: '`degraded`: it does its work, but somebody should look; a restart would not help.'
    }),
    bus: z.looseObject({ connected: z.boolean() }),
    rules: z.object({ problems: z.int() }).optional().meta({
      description: 'How much is wrong with rule files on disk, which are therefore not in force; /rules tells.'
    })
  })
)

const actionList = named(
  'ActionList',
  z.object({ actions: z.array(z.looseObject({ name: z.string(), type: z.string() })) })
)

const failed: Answer = { description: 'It cannot be told.', content: { 'application/problem+json': problem } }

/** How the service is doing. */
export function stateRoutes(options: GatewayOptions, own: Registry): Route[] {
  const common = { tag: 'State', errors: 'problem', method: 'get' } as const
  const healthAnswer = (description: string): Answer => ({ description, content: { 'application/json': health } })
  return [
    defineRoute({
      ...common,
      path: '/health',
      id: 'health',
      summary: 'Whether the service does its work',
      answers: {
        200: healthAnswer('It does, though perhaps something beside it is wrong: `status` tells.'),
        503: healthAnswer('It does not.')
      },
      handle: () => healthOf(options)
    }),
    defineRoute({
      ...common,
      path: '/metrics',
      id: 'metrics',
      summary: "Counters in Prometheus' text format",
      answers: { 200: { description: 'All of them.', content: { 'text/plain': plainText } }, 500: failed },
      handle: async () =>
        new Response(await textOf(new Set([own, ...(options.metrics ?? [])])), {
          headers: { 'content-type': own.contentType }
        })
    }),
    defineRoute({
      ...common,
      path: '/actions',
      id: 'list-actions',
      summary: "What became of alerts that were given to the rules' actions",
      answers: {
        200: { description: 'By action.', content: { 'application/json': actionList } },
        404: { description: 'No actions here.', content: { 'application/problem+json': problem } }
      },
      handle: () => {
        if (options.actions === undefined) throw new HttpError(404, 'No actions are configured here.')
        return json({ actions: options.actions() })
      }
    })
  ]
}

async function healthOf({ bus, rules, health: ask }: GatewayOptions): Promise<Response> {
  const { connected } = bus.stats
  const problems = rules?.problems.length ?? 0
  const told = await tell(ask)
  const ok = told.ok && connected
  const status = ok ? (told.degraded === true || problems > 0 ? 'degraded' : 'ok') : 'failing'
  const body = { ...told, ok, status, bus: { connected }, ...(rules !== undefined && { rules: { problems } }) }
  return json(body, { status: ok ? 200 : 503 })
}

/** Whoever asks a sick service wants to hear that it is, and not why it could not say so. */
async function tell(ask: GatewayOptions['health']): Promise<Health> {
  try {
    return (await ask?.()) ?? { ok: true }
  } catch {
    return { ok: false }
  }
}

/** Of metrics with one name the first counts: a text with both is refused by whoever scrapes it, with all the others. */
async function textOf(registries: ReadonlySet<Registry>): Promise<string> {
  const names = new Set<string>()
  const texts: string[] = []
  for (const registry of registries) {
    for (const { name } of registry.getMetricsAsArray()) {
      if (names.has(name)) continue
      names.add(name)
      texts.push(await registry.getSingleMetricAsString(name))
    }
  }
  return `${texts.join('\n\n')}\n`
}
