import { z } from 'zod'
import type { Answer, Route } from './route.js'
import { namedSchemas, problem } from './schemas.js'

type JsonObject = Readonly<Record<string, unknown>>

/** What the document says beside its routes. */
export interface OpenApiOptions {
  /** Whether requests need a token. */
  readonly hasTokens: boolean
}

/** The OpenAPI document of the routes, made from the schemas that check what comes in. */
export function openApiDocument(routes: readonly Route[], { hasTokens }: OpenApiOptions): JsonObject {
  const paths: Record<string, Record<string, JsonObject>> = {}
  for (const route of routes) {
    const operations = paths[route.path] ?? {}
    paths[route.path] = operations
    operations[route.method] = operationOf(route, hasTokens)
  }
  return {
    openapi: '3.1.0',
    info: {
      title: 'packet-logs gateway',
      version: '1.0.0',
      summary: 'What the firewall logged, and the rules that say what of it matters.',
      description:
        'Errors of /notifications and /alerts are plain text, as in SPR; all others are problems as in RFC 9457. ' +
        'Every path takes HEAD where it takes GET, and OPTIONS; other methods are answered with 405.',
      license: { name: 'MIT', identifier: 'MIT' }
    },
    servers: [{ url: '/' }],
    ...(hasTokens && { security: [{ token: [] }] }),
    tags: [...new Set(routes.map(({ tag }) => tag))].map(name => ({ name })),
    paths,
    components: {
      schemas: componentSchemas(routes),
      ...(hasTokens && { securitySchemes: { token: { type: 'http', scheme: 'bearer' } } })
    }
  }
}

/** What is sent is described as it comes in, defaults missing; what is answered as it goes out, with nothing unsaid. */
function componentSchemas(routes: readonly Route[]): JsonObject {
  const sent = new Set(routes.map(({ requestBody }) => requestBody && namedSchemas.get(requestBody)?.id))
  const { schemas: incoming } = z.toJSONSchema(namedSchemas, { uri: referTo, io: 'input' })
  const { schemas: outgoing } = z.toJSONSchema(namedSchemas, { uri: referTo, io: 'output' })
  const described = Object.entries(outgoing).map(([id, schema]) => {
    const { $schema: _dialect, $id: _id, id: _name, ...plain } = (sent.has(id) ? incoming[id] : schema) ?? {}
    return [id, plain] as const
  })
  return Object.fromEntries(described)
}

function referTo(id: string): string {
  return `#/components/schemas/${id}`
}

/** What may be answered before a request gets to its route. */
function guards(route: Route, hasTokens: boolean): Readonly<Record<number, Answer>> {
  const guard = (description: string): Answer => ({ description, content: { 'application/problem+json': problem } })
  return {
    403: guard('A page of another origin may not do this, or the token is for other paths.'),
    421: guard('The Host header names another host.'),
    ...(hasTokens &&
      route.path !== '/health' && {
        401: guard('A token is missing, or wrong.'),
        429: guard('Too many wrong tokens came from there.')
      }),
    500: guard('It failed.')
  }
}

function operationOf(route: Route, hasTokens: boolean): JsonObject {
  const { id, tag, summary, description, requestBody } = route
  const answers = { ...guards(route, hasTokens), ...route.answers }
  return {
    operationId: id,
    tags: [tag],
    summary,
    ...(description !== undefined && { description }),
    ...(hasTokens && route.path === '/health' && { security: [] }),
    parameters: parametersOf(route),
    ...(requestBody !== undefined && {
      requestBody: { required: true, content: { 'application/json': { schema: referenceOf(requestBody) } } }
    }),
    responses: Object.fromEntries(Object.entries(answers).map(([status, answer]) => [status, responseOf(answer)]))
  }
}

function parametersOf({ params = {}, headers = {}, query }: Route): JsonObject[] {
  const inPath = Object.entries(params).map(([name, { description, schema }]) => {
    return { name, in: 'path', required: true, description, schema: plainSchema(schema) }
  })
  const inHeaders = Object.entries(headers).map(([name, description]) => {
    return { name, in: 'header', required: false, description, schema: { type: 'string' } }
  })
  const { properties = {} } = query === undefined ? {} : plainSchema(query)
  const inQuery = Object.entries(properties as Readonly<Record<string, JsonObject>>).map(([name, property]) => {
    const { description, ...schema } = property
    return { name, in: 'query', required: false, description, schema }
  })
  return [...inPath, ...inHeaders, ...inQuery]
}

function responseOf({ description, content = {}, headers = {} }: Answer): JsonObject {
  return {
    description,
    content: Object.fromEntries(
      Object.entries(content).map(([type, schema]) => [type, { schema: referenceOf(schema) }])
    ),
    headers: Object.fromEntries(
      Object.entries(headers).map(([name, meaning]) => [name, { description: meaning, schema: { type: 'string' } }])
    )
  }
}

function referenceOf(schema: z.ZodType): JsonObject {
  const id = namedSchemas.get(schema)?.id
  if (id === undefined) throw new TypeError('schema: expected one that has a name')
  return { $ref: referTo(id) }
}

function plainSchema(schema: z.ZodType): JsonObject {
  const { $schema: _dialect, ...plain } = z.toJSONSchema(schema, { io: 'input' })
  return plain
}
