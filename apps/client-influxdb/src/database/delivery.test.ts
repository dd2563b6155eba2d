import { afterEach, expect, it } from 'vitest'
import { type FakeAnswer, type FakeDatabase, startFake } from '../../test/support/fake-database.js'
import { createDatabase } from './database.js'
import { Delivery } from './delivery.js'
import type { DatabaseKind } from './endpoint.js'

const fakes: FakeDatabase[] = []
afterEach(async () => {
  for (const fake of fakes.splice(0)) await fake.close()
})

interface Told {
  waiting: { reason: string; delayMs: number }[]
  rejected: { count: number; reason: string; line: string }[]
}

async function deliverTo(
  answer: (lines: readonly string[], index: number) => FakeAnswer,
  {
    lines = ['m v=1', 'm v=2', 'm v=3'],
    kind = 'influxdb2',
    token = 'secret',
    signal = new AbortController().signal
  }: { lines?: readonly string[]; kind?: DatabaseKind; token?: string; signal?: AbortSignal } = {}
) {
  const fake = await startFake(answer)
  fakes.push(fake)
  const told: Told = { waiting: [], rejected: [] }
  const database = createDatabase({ kind, url: fake.url, org: 'spr', bucket: 'spr', token }, { timeoutMs: 500 })
  const delivery = new Delivery(
    database,
    {
      answered: () => undefined,
      waiting: (reason, _attempt, delayMs) => told.waiting.push({ reason, delayMs }),
      rejected: (count, reason, line) => told.rejected.push({ count, reason, line })
    },
    { minDelayMs: 2, maxDelayMs: 10 }
  )
  return { delivered: await delivery.deliver(lines, signal), fake, told }
}

const numbered = (count: number): string[] => Array.from({ length: count }, (_, index) => `m v=${index}`)

it.each([
  ['influxdb2', 'secret', '/api/v2/write?org=spr&bucket=spr&precision=ns', 'Token secret'],
  ['influxdb1', 'me:pass', '/write?db=spr&precision=ns', `Basic ${Buffer.from('me:pass').toString('base64')}`],
  ['influxdb1', '', '/write?db=spr&precision=ns', undefined],
  ['victoriametrics', '', '/api/v2/write?org=spr&bucket=spr&precision=ns', undefined]
] as const)('posts compressed lines to %s', async (kind, token, path, authorization) => {
  const { delivered, fake } = await deliverTo(() => ({ status: 204 }), { kind, token })
  expect(delivered).toEqual({ written: 3, rejected: 0 })
  expect(fake.requests).toMatchObject([
    { path, lines: ['m v=1', 'm v=2', 'm v=3'], headers: { 'content-encoding': 'gzip' } }
  ])
  expect(fake.requests[0]?.headers.authorization).toBe(authorization)
})

it.each([
  [429, 'too many writes'],
  [503, 'starting'],
  [500, ''],
  [401, 'unauthorized'],
  [404, 'no bucket'],
  [302, '']
])('tries again after %d until the database takes the points', async (status, body) => {
  const { delivered, fake, told } = await deliverTo((_, index) => ({ status: index < 3 ? status : 204, body }))
  expect(delivered).toEqual({ written: 3, rejected: 0 })
  expect(fake.requests.length).toBe(4)
  expect(told.waiting.map(({ reason }) => reason)).toEqual(Array(3).fill(expect.stringContaining(String(status))))
  expect(told.rejected).toEqual([])
})

it('waits as long as Retry-After says', async () => {
  const startedMs = performance.now()
  const { told } = await deliverTo((_, index) =>
    index === 0 ? { status: 429, headers: { 'retry-after': '1' } } : { status: 204 }
  )
  expect(told.waiting[0]?.delayMs).toBe(1000)
  expect(performance.now() - startedMs).toBeGreaterThanOrEqual(990)
})

it('outlives a connection that breaks, and one that never answers', async () => {
  const answers = [undefined, undefined]
  const { createServer } = await import('node:http')
  let requests = 0
  const server = createServer((request, response) => {
    requests += 1
    if (requests === 1) request.socket.destroy()
    else if (requests > answers.length) response.writeHead(204).end()
  }).listen(0, '127.0.0.1')
  await new Promise(resolve => server.once('listening', resolve))
  const address = server.address()
  const port = typeof address === 'object' ? address?.port : 0
  const reasons: string[] = []
  const target = { kind: 'influxdb2', url: `http://127.0.0.1:${port}`, org: 'o', bucket: 'b', token: '' } as const
  const delivery = new Delivery(
    createDatabase(target, { timeoutMs: 100 }),
    { answered: () => undefined, waiting: reason => reasons.push(reason), rejected: () => undefined },
    { minDelayMs: 1, maxDelayMs: 2 }
  )
  expect(await delivery.deliver(['m v=1'], new AbortController().signal)).toEqual({ written: 1, rejected: 0 })
  expect(reasons).toHaveLength(2)
  expect(reasons[1]).toContain('no answer within 100 ms')
  server.closeAllConnections()
  server.close()
})

it('finds the points that are refused, and writes all others', async () => {
  const bad = new Set(['m v=17', 'm v=500', 'm v=999'])
  const written = new Set<string>()
  const { delivered, fake, told } = await deliverTo(
    lines => {
      if (lines.some(line => bad.has(line)))
        return { status: 400, body: '{"code":"invalid","message":"something is wrong"}' }
      for (const line of lines) written.add(line)
      return { status: 204 }
    },
    { lines: numbered(1000) }
  )
  expect(delivered).toEqual({ written: 997, rejected: 3 })
  expect(written.size).toBe(997)
  expect(told.rejected.map(({ line }) => line)).toEqual([...bad])
  expect(told.rejected[0]?.reason).toBe('400 something is wrong')
  expect(fake.requests.length).toBeLessThan(70)
})

it('takes out a line that the database quotes at once', async () => {
  const { delivered, fake, told } = await deliverTo(
    lines =>
      lines.includes('m v=7')
        ? { status: 400, body: JSON.stringify({ code: 'invalid', message: `unable to parse 'm v=7': bad timestamp` }) }
        : { status: 204 },
    { lines: numbered(10) }
  )
  expect(delivered).toEqual({ written: 9, rejected: 1 })
  expect(fake.requests.length).toBe(2)
  expect(told.rejected).toEqual([{ count: 1, reason: "400 unable to parse 'm v=7': bad timestamp", line: 'm v=7' }])
})

it('believes a database that says how many of the points it kept', async () => {
  const error =
    'partial write: field type conflict: input field "v" on measurement "m" is type integer, already exists as type string dropped=2'
  const { delivered, fake, told } = await deliverTo(() => ({ status: 400, body: JSON.stringify({ error }) }), {
    lines: ['n v=0', 'm,a=b v=1', 'm,a=c v=2']
  })
  expect(delivered).toEqual({ written: 1, rejected: 2 })
  expect(fake.requests.length).toBe(1)
  expect(told.rejected).toEqual([{ count: 2, reason: `400 ${error}`, line: 'm,a=b v=1' }])
})

it('shows the oldest point when the database keeps none as old', async () => {
  const error = 'partial write: points beyond retention policy dropped=1'
  const { delivered, told } = await deliverTo(() => ({ status: 400, body: JSON.stringify({ error }) }), {
    lines: ['m v=1 20', 'm v=2 3', 'm v=3 100']
  })
  expect(delivered).toEqual({ written: 2, rejected: 1 })
  expect(told.rejected).toEqual([{ count: 1, reason: `400 ${error}`, line: 'm v=2 3' }])
})

it('does not ask for ever when everything is refused', async () => {
  const { delivered, fake } = await deliverTo(() => ({ status: 422, body: 'no' }), { lines: numbered(5000) })
  expect(delivered).toEqual({ written: 0, rejected: 5000 })
  expect(fake.requests.length).toBeLessThan(150)
})

it('sends less at a time when a batch is too large', async () => {
  const written: string[] = []
  const { delivered } = await deliverTo(
    lines => {
      if (lines.length > 300) return { status: 413 }
      written.push(...lines)
      return { status: 204 }
    },
    { lines: numbered(1000) }
  )
  expect(delivered).toEqual({ written: 1000, rejected: 0 })
  expect(written).toEqual(numbered(1000))
})

it('ends at once when told to', async () => {
  const end = new AbortController()
  const reason = new Error('over')
  setTimeout(() => end.abort(reason), 30)
  await expect(
    deliverTo(() => ({ status: 503, headers: { 'retry-after': '60' } }), { signal: end.signal })
  ).rejects.toBe(reason)
})
