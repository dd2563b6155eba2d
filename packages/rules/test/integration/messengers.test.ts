import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { openActions, quickClock, statsOf } from '../support/actions.js'
import { makeAlert } from '../support/alert.js'
import { openReceiver } from '../support/receiver.js'

let directory: string
beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'packet-logs-actions-'))
})
afterAll(() => rm(directory, { recursive: true }))

describe('an action of type ntfy', () => {
  it('publishes as JSON at the root of the server, with the token', async () => {
    await using receiver = await openReceiver()
    const tokenFile = join(directory, 'token')
    await writeFile(tokenFile, 'tk_abc\n')
    await using actions = openActions({ clock: quickClock() })
    actions.define({
      phone: { type: 'ntfy', url: `${receiver.url}/my-alerts`, tokenFile, allowPrivateAddresses: true }
    })
    actions.deliver(makeAlert({ title: 'Café\r\nX-Evil: 1 ☃' }))
    await expect(statsOf(actions, 'phone')).resolves.toMatchObject({ type: 'ntfy', delivered: 1 })
    const [request] = receiver.requests
    expect(request).toMatchObject({ method: 'POST', path: '/', headers: { authorization: 'Bearer tk_abc' } })
    expect(request?.headers).not.toHaveProperty('x-evil')
    expect(JSON.parse(request?.body ?? '')).toMatchObject({
      topic: 'my-alerts',
      title: 'Café X-Evil: 1 ☃',
      priority: 4
    })
  })
})

describe('an action of type slack', () => {
  it('posts to the URL in a file, and shows neither the URL nor what the server makes of it', async () => {
    await using receiver = await openReceiver((response, { path }) => {
      response.statusCode = 404
      response.end(`no_service ${path}`)
    })
    const urlFile = join(directory, 'url')
    await writeFile(urlFile, `${receiver.url}/services/T0000000/B0000000/XXXXYYYY\n`)
    await using actions = openActions({ clock: quickClock() })
    actions.define({ team: { type: 'slack', urlFile, allowPrivateAddresses: true } })
    actions.deliver(makeAlert({ actions: ['team'] }))
    await expect(statsOf(actions, 'team')).resolves.toMatchObject({
      failed: 1,
      target: `the URL in ${urlFile}`,
      lastError: 'answered 404: no_service ***'
    })
    expect(receiver.requests[0]?.path).toBe('/services/T0000000/B0000000/XXXXYYYY')
    expect(JSON.parse(receiver.requests[0]?.body ?? '')).toMatchObject({ text: 'SSH scan' })
  })
})

describe('whatever an alert says', () => {
  it('no header says it, and the body is JSON', async () => {
    await using receiver = await openReceiver()
    await using actions = openActions({ clock: quickClock() })
    const at = { url: `${receiver.url}/topic`, allowPrivateAddresses: true, maxPerMinute: 6000 }
    actions.define({ a: { type: 'webhook', ...at }, b: { type: 'ntfy', ...at }, c: { type: 'slack', ...at } })
    const hostile = fc.string({
      unit: fc.constantFrom('\r\n', 'Evil: 1', '\0', '"', '\\', '\ud800', 'é', '\u2028', '</script>', 'a')
    })
    const texts = fc.record({ topic: hostile, ruleId: hostile, title: hostile, body: hostile, value: hostile })
    let count = 0
    await fc.assert(
      fc.asyncProperty(texts, async text => {
        count += 1
        actions.deliver(makeAlert({ ...text, key: { [text.title]: text.body }, actions: ['a', 'b', 'c'] }))
        for (const name of ['a', 'b', 'c']) {
          expect(await statsOf(actions, name, count)).toMatchObject({ delivered: count, failed: 0 })
        }
        for (const { headers, body } of receiver.requests.slice(-3)) {
          expect(Object.keys(headers).sort()).toEqual(HEADERS)
          expect(JSON.parse(body)).toBeTypeOf('object')
        }
      }),
      { numRuns: 30 }
    )
  })
})

const HEADERS = ['connection', 'content-length', 'content-type', 'host', 'idempotency-key', 'user-agent']
