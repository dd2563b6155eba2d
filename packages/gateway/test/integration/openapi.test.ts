import { writeFile } from 'node:fs/promises'
import { createBroker, createBusClient } from '@packet-logs/bus'
import { Validator } from '@seriousme/openapi-schema-validator'
import { Ajv2020 } from 'ajv/dist/2020.js'
import { describe, expect, it } from 'vitest'
import { httpRoutes } from '../../src/http/routes.js'
import { GatewayError, type GatewayErrorCode, type RecentEvents } from '../../src/index.js'
import { IDLE_ACTION, type OpenRoutes, openRoutes } from './open-routes.js'

interface Content {
  readonly content?: Readonly<Record<string, object>>
  readonly headers?: Readonly<Record<string, object>>
}
interface Operation {
  readonly operationId: string
  readonly parameters: readonly { readonly name: string; readonly in: string }[]
  readonly requestBody?: Content
  readonly responses: Readonly<Record<string, Content>>
}
type Paths = Readonly<Record<string, Readonly<Record<string, Operation>>>>

async function documentOf({ request }: Pick<OpenRoutes, 'request'>): Promise<{ paths: Paths; security?: unknown }> {
  return (await (await request('GET', '/openapi.json')).json()) as { paths: Paths }
}

/** Whether a value is what the document says, at a place in it. */
function createChecker(document: object): (pointer: string, value: unknown) => void {
  const ajv = new Ajv2020({ strict: false, allErrors: true, formats: { 'date-time': isTime } })
  ajv.addSchema({ ...document, $id: 'http://gateway/' })
  return (pointer, value) => {
    const validate = ajv.compile({ $ref: `http://gateway/#${pointer}` })
    expect(validate(value), `${pointer}: ${JSON.stringify(validate.errors)} in ${JSON.stringify(value)}`).toBe(true)
  }
}

function isTime(text: string): boolean {
  return !Number.isNaN(Date.parse(text))
}

function escaped(part: string): string {
  return encodeURIComponent(part.replaceAll('~', '~0').replaceAll('/', '~1'))
}

const RULES = `
rules:
  - id: logins
    when: topic == "auth:failure"
    topics: [auth]
    threshold: { count: 2, within: 60s, by: [event.user] }
    actions: [bus]
`
const alert = { TopicPrefix: 'auth', Name: 'any', Conditions: [{ JPath: '$..user' }], Actions: [{ StoreAlert: true }] }
const notification = { Conditions: { Protocol: 'tcp', DstPort: 22 }, Notification: true }

const FORM = 'a=b'
/** What comes before the routes, and what nothing here brings about. */
const ELSEWHERE = new Set(['401', '403', '421', '429', '500'])

/** Gateways that have, and lack, different things. */
type Kind = 'whole' | 'bare' | 'silent' | 'sick' | 'broken'
type Call = readonly [kind: Kind, operation: string, status: number, method: string, path: string, body?: unknown]

/** A call for each status of each route that the routes themselves answer. */
const calls: readonly Call[] = [
  ['whole', '/notifications', 200, 'GET', '/notifications'],
  ['whole', '/notifications', 200, 'PUT', '/notifications', notification],
  ['whole', '/notifications', 400, 'PUT', '/notifications', '{'],
  ['whole', '/notifications', 413, 'PUT', '/notifications', ' '.repeat(2_000_000)],
  ['whole', '/notifications', 400, 'DELETE', '/notifications'],
  ['whole', '/notifications/{index}', 200, 'PUT', '/notifications/0', notification],
  ['whole', '/notifications/{index}', 400, 'PUT', '/notifications/7', notification],
  ['whole', '/notifications/{index}', 413, 'PUT', '/notifications/0', ' '.repeat(2_000_000)],
  ['whole', '/notifications/{index}', 200, 'DELETE', '/notifications/1'],
  ['whole', '/notifications/{index}', 400, 'DELETE', '/notifications/x'],
  ['whole', '/alerts', 200, 'GET', '/alerts'],
  ['whole', '/alerts', 200, 'PUT', '/alerts', alert],
  ['whole', '/alerts', 400, 'PUT', '/alerts', {}],
  ['whole', '/alerts', 413, 'PUT', '/alerts', ' '.repeat(2_000_000)],
  ['whole', '/alerts', 400, 'DELETE', '/alerts'],
  ['whole', '/alerts/{index}', 200, 'PUT', '/alerts/0', alert],
  ['whole', '/alerts/{index}', 400, 'PUT', '/alerts/0', {}],
  ['whole', '/alerts/{index}', 413, 'PUT', '/alerts/0', ' '.repeat(2_000_000)],
  ['whole', '/alerts/{index}', 200, 'DELETE', '/alerts/1'],
  ['whole', '/alerts/{index}', 400, 'DELETE', '/alerts/9'],
  ['whole', '/rules', 200, 'GET', '/rules'],
  ['whole', '/rules/{id}/snooze', 200, 'POST', '/rules/logins/snooze', { for: '1h', key: { 'event.user': 'root' } }],
  ['whole', '/rules/{id}/snooze', 400, 'POST', '/rules/logins/snooze', { for: 1 }],
  ['whole', '/rules/{id}/snooze', 404, 'POST', '/rules/none/snooze', { for: '1h' }],
  ['whole', '/rules/{id}/snooze', 413, 'POST', '/rules/logins/snooze', ' '.repeat(2_000_000)],
  ['whole', '/rules/{id}/snooze', 204, 'DELETE', '/rules/logins/snooze'],
  ['whole', '/rules/{id}/snooze', 400, 'DELETE', '/rules/logins/snooze?key=1'],
  ['whole', '/rules/{id}/snooze', 404, 'DELETE', '/rules/none/snooze'],
  ['whole', '/rules/check', 200, 'POST', '/rules/check', { text: RULES }],
  ['whole', '/rules/check', 200, 'POST', '/rules/check', { text: 'rules: 1' }],
  ['whole', '/rules/check', 200, 'POST', '/rules/check', { kind: 'notifications', text: '[{"Notification":true}]' }],
  ['whole', '/rules/check', 400, 'POST', '/rules/check', {}],
  ['whole', '/rules/check', 413, 'POST', '/rules/check', ' '.repeat(2_000_000)],
  ['whole', '/filter/check', 200, 'POST', '/filter/check', { filter: 'src.port == 1' }],
  ['whole', '/filter/check', 200, 'POST', '/filter/check', { filter: 'src.prt == 1' }],
  ['whole', '/filter/check', 400, 'POST', '/filter/check', { filter: 1 }],
  ['whole', '/filter/check', 413, 'POST', '/filter/check', ' '.repeat(2_000_000)],
  ['whole', '/events', 200, 'GET', '/events?format=json'],
  ['whole', '/events', 200, 'GET', '/events?format=json&spr=true'],
  ['whole', '/events', 200, 'GET', '/events?format=csv'],
  ['whole', '/events', 400, 'GET', '/events?filter=x'],
  ['whole', '/health', 200, 'GET', '/health'],
  ['whole', '/metrics', 200, 'GET', '/metrics'],
  ['whole', '/actions', 200, 'GET', '/actions'],
  ['whole', '/', 200, 'GET', '/'],
  ['whole', '/openapi.json', 200, 'GET', '/openapi.json'],
  ['whole', '/rules/{id}/snooze', 415, 'POST', '/rules/logins/snooze', FORM],
  ['whole', '/rules/check', 415, 'POST', '/rules/check', FORM],
  ['whole', '/filter/check', 415, 'POST', '/filter/check', FORM],
  ['whole', '/notifications', 412, 'PUT', '/notifications', { ...notification, ifMatch: '"x"' }],
  ['whole', '/notifications/{index}', 412, 'PUT', '/notifications/0', { ...notification, ifMatch: '"x"' }],
  ['whole', '/notifications/{index}', 412, 'DELETE', '/notifications/0', { ifMatch: '"x"' }],
  ['whole', '/alerts', 412, 'PUT', '/alerts', { ...alert, ifMatch: '"x"' }],
  ['whole', '/alerts/{index}', 412, 'PUT', '/alerts/0', { ...alert, ifMatch: '"x"' }],
  ['whole', '/alerts/{index}', 412, 'DELETE', '/alerts/0', { ifMatch: '"x"' }],
  ['bare', '/notifications', 404, 'GET', '/notifications'],
  ['bare', '/notifications', 404, 'PUT', '/notifications', notification],
  ['bare', '/notifications/{index}', 404, 'PUT', '/notifications/0', notification],
  ['bare', '/notifications/{index}', 404, 'DELETE', '/notifications/0'],
  ['bare', '/alerts', 404, 'GET', '/alerts'],
  ['bare', '/alerts', 404, 'PUT', '/alerts', alert],
  ['bare', '/alerts/{index}', 404, 'PUT', '/alerts/0', alert],
  ['bare', '/alerts/{index}', 404, 'DELETE', '/alerts/0'],
  ['bare', '/rules', 404, 'GET', '/rules'],
  ['bare', '/actions', 404, 'GET', '/actions'],
  ['silent', '/events', 501, 'GET', '/events'],
  ['sick', '/events', 503, 'GET', '/events'],
  ['sick', '/health', 503, 'GET', '/health'],
  ['sick', '/actions', 500, 'GET', '/actions'],
  ['broken', '/notifications', 409, 'PUT', '/notifications', notification],
  ['broken', '/notifications/{index}', 409, 'PUT', '/notifications/0', notification],
  ['broken', '/notifications/{index}', 409, 'DELETE', '/notifications/0'],
  ['broken', '/alerts', 409, 'PUT', '/alerts', alert],
  ['broken', '/alerts/{index}', 409, 'PUT', '/alerts/0', alert],
  ['broken', '/alerts/{index}', 409, 'DELETE', '/alerts/0']
]

async function openAll(): Promise<OpenRoutes> {
  const routes = await openRoutes({ actions: () => [IDLE_ACTION], rules: RULES })
  for (const entry of [0, 1]) {
    await routes.request('PUT', '/notifications', { ...notification, entry })
    await routes.request('PUT', '/alerts', alert)
  }
  for (const count of [0, 1, 2]) {
    routes.engine.event({ topic: 'auth:failure', value: `{"user":"root","count":${count}}` })
  }
  await routes.request('POST', '/rules/logins/snooze', { for: '1h' })
  routes.broker.publish('auth:failure', { user: 'root' })
  routes.broker.publishText('note', 'no JSON')
  return routes
}

type Requester = OpenRoutes['request']

async function openKinds(): Promise<Readonly<Record<Kind, Requester>>> {
  const failing = (code: GatewayErrorCode): RecentEvents => ({
    read: () => Promise.reject(new GatewayError(code, 'It cannot.'))
  })
  const sick = await openRoutes({
    recent: failing('GATEWAY_BUS_SILENT'),
    health: () => ({ ok: false }),
    actions: () => {
      throw new Error('broken')
    }
  })
  const broken = await openRoutes()
  for (const name of ['notifications.json', 'alerts.json'] as const) await writeFile(broken.pathOf(name), '[{')
  const app = httpRoutes({ bus: createBusClient(createBroker()) })
  return {
    whole: (await openAll()).request,
    bare: async (method, path, body) =>
      app.request(path, { method, ...(body !== undefined && { body: JSON.stringify(body) }) }),
    silent: (await openRoutes({ recent: failing('GATEWAY_NO_REPLAY') })).request,
    sick: sick.request,
    broken: broken.request
  }
}

/** Checks an answer against what the document says of it, to the last header. */
async function checkAnswer(
  document: { paths: Paths },
  path: string,
  method: string,
  response: Response,
  check: (pointer: string, value: unknown) => void
): Promise<void> {
  const described = document.paths[path]?.[method.toLowerCase()]?.responses[response.status]
  if (described === undefined) expect.fail(`${method} ${path} says nothing of ${response.status}`)
  const text = await response.text()
  for (const name of Object.keys(described.headers ?? {})) expect(response.headers.get(name), name).not.toBeNull()
  const type = response.headers.get('content-type')?.split(';')[0]
  if (type === undefined) {
    expect(described.content).toEqual({})
    return
  }
  expect(Object.keys(described.content ?? {})).toContain(type)
  const schema = ['paths', path, method.toLowerCase(), 'responses', String(response.status), 'content', type, 'schema']
  check(`/${schema.map(escaped).join('/')}`, type.endsWith('json') ? JSON.parse(text) : text)
}

describe('the OpenAPI document', () => {
  it('is one', async () => {
    for (const options of [{}, { authenticate: () => undefined }]) {
      const document = await documentOf(await openRoutes(options))
      const validator = new Validator()
      expect(await validator.validate(document)).toEqual({ valid: true })
      expect(() => validator.resolveRefs()).not.toThrow()
      expect(document.security).toEqual('authenticate' in options ? [{ token: [] }] : undefined)
    }
  })

  it('has every route, and the routes have everything that is in it', async () => {
    const bus = createBusClient(createBroker())
    const app = httpRoutes({ bus })
    const registered = app.routes
      .filter(({ method }) => method !== 'ALL')
      .map(({ method, path }) => `${method} ${path.replaceAll(/:(\w+)/g, '{$1}')}`)
    const { paths } = (await (await app.request('/openapi.json')).json()) as { paths: Paths }
    const described = Object.entries(paths).flatMap(([path, operations]) => {
      return Object.keys(operations).map(method => `${method.toUpperCase()} ${path}`)
    })
    expect(described.toSorted()).toEqual(registered.toSorted())
    expect(
      new Set(
        Object.values(paths)
          .flatMap(Object.values<Operation>)
          .map(({ operationId }) => operationId)
      ).size
    ).toBe(described.length)
    const { endpoints } = (await (await app.request('/')).json()) as { endpoints: { method: string; path: string }[] }
    expect(endpoints.map(({ method, path }) => `${method} ${path}`).toSorted()).toEqual(registered.toSorted())
  })

  it('names every part of a path, and what queries take', async () => {
    const { paths } = await documentOf(await openRoutes())
    for (const [path, operations] of Object.entries(paths)) {
      const parts = Array.from(path.matchAll(/\{(\w+)\}/g), ([, name]) => name)
      for (const { parameters } of Object.values(operations)) {
        expect(parameters.filter(one => one.in === 'path').map(({ name }) => name)).toEqual(parts)
      }
    }
    const query = paths['/events']?.['get']?.parameters.filter(one => one.in === 'query').map(({ name }) => name)
    expect(query).toEqual(['prefix', 'match', 'filter', 'since', 'limit', 'format', 'spr'])
  })

  it('says of every route what it answers, and nothing that it does not', async () => {
    const kinds = await openKinds()
    const document = await documentOf({ request: kinds.whole })
    const check = createChecker(document)
    const given = new Set<string>()
    for (const [kind, path, status, method, to, body] of calls) {
      const { ifMatch, ...rest } = (typeof body === 'object' ? body : {}) as { ifMatch?: string }
      const response = await kinds[kind](
        method,
        to,
        ifMatch === undefined ? body : method === 'PUT' ? rest : undefined,
        {
          ...(body === FORM && { 'content-type': 'application/x-www-form-urlencoded' }),
          ...(ifMatch !== undefined && { 'if-match': ifMatch })
        }
      )
      expect(response.status, `${method} ${to} of the ${kind} one`).toBe(status)
      await checkAnswer(document, path, method, response, check)
      given.add(`${method} ${path} ${status}`)
    }
    const described = Object.entries(document.paths).flatMap(([path, operations]) => {
      return Object.entries(operations).flatMap(([method, { responses }]) => {
        return Object.keys(responses).map(status => [`${method.toUpperCase()} ${path} ${status}`, status] as const)
      })
    })
    expect(described.filter(([name, status]) => !given.has(name) && !ELSEWHERE.has(status))).toEqual([])
  })

  it('describes each line of NDJSON', async () => {
    const routes = await openAll()
    const check = createChecker(await documentOf(routes))
    for (const query of ['', '?spr=true']) {
      const text = await (await routes.request('GET', `/events${query}`)).text()
      expect(text.trimEnd().split('\n')).toHaveLength(2)
      for (const line of text.trimEnd().split('\n')) check('/components/schemas/Event', JSON.parse(line))
    }
  })

  it('takes what the routes take, and refuses what they refuse', async () => {
    const document = await documentOf(await openRoutes())
    const check = createChecker(document)
    check('/components/schemas/NotificationWish', { Notification: true })
    check('/components/schemas/AlertWish', alert)
    check('/components/schemas/RulesText', { text: '' })
    check('/components/schemas/SnoozeWish', { for: '1h' })
    expect(() => check('/components/schemas/RulesText', { kind: 'rules' })).toThrow()
    expect(() => check('/components/schemas/SnoozeWish', { for: '1h', other: 1 })).toThrow()
    expect(() => check('/components/schemas/AlertWish', { Name: 'a' })).toThrow()
  })
})
