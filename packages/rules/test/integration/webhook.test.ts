import { once } from 'node:events'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import type { ServerResponse } from 'node:http'
import { type AddressInfo, createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import type { ActionDefinition, WebhookDefinition } from '../../src/actions/definition.js'
import { eventually, openActions, quickClock, statsOf } from '../support/actions.js'
import { makeAlert } from '../support/alert.js'
import { openReceiver } from '../support/receiver.js'

let directory: string
beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'packet-logs-actions-'))
})
afterAll(() => rm(directory, { recursive: true }))

function webhook(url: string, changes: Partial<WebhookDefinition> = {}): WebhookDefinition {
  return { type: 'webhook', url, allowPrivateAddresses: true, ...changes }
}

describe('a webhook', () => {
  it('posts the alert as JSON, with an id for who receives it twice', async () => {
    await using receiver = await openReceiver()
    await using actions = openActions()
    actions.define({ phone: webhook(`${receiver.url}/hook?a=b`, { headers: { 'X-Site': 'home' } }) })
    actions.deliver(makeAlert())
    await expect(statsOf(actions, 'phone')).resolves.toMatchObject({
      type: 'webhook',
      target: receiver.url,
      delivered: 1,
      failed: 0,
      retries: 0,
      queued: 0
    })
    const [request] = receiver.requests
    const body = JSON.parse(request?.body ?? '') as Record<string, unknown>
    expect(body).toEqual({
      id: request?.headers['idempotency-key'],
      timestamp: '2023-11-14T22:13:20.000Z',
      topic: 'alert:nft:drop:input:ssh-scan',
      rule: 'ssh-scan',
      source: 'rules',
      severity: 'high',
      title: 'SSH scan',
      body: '20 times from 192.0.2.7',
      count: 20,
      first: '2023-11-14T22:13:10.000Z',
      last: '2023-11-14T22:13:20.000Z',
      summary: false,
      key: { 'src.ip': '192.0.2.7' },
      event: { Prefix: 'drop:input ' }
    })
    expect(request).toMatchObject({
      method: 'POST',
      path: '/hook?a=b',
      headers: { 'content-type': 'application/json', 'x-site': 'home', 'user-agent': 'packet-logs' }
    })
    expect(request?.headers).not.toHaveProperty('packet-logs-signature')
  })

  it.each([500, 502, 503, 429, 408, 425])('tries again after %i, under the same id', async status => {
    await using receiver = await openReceiver((response, { number }) => {
      response.statusCode = number < 3 ? status : 204
      response.end()
    })
    const clock = quickClock()
    await using actions = openActions({ clock })
    actions.define({ phone: webhook(receiver.url) })
    actions.deliver(makeAlert())
    await expect(statsOf(actions, 'phone')).resolves.toMatchObject({ delivered: 1, failed: 0, retries: 2 })
    expect(clock.waitsMs).toEqual([1000, 2000])
    const ids = receiver.requests.map(({ headers }) => headers['idempotency-key'])
    expect(ids).toEqual([ids[0], ids[0], ids[0]])
    expect(new Set(receiver.requests.map(({ body }) => body)).size).toBe(1)
  })

  it('waits as long as Retry-After says, up to ten minutes', async () => {
    await using receiver = await openReceiver((response, { number }) => {
      if (number < 3) response.writeHead(429, { 'retry-after': number === 1 ? '17' : '999999' })
      response.end()
    })
    const clock = quickClock()
    await using actions = openActions({ clock })
    actions.define({ phone: webhook(receiver.url) })
    actions.deliver(makeAlert())
    await statsOf(actions, 'phone')
    expect(clock.waitsMs).toEqual([17_000, 600_000])
  })

  it('leaves a server alone as long as Retry-After says, with other alerts, too', async () => {
    await using receiver = await openReceiver((response, { number }) => {
      if (number === 1) response.writeHead(429, { 'retry-after': '17' })
      response.end()
    })
    const clock = quickClock()
    await using actions = openActions({ clock })
    actions.define({ phone: webhook(receiver.url, { retries: 0 }) })
    actions.deliver(makeAlert())
    actions.deliver(makeAlert())
    await expect(statsOf(actions, 'phone', 2)).resolves.toMatchObject({ failed: 1, delivered: 1 })
    expect(clock.waitsMs).toEqual([17_000])
  })

  it('leaves a server alone with alerts that were to be tried again sooner', async () => {
    const answers: ((...head: Parameters<ServerResponse['writeHead']>) => void)[] = []
    const waits: { ms: number; end: () => void }[] = []
    const sleep = (ms: number, signal: AbortSignal): Promise<void> => {
      return new Promise(end => {
        waits.push({ ms, end })
        signal.addEventListener('abort', () => end())
      })
    }
    await using receiver = await openReceiver(response => answers.push((...head) => response.writeHead(...head).end()))
    await using actions = openActions({ clock: { ...quickClock(), sleep } })
    actions.define({ phone: webhook(receiver.url, { concurrency: 3 }) })
    for (let index = 0; index < 3; index++) actions.deliver(makeAlert())
    await eventually(() => expect(answers).toHaveLength(3))
    for (const [index, headers] of [{}, { 'retry-after': '17' }, {}].entries()) {
      answers[index]?.(503, headers)
      await eventually(() => expect(waits).toHaveLength(index + 1))
    }
    waits[0]?.end()
    await eventually(() => expect(waits).toHaveLength(4))
    expect(waits.map(({ ms }) => ms)).toEqual([1000, 17_000, 17_000, 17_000])
    expect(receiver.requests).toHaveLength(3)
  })

  it.each([400, 401, 403, 404, 410, 413, 422])(
    'gives up at once after %i, and tells what it was told',
    async status => {
      await using receiver = await openReceiver(response => {
        response.statusCode = status
        response.end('not\nlike\u001bthis')
      })
      await using actions = openActions({ clock: quickClock() })
      actions.define({ phone: webhook(receiver.url) })
      actions.deliver(makeAlert())
      await expect(statsOf(actions, 'phone')).resolves.toMatchObject({
        failed: 1,
        retries: 0,
        lastError: `answered ${status}: not like\ufffdthis`,
        lastErrorMs: 1_700_000_000_000
      })
    }
  )

  it('gives up after so many attempts, and tells whoever listens', async () => {
    await using receiver = await openReceiver(response => {
      response.statusCode = 500
      response.end()
    })
    const clock = quickClock()
    const onFailure = vi.fn()
    await using actions = openActions({ clock }, { onFailure })
    actions.define({ phone: webhook(receiver.url, { retries: 8, retryMax: '10s' }) })
    const alert = makeAlert()
    actions.deliver(alert)
    await expect(statsOf(actions, 'phone')).resolves.toMatchObject({ failed: 1, retries: 8 })
    expect(clock.waitsMs).toEqual([1000, 2000, 4000, 8000, 10_000, 10_000, 10_000, 10_000])
    expect(onFailure.mock.calls).toEqual([[{ action: 'phone', reason: 'answered 500', alert }]])
  })

  it('follows no redirect', async () => {
    await using elsewhere = await openReceiver()
    for (const status of [301, 302, 303, 307, 308]) {
      await using receiver = await openReceiver(response => {
        response.writeHead(status, { location: elsewhere.url })
        response.end()
      })
      await using actions = openActions({ clock: quickClock() })
      actions.define({ phone: webhook(receiver.url) })
      actions.deliver(makeAlert())
      const { failed, retries, lastError } = await statsOf(actions, 'phone')
      expect({ failed, retries }).toEqual({ failed: 1, retries: 0 })
      expect(lastError).toBe(`answered ${status}, a redirect, which is not followed: use the URL it leads to`)
    }
    expect(elsewhere.connections).toBe(0)
  })

  it('tries again when nobody listens, and when the connection breaks before there is an answer', async () => {
    const closed = createServer().listen(0, '127.0.0.1')
    await once(closed, 'listening')
    const { port } = closed.address() as AddressInfo
    closed.close()
    await once(closed, 'close')
    await using receiver = await openReceiver((response, { number, socket }) => {
      if (number < 3) socket.destroy()
      else response.end()
    })
    await using actions = openActions({ clock: quickClock() })
    actions.define({ dead: webhook(`http://127.0.0.1:${port}`), phone: webhook(receiver.url) })
    actions.deliver(makeAlert({ actions: ['dead', 'phone'] }))
    await expect(statsOf(actions, 'phone')).resolves.toMatchObject({ delivered: 1, retries: 2 })
    await expect(statsOf(actions, 'dead')).resolves.toMatchObject({
      failed: 1,
      retries: 5,
      lastError: `connect ECONNREFUSED 127.0.0.1:${port}`
    })
  })

  it('has delivered once the status says so, whatever becomes of the body', async () => {
    await using reset = await openReceiver((response, { socket }) => {
      response.writeHead(200, { 'content-length': '1000' })
      response.write('some')
      setTimeout(() => socket.resetAndDestroy(), 10)
    })
    await using actions = openActions()
    actions.define({ phone: webhook(reset.url) })
    actions.deliver(makeAlert())
    await expect(statsOf(actions, 'phone')).resolves.toMatchObject({ delivered: 1, retries: 0 })
  })

  it('reads no more than the beginning of an answer', async () => {
    let written = 0
    const part = Buffer.alloc(64 * 1024, 'a')
    await using receiver = await openReceiver(response => {
      const write = (): void => {
        while (written < 100 * 1024 ** 2 && !response.destroyed) {
          written += part.length
          if (!response.write(part)) {
            response.once('drain', write)
            return
          }
        }
        response.end()
      }
      response.statusCode = 400
      write()
    })
    await using actions = openActions()
    actions.define({ phone: webhook(receiver.url) })
    actions.deliver(makeAlert())
    const { failed, lastError } = await statsOf(actions, 'phone')
    expect(failed).toBe(1)
    expect(lastError?.length).toBeLessThan(400)
    expect(written).toBeLessThan(20 * 1024 ** 2)
  })

  it('does not wait for an answer longer than it should', async () => {
    await using hanging = await openReceiver(() => undefined)
    const accepting = createServer().listen(0, '127.0.0.1')
    await once(accepting, 'listening')
    const { port } = accepting.address() as AddressInfo
    await using actions = openActions({ clock: quickClock() })
    actions.define({
      hanging: webhook(hanging.url, { timeout: '50ms', retries: 1 }),
      silent: webhook(`https://127.0.0.1:${port}`, { connectTimeout: '50ms', timeout: '10m', retries: 1 })
    })
    actions.deliver(makeAlert({ actions: ['hanging', 'silent'] }))
    await expect(statsOf(actions, 'hanging')).resolves.toMatchObject({
      failed: 1,
      retries: 1,
      lastError: 'no answer within 50ms'
    })
    const { failed, retries, lastError } = await statsOf(actions, 'silent')
    expect({ failed, retries }).toEqual({ failed: 1, retries: 1 })
    expect(lastError).toMatch(/^Connect Timeout Error/)
    accepting.close()
  })

  it('waits no longer either when the time of an attempt is over before a connection stands', async () => {
    await using actions = openActions({ clock: quickClock(), lookup: () => undefined })
    actions.define({
      phone: { type: 'webhook', url: 'https://hooks.example', timeout: '50ms', connectTimeout: '10m', retries: 1 }
    })
    actions.deliver(makeAlert())
    await expect(statsOf(actions, 'phone')).resolves.toMatchObject({
      failed: 1,
      retries: 1,
      lastError: 'no answer within 50ms'
    })
  })

  it('does not let an answer that never ends hold up the next alert', async () => {
    await using receiver = await openReceiver((response, { number }) => {
      response.writeHead(200)
      response.write('a')
      if (number > 1) response.end()
    })
    await using actions = openActions()
    actions.define({ phone: webhook(receiver.url, { timeout: '10m' }) })
    actions.deliver(makeAlert())
    actions.deliver(makeAlert())
    await expect(statsOf(actions, 'phone', 2)).resolves.toMatchObject({ delivered: 2, retries: 0 })
  })

  it('is not kept busy by a server that has only information to give', async () => {
    await using receiver = await openReceiver((response, { number }) => {
      for (let count = 0; count < (number === 1 ? 10 : 11); count++) response.writeProcessing()
      response.end()
    })
    await using actions = openActions({ clock: quickClock() })
    actions.define({ phone: webhook(receiver.url) })
    actions.deliver(makeAlert())
    actions.deliver(makeAlert())
    await expect(statsOf(actions, 'phone', 2)).resolves.toMatchObject({
      delivered: 1,
      failed: 1,
      retries: 0,
      lastError: 'more than 10 informational answers (1xx)'
    })
  })

  it('refuses a certificate that nobody it trusts has signed, without trying again', async () => {
    const [key, cert] = await Promise.all(
      ['key.pem', 'cert.pem'].map(name => readFile(new URL(`../fixtures/tls/${name}`, import.meta.url), 'utf8'))
    )
    await using receiver = await openReceiver(undefined, { key: key ?? '', cert: cert ?? '' })
    await using actions = openActions({ clock: quickClock() })
    actions.define({ phone: webhook(receiver.url) })
    actions.deliver(makeAlert())
    await expect(statsOf(actions, 'phone')).resolves.toMatchObject({ failed: 1, retries: 0, lastError: /self-signed/ })
    expect(receiver.requests).toEqual([])
  })

  it('refuses what does not speak HTTP', async () => {
    const server = createServer(socket => socket.on('error', () => undefined).end('220 mail.example ESMTP\r\n'))
    server.listen(0, '127.0.0.1')
    await once(server, 'listening')
    await using actions = openActions({ clock: quickClock() })
    actions.define({ phone: webhook(`http://127.0.0.1:${(server.address() as AddressInfo).port}`) })
    actions.deliver(makeAlert())
    await expect(statsOf(actions, 'phone')).resolves.toMatchObject({ failed: 1, retries: 0 })
    server.close()
  })
})

describe('the guard against private addresses', () => {
  it('is on by default: no connection is made to an address in any notation', async () => {
    await using receiver = await openReceiver()
    const { port } = receiver
    await using actions = openActions({ clock: quickClock() })
    const hosts = ['127.0.0.1', '127.1', '0x7f.0.0.1', '2130706433', '017700000001', '0.0.0.0', '0', '[::1]']
    hosts.push('[::ffff:127.0.0.1]', '[::ffff:7f00:1]', '[::]', 'localhost')
    const definitions = hosts.map((host, index) => [`a${index}`, { type: 'webhook', url: `http://${host}:${port}` }])
    actions.define(Object.fromEntries(definitions) as Record<string, ActionDefinition>)
    actions.deliver(makeAlert({ actions: hosts.map((_, index) => `a${index}`) }))
    for (const [index, host] of hosts.entries()) {
      const { failed, retries, lastError } = await statsOf(actions, `a${index}`)
      expect({ host, failed, retries }).toEqual({ host, failed: 1, retries: 0 })
      expect(lastError, host).toMatch(/is not a public address; set allowPrivateAddresses if it is meant$/)
    }
    expect(receiver.connections).toBe(0)
  })

  it('looks at the address that is connected to, so that a name cannot change its meaning between', async () => {
    await using receiver = await openReceiver()
    const answers = [['192.0.2.1', '10.0.0.1'], ['127.0.0.1']]
    let lookups = 0
    await using actions = openActions({
      clock: quickClock(),
      lookup: (_hostname, _options, callback) => {
        const addresses = answers[Math.min(lookups, 1)] ?? []
        lookups += 1
        callback(
          null,
          addresses.map(address => ({ address, family: 4 }))
        )
      }
    })
    actions.define({ phone: { type: 'webhook', url: `http://rebind.example:${receiver.port}` } })
    actions.deliver(makeAlert())
    await expect(statsOf(actions, 'phone')).resolves.toMatchObject({
      failed: 1,
      lastError:
        'rebind.example (192.0.2.1, 10.0.0.1) is not a public address; set allowPrivateAddresses if it is meant'
    })
    actions.deliver(makeAlert())
    await expect(statsOf(actions, 'phone', 2)).resolves.toMatchObject({
      failed: 2,
      lastError: 'rebind.example (127.0.0.1) is not a public address; set allowPrivateAddresses if it is meant'
    })
    expect(lookups).toBe(2)
    expect(receiver.connections).toBe(0)
  })

  it('tries again when a name cannot be resolved', async () => {
    await using actions = openActions({
      clock: quickClock(),
      lookup: (hostname, _options, callback) => {
        callback(Object.assign(new Error(`getaddrinfo EAI_AGAIN ${hostname}`), { code: 'EAI_AGAIN' }), '')
      }
    })
    actions.define({ phone: { type: 'webhook', url: 'https://hooks.example/' } })
    actions.deliver(makeAlert())
    await expect(statsOf(actions, 'phone')).resolves.toMatchObject({
      failed: 1,
      retries: 5,
      lastError: 'getaddrinfo EAI_AGAIN hooks.example'
    })
  })

  it('asks for a name once at a time, however many want to know', async () => {
    const questions: { hostname: string; answer: () => void }[] = []
    await using actions = openActions({
      lookup: (hostname, _options, callback) => {
        questions.push({ hostname, answer: () => callback(null, [{ address: '192.0.2.1', family: 4 }]) })
      }
    })
    const definition: ActionDefinition = { type: 'webhook', url: 'https://hooks.example/', concurrency: 4 }
    actions.define({ one: definition, another: definition, other: { type: 'webhook', url: 'https://other.example/' } })
    for (let index = 0; index < 4; index++) actions.deliver(makeAlert({ actions: ['one', 'another', 'other'] }))
    await eventually(() => expect(questions).toHaveLength(2))
    questions[0]?.answer()
    await Promise.all([statsOf(actions, 'one', 4), statsOf(actions, 'another', 4)])
    expect(questions.map(({ hostname }) => hostname).sort()).toEqual(['hooks.example', 'other.example'])
    actions.deliver(makeAlert({ actions: ['one'] }))
    await eventually(() => expect(questions).toHaveLength(3))
  })
})

describe('secrets of a webhook', () => {
  it('are read for each attempt, so that new ones are used at once', async () => {
    await using receiver = await openReceiver()
    const [tokenFile, secretFile] = [join(directory, 'token'), join(directory, 'secret')]
    await Promise.all([writeFile(tokenFile, 'tk_one\n'), writeFile(secretFile, 'one\n')])
    await using actions = openActions({ clock: quickClock() })
    actions.define({ phone: webhook(receiver.url, { tokenFile, secretFile }) })
    actions.deliver(makeAlert())
    await statsOf(actions, 'phone')
    await Promise.all([writeFile(tokenFile, 'tk_two\n'), writeFile(secretFile, 'two\n')])
    actions.deliver(makeAlert())
    await statsOf(actions, 'phone', 2)
    expect(receiver.requests.map(({ headers }) => headers.authorization)).toEqual(['Bearer tk_one', 'Bearer tk_two'])
    expect(receiver.requests[0]?.headers['packet-logs-timestamp']).toBe('1700000000')
    expect(receiver.requests[0]?.headers['packet-logs-signature']).toMatch(/^sha256=[0-9a-f]{64}$/)
  })

  it('fail an alert when their file is missing, empty, a directory or more than a token, each said', async () => {
    await using receiver = await openReceiver()
    const file = (name: string): string => join(directory, name)
    const written = { empty: '\n', lines: 'a\r\nb: c', long: 'a'.repeat(65_537) }
    await Promise.all(Object.entries(written).map(([name, text]) => writeFile(file(name), text)))
    await using actions = openActions({ clock: quickClock() })
    actions.define({
      missing: webhook(receiver.url, { tokenFile: file('missing') }),
      empty: webhook(receiver.url, { secretFile: file('empty') }),
      directory: webhook(receiver.url, { tokenFile: directory }),
      device: webhook(receiver.url, { tokenFile: '/dev/zero' }),
      lines: webhook(receiver.url, { tokenFile: file('lines') }),
      long: webhook(receiver.url, { secretFile: file('long') }),
      url: { type: 'webhook', urlFile: file('lines') }
    })
    const names = ['missing', 'empty', 'directory', 'device', 'lines', 'long', 'url']
    actions.deliver(makeAlert({ actions: names }))
    const errors = await Promise.all(names.map(async name => (await statsOf(actions, name)).lastError))
    expect(errors).toEqual([
      `${file('missing')} does not exist: it should hold a secret`,
      `${file('empty')} is empty: it should hold a secret`,
      `${directory} is no file`,
      '/dev/zero is no file',
      `${file('lines')} holds more than a token on one line`,
      `${file('long')} is longer than 65536 bytes`,
      `the URL in ${file('lines')} must be a URL such as https://example.org/path`
    ])
    expect(receiver.requests).toEqual([])
  })

  it('never show, not even when a server gives them back', async () => {
    await using receiver = await openReceiver((response, { path = '', headers }) => {
      response.statusCode = 403
      const token = headers.authorization?.split(' ')[1]
      response.end(
        `no ${path} or ${decodeURIComponent(path)} for ${token} ${headers.authorization} ${String(headers['x-key'])} at all`
      )
    })
    const [tokenFile, urlFile] = [join(directory, 'token-shown'), join(directory, 'url-shown')]
    await writeFile(tokenFile, 'tk_s3cr3t')
    await writeFile(
      urlFile,
      `http://joe:passw0rd@127.0.0.1:${receiver.port}/services/T0AB/c0nf%C3%ADdential?sig=k%C3%A4y99`
    )
    const failures: string[] = []
    await using actions = openActions({ clock: quickClock() }, { onFailure: ({ reason }) => failures.push(reason) })
    actions.define({
      token: webhook(`${receiver.url}/services/T0AB/c0nfidential?sig=key99`, {
        tokenFile,
        headers: { 'X-Key': 'h3ader' }
      }),
      header: webhook(receiver.url, { headers: { Authorization: 'Bearer heads0me' } }),
      url: { type: 'webhook', urlFile, allowPrivateAddresses: true }
    })
    const names = ['token', 'header', 'url']
    actions.deliver(makeAlert({ actions: names }))
    await Promise.all(names.map(name => statsOf(actions, name)))
    expect(
      receiver.requests.find(({ headers }) => headers.authorization?.startsWith('Basic '))?.headers.authorization
    ).toBe(`Basic ${Buffer.from('joe:passw0rd').toString('base64')}`)
    const shown = JSON.stringify([actions.stats(), failures])
    expect(shown).toContain('answered 403: no ')
    expect(shown).not.toMatch(/s3cr3t|dential|T0AB|key99|y99|h3ader|heads0me|joe|passw0rd|am9l/)
  })
})
