import { describe, expect, it } from 'vitest'
import type { GatewayOptions } from '../../src/index.js'
import { openClient } from './client.js'
import { eventually } from './eventually.js'
import { openGateway, SCOPED_TOKEN, TOKEN } from './open-gateway.js'

const login: GatewayOptions['login'] = (user, password, otp) => {
  if (user !== 'admin' || password !== 'secret') return 'failure'
  return otp === 'jwt' || otp === undefined ? (otp === 'jwt' ? 'success' : 'otp') : 'otp'
}

const FAILURE = 'Authentication failure'

describe.each(['/ws', '/ws_events_all'])('the handshake of %s', path => {
  it.each<[string, string | Uint8Array, string, Partial<GatewayOptions>]>([
    ['a token', TOKEN, 'success', {}],
    ['a wrong token', 'nonsense', FAILURE, {}],
    ['a token with a newline behind it', `${TOKEN}\n`, FAILURE, {}],
    ['nothing', '', FAILURE, {}],
    ['a token that is limited to some paths', SCOPED_TOKEN, FAILURE, {}],
    ['a token in a binary frame', Buffer.from(TOKEN), FAILURE, {}],
    ['any token where there are none', TOKEN, FAILURE, { authenticate: () => undefined }],
    ['a password where there are none', 'admin:secret', FAILURE, {}],
    ['a wrong password', 'admin:wrong', FAILURE, { login }],
    ['a password without its one-time password', 'admin:secret', 'Invalid JWT OTP', { login }],
    ['a password with a wrong one-time password', 'admin:secret:x', 'Invalid JWT OTP', { login }],
    ['a password with its one-time password', 'admin:secret:jwt', 'success', { login }],
    ['a one-time password that holds a colon', 'admin:secret:jwt:', 'Invalid JWT OTP', { login }],
    ['a login that breaks', 'admin:secret', FAILURE, { login: () => Promise.reject(new Error('no database')) }],
    ['a token check that breaks', TOKEN, FAILURE, { authenticate: () => Promise.reject(new Error('no database')) }],
    ['a frame of 8 KiB', 'x'.repeat(8192), FAILURE, {}]
  ])('answers %s', async (_, frame, answer, options) => {
    const { url, gateway } = await openGateway(options)
    const client = await openClient(url + path)
    client.send(frame)
    expect(await client.next()).toBe(answer)
    await eventually(() => expect(gateway.stats.pending).toBe(0))
    if (answer === 'success') await client.close()
    else expect(await client.closed).toEqual({ code: 1008, reason: answer })
  })

  it('closes on a first frame that is too long', async () => {
    const { url, gateway } = await openGateway()
    const client = await openClient(url + path)
    client.send('x'.repeat(8193))
    expect(await client.closed).toMatchObject({ code: 1009 })
    await eventually(() => expect(gateway.stats.pending).toBe(0))
  })

  it('closes a socket that says nothing in time', async () => {
    const { url, gateway } = await openGateway({ limits: { loginMs: 50 } })
    const client = await openClient(url + path)
    expect(gateway.stats.pending).toBe(1)
    expect(await client.next()).toBe(FAILURE)
    expect(await client.closed).toMatchObject({ code: 1008 })
    await eventually(() => expect(gateway.stats.pending).toBe(0))
  })

  it('closes in time when the login never ends', async () => {
    const { url } = await openGateway({ limits: { loginMs: 50 }, login: () => new Promise(() => undefined) })
    const client = await openClient(url + path)
    client.send('admin:secret')
    expect(await client.next()).toBe(FAILURE)
  })

  it('ignores what a client says after it', async () => {
    const { url, gateway } = await openGateway()
    const client = await openClient(url + path)
    client.send(TOKEN)
    client.send('more')
    client.send(Buffer.from('and more'))
    expect(await client.next()).toBe('success')
    client.send('and then some')
    gateway.notify({ topic: 'alert:x:', data: '{}', notification: true })
    expect(await client.nextJson()).toMatchObject({ Type: 'alert:x:' })
  })
})
