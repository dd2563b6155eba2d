import { setTimeout as sleep } from 'node:timers/promises'
import { describe, expect, it, onTestFinished, vi } from 'vitest'
import { openClient } from './client.js'
import { eventually } from './eventually.js'
import { openGateway, TOKEN } from './open-gateway.js'
import { rawConnection, statusOf, upgradeRequest } from './raw-http.js'

const authorization = { Authorization: `Bearer ${TOKEN}` }

/** A masked frame as a client sends it. */
function clientFrame(opcode: number, length: number, payload: Uint8Array = Buffer.alloc(0)): Buffer {
  const head = Buffer.alloc(14)
  head[0] = 0x80 | opcode
  head[1] = 0x80 | 127
  head.writeBigUInt64BE(BigInt(length), 2)
  return Buffer.concat([head, payload])
}

describe('handshakes that are none', () => {
  it.each<[string, string, number]>([
    ['another path', upgradeRequest('/elsewhere'), 404],
    ['a path that only begins right', upgradeRequest('/ws/events/x'), 404],
    ['another protocol', upgradeRequest('/ws', { Upgrade: 'h2c' }), 400],
    ['no key', upgradeRequest('/ws', { 'Sec-WebSocket-Key': undefined }), 400],
    ['another version', upgradeRequest('/ws', { 'Sec-WebSocket-Version': '7' }), 400],
    ['a page of elsewhere', upgradeRequest('/ws', { Origin: 'http://evil.example' }), 403],
    ['a page of another port', upgradeRequest('/ws', { Origin: 'http://localhost:1' }), 403],
    ['a page without an origin', upgradeRequest('/ws', { Origin: 'null' }), 403],
    ['an origin that is none', upgradeRequest('/ws', { Origin: 'http://[' }), 403],
    ['a rebound name', upgradeRequest('/ws', { Host: 'evil.example', Origin: 'http://evil.example' }), 421],
    ['a rebound name of ours in front', upgradeRequest('/ws', { Host: 'localhost.evil.example' }), 421],
    ['an address in the name', upgradeRequest('/ws', { Host: '127.0.0.1.evil.example' }), 421],
    ['no host', upgradeRequest('/ws', { Host: '' }), 421],
    ['another method', upgradeRequest('/ws').replace('GET', 'POST'), 405]
  ])('%s is refused', async (_, request, status) => {
    const { url, gateway } = await openGateway()
    expect(statusOf(await rawConnection(url, request).closed)).toBe(status)
    await eventually(() => expect(gateway.stats.pending).toBe(0))
  })

  it.each<[string, Record<string, string>]>([
    ['of the same host', { Origin: 'http://localhost' }],
    ['of the same host and port', { Host: '127.0.0.1:80', Origin: 'http://127.0.0.1' }],
    ['of the same IPv6 host', { Host: '[::1]:9', Origin: 'http://[::1]:9' }],
    ['named in the options', { Origin: 'https://spr.example:8443' }],
    ['of a host named in the options', { Host: 'spr.example', Origin: 'http://spr.example' }]
  ])('a page %s is let in', async (_, headers) => {
    const { url } = await openGateway({ origins: ['https://spr.example:8443'] })
    const connection = rawConnection(url, upgradeRequest('/ws', headers))
    await eventually(() => expect(statusOf(connection.received)).toBe(101))
  })
})

describe('requests that are not meant well', () => {
  it('of a rebound name, or changes by a page of elsewhere, are refused before the token is looked at', async () => {
    const { url, gateway } = await openGateway()
    const request = async (method: string, headers: Record<string, string>): Promise<number> => {
      const lines = Object.entries({ Connection: 'close', 'Content-Length': '0', ...headers }).map(h => h.join(': '))
      return statusOf(await rawConnection(url, `${method} /nothing HTTP/1.1\r\n${lines.join('\r\n')}\r\n\r\n`).closed)
    }
    const wrong = { Authorization: 'Bearer wrong' }
    expect(await request('GET', { Host: 'evil.example', ...wrong })).toBe(421)
    expect(await request('PUT', { Host: 'localhost', Origin: 'http://evil.example', ...wrong })).toBe(403)
    expect(gateway.stats.authFailures).toBe(0)
    expect(await request('PUT', { Host: 'localhost', Origin: 'http://localhost', ...authorization })).toBe(404)
    expect(await request('GET', { Host: 'localhost', Origin: 'http://evil.example', ...authorization })).toBe(404)
  })

  it('cannot hide a header behind many others', async () => {
    const { url } = await openGateway()
    const many = Array.from({ length: 2500 }, () => 'A:\r\n').join('')
    const request = `PUT /notifications HTTP/1.1\r\nHost: localhost\r\n${many}Origin: http://evil.example\r\nConnection: close\r\n\r\n`
    expect(statusOf(await rawConnection(url, request).closed)).toBe(403)
  })

  it('with a body that is too long end at once', async () => {
    const { url } = await openGateway({ limits: { bodyBytes: 1000 } })
    const put = (body: string | ReadableStream): Promise<Response> =>
      fetch(`${url}/notifications`, {
        method: 'PUT',
        headers: authorization,
        body,
        ...(typeof body !== 'string' && { duplex: 'half' })
      })
    expect((await put('x'.repeat(1001))).status).toBe(413)
    const endless = new ReadableStream({
      pull: controller => controller.enqueue(Buffer.alloc(512))
    })
    expect(
      await put(endless).then(
        ({ status }) => status,
        () => 413
      )
    ).toBe(413)
  })

  it('that come byte by byte are cut off, while others are answered', async () => {
    const { url } = await openGateway({ limits: { headersMs: 200, requestMs: 400 } })
    const slowHead = rawConnection(url, 'GET /health HTTP/1.1\r\n')
    const timer = setInterval(() => slowHead.socket.write('X'), 20)
    const slowBody = rawConnection(
      url,
      `PUT /notifications HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer ${TOKEN}\r\nContent-Length: 1000\r\n\r\n`
    )
    const silent = rawConnection(url)
    expect((await fetch(`${url}/health`)).status).toBe(200)
    expect(statusOf(await slowHead.closed)).toBe(408)
    clearInterval(timer)
    await slowBody.closed
    await silent.closed
  })

  it('get nowhere by many connections', async () => {
    const { url } = await openGateway({ limits: { connections: 3 } })
    const many = Array.from({ length: 8 }, () => rawConnection(url))
    await eventually(() => expect(many.filter(({ socket }) => !socket.destroyed)).toHaveLength(3))
  })
})

describe('a token check that breaks', () => {
  it('is answered 500, and nobody is told why', async () => {
    const { url } = await openGateway({ authenticate: () => Promise.reject(new Error('secret reason')) })
    const response = await fetch(`${url}/events`, { headers: authorization })
    expect(response.status).toBe(500)
    expect(await response.text()).not.toContain('reason')
    const upgrade = await rawConnection(url, upgradeRequest('/ws/events', authorization)).closed
    expect(statusOf(upgrade)).toBe(500)
    expect(upgrade).not.toContain('reason')
  })
})

describe('guessing tokens', () => {
  it('is answered 429 after ten, whatever the token, and counted', async () => {
    const { url, gateway } = await openGateway({ limits: { failureMs: 60_000 } })
    const attempt = async (token: string): Promise<Response> =>
      fetch(`${url}/events`, { headers: { Authorization: `Bearer ${token}` } })
    const guess = (index: number): string => {
      const isLast = index === 999
      return `GET /events HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer guess-${index}\r\n${isLast ? 'Connection: close\r\n' : ''}\r\n`
    }
    const answers = await rawConnection(url, Array.from({ length: 1000 }, (_, index) => guess(index)).join('')).closed
    const statuses = Array.from(answers.matchAll(/^HTTP\/1\.1 (\d+)/gm), ([, status]) => Number(status))
    expect(statuses).toEqual(Array.from({ length: 1000 }, (_, index) => (index < 10 ? 401 : 429)))
    const right = await attempt(TOKEN)
    expect(right.status).toBe(429)
    expect(Number(right.headers.get('retry-after'))).toBeGreaterThan(50)
    await expect(openClient(`${url}/ws`)).rejects.toThrow()
    expect(gateway.stats).toMatchObject({ authFailures: 10, turnedAway: 992 })
    // Without a token nothing is guessed.
    expect((await fetch(`${url}/health`)).status).toBe(200)
    expect((await fetch(`${url}/events`)).status).toBe(401)
  })

  it('does not lock out who is in, and ends by itself', async () => {
    const realNow = performance.now.bind(performance)
    let laterMs = 0
    const clock = vi.spyOn(performance, 'now').mockImplementation(() => realNow() + laterMs)
    onTestFinished(() => clock.mockRestore())
    const { url, gateway } = await openGateway({ limits: { failures: 2, failureMs: 60_000 } })
    const inside = await openClient(`${url}/ws`)
    inside.send(TOKEN)
    expect(await inside.next()).toBe('success')
    for (const guess of ['a', 'user:b']) {
      const client = await openClient(`${url}/ws`)
      client.send(guess)
      await client.closed
    }
    await expect(openClient(`${url}/ws`)).rejects.toThrow()
    gateway.notify({ topic: 'x', data: '{}', notification: true })
    expect(await inside.nextJson()).toMatchObject({ Type: 'x' })
    laterMs = 60_000
    const later = await openClient(`${url}/ws`)
    later.send(TOKEN)
    expect(await later.next()).toBe('success')
  })

  it('counts by the address that a trusted proxy tells', async () => {
    const { url } = await openGateway({ trustForwardedFor: true, limits: { failures: 1, failureMs: 60_000 } })
    const attempt = async (from: string): Promise<number> => {
      const headers = { Authorization: 'Bearer wrong', 'X-Forwarded-For': from }
      return (await fetch(`${url}/events`, { headers })).status
    }
    expect(await attempt('1.1.1.1, 2001:db8::1')).toBe(401)
    expect(await attempt('2.2.2.2, 2001:db8::2')).toBe(429)
    expect(await attempt('2001:db8:0:1::1')).toBe(401)
    expect((await fetch(`${url}/metrics`, { headers: { 'X-Forwarded-For': '1.2.3.4' } })).status).toBe(401)
    expect((await fetch(`${url}/metrics`)).status).toBe(200)
  })

  it('takes no proxy for granted', async () => {
    const { url } = await openGateway({ limits: { failures: 1, failureMs: 60_000 } })
    const attempt = async (from: string): Promise<number> => {
      const headers = { Authorization: 'Bearer wrong', 'X-Forwarded-For': from }
      return (await fetch(`${url}/events`, { headers })).status
    }
    expect([await attempt('1.1.1.1'), await attempt('2.2.2.2')]).toEqual([401, 429])
  })
})

describe('hostile WebSocket clients', () => {
  it('that never log in hold 32 places, and those come free again', async () => {
    const { url, gateway } = await openGateway({ limits: { loginMs: 1500 } })
    const idle = Array.from({ length: 32 }, () => rawConnection(url, upgradeRequest('/ws')))
    await eventually(() => expect(gateway.stats.pending).toBe(32))
    const refused = await rawConnection(url, upgradeRequest('/ws_events_all')).closed
    expect(statusOf(refused)).toBe(429)
    expect(refused).toContain('\r\nRetry-After: 1\r\n')
    await eventually(() => expect(gateway.stats.pending).toBe(0))
    const client = await openClient(`${url}/ws`)
    client.send(TOKEN)
    expect(await client.next()).toBe('success')
    // They do not answer the good-bye either.
    await Promise.all(idle.map(({ closed }) => closed))
  })

  it.each<[string, Buffer]>([
    ['a frame of 2^60 bytes', clientFrame(1, 2 ** 60)],
    ['a frame of 1 GiB', clientFrame(1, 2 ** 30, Buffer.alloc(100_000))],
    ['an unmasked frame', Buffer.from([0x81, 0x01, 0x41])],
    ['an unknown opcode', clientFrame(5, 0)],
    ['text that is not UTF-8', clientFrame(1, 2, Buffer.of(0xff, 0xfe))],
    ['garbage', Buffer.alloc(4096, 0xa5)]
  ])('are closed for %s', async (_, frame) => {
    const { url, gateway } = await openGateway()
    const connection = rawConnection(url, upgradeRequest('/ws/events', authorization))
    await eventually(() => expect(gateway.stats.wsEvents.clients).toBe(1))
    connection.socket.write(frame)
    await connection.closed
    await eventually(() => expect(gateway.stats.wsEvents.clients).toBe(0))
  })

  it('that flood commands are held back, not stored', async () => {
    const { url, gateway, broker } = await openGateway()
    const command = Buffer.from('{"op":"unsubscribe","id":"x"}')
    const frame = Buffer.concat([Buffer.of(0x81, 0x80 | command.length, 0, 0, 0, 0), command])
    const connection = rawConnection(url, upgradeRequest('/ws/events', authorization))
    connection.socket.pause()
    await eventually(() => expect(gateway.stats.wsEvents.clients).toBe(1))
    const flood = Buffer.concat(Array.from({ length: 10_000 }, () => frame))
    let isStuck = false
    for (let count = 0; count < 200 && !isStuck; count += 1) {
      isStuck = await new Promise<boolean>(resolve => {
        const timer = setTimeout(() => resolve(true), 500)
        connection.socket.write(flood, () => {
          clearTimeout(timer)
          resolve(false)
        })
      })
    }
    expect(isStuck).toBe(true)
    expect(gateway.stats.wsEvents.dropped).toBe(0)
    expect(broker.stats.readers).toBe(0)
  })
})

describe('a client that reads nothing', () => {
  it('costs neither the publisher nor other clients of /ws anything, and its drops are counted', async () => {
    const { url, gateway } = await openGateway({ limits: { queueBytes: 64 * 1024 } })
    const stalled = rawConnection(url, upgradeRequest('/ws'))
    await eventually(() => expect(statusOf(stalled.received)).toBe(101))
    stalled.socket.write(Buffer.concat([Buffer.of(0x81, 0x80 | TOKEN.length, 0, 0, 0, 0), Buffer.from(TOKEN)]))
    const other = await openClient(`${url}/ws`)
    other.send(TOKEN)
    expect(await other.next()).toBe('success')
    await eventually(() => expect(gateway.stats.ws.clients).toBe(2))
    stalled.socket.pause()
    const count = 10_000
    const data = JSON.stringify({ pad: 'x'.repeat(900) })
    for (let sent = 0; sent < count; sent += 1) {
      gateway.notify({ topic: `alert:${sent}`, data, notification: true })
      if (sent % 50 === 49) await new Promise(setImmediate)
    }
    for (let sent = 0; sent < count; sent += 1) expect((await other.nextJson())['Type']).toBe(`alert:${sent}`)
    const { dropped } = gateway.stats.ws
    expect(dropped).toBeGreaterThan(count / 10)
    const metrics = await (await fetch(`${url}/metrics`)).text()
    expect(metrics).toContain(`packet_logs_gateway_dropped_total{reader="ws"} ${dropped}`)
  })

  it('loses its own events of /ws/events, and is told how many', async () => {
    const { url, broker, gateway } = await openGateway()
    const open = async (): Promise<Awaited<ReturnType<typeof openClient>>> => {
      const client = await openClient(`${url}/ws/events`, { headers: authorization })
      client.send({ op: 'subscribe', id: 'a', prefix: 'big:', seq: true })
      expect([await client.nextJson(), await client.nextJson()]).toMatchObject([{}, { type: 'subscribed' }])
      return client
    }
    const command = Buffer.from('{"op":"subscribe","id":"a","prefix":"big:","seq":true}')
    const stalled = rawConnection(url, upgradeRequest('/ws/events', authorization))
    await eventually(() => expect(statusOf(stalled.received)).toBe(101))
    stalled.socket.write(Buffer.concat([Buffer.of(0x81, 0x80 | command.length, 0, 0, 0, 0), command]))
    const other = await open()
    await eventually(() => expect(broker.stats.readers).toBe(2))
    stalled.socket.pause()
    const count = 600
    const value = 'x'.repeat(60_000)
    for (let sent = 0; sent < count; sent += 1) {
      broker.publishText('big:x', value)
      expect((await other.nextJson())['seq']).toBe(broker.position.seq)
    }
    const last = Buffer.from(`"seq":${broker.position.seq},`)
    await new Promise<void>(resolve => {
      let tail = Buffer.alloc(0)
      stalled.socket.on('data', chunk => {
        tail = Buffer.concat([tail, chunk]).subarray(-100)
        if (tail.includes(last)) resolve()
      })
      stalled.socket.resume()
    })
    const { received } = stalled
    const gaps = [...received.matchAll(/"type":"gap".*?"lost":(\d+)/g)].map(match => Number(match[1]))
    const got = [...received.matchAll(/"type":"event"/g)].length
    const lost = gaps.reduce((sum, gap) => sum + gap, 0)
    expect(lost).toBeGreaterThan(50)
    expect(got + lost).toBe(count)
    await eventually(() => expect(gateway.stats.wsEvents.dropped).toBe(lost))
  })

  it('nor answers pings is cut off, though now and then a frame is sent to it', async () => {
    // What is upgraded is no request any more, that would have to end in time.
    const { url, gateway } = await openGateway({ limits: { pingMs: 600, headersMs: 50, requestMs: 50 } })
    const dead = rawConnection(url, upgradeRequest('/ws/events', authorization))
    const living = await openClient(`${url}/ws/events`, { headers: authorization })
    await eventually(() => expect(gateway.stats.wsEvents.clients).toBe(2))
    const command = Buffer.from('{"op":"notices","on":true}')
    dead.socket.write(Buffer.concat([Buffer.of(0x81, 0x80 | command.length, 0, 0, 0, 0), command]))
    const timer = setInterval(() => gateway.notify({ topic: 'x', data: '{}', notification: true }), 20)
    await dead.closed
    clearInterval(timer)
    // Two more pings.
    await sleep(1300)
    expect(living.socket.readyState).toBe(living.socket.OPEN)
    expect(gateway.stats.wsEvents.clients).toBe(1)
  })
})
