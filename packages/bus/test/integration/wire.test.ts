import { describe, expect, it, onTestFinished, vi } from 'vitest'
import { type BusServer, createBroker, type ListenBusOptions, listenBus } from '../../src/index.js'
import { rawClient } from './raw-client.js'
import { temporarySocketPath } from './temporary-path.js'

async function open(options: Omit<ListenBusOptions, 'path'> = {}): Promise<BusServer> {
  const server = await listenBus({ path: temporarySocketPath(), drainMs: 100, ...options })
  onTestFinished(() => server.close())
  return server
}

const line = (topic: string, value: string): string => `${JSON.stringify({ topic, value })}\n`
const whole =
  (count: number): ((text: string) => boolean) =>
  text =>
    text.split('\n').length > count

describe('the extensions, as bytes', () => {
  it('begin a numbered stream with a hello, number the publisher’s own bytes, and change nothing else', async () => {
    const server = await open()
    server.broker.publishText('x', 'before')
    const client = await rawClient(server.path, '{"topic":"subscribe:t","seq":true}\n')
    await vi.waitFor(() => expect(server.stats.readers).toBe(1))
    await rawClient(server.path, ' { "value":"v" , "seq":7,"topic":"t"}\n{"topic":"t"}\n')
    const { epoch } = server.broker.position
    expect(Number.isSafeInteger(epoch)).toBe(true)
    expect(await client.until(whole(3))).toBe(
      `{"topic":"bus:hello","value":"{\\"epoch\\":${epoch},\\"seq\\":1}"}\n` +
        ' {"seq":2, "value":"v" , "seq":7,"topic":"t"}\n{"seq":3,"topic":"t"}\n'
    )
  })

  it('stay invisible to a client that does not ask', async () => {
    const server = await open()
    const old = await rawClient(server.path, '{"topic":"subscribe:"}\n')
    await vi.waitFor(() => expect(server.stats.readers).toBe(1))
    server.broker.reportLoss({ where: 'kernel', lost: 3 })
    server.broker.publishText('t', 'x')
    expect(await old.until(whole(1))).toBe(line('t', 'x'))
  })

  it('match, filter and replay', async () => {
    const compileFilter = (source: string) => (event: { value: string }) => event.value === source
    const server = await open({ compileFilter })
    for (const [topic, value] of [
      ['nft:lan:in', 'yes'],
      ['nft:lan:out', 'yes'],
      ['nft:wan:in', 'no'],
      ['nft:wan:in', 'yes']
    ] as const) {
      server.broker.publishText(topic, value)
    }
    const client = await rawClient(
      server.path,
      '{"topic":"subscribe:nft:","match":"nft:*:in","filter":"yes","replay":5,"unknown":1}\n'
    )
    expect(await client.until(whole(2))).toBe(line('nft:lan:in', 'yes') + line('nft:wan:in', 'yes'))
  })

  it('tell of loss before the bus in the one form there is', async () => {
    const server = await open()
    const client = await rawClient(server.path, '{"topic":"subscribe:nft:","gaps":true}\n')
    await vi.waitFor(() => expect(server.stats.readers).toBe(1))
    const report = line('bus:gap', '{"from":null,"to":null,"lost":5,"where":"kernel","group":1}')
    await rawClient(server.path, report)
    expect(await client.until(whole(1))).toBe(line('bus:gap', '{"from":1,"to":1,"lost":5,"where":"kernel","group":1}'))
  })

  it.each([
    ['bus:stats', '{}'],
    ['bus:hello', '{}'],
    ['bus:gap', 'not json'],
    ['bus:gap', '{"lost":1,"where":"reader"}'],
    ['bus:gap', '{"lost":0,"where":"kernel"}']
  ])('refuse a client that publishes %s %s', async (topic, value) => {
    const server = await open()
    const client = await rawClient(server.path, line(topic, value))
    expect(await client.until(whole(1))).toMatch(/^\{"topic":"bus:error","value":"line refused: .*bus's own/)
    expect(server.stats).toMatchObject({ refused: 1, received: 0, cutOff: 0 })
  })

  it.each([
    ['"match":"a:>:b"', /not the last token/],
    ['"match":7', /\\"match\\"/],
    ['"filter":"x"', /no filter language/],
    ['"replay":-1', /replay: /],
    ['"replay":"all"', /\\"replay\\"/],
    ['"since":{"epoch":1}', /since: /],
    ['"since":[]', /since: /],
    ['"gaps":"yes"', /\\"gaps\\"/],
    ['"policy":"wait"', /\\"policy\\"/]
  ])('refuse a subscription with %s, and say why', async (extension, reason) => {
    const server = await open()
    const client = await rawClient(server.path, `{"topic":"subscribe:",${extension}}\n`)
    const text = await client.end()
    expect(text).toMatch(/^\{"topic":"bus:error","value":"connection closed: /)
    expect(text).toMatch(reason)
    expect(server.stats).toMatchObject({ cutOff: 1, readers: 0 })
  })

  it('resume exactly where the reader was, across topics', async () => {
    const server = await open()
    for (let index = 1; index <= 300; index += 1) server.broker.publishText(`t${index % 3}:x`, String(index))
    const { epoch } = server.broker.position
    const since = JSON.stringify({ epoch, seq: 298 })
    const client = await rawClient(server.path, `{"topic":"subscribe:","seq":true,"since":${since}}\n`)
    const text = await client.until(whole(3))
    expect(text.split('\n').slice(1, -1)).toEqual([
      '{"seq":299,"topic":"t2:x","value":"299"}',
      '{"seq":300,"topic":"t0:x","value":"300"}'
    ])
  })

  it('say how much of the past is gone, as an upper bound, when one resumes too late', async () => {
    const broker = createBroker({ ringBytes: 1 << 20 })
    const server = await open({ broker })
    for (let index = 1; index <= 3000; index += 1) broker.publishText(index % 2 ? 't:a' : 't:b', 'x'.repeat(1000))
    const { epoch } = broker.position
    const since = JSON.stringify({ epoch, seq: 10 })
    const client = await rawClient(server.path, `{"topic":"subscribe:t:a","gaps":true,"since":${since},"seq":true}\n`)
    const text = await client.until(whole(100))
    const [, gap, first] = text.split('\n')
    const { value } = JSON.parse(gap ?? '') as { value: string }
    const notice = JSON.parse(value) as { from: number; to: number; lost: number }
    expect(notice).toMatchObject({ from: 11, where: 'reader', atMost: true })
    expect(notice.lost).toBe(notice.to - 10)
    const { seq } = JSON.parse(first ?? '') as { seq: number }
    expect(seq).toBeGreaterThan(notice.to)
    expect(seq).toBeLessThanOrEqual(notice.to + 2)
  })
})
