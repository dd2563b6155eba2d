import { once } from 'node:events'
import { mkdtemp, readFile, rename, rm, stat, writeFile } from 'node:fs/promises'
import { get as httpGet, type IncomingMessage } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { type BusClient, connectBus, listenBus } from '@packet-logs/bus'
import { type Lab, openLab } from '@packet-logs/lab'
import { describeWithKernel } from '@packet-logs/lab/testing'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { WebSocket } from 'ws'
import { type Daemon, logRules, send, soon, start, take } from './run-daemon.js'

/** A message of SPR's WebSocket. */
interface Message {
  Type: string
  Data: string
  Notification: boolean
}

const site = '198.51.100.7'

/** An answer to `www.example.org A`, as a resolver sends it. */
const dnsAnswer =
  '000181800001000100000000' + '03777777076578616d706c65036f72670000010001' + 'c00c000100010000012c0004c6336407'

describeWithKernel('packet-logsd as a service', () => {
  let folder: string
  let busPath: string
  let apiPath: string
  let lab: Lab
  let daemon: Daemon

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'packet-logsd-'))
    busPath = join(folder, 'eventbus.sock')
    apiPath = join(folder, 'api.sock')
    lab = await openLab()
    await lab.nft(logRules)
  })

  afterEach(async () => {
    await lab.close()
    await rm(folder, { recursive: true, force: true })
  })

  /** Starts the daemon with a configuration, and its API on a unix socket. */
  async function serve(config: object, args: readonly string[] = ['--http', `unix:${apiPath}`]): Promise<BusClient> {
    const path = join(folder, 'config.json')
    await writeFile(path, JSON.stringify({ bus: { listen: busPath }, ...config }))
    daemon = start(lab, ['--config', path, ...args])
    await daemon.ready
    return connectBus({ path: busPath })
  }

  /** A client of an SPR WebSocket, logged in. */
  async function watch(path: string): Promise<{ messages: Message[]; socket: WebSocket }> {
    const socket = new WebSocket(`ws+unix:${apiPath}:${path}`)
    await once(socket, 'open')
    socket.send('token')
    const [answer] = (await once(socket, 'message')) as [Buffer]
    expect(answer.toString()).toBe('success')
    const messages: Message[] = []
    socket.on('message', (data: Buffer) => messages.push(JSON.parse(data.toString()) as Message))
    return { messages, socket }
  }

  /** Replaces a file as editors do. */
  async function replace(path: string, text: string): Promise<void> {
    await writeFile(`${path}.new`, text)
    await rename(`${path}.new`, path)
  }

  async function get(path: string): Promise<string> {
    const request = httpGet({ socketPath: apiPath, path })
    const [response] = (await once(request, 'response')) as [IncomingMessage]
    return text(response)
  }

  it('raises an alert when packets reach a threshold, on the bus and at those who watch', async () => {
    const rules = join(folder, 'rules.yaml')
    await writeFile(
      rules,
      `rules:
  - id: knocking
    when: action == "blocked" && dst.port == 9002
    threshold: { count: 3, within: 60s, by: [src.ip] }
    cooldown: 10m
    severity: high
    title: 'somebody knocks: {{src.ip}}'
    actions: [bus, websocket]
`
    )
    await using client = await serve({ rules: { file: rules } })
    const subscription = client.subscribe('alert:')
    await subscription.ready
    const { messages, socket } = await watch('/ws')
    await send(lab, [9002])
    await send(lab, [9002])
    await send(lab, [9001, 9002])
    await send(lab, [9002])

    const [alert] = await take(subscription, 1)
    expect(alert).toMatchObject({ topic: 'alert:nft:drop:input:knocking', value: { RuleId: 'knocking' } })
    expect(JSON.stringify(alert)).toMatch(/somebody knocks: (127\.0\.0\.1|::1)/)
    await soon(() => messages.length).toBeGreaterThan(0)
    expect(messages[0]).toMatchObject({ Type: 'alert:nft:drop:input:knocking', Notification: true })
    socket.close()
  })

  it("tells those who watch of what notifications.json asks for, in SPR's form", async () => {
    const notifications = join(folder, 'notifications.json')
    const Conditions = { Prefix: 'nft:drop:input', Protocol: 'udp', DstIP: '127.0.0.1', DstPort: 9002 }
    await writeFile(notifications, JSON.stringify([{ Conditions, Notification: true }]))
    await using _ = await serve({ rules: { notifications } })
    const { messages, socket } = await watch('/ws')
    await send(lab, [9001, 9002])
    await soon(() => messages.length).toBe(1)
    expect(messages[0]).toMatchObject({ Type: 'nft:drop:input', Notification: true })
    expect(JSON.parse(messages[0]?.Data ?? '')).toMatchObject({
      IP: { SrcIP: '127.0.0.1' },
      UDP: { DstPort: 9002 },
      Prefix: 'drop:input ',
      Action: 'blocked'
    })
    socket.close()
  })

  it('puts rules in force while packets come, and keeps the last good ones while a file is broken', async () => {
    const rules = join(folder, 'rules.yaml')
    const rule = (id: string): string => `rules:\n  - id: ${id}\n    when: dst.port == 9001\n`
    await writeFile(rules, rule('one'))
    await using client = await serve({ rules: { file: rules } })
    const subscription = client.subscribe(['nft:', 'alert:'])
    await subscription.ready
    const seen: string[] = []
    const reading = (async () => {
      for await (const { topic } of subscription) seen.push(topic)
    })()
    const traffic = lab.spawn(process.execPath, [
      '-e',
      `const socket = require('dgram').createSocket('udp4')
       setInterval(() => socket.send('hello', 9001, '127.0.0.1'), 2)`
    ])
    const alertsOf = (id: string): number => seen.filter(topic => topic.endsWith(`:${id}`)).length
    await soon(() => alertsOf('one')).toBeGreaterThan(20)

    await replace(rules, rule('two'))
    await soon(() => alertsOf('two')).toBeGreaterThan(20)
    const ones = alertsOf('one')

    await replace(rules, `${rule('three')}    threshold: 5\n`)
    await soon(() => daemon.lines.join('\n')).toMatch(/rules\.yaml:4: .*threshold/)
    const twos = alertsOf('two')
    await soon(() => alertsOf('two')).toBeGreaterThan(twos + 20)
    expect(await get('/health')).toContain('"degraded"')

    await replace(rules, rule('four'))
    await soon(() => alertsOf('four')).toBeGreaterThan(20)
    expect(alertsOf('one')).toBe(ones)
    expect(alertsOf('three')).toBe(0)
    expect(daemon.lines.filter(line => /threshold/.test(line))).toHaveLength(1)
    traffic.kill()

    // Each packet has raised exactly one alert, whichever file was in force: none fell between two of them.
    daemon.process.kill('SIGTERM')
    expect(await daemon.exitCode).toBe(0)
    await subscription.close()
    await reading
    const packets = seen.filter(topic => topic === 'nft:lan:in').length
    expect(packets).toBeGreaterThan(80)
    expect(seen.length).toBe(2 * packets)
  })

  it('starts with a broken rule file, says so, and takes it when it is mended', async () => {
    const rules = join(folder, 'rules.yaml')
    await writeFile(rules, 'rules:\n  - id: typo\n    when: dst.prot == 9001\n')
    await using client = await serve({ rules: { file: rules } })
    expect(daemon.lines.join('\n')).toMatch(/rules\.yaml:3: .*dst\.prot[\s\S]*did you mean dst\.port/)
    const subscription = client.subscribe('alert:')
    await subscription.ready
    await replace(rules, 'rules:\n  - id: mended\n    when: dst.port == 9001\n')
    await soon(() => daemon.lines.join('\n')).toMatch(/rules\.yaml: 1 rule in force/)
    await send(lab, [9001])
    expect((await take(subscription, 1))[0]?.topic).toBe('alert:nft:lan:in:mended')
  })

  it('names addresses by the DNS answers that passed, in events and for rules', async () => {
    const rules = join(folder, 'rules.yaml')
    await writeFile(rules, 'rules:\n  - id: example\n    when: glob(dst.domain, "*.example.org")\n')
    await lab.run('ip', ['address', 'add', `${site}/32`, 'dev', 'lo'])
    await using client = await serve({ rules: { file: rules } })
    const subscription = client.subscribe(['nft:', 'alert:'])
    await subscription.ready
    await lab.run(process.execPath, [
      '-e',
      `const { createSocket } = require('dgram')
       const resolver = createSocket('udp4')
       resolver.bind(53, '127.0.0.1', () => resolver.send(Buffer.from('${dnsAnswer}', 'hex'), 9001, '127.0.0.1', () => {
         resolver.close()
         const client = createSocket('udp4')
         client.bind(0, '127.0.0.1', () => client.send('hello', 9001, '${site}', () => client.close()))
       }))`
    ])
    const events = await take(subscription, 3)
    expect(events[0]?.value).toMatchObject({ DNS: { ANCount: 1 } })
    expect(events[1]?.value).toMatchObject({ IP: { DstIP: site }, RecentDomainDst: 'www.example.org' })
    expect(events[2]?.topic).toBe('alert:nft:lan:in:example')
  })

  it("names addresses by what SPR's resolver says on the bus that SPR serves", async () => {
    await using server = await listenBus({ path: join(folder, 'spr.sock') })
    const config = { bus: { connect: server.path } }
    const path = join(folder, 'config.json')
    await writeFile(path, JSON.stringify(config))
    daemon = start(lab, ['--config', path])
    await daemon.ready
    expect(server.broker.readers().map(({ prefix }) => prefix)).toEqual(['dns:serve:'])
    const subscription = server.broker.subscribe('nft:')
    await lab.run('ip', ['address', 'add', `${site}/32`, 'dev', 'lo'])
    server.broker.publish('dns:serve:127.0.0.1', {
      Q: [{ Name: 'spr.example.', Qtype: 1, Qclass: 1 }],
      A: [{ Hdr: { Name: 'spr.example.', Rrtype: 1, Class: 1, Ttl: 300 }, A: site }],
      Remote: '127.0.0.1:5353'
    })
    const toSite = `const socket = require('dgram').createSocket('udp4')
      socket.bind(0, '127.0.0.1', () => socket.send('hello', 9001, '${site}', () => socket.close()))`
    await soon(async () => {
      await lab.run(process.execPath, ['-e', toSite])
      return (await take(server.broker.subscribe('nft:', { replay: 1 }), 1))[0]?.value
    }).toMatchObject({ RecentDomainDst: 'spr.example' })
    await subscription.close()
  })

  it("brings events of somebody else's bus to rules, and reads others there when the rules change", async () => {
    await using server = await listenBus({ path: join(folder, 'spr.sock') })
    const rules = join(folder, 'rules.yaml')
    const rule = (topic: string): string =>
      `rules:\n  - { id: seen, topics: ['${topic}'], when: 'event.user == "eve"' }\n`
    await writeFile(rules, rule('auth:failure'))
    const path = join(folder, 'config.json')
    await writeFile(
      path,
      JSON.stringify({ bus: { connect: server.path }, rules: { file: rules }, recentDomains: false })
    )
    daemon = start(lab, ['--config', path])
    await daemon.ready
    const prefixes = (): unknown[] => server.broker.readers().map(({ prefix }) => prefix)
    expect(prefixes()).toEqual(['auth:failure'])
    const alerts = server.broker.subscribe('alert:')
    server.broker.publish('auth:failure', { user: 'bob' })
    server.broker.publish('auth:failure', { user: 'eve' })
    expect(await take(alerts, 1)).toMatchObject([{ topic: 'alert:auth:failure:seen' }])

    await replace(rules, rule('wifi:'))
    await soon(prefixes).toEqual(['wifi:'])
    const others = server.broker.subscribe('alert:')
    server.broker.publish('auth:failure', { user: 'eve' })
    server.broker.publish('wifi:auth:fail', { user: 'eve' })
    expect(await take(others, 1)).toMatchObject([{ topic: 'alert:wifi:auth:fail:seen' }])
  })

  it('writes outputs beside the bus, alerts among them', async () => {
    const rules = join(folder, 'rules.yaml')
    await writeFile(rules, 'rules:\n  - id: seen\n    when: dst.port == 9002\n')
    const [packets, alerts] = [join(folder, 'packets.json'), join(folder, 'alerts.json')]
    await using _ = await serve({
      rules: { file: rules },
      outputs: [
        { to: 'file', path: packets, flushMs: 0, filter: 'dst.port == 9001' },
        { to: 'file', path: alerts, flushMs: 0, match: 'alert:>' }
      ]
    })
    await send(lab, [9001, 9002])
    const linesOf = async (path: string): Promise<unknown[]> => {
      const text = await readFile(path, 'utf8').catch(() => '')
      return text
        .split('\n')
        .slice(0, -1)
        .map(line => JSON.parse(line) as unknown)
    }
    await soon(() => linesOf(packets)).toHaveLength(2)
    await soon(() => linesOf(alerts)).toHaveLength(2)
    expect(await linesOf(packets)).toMatchObject([{ Prefix: 'lan:in ' }, { Prefix: 'lan:in ' }])
    expect(JSON.stringify(await linesOf(alerts))).toMatch(/"seen"/)
  })

  it('tells monitoring how it is doing, and strangers nothing else', async () => {
    await using _ = await serve({}, ['--http', '127.0.0.1:8088'])
    const tokenPath = join(folder, 'http-token')
    expect((await stat(tokenPath)).mode & 0o777).toBe(0o600)
    expect(daemon.lines.join('\n')).toContain(`the API is at http://127.0.0.1:8088; its token is in ${tokenPath}`)
    await send(lab, [9001, 9002])
    const token = (await readFile(tokenPath, 'utf8')).trim()
    const ask = `fetch('http://127.0.0.1:8088' + path, { headers: { authorization: 'Bearer ' + token } })
      .then(async response => response.status + ' ' + (await response.text()))`
    const inside = async (...requests: (readonly [path: string, token: string])[]): Promise<string[]> => {
      const script = `Promise.all(${JSON.stringify(requests)}.map(([path, token]) => ${ask}))
        .then(answers => console.log(JSON.stringify(answers)))`
      return JSON.parse((await lab.run(process.execPath, ['-e', script])).stdout) as string[]
    }
    await soon(async () => (await inside(['/metrics', token]))[0]).toMatch(
      /packet_logs_packets_total\{prefix="lan:in",action="allowed",group="0",protocol="udp",device="lo"\} 2/
    )
    const [metrics = '', health, refused, events] = await inside(
      ['/metrics', token],
      ['/health', 'wrong'],
      ['/events', 'wrong'],
      ['/events', token]
    )
    expect(metrics).toMatch(/packet_logs_kernel_lost_packets_total 0/)
    expect(metrics).toMatch(/packet_logs_bus_events_total 4/)
    expect(metrics).toMatch(/packet_logs_process_resident_memory_bytes \d{7}/)
    const labels = new Set(
      Array.from(metrics.matchAll(/^packet_logs_\w+\{(.*)\} /gm)).flatMap(([, text = '']) => text.match(/\w+(?==")/g))
    )
    for (const label of labels) expect(['prefix', 'action', 'group', 'protocol', 'device', 'reader']).toContain(label)
    expect(health).toMatch(/^200 .*"status":"ok"/)
    expect(refused).toMatch(/^401 /)
    expect(events).toMatch(/^200 .*lan:in/s)
  })

  it('lets alerts of the last packets arrive before it ends', async () => {
    const rules = join(folder, 'rules.yaml')
    await writeFile(rules, 'rules:\n  - id: last\n    when: dst.port == 9001\n')
    // The kernel holds packets for a minute or until there are a thousand; only the end brings them.
    const config = { rules: { file: rules }, capture: { flushMs: 60_000, queueThreshold: 1000 } }
    await using client = await serve(config)
    const subscription = client.subscribe('alert:')
    await subscription.ready
    const { messages } = await watch('/ws_events_all')
    await send(lab, [9001])
    daemon.process.kill('SIGTERM')
    expect(await take(subscription, 2)).toMatchObject([{ topic: 'alert:nft:lan:in:last' }, {}])
    expect(await daemon.exitCode).toBe(0)
    expect(messages.filter(({ Type }) => Type === 'nft:lan:in')).toHaveLength(2)
  })
})
