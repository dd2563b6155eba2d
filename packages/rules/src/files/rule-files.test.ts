import { mkdirSync, readFileSync, renameSync, rmSync, statSync, truncateSync, utimesSync, writeFileSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import type { AlertEntry } from '../alerts/entry.js'
import { NO_ACTION, NO_ENTRY } from '../alerts/entry.js'
import { formatAlerts } from '../alerts/read.js'
import { createRuleEngine } from '../engine/create-rule-engine.js'
import type { RuleError } from '../errors.js'
import type { NotificationEntry } from '../notifications/entry.js'
import { NO_CONDITIONS } from '../notifications/entry.js'
import { formatNotifications } from '../notifications/read.js'
import type { LoadedRuleFile, RuleFiles, RuleFilesOptions } from './rule-files.js'
import { openRuleFiles } from './rule-files.js'

let folder = ''
const opened: RuleFiles[] = []

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'packet-logs-rules-'))
})
afterEach(async () => {
  for (const files of opened.splice(0)) await files.close()
  await rm(folder, { recursive: true, force: true })
})

/** Also on a machine that has much else to do. */
function eventually(check: () => void): Promise<void> {
  return vi.waitFor(check, 5000)
}

interface Opened {
  readonly files: RuleFiles
  readonly loaded: LoadedRuleFile[]
  readonly problems: RuleError[]
  /** Topics of the alerts that were raised. */
  readonly raised: string[]
}

async function open(options: Partial<RuleFilesOptions> = {}): Promise<Opened> {
  const loaded: LoadedRuleFile[] = []
  const problems: RuleError[] = []
  const raised: string[] = []
  // However many events a fast machine puts before it within a minute.
  const maxAlertsPerMinute = Number.MAX_SAFE_INTEGER
  const engine = createRuleEngine({ onAlert: ({ topic }) => raised.push(topic), maxAlertsPerMinute })
  const files = await openRuleFiles({
    engine,
    rules: at('rules.yaml'),
    alerts: at('alerts.json'),
    notifications: at('notifications.json'),
    onLoad: file => loaded.push(file),
    onProblem: error => problems.push(error),
    ...options
  })
  opened.push(files)
  return { files, loaded, problems, raised }
}

const at = (name: string): string => join(folder, name)

/** Written long enough ago to be whole. */
function write(name: string, text: string): void {
  writeFileSync(at(name), text)
  utimesSync(at(name), 1, 1)
}

function alert(Name: string, fields: Partial<AlertEntry> = {}): AlertEntry {
  const Actions = [{ ...NO_ACTION, StoreAlert: true, BucketSuffix: Name }]
  return { ...NO_ENTRY, TopicPrefix: 'a:', Name, RuleId: `id-${Name}`, Actions, ...fields }
}

function notification(Prefix: string): NotificationEntry {
  return { Conditions: { ...NO_CONDITIONS, Prefix }, Notification: true }
}

const RULES = 'rules:\n  - id: one\n    when: topic == "a:b"\n    topics: ["a:"]\n'

describe('Rule files', () => {
  it('are put in force when they are opened', async () => {
    write('rules.yaml', RULES)
    write('alerts.json', formatAlerts([alert('x'), alert('y')]))
    write('notifications.json', formatNotifications([notification('nft:drop:input')]))
    const { files, loaded, problems, raised } = await open()
    expect(loaded).toHaveLength(3)
    expect(loaded).toEqual(
      expect.arrayContaining([
        { path: at('rules.yaml'), kind: 'rules', count: 1 },
        { path: at('alerts.json'), kind: 'alerts', count: 2 },
        { path: at('notifications.json'), kind: 'notifications', count: 1 }
      ])
    )
    expect(problems).toEqual([])
    expect(files.problems).toEqual([])
    expect(files.rules?.rules.rules.map(({ id }) => id)).toEqual(['one'])
    expect(files.alerts?.entries.map(({ Name }) => Name)).toEqual(['x', 'y'])
    expect(files.notifications?.entries).toEqual([notification('nft:drop:input')])
    files.engine.event({ topic: 'a:b', value: '{}' })
    expect(raised.sort()).toEqual(['alert:a:b:one', 'alert:a:b:x', 'alert:a:b:y'])
  })

  it('may be missing, which nobody is told, and come later', async () => {
    const { files, loaded, problems } = await open()
    expect(loaded).toEqual([])
    expect(files.rules?.rules).toEqual({ rules: [], actions: {} })
    expect(files.alerts?.entries).toEqual([])
    writeFileSync(at('alerts.json'), formatAlerts([alert('x')]))
    await eventually(() => expect(loaded).toEqual([{ path: at('alerts.json'), kind: 'alerts', count: 1 }]))
    rmSync(at('alerts.json'))
    await eventually(() => expect(loaded.at(-1)).toEqual({ path: at('alerts.json'), kind: 'alerts', count: 0 }))
    expect(problems).toEqual([])
  })

  it('that are not asked for are not there, and what the engine has of their kind stays', async () => {
    write('alerts.json', formatAlerts([alert('x')]))
    const first = await open()
    const options: RuleFilesOptions = {
      engine: first.files.engine,
      rules: at('rules.yaml'),
      onProblem: () => undefined
    }
    const files = await openRuleFiles(options)
    opened.push(files)
    expect(files.alerts).toBeUndefined()
    expect(files.notifications).toBeUndefined()
    expect(files.engine.sets.alerts?.entries).toEqual(first.files.alerts?.entries)
  })

  it('that cannot be used leave in force what there was, and are told of once, with line and path, until they are mended', async () => {
    write('alerts.json', formatAlerts([alert('x')]))
    write('rules.yaml', RULES)
    const { files, loaded, problems, raised } = await open()
    writeFileSync(at('alerts.json'), formatAlerts([alert('x'), alert('', { TopicPrefix: '' })]))
    await eventually(() => expect(problems).toHaveLength(1))
    expect(problems[0]).toMatchObject({ code: 'RULE_INVALID', problems: files.problems })
    expect(files.problems).toEqual([
      { file: at('alerts.json'), line: 20, path: '[1]', message: expect.stringContaining('TopicPrefix') as string },
      { file: at('alerts.json'), line: 20, path: '[1]', message: expect.stringContaining('Name') as string }
    ])
    files.engine.event({ topic: 'a:b', value: '{}' })
    expect(raised.sort()).toEqual(['alert:a:b:one', 'alert:a:b:x'])
    // The same again, by another write: no news.
    writeFileSync(at('alerts.json'), `${readFileSync(at('alerts.json'), 'utf8')} `)
    await sleep(900)
    expect(problems).toHaveLength(1)
    const count = loaded.length
    writeFileSync(at('alerts.json'), formatAlerts([alert('x')]))
    await eventually(() => expect(loaded).toHaveLength(count + 1))
    expect(files.problems).toEqual([])
  })

  it('that cannot be read are told of by file', async () => {
    mkdirSync(at('rules.yaml'))
    write('alerts.json', '\u0000')
    writeFileSync(at('notifications.json'), '')
    truncateSync(at('notifications.json'), 100 * 1024 * 1024)
    const { files, problems } = await open()
    expect(problems).toHaveLength(3)
    expect(files.problems).toEqual([
      { file: at('rules.yaml'), path: '', message: expect.stringContaining('is no file') as string },
      { file: at('alerts.json'), line: 1, path: '', message: expect.stringContaining('is not JSON') as string },
      { file: at('notifications.json'), path: '', message: expect.stringContaining('at most are read') as string }
    ])
    for (const { message } of problems) expect(message).toContain(folder)
  })

  it('end with their signal', async () => {
    const controller = new AbortController()
    const { loaded } = await open({ signal: controller.signal })
    controller.abort(new Error('enough'))
    writeFileSync(at('alerts.json'), formatAlerts([alert('x')]))
    await sleep(300)
    expect(loaded).toEqual([])
    await expect(open({ signal: controller.signal })).rejects.toThrow('enough')
  })
})

describe('Editing a rule file', () => {
  it('writes it as SPR does, puts it in force, and is not told of as a change', async () => {
    const { files, loaded, raised } = await open()
    await files.alerts?.replace([alert('x')])
    await files.notifications?.replace([notification('nft:drop:input')])
    expect(readFileSync(at('alerts.json'), 'utf8')).toBe(formatAlerts([alert('x')]))
    expect(readFileSync(at('alerts.json'), 'utf8')).toMatch(/^\[\n {\n {2}"TopicPrefix": "a:",\n/)
    expect(readFileSync(at('notifications.json'), 'utf8')).toMatch(
      /^\[\n {\n {2}"Conditions": {\n {3}"Prefix": "nft:drop:input",\n/
    )
    expect(statSync(at('alerts.json')).mode & 0o777).toBe(0o600)
    expect(files.alerts?.entries).toEqual([alert('x')])
    files.engine.event({ topic: 'a:b', value: '{}' })
    expect(raised).toEqual(['alert:a:b:x'])
    await sleep(700)
    expect(loaded).toEqual([])
  })

  it('loses none of many edits at once', async () => {
    const { files } = await open()
    const names = Array.from({ length: 20 }, (_, n) => `e${n}`)
    await Promise.all(names.map(async name => files.alerts?.replace(entries => [...entries, alert(name)])))
    expect(files.alerts?.entries.map(({ Name }) => Name)).toEqual(names)
    expect(readFileSync(at('alerts.json'), 'utf8')).toBe(formatAlerts(names.map(name => alert(name))))
  })

  it('begins with what others have written, also when that was not noticed yet', async () => {
    write('alerts.json', formatAlerts([alert('x')]))
    const { files } = await open()
    writeFileSync(at('alerts.json'), formatAlerts([alert('y')]))
    await files.alerts?.replace(entries => [...entries, alert('z')])
    expect(files.alerts?.entries.map(({ Name }) => Name)).toEqual(['y', 'z'])
  })

  it('writes nothing when the entries are wrong, and goes on with the next edit', async () => {
    write('alerts.json', formatAlerts([alert('x')]))
    const { files, problems } = await open()
    const wrong = alert('y', { Conditions: [{ JPath: '$[' }] })
    const first = files.alerts?.replace([alert('x'), wrong])
    const second = files.alerts?.replace(entries => [...entries, alert('z')])
    await expect(first).rejects.toMatchObject({
      code: 'RULE_INVALID',
      problems: [{ path: '[1].Conditions[0].JPath' }]
    })
    await second
    expect(files.alerts?.entries.map(({ Name }) => Name)).toEqual(['x', 'z'])
    expect(problems).toEqual([])
    expect(files.problems).toEqual([])
  })

  it('does not write over a file that waits to be mended', async () => {
    write('notifications.json', formatNotifications([notification('a')]))
    const { files } = await open()
    const broken = '[{"Conditions": {"DstPort": "80"}}]'
    writeFileSync(at('notifications.json'), broken)
    await expect(files.notifications?.replace([])).rejects.toThrow(/DstPort.*mend the file/)
    expect(readFileSync(at('notifications.json'), 'utf8')).toBe(broken)
    expect(files.notifications?.entries).toEqual([notification('a')])
  })
})

describe('Reloading under load', () => {
  /** Each set is as long as it says, and each of its entries raises an alert of its own set. */
  const set = (n: number): AlertEntry[] => {
    return Array.from({ length: 1 + (n % 7) }, (_, entry) => alert(`${n}.${entry}.${1 + (n % 7)}`))
  }

  it('evaluates no event by half a set, and keeps the last good one', async () => {
    write('alerts.json', formatAlerts(set(0)))
    write('rules.yaml', RULES)
    const { files, problems, raised, loaded } = await open()
    const ending = new AbortController()
    let events = 0
    const seen = new Set<string>()
    const halves: string[] = []
    const feed = async (): Promise<void> => {
      while (!ending.signal.aborted) {
        for (let n = 0; n < 20; n++) {
          raised.length = 0
          files.engine.event({ topic: 'a:b', value: '{}' })
          events++
          // One alert of rules.yaml, and all of one set of alerts.json.
          const names = raised.filter(topic => topic !== 'alert:a:b:one').map(topic => topic.split(':').at(-1) ?? '')
          const [generation = '', , size] = (names[0] ?? '').split('.')
          const isWhole = names.length === Number(size) && names.every(name => name.startsWith(`${generation}.`))
          if (!isWhole || raised.length !== names.length + 1) halves.push(raised.join(' '))
          seen.add(generation)
        }
        await sleep(1)
      }
    }
    const fed = feed()
    const path = at('alerts.json')
    for (let n = 1; n <= 240; n++) {
      const text = formatAlerts(set(n))
      if (n % 3 === 0) {
        writeFileSync(path, text.slice(0, text.length / 2))
        if (n % 2 === 0) await sleep(5)
        writeFileSync(path, text)
      } else if (n % 3 === 1) {
        writeFileSync(`${path}.new`, text)
        renameSync(`${path}.new`, path)
      } else {
        rmSync(path)
        writeFileSync(path, text)
      }
      // Left alone, now and then, until the set is seen.
      if (n % 60 === 0) await eventually(() => expect(seen).toContain(String(n)))
      else await sleep(2)
    }
    expect(files.alerts?.entries).toEqual(set(240))
    ending.abort()
    await fed
    expect(halves).toEqual([])
    expect(problems).toEqual([])
    expect(events).toBeGreaterThan(100)
    expect(loaded.filter(({ kind }) => kind === 'rules')).toHaveLength(1)
  })

  it('keeps the last good rules.yaml while broken ones are swapped for one another, and tells of them', async () => {
    const rules = (id: string): string => RULES.replace('id: one', `id: ${id}`)
    write('rules.yaml', rules('first'))
    const { files, problems, raised } = await open()
    const ending = new AbortController()
    const feed = async (): Promise<void> => {
      while (!ending.signal.aborted) {
        files.engine.event({ topic: 'a:b', value: '{}' })
        await sleep(2)
      }
    }
    const fed = feed()
    const swap = (text: string): void => {
      writeFileSync(at('rules.yaml.new'), text)
      renameSync(at('rules.yaml.new'), at('rules.yaml'))
    }
    for (const broken of ['rules: [{ id: ', 'rules:\n  - id: second\n    when: topic ==\n', 'rules: 1\n']) {
      const count = problems.length
      swap(broken)
      await eventually(() => expect(problems).toHaveLength(count + 1))
      expect(files.problems).toEqual([expect.objectContaining({ file: at('rules.yaml') })])
      expect(files.rules?.rules.rules.map(({ id }) => id)).toEqual(['first'])
    }
    expect(new Set(raised)).toEqual(new Set(['alert:a:b:first']))
    swap(rules('third'))
    await eventually(() => expect(raised.at(-1)).toBe('alert:a:b:third'))
    ending.abort()
    await fed
    // Each event met one of the two, never both and never none.
    expect(raised).toHaveLength(files.engine.totals.events)
    expect(raised.indexOf('alert:a:b:third')).toBe(raised.lastIndexOf('alert:a:b:first') + 1)
    expect(files.problems).toEqual([])
  })
})
