import { type Context, Hono } from 'hono'
import { z } from 'zod'
import { checkLimits } from '../limits.js'
import type { GatewayOptions } from '../options.js'
import { createRecentEvents } from '../recent-events.js'
import { checkRoutes } from './checks.js'
import { createEventCounters } from './counters.js'
import { editableListRoutes } from './editable-list.js'
import { eventRoutes } from './events.js'
import { type ErrorStyle, HttpError } from './http-error.js'
import { openApiDocument } from './openapi.js'
import { defineRoute, json, type Route } from './route.js'
import { ruleRoutes } from './rules.js'
import { named } from './schemas.js'
import { alertsOf, notificationsOf } from './spr-lists.js'
import { stateRoutes } from './state.js'

/** What routes need of the server they run in. */
export interface RoutesEnv {
  Bindings: {
    /** Cuts the connection; absent where there is none. */
    breakOff?: () => void
  }
}

/** The gateway's HTTP routes, without authentication: whoever mounts them puts it before them. */
export function httpRoutes(options: GatewayOptions): Hono<RoutesEnv> {
  const { rules, bus, recent = createRecentEvents(bus) } = options
  const { bodyBytes } = checkLimits(options.limits)
  const counters = createEventCounters()
  const routes: Route[] = [
    ...editableListRoutes(notificationsOf(rules)),
    ...editableListRoutes(alertsOf(rules)),
    ...ruleRoutes(rules),
    ...checkRoutes(),
    ...eventRoutes(recent, counters),
    ...stateRoutes(options, counters.registry)
  ]
  routes.push(...aboutRoutes(routes, options))

  const app = new Hono<RoutesEnv>()
  for (const { method, path, errors, handle } of routes) {
    app.on(method, honoPath(path), async context => {
      try {
        const surroundings = { params: context.req.param(), maxBytes: bodyBytes, breakOff: breakOffOf(context.env) }
        return await handle(context.req.raw, surroundings)
      } catch (error) {
        return errorOf(error).toResponse(errors)
      }
    })
  }
  for (const [path, { allow, errors }] of methodsOf(routes)) {
    app.all(honoPath(path), context => otherMethod(context, allow, errors))
  }
  app.notFound(({ req }) =>
    new HttpError(404, `There is nothing at ${req.path}; GET / lists what there is.`).toResponse('problem')
  )
  return app
}

const index = named(
  'Index',
  z.object({
    name: z.string(),
    openapi: z.string().meta({ description: 'Where the OpenAPI document is.' }),
    endpoints: z.array(z.object({ method: z.string(), path: z.string(), summary: z.string() }))
  })
)
const document = named('OpenApiDocument', z.looseObject({ openapi: z.string() }))

/** What tells of the other routes, and of itself. */
function aboutRoutes(others: readonly Route[], options: GatewayOptions): Route[] {
  const common = { tag: 'State', errors: 'problem', method: 'get' } as const
  const about: Route[] = [
    defineRoute({
      ...common,
      path: '/',
      id: 'index',
      summary: 'What there is here',
      answers: { 200: { description: 'All routes.', content: { 'application/json': index } } },
      handle: () => {
        const endpoints = all.map(({ method, path, summary }) => ({ method: method.toUpperCase(), path, summary }))
        return json({ name: 'packet-logs gateway', openapi: '/openapi.json', endpoints })
      }
    }),
    defineRoute({
      ...common,
      path: '/openapi.json',
      id: 'openapi',
      summary: 'This, as an OpenAPI document',
      answers: { 200: { description: 'OpenAPI 3.1.', content: { 'application/json': document } } },
      handle: () => json(openApi)
    })
  ]
  const all = [...others, ...about]
  const openApi = openApiDocument(all, { hasTokens: options.authenticate !== undefined })
  return about
}

/** Without a server there is not even an environment. */
function breakOffOf(env: RoutesEnv['Bindings'] | undefined): (() => void) | undefined {
  return env?.breakOff
}

function honoPath(path: string): string {
  return path.replaceAll(/\{(\w+)\}/g, ':$1')
}

function methodsOf(routes: readonly Route[]): Map<string, { allow: string; errors: ErrorStyle }> {
  const byPath = new Map<string, Route[]>()
  for (const route of routes) byPath.set(route.path, [...(byPath.get(route.path) ?? []), route])
  return new Map(
    Array.from(byPath, ([path, own]) => {
      const methods = own.map(({ method }) => method.toUpperCase())
      if (methods.includes('GET')) methods.push('HEAD')
      return [path, { allow: [...methods, 'OPTIONS'].join(', '), errors: own[0]?.errors ?? 'problem' }]
    })
  )
}

function otherMethod({ req }: Context, allow: string, errors: ErrorStyle): Response {
  if (req.method === 'OPTIONS') return new Response(null, { status: 204, headers: { allow } })
  return new HttpError(405, `${req.method} is not for ${req.path}; it takes ${allow}.`, {
    headers: { allow }
  }).toResponse(errors)
}

function errorOf(error: unknown): HttpError {
  if (error instanceof HttpError) return error
  const reason = error instanceof Error ? error.message : String(error)
  return new HttpError(500, `This failed: ${reason}`, { cause: error })
}
