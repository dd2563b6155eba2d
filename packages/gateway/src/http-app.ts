import { Hono, type MiddlewareHandler } from 'hono'
import { cors } from 'hono/cors'
import type { Door } from './auth/door.js'
import type { OriginPolicy } from './auth/same-origin.js'
import { pageHeaders } from './http/events.js'
import { HttpError } from './http/http-error.js'
import { httpRoutes, type RoutesEnv } from './http/routes.js'
import type { GatewayOptions } from './options.js'
import { isRebindable, type Way } from './place.js'

/** What every request brings along. */
export interface HttpEnv {
  Bindings: RoutesEnv['Bindings'] & { way: Way }
}

/** What stands in front of the routes. */
export interface HttpGuard {
  readonly door: Door
  readonly origins: OriginPolicy
}

/** The HTTP part: who may come in, then the routes. */
export function createHttpApp(options: GatewayOptions, { door, origins }: HttpGuard): Hono<HttpEnv> {
  const app = new Hono<HttpEnv>()
  app.use(setHeaders)
  app.use(checkHost(origins))
  if (!origins.isEmpty) {
    app.use(
      cors({
        origin: origin => (origins.names(origin) ? origin : null),
        allowMethods: ['GET', 'HEAD', 'PUT', 'POST', 'DELETE'],
        allowHeaders: ['Authorization', 'Content-Type', 'If-Match'],
        exposeHeaders: ['ETag', 'Retry-After', ...Object.keys(pageHeaders)],
        maxAge: 600
      })
    )
  }
  app.use(checkOrigin(origins))
  app.use(checkToken(door))
  for (const path of ['/ws', '/ws_events_all', '/ws/events']) {
    app.get(path, () => refuse(426, 'This is a WebSocket.', { Upgrade: 'websocket' }))
  }
  app.route('/', httpRoutes(options))
  app.notFound(() => refuse(404, 'There is nothing here.'))
  app.onError(() => refuse(500, 'The gateway failed over this request.'))
  return app
}

const setHeaders: MiddlewareHandler<HttpEnv> = async (c, next) => {
  await next()
  const { headers } = c.res
  headers.set('X-Content-Type-Options', 'nosniff')
  headers.set('X-Frame-Options', 'DENY')
  headers.set('Referrer-Policy', 'no-referrer')
  if (!headers.has('Content-Security-Policy')) {
    headers.set('Content-Security-Policy', "default-src 'none'; frame-ancestors 'none'")
  }
  if (!headers.has('Cache-Control')) headers.set('Cache-Control', 'no-store')
}

function checkHost(origins: OriginPolicy): MiddlewareHandler<HttpEnv> {
  return async (c, next) => {
    if (isRebindable(c.env.way.place) && !origins.allowsLoopbackHost(c.req.header('host'))) {
      return refuse(421, WRONG_HOST)
    }
    await next()
    return undefined
  }
}

function checkOrigin(origins: OriginPolicy): MiddlewareHandler<HttpEnv> {
  return async (c, next) => {
    const isChange = c.req.method !== 'GET' && c.req.method !== 'HEAD'
    if (isChange && c.env.way.place.isNamed && !origins.allows(c.req.header('origin'), c.req.header('host'))) {
      return refuse(403, WRONG_ORIGIN)
    }
    await next()
    return undefined
  }
}

function checkToken(door: Door): MiddlewareHandler<HttpEnv> {
  return async (c, next) => {
    const { place, source, isLocal } = c.env.way
    const { path } = c.req
    if (!place.asksTokens || path === '/health' || (path === '/metrics' && isLocal)) {
      await next()
      return undefined
    }
    const token = bearerOf(c.req.header('authorization'))
    if (token === undefined) {
      return refuse(401, 'Send a token: Authorization: Bearer TOKEN.', { 'WWW-Authenticate': 'Bearer' })
    }
    const admission = await door.admit(token, source)
    if (admission.kind === 'wait')
      return refuse(429, TOO_MANY_FAILURES, { 'Retry-After': retryAfter(admission.waitMs) })
    if (admission.kind === 'wrong') {
      return refuse(401, 'No such token.', { 'WWW-Authenticate': 'Bearer error="invalid_token"' })
    }
    const { paths } = admission.access
    if (paths !== undefined && !paths.some(scope => covers(scope, path))) {
      return refuse(403, 'This token is for other paths.')
    }
    await next()
    return undefined
  }
}

export const WRONG_HOST =
  'The Host header names another host: use localhost, or add the name to the origins the gateway allows.'
export const WRONG_ORIGIN = 'A page of another origin may not do this: add it to the origins the gateway allows.'
export const TOO_MANY_FAILURES = 'Too many wrong tokens from there; try again later.'

/** The token of an Authorization header, if it is one of a bearer. */
export function bearerOf(header: string | undefined): string | undefined {
  return /^bearer +([^ ]+) *$/i.exec(header ?? '')?.[1]
}

/** In whole seconds, as the header wants it. */
export function retryAfter(waitMs: number): string {
  return String(Math.max(1, Math.ceil(waitMs / 1000)))
}

function covers(scope: string, path: string): boolean {
  return path === scope || path.startsWith(scope.endsWith('/') ? scope : `${scope}/`)
}

function refuse(status: number, message: string, headers: Record<string, string> = {}): Response {
  return new HttpError(status, message, { headers }).toResponse('problem')
}
