import { z } from 'zod'
import { type ErrorStyle, HttpError } from './http-error.js'
import { checkJsonType, parseJson, readBody } from './request-body.js'

export type Method = 'get' | 'put' | 'post' | 'delete'

/** A query's or body's schema; what it gives is what the handler gets. */
type ObjectSchema<Value> = z.ZodType<Value> & z.ZodObject

/** What an answer looks like, for the OpenAPI document. */
export interface Answer {
  readonly description: string
  /** By media type; a schema has to be a named one. */
  readonly content?: Readonly<Record<string, z.ZodType>>
  /** Names of headers and what they mean. */
  readonly headers?: Readonly<Record<string, string>>
}

/** What a handler gets. */
export interface RouteInput<Query, Body> {
  readonly request: Request
  /** Parts of the path that stand for something, decoded. */
  readonly params: Readonly<Record<string, string>>
  readonly query: Query
  readonly body: Body
  /** The body as it came, for routes that take JSON as SPR reads it. */
  readonly text: string
  /** Cuts the connection under an answer that has begun and cannot be finished; absent where there is none. */
  readonly breakOff: (() => void) | undefined
}

interface Description {
  readonly method: Method
  /** As in OpenAPI: `/notifications/{index}`. */
  readonly path: string
  readonly id: string
  readonly summary: string
  readonly description?: string
  readonly tag: string
  readonly errors: ErrorStyle
  /** What the parts of the path mean. */
  readonly params?: Readonly<Record<string, { description: string; schema: z.ZodType }>>
  /** Headers it looks at. */
  readonly headers?: Readonly<Record<string, string>>
  readonly answers: Readonly<Record<number, Answer>>
}

/** A route as it is written. */
export interface RouteDefinition<Query, Body> extends Description {
  readonly query?: ObjectSchema<Query>
  readonly body?: ObjectSchema<Body>
  /** Of a body that is parsed by the handler. */
  readonly text?: z.ZodType
  readonly handle: (input: RouteInput<Query, Body>) => Response | Promise<Response>
}

/** What a route is told of a request besides the request. */
export interface Surroundings extends Pick<RouteInput<unknown, unknown>, 'params' | 'breakOff'> {
  /** Of a body. */
  readonly maxBytes: number
}

/** A route as it is served and documented. */
export interface Route extends Description {
  readonly query: z.ZodObject | undefined
  readonly requestBody: z.ZodType | undefined
  readonly handle: (request: Request, surroundings: Surroundings) => Promise<Response>
}

/** Puts checks of what comes in before a handler. */
export function defineRoute<Query = undefined, Body = undefined>(definition: RouteDefinition<Query, Body>): Route {
  const { query, body, text, handle, ...description } = definition
  return {
    ...description,
    query,
    requestBody: body ?? text,
    handle: async (request, { params, maxBytes, breakOff }) => {
      const asked = query === undefined ? undefined : readQuery(query, new URL(request.url).searchParams)
      if (body !== undefined) checkJsonType(request)
      const sent = body === undefined && text === undefined ? '' : await readBody(request, maxBytes)
      const given = body === undefined ? undefined : check(body, parseJson(sent), 'The body')
      return handle({ request, params, query: asked as Query, body: given as Body, text: sent, breakOff })
    }
  }
}

function readQuery<Value>(schema: ObjectSchema<Value>, params: URLSearchParams): Value {
  const fields = Array.from(new Set(params.keys()), key => {
    const values = params.getAll(key)
    const isList = Object.hasOwn(schema.shape, key) && takesList(schema.shape[key])
    if (!isList && values.length > 1) throw new HttpError(400, `The parameter ${key} is given more than once.`)
    return [key, isList ? values : values[0]] as const
  })
  return check(schema, Object.fromEntries(fields), 'The query')
}

function takesList(schema: unknown): boolean {
  if (schema instanceof z.ZodDefault || schema instanceof z.ZodOptional) return takesList(schema.unwrap())
  return schema instanceof z.ZodArray
}

/** @throws HttpError 400 with everything that is wrong */
function check<Value>(schema: z.ZodType<Value>, value: unknown, what: string): Value {
  const result = schema.safeParse(value)
  if (result.success) return result.data
  const problems = result.error.issues.map(({ path, message }) => ({ path: path.join('.'), message }))
  const list = problems.map(({ path, message }) => (path === '' ? message : `${path}: ${message}`)).join('; ')
  throw new HttpError(400, `${what} is not what is expected here: ${list}`, { members: { problems } })
}

/** JSON, as SPR ends it. */
export function json(value: unknown, init: { status?: number; headers?: Record<string, string> } = {}): Response {
  const { status = 200, headers = {} } = init
  return new Response(`${JSON.stringify(value)}\n`, {
    status,
    headers: { 'content-type': 'application/json', ...headers }
  })
}
