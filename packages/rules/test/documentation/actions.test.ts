import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { actionSchema } from '../../src/actions/definition.js'
import { parseRules } from '../../src/index.js'
import { openActions, statsOf } from '../support/actions.js'
import { makeAlert } from '../support/alert.js'
import { openReceiver } from '../support/receiver.js'

type Verify = (headers: object, body: string, secret: string) => boolean

let page: string
let directory: string
beforeAll(async () => {
  page = await readFile(new URL('../../docs/actions.md', import.meta.url), 'utf8')
  directory = await mkdtemp(join(tmpdir(), 'packet-logs-actions-'))
})
afterAll(() => rm(directory, { recursive: true }))

describe('the reference of actions', () => {
  it('shows definitions that are accepted', () => {
    const example = /```yaml\n(.*?)```/s.exec(page)?.[1] ?? ''
    const { actions } = parseRules(example, { file: 'rules.yaml' })
    expect(Object.keys(actions)).toEqual(['phone', 'team', 'siem', 'ban'])
  })

  it('names every field', () => {
    const complete = [
      actionSchema.parse({ type: 'webhook', urlFile: '/a', tokenFile: '/b', secretFile: '/c' }),
      actionSchema.parse({ type: 'webhook', url: 'https://a' }),
      actionSchema.parse({ type: 'command', command: ['a'] })
    ]
    for (const field of new Set(complete.flatMap(Object.keys))) expect(page).toContain(`\`${field}\``)
  })

  it('shows how to verify a signature', async () => {
    const source = /### Signature.*?```js\n(.*?)```/s.exec(page)?.[1] ?? ''
    const file = join(directory, 'verify.mjs')
    await writeFile(file, source.replace('function isGenuine', 'export function isGenuine'))
    const { isGenuine } = (await import(file)) as { isGenuine: Verify }

    const secretFile = join(directory, 'secret')
    await writeFile(secretFile, 'a secret\n')
    await using receiver = await openReceiver()
    await using actions = openActions()
    actions.define({ phone: { type: 'webhook', url: receiver.url, secretFile, allowPrivateAddresses: true } })
    actions.deliver(makeAlert({ title: 'Überfall' }))
    await statsOf(actions, 'phone')
    const [request] = receiver.requests
    const { headers = {}, body = '' } = request ?? {}
    expect(isGenuine(headers, body, 'a secret')).toBe(true)
    expect(isGenuine(headers, body, 'another')).toBe(false)
    expect(isGenuine(headers, body.replace('high', 'info'), 'a secret')).toBe(false)
    expect(isGenuine({ ...headers, 'packet-logs-timestamp': '1700000000' }, body, 'a secret')).toBe(false)
    expect(isGenuine({}, body, 'a secret')).toBe(false)
  })
})
