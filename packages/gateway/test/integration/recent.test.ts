import { setTimeout } from 'node:timers/promises'
import { createBroker, createBusClient } from '@packet-logs/bus'
import { toPacketInfo } from '@packet-logs/decoder'
import { describe, expect, it, onTestFinished, vi } from 'vitest'
import { httpRoutes } from '../../src/http/routes.js'
import { GatewayError } from '../../src/index.js'
import type { RecentEvents, RecentPage, RecentQuery } from '../../src/recent.js'
import { openGateway, TOKEN } from './open-gateway.js'
import { openRoutes } from './open-routes.js'

const syn = Buffer.from(
  '4500003000004000400668 0bc0a8020508080808 9c4001bb0000000100000000 7002faf019740000 020405b4010402 00'.replaceAll(
    ' ',
    ''
  ),
  'hex'
)
const info = toPacketInfo({
  group: 1,
  prefix: 'drop:input ',
  payload: syn,
  inDevice: 'eth0',
  timestampUs: 1_700_000_000e6
})
const EMPTY: RecentPage = { events: [], seen: 0, matched: 0, lost: 0, more: false, position: { epoch: 1, seq: 2 } }

/** What the route asks whoever can tell. */
function listener(page: Partial<RecentPage> = {}): { recent: RecentEvents; asked: RecentQuery[] } {
  const asked: RecentQuery[] = []
  return {
    asked,
    recent: {
      read: async query => {
        asked.push(query)
        return { ...EMPTY, ...page }
      }
    }
  }
}

describe('/events', () => {
  it('gives what passed, filtered, and says of how many', async () => {
    const { broker, request } = await openRoutes()
    for (let count = 0; count < 30; count++) broker.publish('dns:block', { count })
    broker.publish('nft:drop:input', info)
    const response = await request('GET', '/events?prefix=nft:&prefix=dns:&filter=dst.port%20%3D%3D%20443')
    expect(Object.fromEntries(response.headers)).toMatchObject({
      'content-type': 'application/x-ndjson',
      'packet-logs-seen': '31',
      'packet-logs-matched': '1',
      'packet-logs-returned': '1',
      'packet-logs-lost': '0',
      'packet-logs-more': 'false',
      'packet-logs-position': expect.stringMatching(/^\d+\.\d+$/) as string
    })
    const lines = (await response.text()).split('\n')
    expect(lines).toHaveLength(2)
    expect(JSON.parse(lines[0] ?? '')).toEqual({
      Seq: 31,
      Topic: 'nft:drop:input',
      Value: JSON.parse(JSON.stringify(info)) as unknown
    })
  })

  it('gives a hundred, the newest last, unless it is told otherwise', async () => {
    const { broker, request } = await openRoutes()
    for (let count = 0; count < 300; count++) broker.publish('a:b:c', count)
    const lines = (await (await request('GET', '/events')).text()).trimEnd().split('\n')
    expect(lines).toHaveLength(100)
    expect(lines.at(-1)).toBe('{"Seq":300,"Topic":"a:b:c","Value":299}')
    const page = (await (await request('GET', '/events?format=json&limit=2&match=a:*:c&match=x')).json()) as object
    expect(page).toMatchObject({ seen: 2, matched: 2, more: true, events: [{ Value: 298 }, { Value: 299 }] })
    const { position } = page as { position: string }
    broker.publish('a:b:c', 'new')
    expect(await (await request('GET', `/events?since=${position}`)).text()).toContain('"Value":"new"}\n')
  })

  it('writes CSV for spreadsheets, and JSON as SPR has it', async () => {
    const { broker, request } = await openRoutes()
    broker.publish('nft:drop:input', { ...info, InDev: '=1+1' })
    const csv = await request('GET', '/events?format=csv')
    expect(csv.headers.get('content-type')).toBe('text/csv; charset=utf-8; header=present')
    expect(csv.headers.get('content-disposition')).toBe('attachment; filename="events.csv"')
    const [head, line, end] = (await csv.text()).split('\r\n')
    expect(head).toBe('time,topic,action,prefix,protocol,src,sport,dst,dport,in,out,domain,summary')
    expect(line).toMatch(/,nft:drop:input,blocked,drop:input,TCP,192\.168\.2\.5,40000,8\.8\.8\.8,443,'=1\+1,,,SYN$/)
    expect(end).toBe('')
    const spr = JSON.parse(await (await request('GET', '/events?spr=true')).text()) as { Value: object }
    expect(Object.keys(spr)).toEqual(['Topic', 'Value'])
    expect(Object.keys(spr.Value)).toEqual(['TCP', 'IP', 'Prefix', 'Action', 'Timestamp', 'InDev', 'OutDev'])
  })

  it('is empty in every format', async () => {
    const { request } = await openRoutes(listener())
    expect(await (await request('GET', '/events')).text()).toBe('')
    expect(await (await request('GET', '/events?format=csv')).text()).toMatch(/^time,[^\n]*\r\n$/)
    expect(await (await request('GET', '/events?format=json')).json()).toEqual({
      ...{ seen: 0, matched: 0, lost: 0, more: false, position: '1.2', events: [] }
    })
  })

  it.each([
    ['', { prefixes: [''], limit: 100 }],
    ['prefix=a&prefix=b&match=*:c&limit=10000', { prefixes: ['a', 'b'], match: ['*:c'], limit: 10_000 }],
    ['since=17.5', { since: { epoch: 17, seq: 5 } }],
    ['since=2026-01-02T03:04:05%2B01:00', { sinceMs: Date.parse('2026-01-02T02:04:05Z') }],
    ['filter=true', { filter: 'true' }]
  ])('asks for %j', async (query, wish) => {
    const { recent, asked } = listener()
    const { request } = await openRoutes({ recent })
    expect((await request('GET', `/events?${query}`)).status).toBe(200)
    expect(asked).toMatchObject([wish])
  })

  it('takes a duration for a time', async () => {
    const { recent, asked } = listener({ lost: null })
    const { request } = await openRoutes({ recent })
    expect((await request('GET', '/events?since=10m')).headers.get('packet-logs-lost')).toBe('unknown')
    expect(Math.abs((asked[0]?.sinceMs ?? 0) - (Date.now() - 600_000))).toBeLessThan(10_000)
  })

  it.each([
    ['limit=0', 'limit: '],
    ['limit=10001', 'limit: '],
    ['limit=-1', 'limit: '],
    ['limit=1.5', 'limit: '],
    ['limit=many', 'limit: '],
    ['limit=1&limit=2', 'limit is given more than once'],
    ['format=xml', 'format: '],
    ['spr=maybe', 'spr: '],
    ['since=yesterday', 'since: expected'],
    ['since=1.99999999999999999', 'since: expected'],
    ['nosuch=1', 'nosuch'],
    ['__proto__=1', '__proto__'],
    [`prefix=${'x'.repeat(1025)}`, 'prefix.0: '],
    [Array.from({ length: 17 }, () => 'prefix=a').join('&'), 'prefix: '],
    ['match=a:%3E:b', 'match: '],
    ['filter=', 'filter: the filter is empty'],
    [`filter=${'x'.repeat(20_000)}`, 'filter: the filter has 20000 characters'],
    ['filter=src.prt%3D%3D1', '\\n  src.prt==1\\n  ^']
  ])('refuses %j', async (query, text) => {
    const { request } = await openRoutes()
    const response = await request('GET', `/events?${query}`)
    expect(response.status).toBe(400)
    expect(response.headers.get('content-type')).toBe('application/problem+json')
    expect(await response.text()).toContain(text)
  })

  it('says the place of what is wrong in a filter', async () => {
    const { request } = await openRoutes()
    expect(await (await request('GET', '/events?filter=dst.port+%3D+1')).json()).toMatchObject({
      ...{ status: 400, title: 'Bad Request', code: 'FILTER_SYNTAX', line: 1, column: 10, offset: 9 }
    })
  })

  it.each([
    ['GATEWAY_NO_REPLAY', 501, null],
    ['GATEWAY_BUS_SILENT', 503, '1']
  ] as const)('answers %s with %i', async (code, status, retryAfter) => {
    const recent = { read: () => Promise.reject(new GatewayError(code, 'Because of the bus.')) }
    const { request } = await openRoutes({ recent })
    const response = await request('GET', '/events')
    expect(response.status).toBe(status)
    expect(response.headers.get('retry-after')).toBe(retryAfter)
    expect(await response.json()).toMatchObject({ status, detail: 'Because of the bus.' })
  })

  it('answers a few at a time, and forgets those who have gone', async () => {
    const events = Array.from({ length: 10_000 }, (_, seq) => ({ topic: 'x', value: 'y'.repeat(100), seq }))
    const { request } = await openRoutes(listener({ events }))
    const unread = await Promise.all(Array.from({ length: 4 }, () => request('GET', '/events')))
    const refused = await request('GET', '/events')
    expect(refused.status).toBe(503)
    expect(refused.headers.get('retry-after')).toBe('1')
    for (const response of unread.slice(0, 3)) await response.body?.cancel()
    const [, , , last] = unread
    expect((await last?.text())?.length).toBeGreaterThan(1_000_000)
    for (let turn = 0; turn < 8; turn++) expect((await request('HEAD', '/events')).status).toBe(200)
    expect((await request('GET', '/events')).status).toBe(200)
  })

  it('breaks an answer off that nobody reads', async () => {
    vi.useFakeTimers()
    onTestFinished(() => void vi.useRealTimers())
    const events = Array.from({ length: 1000 }, (_, seq) => ({ topic: 'x', value: 'y'.repeat(1000), seq }))
    const app = httpRoutes({ bus: createBusClient(createBroker()), ...listener({ events }) })
    const unread = await Promise.all(Array.from({ length: 4 }, async () => app.request('/events')))
    expect((await app.request('/events')).status).toBe(503)
    await vi.advanceTimersByTimeAsync(31_000)
    expect((await app.request('/events')).status).toBe(200)
    await expect(unread[0]?.text()).rejects.toThrow('Nobody read')
  })

  it('is broken off when it cannot be finished, and nothing is printed', async () => {
    const printed = vi.spyOn(console, 'error').mockImplementation(() => undefined)
    onTestFinished(() => printed.mockRestore())
    const broken = {
      topic: 'x',
      get value(): string {
        throw new Error('unreadable')
      }
    }
    const first = { topic: 'x', value: 'y'.repeat(100_000) }
    const { url } = await openGateway(listener({ events: [first, broken] }))
    for (let turn = 0; turn < 8; turn++) {
      const reading = fetch(`${url}/events`, { headers: { authorization: `Bearer ${TOKEN}` } })
      await expect(reading.then(response => response.text())).rejects.toThrow()
    }
    expect(printed).not.toHaveBeenCalled()
  })

  it('lets go of clients that go away, over a real connection, and takes what waits in small pieces', async () => {
    const events = Array.from({ length: 5000 }, (_, seq) => ({ topic: 'x', value: 'y'.repeat(3000), seq }))
    let given = 0
    const counted = events.map(event => ({
      ...event,
      get value() {
        given += 1
        return event.value
      }
    }))
    const { url } = await openGateway(listener({ events: counted }))
    const controllers = Array.from({ length: 4 }, () => new AbortController())
    const get = (signal?: AbortSignal): Promise<Response> =>
      fetch(`${url}/events?limit=10000`, {
        headers: { authorization: `Bearer ${TOKEN}` },
        ...(signal !== undefined && { signal })
      })
    const stalled = await Promise.all(controllers.map(({ signal }) => get(signal)))
    expect(stalled.map(({ status }) => status)).toEqual([200, 200, 200, 200])
    await setTimeout(300)
    expect(given).toBeLessThan(12_000)
    expect((await get()).status).toBe(503)
    for (const controller of controllers) controller.abort()
    let response = await get()
    for (let turn = 0; turn < 100 && response.status === 503; turn++) {
      await setTimeout(20)
      response = await get()
    }
    expect(response.status).toBe(200)
    expect((await response.text()).length).toBeGreaterThan(15_000_000)
  })
})
