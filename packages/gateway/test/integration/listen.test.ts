import { copyFileSync, lstatSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { link, unlink } from 'node:fs/promises'
import { createServer as createTlsServer } from 'node:https'
import { createServer } from 'node:net'
import { connect as connectTls } from 'node:tls'
import { Agent, request } from 'undici'
import { describe, expect, it, onTestFinished } from 'vitest'
import { GatewayError, type Listening } from '../../src/index.js'
import { followTlsFiles } from '../../src/listen/tls-files.js'
import { openClient, unixDispatcher } from './client.js'
import { eventually } from './eventually.js'
import { openGateway, TOKEN, temporaryFolder } from './open-gateway.js'
import { rawConnection, statusOf, upgradeRequest } from './raw-http.js'

const authorization = { Authorization: `Bearer ${TOKEN}` }
const fixture = (name: string): string => new URL(`../fixtures/tls/${name}.pem`, import.meta.url).pathname

async function get(path: string, options: { unix?: string; headers?: Record<string, string> } = {}): Promise<number> {
  const { unix, headers = {} } = options
  const dispatcher = unix === undefined ? undefined : unixDispatcher(unix)
  const url = unix === undefined ? path : `http://localhost${path}`
  const { statusCode, body } = await request(url, { headers, ...(dispatcher && { dispatcher }) })
  await body.dump()
  await dispatcher?.close()
  return statusCode
}

describe('a TCP port', () => {
  it('is on loopback unless said otherwise', async () => {
    const { url } = await openGateway()
    expect(url).toMatch(/^http:\/\/127\.0\.0\.1:\d+$/)
    expect(await get(`${url}/health`)).toBe(200)
  })

  it('may be of IPv6', async () => {
    const { url } = await openGateway({}, { host: '::1', port: 0 })
    expect(url).toMatch(/^http:\/\/\[::1\]:\d+$/)
    expect(await get(`${url}/nothing`, { headers: authorization })).toBe(404)
    expect(await get(`${url}/nothing`)).toBe(401)
  })

  it('shows metrics without a token on loopback only', async () => {
    const { url } = await openGateway()
    expect(await get(`${url}/metrics`)).toBe(200)
    const { url: open } = await openGateway({}, { host: '0.0.0.0', port: 0 })
    const beyond = open.replace('0.0.0.0', '127.0.0.1')
    expect(await get(`${beyond}/health`)).toBe(200)
    expect(await get(`${beyond}/metrics`)).toBe(401)
    expect(await get(`${beyond}/metrics`, { headers: authorization })).toBe(200)
    // Names of the network are not ours to know.
    expect(await get(`${beyond}/nothing`, { headers: { ...authorization, Host: 'router.lan' } })).toBe(404)
  })

  it('lets nobody in where nobody says who may', async () => {
    const { url } = await openGateway({ authenticate: undefined } as never)
    expect(await get(`${url}/health`)).toBe(200)
    expect(await get(`${url}/events`, { headers: authorization })).toBe(401)
    await expect(openClient(`${url}/ws/events`, { headers: authorization })).rejects.toThrow()
  })

  it('holds a token to its paths', async () => {
    const authenticate = (token: string): { paths: string[] } => ({ paths: [token] })
    const { url } = await openGateway({ authenticate })
    const ask = (path: string, scope: string): Promise<number> =>
      get(`${url}${path}`, { headers: { Authorization: `Bearer ${scope}` } })
    expect(await ask('/nothing', '/nothing')).toBe(404)
    expect(await ask('/nothing/below', '/nothing')).toBe(404)
    expect(await ask('/nothing/below', '/')).toBe(404)
    expect(await ask('/nothing-else', '/nothing')).toBe(403)
    expect(await ask('/', '/nothing')).toBe(403)
  })

  it('that is taken is refused, saying so', async () => {
    const { url, gateway } = await openGateway()
    const port = Number(new URL(url).port)
    await expect(gateway.listen({ port })).rejects.toMatchObject({ code: 'GATEWAY_LISTEN' })
    await expect(gateway.listen({ port, host: '192.0.2.1' })).rejects.toBeInstanceOf(GatewayError)
    await expect(gateway.listen({ port: 65_536 })).rejects.toThrow(RangeError)
  })

  it('is let go of at once when it is closed, with a good-bye to clients', async () => {
    const { url, gateway } = await openGateway()
    const client = await openClient(`${url}/ws/events`, { headers: authorization })
    const idle = rawConnection(url)
    await eventually(() => expect(idle.socket.readyState).toBe('open'))
    const unwilling = rawConnection(url, upgradeRequest('/ws/events', authorization))
    await eventually(() => expect(statusOf(unwilling.received)).toBe(101))
    const startMs = performance.now()
    await Promise.all([gateway.close(), gateway.close()])
    expect(performance.now() - startMs).toBeLessThan(8000)
    expect(await client.closed).toEqual({ code: 1001, reason: 'the gateway is closing' })
    await expect(get(`${url}/health`)).rejects.toThrow()
    await expect(gateway.listen({ port: 0 })).rejects.toMatchObject({ code: 'GATEWAY_CLOSED' })
  })
})

describe('closing', () => {
  it('waits for nobody who is half-way in', async () => {
    let check = (): void => undefined
    const isChecking = new Promise<void>(resolve => {
      check = resolve
    })
    const { url, gateway } = await openGateway({
      authenticate: () => {
        check()
        return new Promise(() => undefined)
      }
    })
    const upgrading = rawConnection(url, upgradeRequest('/ws/events', authorization))
    await isChecking
    const tls = await gateway.listen({ port: 0, tls: { cert: fixture('first.cert'), key: fixture('first.key') } })
    const silent = rawConnection(tls.url)
    await eventually(() => expect(silent.socket.readyState).toBe('open'))
    const startMs = performance.now()
    await gateway.close()
    expect(performance.now() - startMs).toBeLessThan(8000)
    await Promise.all([upgrading.closed, silent.closed])
    await eventually(() => expect(gateway.stats).toMatchObject({ pending: 0, wsEvents: { clients: 0 } }))
  })
})

describe('a unix socket', () => {
  it('asks for no token: its mode says who may', async () => {
    const path = `${temporaryFolder()}/api.sock`
    const { gateway, url } = await openGateway({}, { path })
    expect(url).toBe(`unix:${path}`)
    expect(statSync(path).mode & 0o777).toBe(0o600)
    expect(await get('/metrics', { unix: path })).toBe(200)
    expect(await get('/nothing', { unix: path, headers: { Host: 'proxied.example' } })).toBe(404)
    const dispatcher = unixDispatcher(path)
    onTestFinished(() => dispatcher.close())
    const spr = await openClient('ws://localhost/ws', { dispatcher })
    spr.send('anything')
    expect(await spr.next()).toBe('success')
    const password = await openClient('ws://localhost/ws', { dispatcher })
    password.send('user:password')
    expect(await password.next()).toBe('Authentication failure')
    const client = await openClient('ws://localhost/ws/events', { dispatcher })
    expect(await client.nextJson()).toEqual({ type: 'welcome' })
    client.send({ op: 'login', token: 'anything' })
    expect(await client.nextJson()).toEqual({ type: 'welcome' })
    await gateway.close()
    expect(readdirSync(path.replace('/api.sock', ''))).toEqual([])
  })

  it('asks for tokens where that is wanted, and may be for a group', async () => {
    const path = `${temporaryFolder()}/api.sock`
    await openGateway({}, { path, mode: 0o660, tokens: true })
    expect(statSync(path).mode & 0o777).toBe(0o660)
    expect(await get('/nothing', { unix: path })).toBe(401)
    expect(await get('/nothing', { unix: path, headers: authorization })).toBe(404)
    expect(await get('/metrics', { unix: path })).toBe(200)
  })

  it('that nobody listens to any more is replaced', async () => {
    const path = `${temporaryFolder()}/api.sock`
    const left = createServer()
    await new Promise<void>(resolve => left.listen(`${path}.first`, resolve))
    await link(`${path}.first`, path)
    await new Promise(resolve => left.close(resolve))
    expect(lstatSync(path).isSocket()).toBe(true)
    await openGateway({}, { path })
    expect(await get('/health', { unix: path })).toBe(200)
  })

  it('of a living server, and a file that is none, are left alone', async () => {
    const folder = temporaryFolder()
    const path = `${folder}/api.sock`
    const { gateway } = await openGateway({}, { path })
    await expect(gateway.listen({ path })).rejects.toMatchObject({ code: 'GATEWAY_SOCKET_IN_USE', path })
    expect(await get('/health', { unix: path })).toBe(200)
    writeFileSync(`${folder}/file`, 'text')
    await expect(gateway.listen({ path: `${folder}/file` })).rejects.toMatchObject({ code: 'GATEWAY_SOCKET_IN_USE' })
    expect(readFileSync(`${folder}/file`, 'utf8')).toBe('text')
    await expect(gateway.listen({ path: `${folder}/no/such.sock` })).rejects.toMatchObject({ code: 'GATEWAY_LISTEN' })
    await expect(gateway.listen({ path: `${folder}/${'x'.repeat(100)}` })).rejects.toThrow('too long')
    await expect(gateway.listen({ path: '' })).rejects.toThrow(TypeError)
    await expect(gateway.listen({ path, mode: 0o10000 })).rejects.toThrow(RangeError)
    expect(readdirSync(folder).sort()).toEqual(['api.sock', 'file'])
  })

  it('of a successor is not removed', async () => {
    const folder = temporaryFolder()
    const path = `${folder}/api.sock`
    const { gateway } = await openGateway({}, { path })
    await unlink(path)
    const { gateway: successor } = await openGateway({}, { path })
    await gateway.close()
    expect(await get('/health', { unix: path })).toBe(200)
    await successor.close()
  })

  it('goes to whom wins when two start at once', async () => {
    const path = `${temporaryFolder()}/api.sock`
    const { gateway } = await openGateway()
    const attempts = await Promise.allSettled(Array.from({ length: 5 }, () => gateway.listen({ path })))
    expect(attempts.filter(({ status }) => status === 'fulfilled')).toHaveLength(1)
    expect(await get('/health', { unix: path })).toBe(200)
  })
})

describe('TLS', () => {
  const trusting = (): Agent => new Agent({ connect: { rejectUnauthorized: false } })

  function certificateOf(url: string): Promise<string> {
    const { port } = new URL(url)
    return new Promise((resolve, reject) => {
      const socket = connectTls({ port: Number(port), host: '127.0.0.1', rejectUnauthorized: false }, () => {
        resolve(String(socket.getPeerCertificate().subject.CN))
        socket.destroy()
      })
      socket.on('error', reject)
    })
  }

  it('carries HTTP and WebSockets, to those who trust the certificate', async () => {
    const tls = { cert: fixture('first.cert'), key: fixture('first.key') }
    const { url } = await openGateway({}, { port: 0, tls })
    expect(url).toMatch(/^https:/)
    await expect(get(`${url}/health`)).rejects.toThrow()
    const dispatcher = new Agent({ connect: { ca: readFileSync(tls.cert, 'utf8') } })
    onTestFinished(() => dispatcher.destroy())
    const { statusCode, body } = await request(`${url}/health`, { dispatcher })
    await body.dump()
    expect(statusCode).toBe(200)
    const client = await openClient(`${url}/ws`, { dispatcher, headers: { Origin: url } })
    client.send(TOKEN)
    expect(await client.next()).toBe('success')
  })

  it('refuses files that are not there or do not go together', async () => {
    const { gateway } = await openGateway()
    const listen = (cert: string, key: string): Promise<Listening> => gateway.listen({ port: 0, tls: { cert, key } })
    await expect(listen('/no/such.pem', fixture('first.key'))).rejects.toMatchObject({
      code: 'GATEWAY_TLS',
      path: '/no/such.pem'
    })
    await expect(listen(fixture('first.cert'), fixture('second.key'))).rejects.toMatchObject({ code: 'GATEWAY_TLS' })
    await expect(listen(fixture('first.key'), fixture('first.cert'))).rejects.toMatchObject({ code: 'GATEWAY_TLS' })
  })

  it('takes a new certificate when the files change, and keeps the old while they do not fit', async () => {
    const folder = temporaryFolder()
    const paths = { cert: `${folder}/cert.pem`, key: `${folder}/key.pem` }
    const put = (kind: 'cert' | 'key', name: string): void => copyFileSync(fixture(`${name}.${kind}`), paths[kind])
    put('cert', 'first')
    put('key', 'first')
    const server = createTlsServer({ cert: readFileSync(paths.cert), key: readFileSync(paths.key) })
    await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
    onTestFinished(() => void server.close())
    const address = server.address()
    const url = `https://127.0.0.1:${typeof address === 'object' ? address?.port : ''}`
    const problems: GatewayError[] = []
    const stop = followTlsFiles(server, paths, { onProblem: problem => problems.push(problem), watchMs: 5 })
    onTestFinished(stop)
    expect(await certificateOf(url)).toBe('first')
    await new Promise(resolve => setTimeout(resolve, 20))
    put('cert', 'second')
    await eventually(() => expect(problems).toHaveLength(1))
    expect(problems[0]?.code).toBe('GATEWAY_TLS')
    expect(await certificateOf(url)).toBe('first')
    put('key', 'second')
    await eventually(async () => expect(await certificateOf(url)).toBe('second'))
  })

  it('does not wait for those who never begin to speak it', async () => {
    const tls = { cert: fixture('first.cert'), key: fixture('first.key') }
    const { url } = await openGateway({ limits: { headersMs: 100 } }, { port: 0, tls })
    await rawConnection(url).closed
    const dispatcher = trusting()
    onTestFinished(() => dispatcher.destroy())
    const { statusCode, body } = await request(`${url}/health`, { dispatcher })
    await body.dump()
    expect(statusCode).toBe(200)
    expect(await rawConnection(url, 'GET / HTTP/1.1\r\n\r\n').closed).not.toContain('200')
  })
})

describe('answers', () => {
  it('carry headers that keep browsers from doing anything with them', async () => {
    const { url } = await openGateway()
    for (const path of ['/health', '/nothing']) {
      const { headers } = await fetch(url + path)
      expect(headers.get('x-content-type-options')).toBe('nosniff')
      expect(headers.get('content-security-policy')).toContain("default-src 'none'")
      expect(headers.get('x-frame-options')).toBe('DENY')
      expect(headers.get('cache-control')).toBe('no-store')
    }
    expect((await fetch(`${url}/nothing`)).headers.get('www-authenticate')).toBe('Bearer')
  })

  it('let pages of other origins read them only where those are named', async () => {
    const { url } = await openGateway({ origins: ['https://spr.example'] })
    const preflight = async (origin: string): Promise<string | null> => {
      const headers = { Origin: origin, 'Access-Control-Request-Method': 'PUT' }
      return (await fetch(`${url}/rules`, { method: 'OPTIONS', headers })).headers.get('access-control-allow-origin')
    }
    expect(await preflight('https://spr.example')).toBe('https://spr.example')
    const named = { headers: { ...authorization, Origin: 'https://spr.example' } }
    expect((await fetch(`${url}/events`, named)).headers.get('access-control-expose-headers')).toContain(
      'Packet-Logs-Position'
    )
    expect(await preflight('https://evil.example')).toBeNull()
    const { url: other } = await openGateway()
    expect(
      (await fetch(`${other}/health`, { headers: { Origin: 'https://spr.example' } })).headers.get(
        'access-control-allow-origin'
      )
    ).toBeNull()
  })

  it('say that a WebSocket is one', async () => {
    const { url } = await openGateway()
    for (const path of ['/ws', '/ws_events_all', '/ws/events']) {
      expect(await get(url + path, { headers: authorization })).toBe(426)
    }
  })

  it('come through fetch, too, and ask for a token there', async () => {
    const { gateway } = await openGateway()
    const ask = async (path: string, headers: Record<string, string> = {}): Promise<number> =>
      (await gateway.fetch(new Request(`http://anything.example${path}`, { headers }))).status
    expect(await ask('/health')).toBe(200)
    expect(await ask('/metrics')).toBe(401)
    expect(await ask('/metrics', authorization)).toBe(200)
  })
})
