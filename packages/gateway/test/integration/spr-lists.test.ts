import { mkdir, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { setTimeout } from 'node:timers/promises'
import { createBroker, createBusClient } from '@packet-logs/bus'
import type { AlertEntry, NotificationEntry } from '@packet-logs/rules'
import { describe, expect, it } from 'vitest'
import { httpRoutes } from '../../src/http/routes.js'
import { openRoutes } from './open-routes.js'

const NO_CONDITIONS = {
  ...{ Prefix: '', Protocol: '', DstIP: '', DstPort: 0, SrcIP: '', SrcPort: 0, InDev: '', OutDev: '' }
}
const ssh = { Conditions: { ...NO_CONDITIONS, Protocol: 'tcp', DstPort: 22 }, Notification: true }
const dns = { Conditions: { ...NO_CONDITIONS, Protocol: 'udp', DstPort: 53 }, Notification: true }
const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/

describe('notifications', () => {
  /** A call, its body, and what SPR's clients get for it: a status and text, or the whole list. */
  const calls: readonly [method: string, path: string, body: unknown, status: number, answer: unknown][] = [
    ['GET', '/notifications', undefined, 200, [ssh, dns]],
    ['PUT', '/notifications', ssh, 200, [ssh, dns, ssh]],
    ['PUT', '/notifications', {}, 200, [ssh, dns, { Conditions: NO_CONDITIONS, Notification: false }]],
    [
      'PUT',
      '/notifications',
      { conditions: { dstport: 22, PROTOCOL: 'tcp' }, NOTIFICATION: true },
      200,
      [ssh, dns, ssh]
    ],
    ['PUT', '/notifications', { ...dns, Later: [1] }, 200, [ssh, dns, dns]],
    ['PUT', '/notifications/0', dns, 200, [dns, dns]],
    ['PUT', '/notifications/1', ssh, 200, [ssh, ssh]],
    ['DELETE', '/notifications/0', undefined, 200, [dns]],
    ['DELETE', '/notifications/1', undefined, 200, [ssh]],
    ['DELETE', '/notifications', undefined, 400, 'index missing: DELETE /notifications/{index} deletes one entry\n'],
    ['DELETE', '/notifications/2', undefined, 400, 'invalid index\n'],
    ['DELETE', '/notifications/-1', undefined, 400, 'invalid index\n'],
    ['DELETE', '/notifications/01', undefined, 400, 'invalid index\n'],
    ['DELETE', '/notifications/1e0', undefined, 400, 'invalid index\n'],
    ['DELETE', '/notifications/%30%0a', undefined, 400, 'invalid index\n'],
    ['DELETE', '/notifications/99999999999999999999', undefined, 400, 'invalid index\n'],
    ['PUT', '/notifications/2', ssh, 400, 'invalid index\n'],
    ['PUT', '/notifications/x', ssh, 400, 'invalid index\n'],
    ['PUT', '/notifications', 'null', 400, 'the body must be a notification, a JSON object\n'],
    ['PUT', '/notifications', '[]', 400, 'the body must be a notification, a JSON object\n'],
    ['PUT', '/notifications', '', 400, 'The body is empty; send JSON.\n'],
    ['PUT', '/notifications', '{"Notification":1}', 400, 'line 1: Notification must be true or false\n'],
    [
      'PUT',
      '/notifications',
      '{\n"Conditions":\n{"DstPort":"22"}}',
      400,
      'line 1: Conditions.DstPort must be a whole number, without quotes\n'
    ]
  ]

  it.each(calls)('%s %s with %j is answered %i %j', async (method, path, body, status, answer) => {
    const { request } = await openRoutes()
    await request('PUT', '/notifications', ssh)
    await request('PUT', '/notifications', dns)
    const response = await request(method, path, body)
    const text = await response.text()
    expect(response.status).toBe(status)
    if (status === 200) {
      expect(response.headers.get('content-type')).toBe('application/json')
      expect(JSON.parse(text)).toEqual(answer)
    } else {
      expect(response.headers.get('content-type')).toBe('text/plain; charset=utf-8')
      expect(text.replace(/line \d/, 'line 1')).toBe(answer)
      expect(await (await request('GET', '/notifications')).json()).toEqual([ssh, dns])
    }
  })

  it('are empty, and then in a file as SPR writes it, in force', async () => {
    const { request, engine, pathOf } = await openRoutes()
    expect(await (await request('GET', '/notifications')).json()).toEqual([])
    await request('PUT', '/notifications', ssh)
    const text = await readFile(pathOf('notifications.json'), 'utf8')
    expect(text).toContain('[\n {\n  "Conditions": {\n   "Prefix": ""')
    expect((await stat(pathOf('notifications.json'))).mode & 0o777).toBe(0o600)
    expect(engine.sets.notifications?.entries).toEqual([ssh])
  })

  it('lose no edit of many at once', async () => {
    const { request } = await openRoutes()
    const edits = Array.from({ length: 30 }, (_, index) => {
      return request('PUT', '/notifications', {
        Conditions: { Protocol: 'tcp', DstPort: index + 1 },
        Notification: true
      })
    })
    const answers = await Promise.all(edits)
    const lengths = await Promise.all(answers.map(async answer => ((await answer.json()) as unknown[]).length))
    expect(lengths.toSorted((a, b) => a - b)).toEqual(Array.from({ length: 30 }, (_, index) => index + 1))
    const list = (await (await request('GET', '/notifications')).json()) as NotificationEntry[]
    expect(new Set(list.map(({ Conditions }) => Conditions.DstPort)).size).toBe(30)
    const deletions = await Promise.all(Array.from({ length: 40 }, () => request('DELETE', '/notifications/0')))
    expect(deletions.filter(({ status }) => status === 200)).toHaveLength(30)
    expect(deletions.filter(({ status }) => status === 400)).toHaveLength(10)
  })

  it('are not deleted by whoever saw another list', async () => {
    const { request } = await openRoutes()
    await request('PUT', '/notifications', ssh)
    const seen = (await request('PUT', '/notifications', dns)).headers.get('etag') ?? ''
    expect((await request('GET', '/notifications')).headers.get('etag')).toBe(seen)
    const both = await Promise.all([
      request('DELETE', '/notifications/0', undefined, { 'if-match': seen }),
      request('DELETE', '/notifications/0', undefined, { 'if-match': seen })
    ])
    expect(both.map(({ status }) => status).sort()).toEqual([200, 412])
    const late = await request('PUT', '/notifications/0', ssh, { 'if-match': `"x", ${seen}` })
    expect(late.status).toBe(412)
    expect(await late.text()).toBe('the list has changed since; get it again\n')
    const tag = late.headers.get('etag') ?? ''
    expect((await request('PUT', '/notifications/0', ssh, { 'if-match': `"x", ${tag}` })).status).toBe(200)
    expect((await request('DELETE', '/notifications/0', undefined, { 'if-match': '*' })).status).toBe(200)
  })

  it('are those of the file, also when somebody else wrote it a moment ago', async () => {
    const { request, pathOf } = await openRoutes()
    await writeFile(pathOf('notifications.json'), JSON.stringify([dns]))
    expect(await (await request('PUT', '/notifications', ssh)).json()).toEqual([dns, ssh])
  })

  it('are not written over what somebody has left broken', async () => {
    const { request, files, pathOf } = await openRoutes()
    await request('PUT', '/notifications', ssh)
    await writeFile(pathOf('notifications.json'), '[{"Notification": tru')
    const response = await request('PUT', '/notifications', dns)
    expect(response.status).toBe(409)
    expect(await response.text()).toMatch(/^line 1: the entry is not JSON: .*mend the file, then edit it here\n$/)
    expect(await readFile(pathOf('notifications.json'), 'utf8')).toBe('[{"Notification": tru')
    expect(await (await request('GET', '/notifications')).json()).toEqual([ssh])
    for (let turn = 0; turn < 100 && files.problems.length === 0; turn++) await setTimeout(20)
    expect(await (await request('GET', '/health')).json()).toMatchObject({ status: 'degraded' })
  })

  it('say what kept them from being written', async () => {
    const { request, pathOf, files } = await openRoutes()
    await files.close()
    await rm(pathOf('notifications.json'), { force: true })
    await mkdir(pathOf('notifications.json'))
    const response = await request('PUT', '/notifications', ssh)
    expect(response.status).toBe(500)
    expect(await response.text()).toMatch(/^notifications\.json cannot be written: EISDIR/)
  })

  it.each([
    ['deep', `${'['.repeat(100_000)}`, 400],
    ['deep and whole', `{"Conditions":${'['.repeat(1000)}${']'.repeat(1000)}}`, 400],
    ['long', JSON.stringify({ Conditions: { Prefix: 'x'.repeat(2 * 1024 * 1024) } }), 413],
    ['two', '{},{}', 400],
    ['closing', '{}],[{}', 400],
    ['prototype', '{"__proto__":{"Notification":true},"constructor":{"prototype":{"x":1}}}', 200],
    ['prototype within', '{"Conditions":{"__proto__":{"DstPort":22}}}', 200],
    ['numbers', '{"Conditions":{"DstPort":1e999}}', 400],
    ['fraction', '{"Conditions":{"DstPort":22.5}}', 400],
    ['negative', '{"Conditions":{"DstPort":-1}}', 200],
    ['wrong types', '{"Conditions":{"SrcIP":{"a":1}}}', 400]
  ])('stay whole for a hostile body: %s', async (_name, body, status) => {
    const { request } = await openRoutes()
    const response = await request('PUT', '/notifications', body)
    expect(response.status).toBe(status)
    const list = (await (await request('GET', '/notifications')).json()) as NotificationEntry[]
    expect(list).toHaveLength(status === 200 ? 1 : 0)
    for (const entry of list) expect(Object.keys(entry.Conditions)).toEqual(Object.keys(NO_CONDITIONS))
    expect(({} as Record<string, unknown>)['x']).toBeUndefined()
  })

  it('take no body that is not UTF-8, nor more of a stream than may be', async () => {
    const { request } = await openRoutes({ limits: { bodyBytes: 1000 } })
    expect((await request('PUT', '/notifications', `{"x":"${'y'.repeat(1000)}"}`)).status).toBe(413)
    const app = httpRoutes({ bus: createBusClient(createBroker()), limits: { bodyBytes: 1000 } })
    let pulled = 0
    const endless = new ReadableStream<Uint8Array>({
      pull: controller => {
        pulled += 1
        controller.enqueue(new Uint8Array(100).fill(0x20))
      }
    })
    const init = { method: 'POST', headers: { 'content-type': 'application/json' }, duplex: 'half' as const }
    expect((await app.request('/filter/check', { ...init, body: endless })).status).toBe(413)
    expect(pulled).toBeLessThan(20)
    const invalid = await app.request('/filter/check', { ...init, body: new Uint8Array([0x22, 0xff, 0x22]) })
    expect(invalid.status).toBe(400)
    expect(await invalid.text()).toContain('not UTF-8')
  })
})

describe('alerts', () => {
  const scan = {
    TopicPrefix: 'nft:drop:',
    Name: 'scan',
    Conditions: [{ JPath: '$[?(@.InDev=="wlan1")]' }],
    Actions: [{ SendNotification: true, MessageTitle: '{{IP.SrcIP#Device}} <b>' }]
  }

  it('are given an identity, and keep it', async () => {
    const { request, engine, pathOf } = await openRoutes()
    const [added] = (await (await request('PUT', '/alerts', { ...scan, RuleId: 'mine' })).json()) as AlertEntry[]
    expect(added?.RuleId).toMatch(UUID)
    expect(added).toMatchObject({ ...scan, MatchAnyOne: false, InvertRule: false, Disabled: false })
    expect(added?.Actions[0]).not.toHaveProperty('BucketSuffix')
    const [changed] = (await (
      await request('PUT', '/alerts/0', { ...scan, Name: 'b', RuleId: 'mine' })
    ).json()) as AlertEntry[]
    expect(changed).toMatchObject({ Name: 'b', RuleId: added?.RuleId })
    expect(engine.sets.alerts?.entries).toHaveLength(1)
    expect(JSON.parse(await readFile(pathOf('alerts.json'), 'utf8'))).toEqual([changed])
    expect(await (await request('DELETE', '/alerts/0')).json()).toEqual([])
    expect(await (await request('GET', '/alerts')).json()).toEqual([])
  })

  it.each([
    ['DELETE', '/alerts', undefined, 'index missing: DELETE /alerts/{index} deletes one entry\n'],
    ['DELETE', '/alerts/0', undefined, 'invalid index\n'],
    ['PUT', '/alerts/0', scan, 'invalid index\n'],
    ['PUT', '/alerts', { ...scan, TopicPrefix: '' }, 'line 1: the entry needs a TopicPrefix'],
    ['PUT', '/alerts', { ...scan, Name: undefined }, 'line 1: the entry needs a Name'],
    ['PUT', '/alerts', { ...scan, Actions: [] }, 'line 1: the entry needs an action'],
    ['PUT', '/alerts', { ...scan, Conditions: [{ JPath: '$[?(' }] }, 'line 1: Conditions[0].JPath '],
    ['PUT', '/alerts', { ...scan, Conditions: [{}] }, 'line 1: Conditions[0] needs a JPath'],
    ['PUT', '/alerts', '[]', 'the body must be an alert, a JSON object']
  ])('are refused: %s %s with %j', async (method, path, body, answer) => {
    const { request } = await openRoutes()
    const response = await request(method, path, body)
    expect(response.status).toBe(400)
    expect(await response.text()).toContain(answer)
    expect(await (await request('GET', '/alerts')).json()).toEqual([])
  })
})

describe('without files', () => {
  it.each([
    ['GET', '/notifications'],
    ['PUT', '/notifications'],
    ['DELETE', '/notifications/0'],
    ['PUT', '/alerts/0'],
    ['GET', '/alerts']
  ])('%s %s says so', async (method, path) => {
    const app = httpRoutes({ bus: createBusClient(createBroker()) })
    const init = method === 'PUT' ? { method, body: '{}' } : { method }
    const response = await app.request(path, init)
    expect(response.status).toBe(404)
    expect(await response.text()).toMatch(/^no (notifications|alerts)\.json is configured here: /)
  })
})
