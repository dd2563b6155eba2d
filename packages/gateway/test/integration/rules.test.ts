import { writeFile } from 'node:fs/promises'
import { setTimeout } from 'node:timers/promises'
import { describe, expect, it } from 'vitest'
import { type OpenRoutes, openRoutes } from './open-routes.js'

const RULES = `
rules:
  - id: failed-logins
    when: topic == "auth:failure"
    topics: [auth]
    threshold: { count: 2, within: 60s, by: [event.user] }
  - id: all.of_it
    when: "true"
    topics: [auth]
    dryRun: true
`

async function openWithRules(): Promise<OpenRoutes> {
  const routes = await openRoutes({ rules: RULES })
  const alert = { TopicPrefix: 'auth', Name: 'any', Actions: [{ StoreAlert: true }] }
  expect((await routes.request('PUT', '/alerts', alert)).status).toBe(200)
  return routes
}

interface State {
  readonly source: string
  readonly id: string
  readonly hits: number
  readonly lastHit?: string
  readonly snoozedUntil?: string
  readonly definition?: Record<string, unknown>
}

async function statesOf({ request }: OpenRoutes): Promise<State[]> {
  return ((await (await request('GET', '/rules')).json()) as { rules: State[] }).rules
}

describe('/rules', () => {
  it('tells what is in force and what it did', async () => {
    const routes = await openWithRules()
    const event = { topic: 'auth:failure', value: '{"user":"root"}' }
    routes.engine.event(event)
    routes.engine.event({ ...event })
    const body = (await (await routes.request('GET', '/rules')).json()) as Record<string, unknown>
    expect(body).toMatchObject({
      rules: [
        { source: 'rules', id: 'failed-logins', hits: 2, alerts: 1, definition: { when: 'topic == "auth:failure"' } },
        { source: 'rules', id: 'all.of_it', hits: 2, alerts: 0, suppressed: { dryRun: 2 } },
        { source: 'alerts', hits: 2, alerts: 2, definition: { Name: 'any', TopicPrefix: 'auth' } }
      ],
      totals: { events: 2 },
      problems: []
    })
    const [first] = await statesOf(routes)
    expect(Date.parse(first?.lastHit ?? '')).toBeGreaterThan(Date.now() - 60_000)
  })

  it('tells what is wrong on disk, while the last good set stays in force', async () => {
    const routes = await openWithRules()
    await writeFile(routes.pathOf('rules.yaml'), 'rules:\n  - id: a\n    when: src.prt == 1\n')
    for (let turn = 0; turn < 200 && routes.files.problems.length === 0; turn++) await setTimeout(20)
    const body = (await (await routes.request('GET', '/rules')).json()) as { rules: State[]; problems: object[] }
    expect(body.rules.map(({ id }) => id).slice(0, 2)).toEqual(['failed-logins', 'all.of_it'])
    expect(body.problems).toMatchObject([{ file: routes.pathOf('rules.yaml'), line: 3, path: 'rules[0].when' }])
    const health = await routes.request('GET', '/health')
    expect(health.status).toBe(200)
    expect(await health.json()).toMatchObject({ ok: true, status: 'degraded', rules: { problems: 1 } })
  })
})

describe('snoozing', () => {
  it('keeps a rule quiet until a time, for a while, and no longer once it is woken', async () => {
    const routes = await openWithRules()
    const { request } = routes
    const until = new Date(Date.now() + 3_600_000).toISOString()
    const answer = await request('POST', '/rules/failed-logins/snooze', { until })
    expect([answer.status, await answer.json()]).toEqual([200, { id: 'failed-logins', until }])
    expect((await statesOf(routes))[0]?.snoozedUntil).toBe(until)
    const other = await request('POST', '/rules/all.of_it/snooze', { for: '10m' })
    const { until: later } = (await other.json()) as { until: string }
    expect(Math.abs(Date.parse(later) - Date.now() - 600_000)).toBeLessThan(10_000)
    const { id } = (await statesOf(routes))[2] ?? { id: '' }
    expect((await request('POST', `/rules/${id}/snooze`, { for: '1h' })).status).toBe(200)
    expect((await statesOf(routes)).every(({ snoozedUntil }) => snoozedUntil !== undefined)).toBe(true)
    expect((await request('DELETE', '/rules/failed-logins/snooze')).status).toBe(204)
    expect((await statesOf(routes))[0]?.snoozedUntil).toBeUndefined()
  })

  it('can be about one key', async () => {
    const { request, engine } = await openWithRules()
    const key = { 'event.user': 'root' }
    const path = '/rules/failed-logins/snooze'
    expect(await (await request('POST', path, { for: '1h', key })).json()).toMatchObject({ key })
    const hit = (user: string): void => {
      for (let count = 0; count < 2; count++)
        engine.event({ topic: 'auth:failure', value: JSON.stringify({ user, count }) })
    }
    hit('root')
    hit('guest')
    expect(engine.stats()[0]).toMatchObject({ hits: 4, alerts: 1, suppressed: { snooze: 1 } })
    expect((await request('DELETE', `${path}?key=${encodeURIComponent(JSON.stringify(key))}`)).status).toBe(204)
    expect((await request('POST', path, { for: '1h', key: { 'src.ip': '192.0.2.1' } })).status).toBe(400)
  })

  it.each([
    ['nobody', { for: '1h' }, 404, 'no rule \\"nobody\\"'],
    ['failed-logins', {}, 400, 'Give either until'],
    ['failed-logins', { for: '1h', until: '2030-01-01T00:00:00Z' }, 400, 'Give either until'],
    ['failed-logins', { for: '1 hour' }, 400, 'for: expected a duration'],
    ['failed-logins', { for: '0s' }, 400, 'over already'],
    ['failed-logins', { for: '400d' }, 400, 'more than a year'],
    ['failed-logins', { until: '2020-01-01T00:00:00Z' }, 400, 'over already'],
    ['failed-logins', { until: 'tomorrow' }, 400, 'until: '],
    ['failed-logins', { for: '1h', key: { a: [] } }, 400, 'key.a: '],
    ['failed-logins', { for: '1h', because: 1 }, 400, 'because'],
    ['failed-logins', [], 400, 'expected object']
  ])('of %s by %j is refused with %i', async (id, wish, status, text) => {
    const { request } = await openWithRules()
    const response = await request('POST', `/rules/${id}/snooze`, wish)
    expect(response.status).toBe(status)
    expect(response.headers.get('content-type')).toBe('application/problem+json')
    expect(await response.text()).toContain(text)
  })

  it.each(['x', '[]', '{"a":{}}'])('is not ended for a key that is none: %s', async key => {
    const { request } = await openWithRules()
    const response = await request('DELETE', `/rules/failed-logins/snooze?key=${encodeURIComponent(key)}`)
    expect(response.status).toBe(400)
    expect((await request('DELETE', '/rules/nobody/snooze')).status).toBe(404)
  })

  it('asks for JSON, since any page may post a form', async () => {
    const { request } = await openWithRules()
    for (const type of ['text/plain', 'application/x-www-form-urlencoded', '', 'application/jsonp', 'text/json']) {
      const response = await request('POST', '/rules/failed-logins/snooze', { for: '1h' }, { 'content-type': type })
      expect(response.status).toBe(415)
    }
    const type = 'Application/JSON; charset=utf-8'
    const response = await request('POST', '/rules/failed-logins/snooze', { for: '1h' }, { 'content-type': type })
    expect(response.status).toBe(200)
  })
})

describe('/rules/check', () => {
  it.each([
    ['rules', RULES, { valid: true, count: 2, problems: [] }],
    [
      'rules',
      'rules:\n - id: a\n   when: src.prt == 1',
      { valid: false, problems: [{ line: 3, path: 'rules[0].when' }] }
    ],
    ['rules', '{', { valid: false }],
    ['alerts', '[]', { valid: true, count: 0 }],
    ['alerts', '[{}]', { valid: false }],
    [
      'notifications',
      '[{"Conditions":{"DstPort":22},"Notification":true}]',
      { valid: true, findings: [{ code: 'ignored-port' }] }
    ],
    ['notifications', '{}', { valid: false, problems: [{ message: 'must be a list of entries' }] }]
  ])('of %s %j finds %j', async (kind, text, report) => {
    const { request } = await openRoutes()
    const response = await request('POST', '/rules/check', { kind, text })
    expect(response.status).toBe(200)
    expect(await response.json()).toMatchObject(report)
  })

  it('takes a text without kind for rules.yaml, and calls it what it is told', async () => {
    const { request } = await openRoutes()
    const report = await (await request('POST', '/rules/check', { text: 'rules: 1', file: 'mine.yaml' })).json()
    expect(report).toMatchObject({ valid: false, problems: [{ file: 'mine.yaml' }] })
    expect((await request('POST', '/rules/check', { kind: 'others', text: '' })).status).toBe(400)
  })
})

describe('/filter/check', () => {
  it('names the fields that a filter reads', async () => {
    const { request } = await openRoutes()
    const response = await request('POST', '/filter/check', { filter: 'src.port == 1 && inCidr(dst.ip, "10.0.0.0/8")' })
    expect(await response.json()).toEqual({ valid: true, fields: ['src.port', 'dst.ip'] })
  })

  it('shows what is wrong, and where', async () => {
    const { request } = await openRoutes()
    const report = await (await request('POST', '/filter/check', { filter: 'dst.port = 22' })).json()
    expect(report).toEqual({
      valid: false,
      code: 'FILTER_SYNTAX',
      message: expect.stringContaining('\n  dst.port = 22\n           ^') as string,
      offset: 9,
      line: 1,
      column: 10
    })
  })
})
