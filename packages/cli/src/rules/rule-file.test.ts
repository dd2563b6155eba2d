import { Readable } from 'node:stream'
import { describe, expect, it } from 'vitest'
import { kindOf, readRuleFile } from './rule-file.js'

describe('the kind of a rule file', () => {
  it.each([
    ['rules:\n  - id: a\n', '', 'rules'],
    ['{"rules":[]}', '', 'rules'],
    ['', 'alerts.json', 'rules'],
    ['[{"Conditions":{"Prefix":"nft:lan:in"},"Notification":true}]', 'alerts.json', 'notifications'],
    ['[{"conditions":[{"JPath":"$"}]}]', '', 'alerts'],
    ['[{"topicprefix":"nft:"}]', 'notifications.json', 'alerts'],
    ['  [\n{"Actions":null}]', '', 'alerts'],
    ['[{}]', 'alerts.json', 'notifications'],
    ['[]', '/configs/base/alerts.json', 'alerts'],
    ['[]', '', 'notifications'],
    ['null', 'alerts.json', 'alerts'],
    ['[{"TopicPrefix": "nft:", ', '', 'alerts'],
    ['[{"Notification": tru', '', 'notifications']
  ])('of %j named %j is %s', (text, path, kind) => {
    expect(kindOf(text, path)).toBe(kind)
  })

  it('is what is asked for, whatever the content', async () => {
    const file = await readRuleFile('-', {
      stdin: Readable.from([Buffer.from('\ufeff[]')], { objectMode: false }),
      signal: new AbortController().signal,
      kind: 'alerts'
    })
    expect(file).toEqual({ name: 'standard input', text: '[]', kind: 'alerts' })
  })
})
