import { readFile } from 'node:fs/promises'
import { createBroker, createBusClient } from '@packet-logs/bus'
import { Counter, Gauge, Registry } from 'prom-client'
import { describe, expect, it } from 'vitest'
import { CSV_COLUMNS } from '../../src/http/event-csv.js'
import { httpRoutes } from '../../src/http/routes.js'
import { IDLE_ACTION, openRoutes } from './open-routes.js'

describe('methods', () => {
  it.each([
    ['/notifications', 'GET, PUT, DELETE, HEAD, OPTIONS'],
    ['/alerts/0', 'PUT, DELETE, OPTIONS'],
    ['/rules', 'GET, HEAD, OPTIONS'],
    ['/rules/check', 'POST, OPTIONS'],
    ['/rules/x/snooze', 'POST, DELETE, OPTIONS'],
    ['/events', 'GET, HEAD, OPTIONS'],
    ['/', 'GET, HEAD, OPTIONS']
  ])('of %s are %s', async (path, allow) => {
    const { request } = await openRoutes()
    const options = await request('OPTIONS', path)
    expect([options.status, options.headers.get('allow')]).toEqual([204, allow])
    for (const method of ['PATCH', 'POST', 'DELETE', 'PROPFIND', 'GET']) {
      if (allow.includes(method)) continue
      const response = await request(method, path)
      expect([method, response.status, response.headers.get('allow')]).toEqual([method, 405, allow])
    }
  })

  it('answer HEAD as GET, without a body', async () => {
    const { request } = await openRoutes()
    for (const path of ['/notifications', '/rules', '/events', '/health', '/metrics', '/openapi.json', '/']) {
      const head = await request('HEAD', path)
      expect(head.status).toBe(200)
      expect(head.headers.get('content-type')).toBe((await request('GET', path)).headers.get('content-type'))
      expect(await head.text()).toBe('')
    }
  })
})

describe('every answer', () => {
  it('to what is not there is a problem', async () => {
    const { request } = await openRoutes()
    for (const path of ['/nothing', '/notifications/', '/rules/a', '/rules/a/b/snooze']) {
      const response = await request('GET', path)
      expect(response.status).toBe(404)
      expect(response.headers.get('content-type')).toBe('application/problem+json')
    }
  })
})

describe('/metrics', () => {
  it("holds the gateway's own and those it was given, each name once", async () => {
    const first = new Registry()
    const second = new Registry()
    new Counter({ name: 'packet_logs_a_total', help: 'a', registers: [first], labelNames: ['group'] }).inc({
      group: '1'
    })
    new Gauge({ name: 'packet_logs_a_total', help: 'another', registers: [second] }).set(7)
    new Gauge({ name: 'packet_logs_b', help: 'b', registers: [second] }).set(3)
    const { broker, request } = await openRoutes({ metrics: [first, second, first] })
    broker.publish('a', 1)
    await (await request('GET', '/events')).text()
    const response = await request('GET', '/metrics')
    expect(response.headers.get('content-type')).toMatch(/^text\/plain; version=0\.0\.4/)
    const text = await response.text()
    expect(text).toContain('\npacket_logs_gateway_events_seen_total 1\n')
    expect(text).toContain('\npacket_logs_a_total{group="1"} 1\n')
    expect(text).toContain('\npacket_logs_b 3\n')
    const names = Array.from(text.matchAll(/^# TYPE (\S+)/gm), ([, name]) => name)
    expect(new Set(names).size).toBe(names.length)
    expect(text).not.toContain('another')
  })
})

describe('/health', () => {
  it.each([
    [undefined, 200, { ok: true, status: 'ok', bus: { connected: true }, rules: { problems: 0 } }],
    [() => ({ ok: true, kernel: { lost: 3 } }), 200, { ok: true, status: 'ok', kernel: { lost: 3 } }],
    [() => ({ ok: true, degraded: true }), 200, { ok: true, status: 'degraded' }],
    [async () => ({ ok: false }), 503, { ok: false, status: 'failing' }],
    [() => Promise.reject(new Error('secret')), 503, { ok: false, status: 'failing' }]
  ])('of %o is %i', async (health, status, body) => {
    const { request } = await openRoutes(health === undefined ? {} : { health })
    const response = await request('GET', '/health')
    expect(response.status).toBe(status)
    const text = await response.text()
    expect(JSON.parse(text)).toMatchObject(body)
    expect(text).not.toContain('secret')
  })

  it('is not well without the bus', async () => {
    const bus = createBusClient(createBroker())
    await bus.close()
    const response = await httpRoutes({ bus }).request('/health')
    expect(response.status).toBe(503)
    expect(await response.json()).toEqual({ ok: false, status: 'failing', bus: { connected: false } })
  })
})

describe('/actions', () => {
  it('tells how they are doing, where there are any', async () => {
    const report = { ...IDLE_ACTION, delivered: 3, lastError: undefined }
    const { request } = await openRoutes({ actions: () => [report] })
    expect(await (await request('GET', '/actions')).json()).toEqual({
      actions: [JSON.parse(JSON.stringify(report))]
    })
    const without = await openRoutes()
    expect((await without.request('GET', '/actions')).status).toBe(404)
  })
})

describe('what fails', () => {
  it('is a problem, too', async () => {
    const actions = (): never => {
      throw new Error('broken')
    }
    const { request } = await openRoutes({ actions })
    const response = await request('GET', '/actions')
    expect(response.status).toBe(500)
    expect(await response.json()).toMatchObject({
      status: 500,
      title: 'Internal Server Error',
      detail: 'This failed: broken'
    })
  })
})

describe('docs/http.md', () => {
  it('names every path, every parameter and every column', async () => {
    const text = await readFile(new URL('../../docs/http.md', import.meta.url), 'utf8')
    const { request } = await openRoutes()
    const { paths } = (await (await request('GET', '/openapi.json')).json()) as {
      paths: Record<string, Record<string, { parameters: { name: string; in: string }[] }>>
    }
    for (const [path, operations] of Object.entries(paths)) {
      expect(text).toContain(`\`${path}\``)
      for (const { parameters } of Object.values(operations)) {
        for (const { name } of parameters.filter(one => one.in === 'query'))
          expect(text).toMatch(new RegExp(`[\`?]${name}\\b`))
      }
    }
    expect(text).toContain(`\`${CSV_COLUMNS.join(',')}\``)
  })
})
