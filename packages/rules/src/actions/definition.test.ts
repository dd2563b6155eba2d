import { describe, expect, it } from 'vitest'
import { z } from 'zod'
import { actionSchema, actionsSchema } from './definition.js'

function problems(definition: unknown): string[] {
  const { error } = actionSchema.safeParse(definition)
  return (error?.issues ?? []).map(({ path, message }) => `${path.join('.')}: ${message}`)
}

describe('the definition of an action', () => {
  it('needs only a type and where to; all else has a default', () => {
    expect(actionSchema.parse({ type: 'ntfy', url: 'https://ntfy.example/alerts' })).toEqual({
      type: 'ntfy',
      url: 'https://ntfy.example/alerts',
      minSeverity: 'info',
      maxPerMinute: 30,
      queueEntries: 1000,
      queueBytes: 4 * 1024 ** 2,
      concurrency: 1,
      retries: 5,
      retryMin: '1s',
      retryMax: '60s',
      timeout: '10s',
      connectTimeout: '5s',
      allowPrivateAddresses: false,
      headers: {}
    })
    expect(actionSchema.parse({ type: 'command', command: ['/usr/bin/true'] })).toMatchObject({ retries: 0 })
  })

  it('is read again to the same', () => {
    for (const definition of [
      { type: 'webhook', urlFile: '/run/url', secretFile: '/run/secret', timeout: '3s' },
      { type: 'slack', url: 'https://hooks.example/T/B/x', headers: { 'X-A': 'b' } },
      { type: 'command', command: ['echo', 'a b'] }
    ] as const) {
      const complete = actionSchema.parse(definition)
      expect(actionSchema.parse(complete)).toEqual(complete)
    }
  })

  it.each([
    [{ type: 'webhook' }, 'url: needs either url or urlFile, and not both'],
    [{ type: 'slack', url: 'https://a', urlFile: '/a' }, 'url: needs either url or urlFile, and not both'],
    [{ type: 'webhook', url: 'example.org' }, 'url: must be a URL such as https://example.org/path'],
    [{ type: 'webhook', url: 'file:///etc/passwd' }, 'url: must begin with https:// or http://'],
    [{ type: 'ntfy', url: 'https://ntfy.example/' }, 'url: must end with a topic of ntfy'],
    [{ type: 'ntfy', url: 'https://ntfy.example/a/b/' }, 'url: must end with a topic of ntfy'],
    [
      { type: 'webhook', url: 'https://a', headers: { Host: 'b' } },
      'headers.Host: is a header that the action sets itself'
    ],
    [
      { type: 'webhook', url: 'https://a', headers: { 'Packet-Logs-Signature': 'b' } },
      'is a header that the action sets'
    ],
    [{ type: 'webhook', url: 'https://a', headers: { 'A:': 'b' } }, 'is no name of a header'],
    [{ type: 'webhook', url: 'https://a', headers: { A: 'b\r\nC: d' } }, 'headers.A: must be printable ASCII'],
    [{ type: 'webhook', url: 'https://u:p@a', tokenFile: '/t' }, 'tokenFile: and a user in the URL exclude each other'],
    [
      { type: 'webhook', url: 'https://a', tokenFile: '/t', headers: { authorization: 'b' } },
      'tokenFile: and a header Authorization exclude each other'
    ],
    [{ type: 'command', command: [] }, 'command'],
    [{ type: 'command', command: 'rm -rf /' }, 'command'],
    [{ type: 'command', command: ['a', 'b\0'] }, 'command.1: must not hold a NUL'],
    [{ type: 'command', command: ['a'], secretFile: '/s' }, 'Unrecognized key: "secretFile"'],
    [{ type: 'email' }, 'type'],
    [{ type: 'webhook', url: 'https://a', timeout: '1h' }, 'timeout: must be between 10ms and 10m'],
    [{ type: 'webhook', url: 'https://a', retries: 21 }, 'retries']
  ])('is refused with its field for %j', (definition, problem) => {
    expect(problems(definition).join('\n')).toContain(problem)
  })

  it('is never quoted when its URL is refused', () => {
    expect(problems({ type: 'slack', url: 'hooks.slack.example/T0/B0/secret' }).join()).not.toContain('secret')
    expect(problems({ type: 'ntfy', url: 'https://ntfy.example/sécret' }).join()).not.toMatch(/s.cret/)
  })

  it('stands under a name that is not one of the built-in actions', () => {
    const command = { type: 'command', command: ['true'] }
    expect(actionsSchema.safeParse({ phone: command }).success).toBe(true)
    for (const name of ['bus', 'websocket', '', '1', 'a b', '__proto__x', 'a'.repeat(65)]) {
      expect(actionsSchema.safeParse({ [name]: command }).success, name).toBe(false)
    }
  })

  it('has a JSON Schema with defaults and descriptions for editors', () => {
    const schema = z.toJSONSchema(actionsSchema, { io: 'input' })
    const text = JSON.stringify(schema)
    expect(text).toContain('Alerts that wait; beyond it the oldest is dropped and counted.')
    expect(text).toContain('"default":"10s"')
    expect(text).not.toContain('"required":["type","minSeverity"')
  })
})
