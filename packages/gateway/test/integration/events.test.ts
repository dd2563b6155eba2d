import { connectBus, listenBus } from '@packet-logs/bus'
import { createFilterCompiler } from '@packet-logs/rules'
import { describe, expect, it, onTestFinished } from 'vitest'
import { createGateway, type GatewayOptions } from '../../src/index.js'
import { type Client, openClient } from './client.js'
import { eventually } from './eventually.js'
import { openGateway, SCOPED_TOKEN, TOKEN, temporaryFolder } from './open-gateway.js'

const bearer = { headers: { Authorization: `Bearer ${TOKEN}` } }

async function enter(url: string): Promise<Client> {
  const client = await openClient(`${url}/ws/events`, bearer)
  expect(await client.nextJson()).toEqual({ type: 'welcome' })
  return client
}

async function subscribe(client: Client, command: object): Promise<Record<string, unknown>> {
  client.send({ op: 'subscribe', id: 'a', ...command })
  const answer = await client.nextJson()
  expect(answer).toMatchObject({ type: 'subscribed' })
  return answer
}

const event = (topic: string, value: string, more: object = {}): object => ({
  type: 'event',
  id: 'a',
  topic,
  value,
  ...more
})

describe('logging in to /ws/events', () => {
  it('takes a token in the first frame, and commands right behind it', async () => {
    const { url, gateway } = await openGateway()
    const client = await openClient(`${url}/ws/events`)
    expect(gateway.stats.pending).toBe(1)
    client.send({ op: 'login', token: TOKEN })
    client.send({ op: 'subscribe', id: 'a' })
    expect(await client.nextJson()).toEqual({ type: 'welcome' })
    expect(await client.nextJson()).toEqual({ type: 'subscribed', id: 'a' })
    expect(gateway.stats).toMatchObject({ pending: 0, wsEvents: { clients: 1 } })
  })

  it.each<[string, string | Uint8Array | object]>([
    ['a wrong token', { op: 'login', token: 'nonsense' }],
    ['a token that is limited to some paths', { op: 'login', token: SCOPED_TOKEN }],
    ['a token as SPR wants it', TOKEN],
    ['a password', 'admin:secret'],
    ['another command', { op: 'subscribe', id: 'a' }],
    ['a binary frame', Buffer.from(JSON.stringify({ op: 'login', token: TOKEN }))]
  ])('refuses %s', async (_, frame) => {
    const { url, gateway } = await openGateway()
    const client = await openClient(`${url}/ws/events`)
    client.send(frame)
    client.send({ op: 'login', token: TOKEN })
    expect(await client.nextJson()).toMatchObject({ type: 'error', code: 'unauthorized' })
    expect(await client.closed).toMatchObject({ code: 1008 })
    expect(client.waiting).toEqual([])
    await eventually(() => expect(gateway.stats).toMatchObject({ pending: 0, wsEvents: { clients: 0 } }))
  })

  it('refuses a wrong or limited token in the header before the handshake ends', async () => {
    const { url } = await openGateway()
    for (const token of ['nonsense', SCOPED_TOKEN, '', 'two words']) {
      await expect(openClient(`${url}/ws/events`, { headers: { Authorization: `Bearer ${token}` } })).rejects.toThrow()
    }
    await expect(openClient(`${url}/ws/events`, { headers: { Authorization: `Basic ${TOKEN}` } })).rejects.toThrow()
  })

  it('closes a socket that does not log in in time', async () => {
    const { url } = await openGateway({ limits: { loginMs: 50 } })
    const client = await openClient(`${url}/ws/events`)
    expect(await client.nextJson()).toMatchObject({ type: 'error', code: 'unauthorized' })
    expect(await client.closed).toMatchObject({ code: 1008 })
  })
})

describe('subscriptions of /ws/events', () => {
  it('have the prefixes, patterns and filters of the bus', async () => {
    const { url, broker } = await openGateway()
    const client = await enter(url)
    await subscribe(client, { prefix: ['nft:', 'dns:'], match: 'nft:*:in', filter: 'inDevice == "eth0"' })
    broker.publish('nft:lan:in', { InDev: 'wlan0' })
    broker.publish('dns:x:in', { InDev: 'eth0' })
    broker.publish('nft:lan:out', { InDev: 'eth0' })
    broker.publish('nft:wan:in', { InDev: 'eth0' })
    expect(await client.nextJson()).toEqual(event('nft:wan:in', '{"InDev":"eth0"}'))
  })

  it('pass any text on as it is', async () => {
    const { url, broker } = await openGateway()
    const client = await enter(url)
    await subscribe(client, {})
    for (const text of ['', 'no "JSON"\n\u2028 é 😀', '{"a":[1,2]}']) {
      broker.publishText('t"\n', text)
      expect(await client.nextJson()).toEqual(event('t"\n', text))
    }
  })

  it('are several on a socket, and end one by one', async () => {
    const { url, broker } = await openGateway()
    const client = await enter(url)
    await subscribe(client, { id: 'a', prefix: 'nft:' })
    await subscribe(client, { id: 'b', prefix: 'alert:' })
    broker.publishText('alert:x', '1')
    expect(await client.nextJson()).toEqual({ type: 'event', id: 'b', topic: 'alert:x', value: '1' })
    client.send({ op: 'unsubscribe', id: 'b' })
    expect(await client.nextJson()).toEqual({ type: 'unsubscribed', id: 'b' })
    broker.publishText('alert:x', '2')
    broker.publishText('nft:x', '3')
    expect(await client.nextJson()).toEqual(event('nft:x', '3'))
    expect(broker.stats.readers).toBe(1)
    await client.close()
    await eventually(() => expect(broker.stats.readers).toBe(0))
  })

  it('replay what the bus holds', async () => {
    const { url, broker } = await openGateway()
    const client = await enter(url)
    for (const text of ['1', '2', '3']) broker.publishText('nft:x', text)
    await subscribe(client, { replay: 2 })
    expect(await client.nextJson()).toEqual(event('nft:x', '2'))
    expect(await client.nextJson()).toEqual(event('nft:x', '3'))
  })

  it('go on exactly where another socket ended, or where it began', async () => {
    const { url, broker } = await openGateway()
    const first = await enter(url)
    const { epoch, seq } = await subscribe(first, { seq: true, prefix: 'nft:' })
    expect(epoch).toBe(broker.position.epoch)
    broker.publishText('nft:x', '1')
    const last = await first.nextJson()
    expect(last).toEqual(event('nft:x', '1', { seq: broker.position.seq, epoch }))
    await first.close()
    broker.publishText('nft:x', '2')

    const later = await enter(url)
    const since = { epoch: last['epoch'], seq: last['seq'] }
    expect(await subscribe(later, { seq: true, prefix: 'nft:', since })).toEqual({
      type: 'subscribed',
      id: 'a',
      ...since
    })
    expect(await later.nextJson()).toMatchObject({ value: '2' })
    await subscribe(later, { id: 'b', prefix: 'nft:', since: { epoch, seq } })
    expect([await later.nextJson(), await later.nextJson()]).toMatchObject([
      { id: 'b', value: '1' },
      { id: 'b', value: '2' }
    ])
  })

  it('tell of gaps, unless they are not wanted', async () => {
    const { url, broker } = await openGateway()
    const client = await enter(url)
    await subscribe(client, { id: 'a', prefix: 'nft:' })
    await subscribe(client, { id: 'b', prefix: 'nft:', gaps: false })
    broker.reportLoss({ where: 'kernel', lost: 7, group: 1 })
    broker.publishText('nft:x', '1')
    const frames = [await client.nextJson(), await client.nextJson(), await client.nextJson()]
    expect(frames.filter(({ id }) => id === 'a')).toMatchObject([
      { type: 'gap', where: 'kernel', lost: 7, group: 1 },
      { type: 'event', value: '1' }
    ])
    expect(frames.filter(({ id }) => id === 'b')).toMatchObject([{ type: 'event', value: '1' }])
  })

  it('tell of another life of the bus as a gap of unknown size', async () => {
    const { url, broker } = await openGateway()
    broker.publishText('nft:x', '1')
    const client = await enter(url)
    await subscribe(client, { seq: true, since: { epoch: 1, seq: 5 } })
    expect(await client.nextJson()).toMatchObject({ type: 'gap', lost: null, where: 'reader' })
    expect(await client.nextJson()).toEqual(event('nft:x', '1', { seq: 1, epoch: broker.position.epoch }))
  })

  it.each<[string, object | string, object]>([
    ['a filter that is wrong', { op: 'subscribe', id: 'a', filter: 'dst.prot == 1' }, { code: 'refused', id: 'a' }],
    ['a pattern that is wrong', { op: 'subscribe', id: 'a', match: '>:x' }, { code: 'refused', id: 'a' }],
    ['an absurd replay', { op: 'subscribe', id: 'a', replay: 1e9 }, { code: 'refused', id: 'a' }],
    ['a misspelt field', { op: 'subscribe', id: 'a', prefx: 'nft:' }, { code: 'invalid', id: 'a' }],
    ['a subscription without a name', { op: 'subscribe' }, { code: 'invalid' }],
    ['a subscription that is not there', { op: 'unsubscribe', id: 'x' }, { code: 'refused', id: 'x' }],
    ['an unknown command', { op: 'sing' }, { code: 'invalid' }],
    ['no JSON', '{', { code: 'invalid' }],
    ['no object', '[]', { code: 'invalid' }]
  ])('answer %s, and the socket goes on', async (_, command, error) => {
    const { url, broker } = await openGateway()
    const client = await enter(url)
    client.send(command)
    const answer = await client.nextJson()
    expect(answer).toMatchObject({ type: 'error', ...error })
    expect(Object.keys(answer).sort()).toEqual(
      ['id' in error ? 'id' : '', 'code', 'message', 'type'].filter(Boolean).sort()
    )
    await subscribe(client, {})
    broker.publishText('t', 'x')
    expect(await client.nextJson()).toMatchObject({ value: 'x' })
  })

  it('point at what is wrong with a filter', async () => {
    const { url } = await openGateway()
    const client = await enter(url)
    client.send({ op: 'subscribe', id: 'a', filter: 'tcp.syn && dst.prot == 443' })
    expect(await client.nextJson()).toMatchObject({
      message: expect.stringContaining(
        'did you mean dst.port?\n  tcp.syn && dst.prot == 443\n             ^^^^^^^^'
      ) as string
    })
  })

  it('have a name of their own, and are not too many', async () => {
    const { url } = await openGateway({ limits: { subscriptions: 2 } })
    const client = await enter(url)
    await subscribe(client, { id: 'a' })
    client.send({ op: 'subscribe', id: 'a' })
    expect(await client.nextJson()).toMatchObject({ type: 'error', id: 'a', code: 'refused' })
    await subscribe(client, { id: 'b' })
    client.send({ op: 'subscribe', id: 'c' })
    expect(await client.nextJson()).toMatchObject({ type: 'error', id: 'c', code: 'limit' })
  })

  it('end with a reason when the bus is closed', async () => {
    const { url, bus } = await openGateway()
    const client = await enter(url)
    await subscribe(client, {})
    await bus.close()
    expect(await client.nextJson()).toEqual({ type: 'error', id: 'a', code: 'ended', message: 'The bus is closed.' })
    client.send({ op: 'subscribe', id: 'a' })
    expect(await client.nextJson()).toMatchObject({ type: 'error', id: 'a', code: 'refused' })
  })

  it('bring notices to whoever wants them', async () => {
    const { url, gateway } = await openGateway()
    const client = await enter(url)
    const notice = { topic: 'alert:x:', data: '{"Title":"é"}', notification: true }
    gateway.notify(notice)
    client.send({ op: 'notices', on: true })
    await subscribe(client, {})
    gateway.notify(notice)
    expect(await client.nextJson()).toEqual({ type: 'notice', ...notice })
  })
})

describe('/ws/events over a bus in another process', () => {
  it('answers other commands while that bus is away, and begins when it is back', async () => {
    const path = `${temporaryFolder()}/bus.sock`
    const server = await listenBus({ path })
    const bus = await connectBus({ path, reconnect: { minDelayMs: 5, maxDelayMs: 20 } })
    onTestFinished(() => bus.close())
    const gateway = createGateway({ bus, authenticate: token => (token === TOKEN ? {} : undefined) })
    onTestFinished(() => gateway.close())
    const { url } = await gateway.listen({ port: 0 })
    const client = await enter(url)
    await server.close()
    client.send({ op: 'subscribe', id: 'a' })
    client.send({ op: 'subscribe', id: 'b' })
    client.send({ op: 'unsubscribe', id: 'b' })
    expect(await client.nextJson()).toEqual({ type: 'unsubscribed', id: 'b' })
    const again = await listenBus({ path })
    onTestFinished(() => again.close())
    expect(await client.nextJson()).toEqual({ type: 'subscribed', id: 'a' })
    again.broker.publishText('t', 'x')
    expect(await client.nextJson()).toEqual(event('t', 'x'))
  })

  it('refuses a filter that the bus cannot', async () => {
    const path = `${temporaryFolder()}/bus.sock`
    const server = await listenBus({ path })
    onTestFinished(() => server.close())
    const bus = await connectBus({ path })
    onTestFinished(() => bus.close())
    const gateway = createGateway({ bus, authenticate: token => (token === TOKEN ? {} : undefined) })
    onTestFinished(() => gateway.close())
    const { url } = await gateway.listen({ port: 0 })
    const client = await enter(url)
    client.send({ op: 'subscribe', id: 'a', filter: 'inDevice == "eth0"' })
    expect(await client.nextJson()).toMatchObject({
      type: 'error',
      id: 'a',
      code: 'refused',
      message: expect.stringContaining('no filter language') as string
    })
  })

  it('goes on with numbers of the right life when that bus starts anew', async () => {
    const path = `${temporaryFolder()}/bus.sock`
    const listen = (): ReturnType<typeof listenBus> => listenBus({ path, compileFilter: createFilterCompiler() })
    let server = await listen()
    onTestFinished(() => server.close())
    const bus = await connectBus({ path, reconnect: { minDelayMs: 5, maxDelayMs: 20 } })
    onTestFinished(() => bus.close())
    const options: GatewayOptions = { bus, authenticate: token => (token === TOKEN ? {} : undefined) }
    const gateway = createGateway(options)
    onTestFinished(() => gateway.close())
    const { url } = await gateway.listen({ port: 0 })

    const client = await enter(url)
    const { epoch } = await subscribe(client, { seq: true, prefix: 'nft:' })
    expect(epoch).toBe(server.broker.position.epoch)
    server.broker.publishText('nft:x', '1')
    expect(await client.nextJson()).toMatchObject({ value: '1', epoch })
    await server.close()
    server = await listen()
    server.broker.publishText('nft:x', '2')
    expect(await client.nextJson()).toMatchObject({ type: 'gap', lost: null })
    expect(await client.nextJson()).toMatchObject({ value: '2', epoch: server.broker.position.epoch })
    expect(server.broker.position.epoch).not.toBe(epoch)
  })
})
