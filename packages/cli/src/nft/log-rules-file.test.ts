import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { ConfigError } from '@packet-logs/config-file'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { type LogRule, parseLogRule } from './log-rule.js'
import { type LogRulesFile, needsUplinks, readLogRulesFile, rulesOfFile, toLogRulesFile } from './log-rules-file.js'

let folder = ''
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'packet-logs-rules-'))
})
afterEach(() => rm(folder, { recursive: true }))

async function read(text: string): Promise<LogRulesFile> {
  const path = join(folder, 'log-rules.yaml')
  await writeFile(path, text)
  return readLogRulesFile(path)
}

async function rulesOf(text: string, uplinks: readonly string[] = []): Promise<LogRule[]> {
  return rulesOfFile(await read(text), uplinks)
}

describe('a file of log rules', () => {
  it('says what --log says', async () => {
    const text = `
rules:
  - { prefix: wan:out, id: 17, hook: forward, in: { not: [lo] }, out: [wan0, wan1], family: ip6, group: 3 }
  - { prefix: ssh, hook: input, in: wan0, snaplen: 96, queueThreshold: 7, limit: 3/hour, burst: 9 }
`
    expect(await rulesOf(text)).toEqual([
      parseLogRule('wan:out#17@forward:iif!=lo:oif=wan0,wan1:family=ip6:group=3'),
      parseLogRule('ssh@input:iif=wan0:snaplen=96:queue=7:limit=3/hour:burst=9')
    ])
  })

  it('works on any machine when it speaks of directions', async () => {
    const text = 'rules:\n  - { prefix: wan:in, hook: input, direction: in }\n'
    expect(needsUplinks(await read(text))).toBe(true)
    expect(await rulesOf(text, ['ppp0'])).toEqual([parseLogRule('wan:in@input:iif=ppp0')])
    await expect(rulesOf(text)).rejects.toThrow('needs to know the uplink')
  })

  it('is read back from what was installed', async () => {
    const rules = ['a#1@forward:iif!=lo,x:limit=3/hour:burst=9', 'b@output:oif=x:group=2:snaplen=5'].map(rule => {
      return parseLogRule(rule)
    })
    expect(rulesOfFile(toLogRulesFile(rules), [])).toEqual(rules)
  })

  it.each([
    ['rules:\n  - prefix: a\n    hook: input\n    group: 65536\n', /:2: rules\[0\]: .*group is 65536/],
    ['rules:\n  - { prefix: a, hook: input }\n  - { prefix: "", hook: input }\n', /:3: rules\[1\]: .*empty/],
    ['rules:\n  - { prefix: a, hook: ingress }\n', /:2: rules\[0\]\.hook: /],
    ['rules:\n  - { prefix: a, hook: input, limit: often }\n', /:2: rules\[0\]: .*not a rate/],
    ['rules:\n  - { prefix: a, hook: input, burst: 5 }\n', /:2: rules\[0\]: burst needs a limit/],
    ['rules:\n  - { prefix: a, hook: input, colour: red }\n', /:2: rules\[0\]: .*colour/],
    ['rules:\n  - { prefix: a, hook: input, in: "a; drop" }\n', /:2: rules\[0\]: .*not the name of a network device/]
  ])('is refused with line and field for %j', async (text, message) => {
    await expect(read(text)).rejects.toThrow(ConfigError)
    await expect(read(text)).rejects.toThrow(message)
  })
})
