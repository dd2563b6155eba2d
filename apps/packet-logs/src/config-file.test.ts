import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { loadConfig, parseConfig } from './config-file.js'
import { DaemonError } from './errors.js'

describe('a configuration', () => {
  it('may be empty: groups 0 and 1, everything in the event, the bus where it is usual', () => {
    const expected = {
      groups: [{ group: 0 }, { group: 1 }],
      bus: {},
      capture: {},
      events: { extended: true, payload: 'full' }
    }
    expect(parseConfig('', 'empty')).toEqual(expected)
    expect(parseConfig('# nothing yet\n', 'comment')).toEqual(expected)
  })

  it('is YAML, of which JSON is a part', () => {
    const asYaml = parseConfig('groups:\n  - { group: 5, action: blocked }\nevents:\n  payload: 128\n', 'a.yaml')
    const asJson = parseConfig('{"groups":[{"group":5,"action":"blocked"}],"events":{"payload":128}}', 'a.json')
    expect(asYaml).toEqual(asJson)
    expect(asYaml.groups).toEqual([{ group: 5, action: 'blocked' }])
  })

  it('gives way to flags, field by field', () => {
    const config = parseConfig('groups: [{ group: 5 }]\nevents: { payload: none }\n', 'a', { groups: [{ group: 7 }] })
    expect(config.groups).toEqual([{ group: 7 }])
    expect(config.events.payload).toBe('none')
  })

  it.each([
    ['groups:\n  - group: 0\n  - group: 70000\n', /^a\.yaml:3: groups\[1\]\.group: /],
    ['groups:\n  - group: 1\n  - group: 1\n', /^a\.yaml:2: groups: names a group twice/],
    ['groups: []\n', /^a\.yaml:1: groups: /],
    ['bus:\n  listen: /a\n  connect: /b\n', /^a\.yaml:2: bus: takes listen or connect, not both/],
    ['events:\n  payload: some\n', /^a\.yaml:2: events\.payload: /],
    ['capture:\n  copyRange: 5\n', /^a\.yaml:2: capture: .*copyRange/],
    ['\ngroup: 5\n', /^a\.yaml:2: the whole file: .*group/],
    ['just text', /^a\.yaml: the whole file: /],
    ['[1, 2]', /^a\.yaml: the whole file: /]
  ])('names the line and the field of what is wrong in %j', (text, message) => {
    expect(() => parseConfig(text, 'a.yaml')).toThrow(
      expect.objectContaining({ code: 'DAEMON_CONFIG_INVALID', message: expect.stringMatching(message) as string })
    )
  })

  it('names every wrong field at once', () => {
    const broken = 'groups: [{ group: -1 }]\nevents: { extended: 3 }\n'
    expect(() => parseConfig(broken, 'a')).toThrow(/a:1: groups\[0\]\.group.*\na:2: events\.extended/)
  })

  it('that is not YAML is refused with the place', () => {
    expect(() => parseConfig('groups: [\n', 'a.yaml')).toThrow(/a\.yaml: .*line 2/s)
  })

  it('is not expanded without bound by aliases', () => {
    const bomb = ['a: &a [x,x,x,x,x,x,x,x,x]']
    for (const [from, to] of ['ab', 'bc', 'cd', 'de', 'ef', 'fg']) bomb.push(`${to}: &${to} [${`*${from},`.repeat(9)}]`)
    expect(() => parseConfig(bomb.join('\n'), 'bomb.yaml')).toThrow(DaemonError)
  })

  it('that cannot be read is told apart from one that is wrong', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'packet-logs-config-'))
    try {
      const path = join(folder, 'config.yaml')
      await expect(loadConfig(path, {})).rejects.toMatchObject({ code: 'DAEMON_CONFIG_UNREADABLE' })
      await writeFile(path, 'groups: [{ group: 9 }]\n')
      await expect(loadConfig(path, {})).resolves.toMatchObject({ groups: [{ group: 9 }] })
    } finally {
      await rm(folder, { recursive: true })
    }
  })
})
