import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createBroker, type Publisher } from '@packet-logs/bus'
import type { Alert, Notice } from '@packet-logs/rules'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { RuleService, type RuleServiceOptions } from './rule-service.js'

describe('the rule service', () => {
  let folder: string
  let file: string
  let said: string[]
  let alerts: Alert[]
  let service: RuleService

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'packet-logsd-rules-'))
    file = join(folder, 'rules.yaml')
    said = []
    alerts = []
  })
  afterEach(async () => {
    await service[Symbol.asyncDispose]()
    await rm(folder, { recursive: true })
  })

  async function open(publisher: Publisher, options: Partial<RuleServiceOptions> = {}): Promise<void> {
    service = await RuleService.open(
      { file },
      {
        publisher,
        payload: 'full',
        onAlert: alert => alerts.push(alert),
        onChange: () => undefined,
        log: text => said.push(text),
        ...options
      }
    )
  }

  const rule = (actions: string): string =>
    `rules:\n  - { id: seen, topics: ['auth:'], when: 'event.user == "eve"', actions: [${actions}] }\n`
  const event = { topic: 'auth:failure', value: '{"user":"eve"}' }
  const statsOf = (name: string): unknown => service.actions.stats().find(action => action.name === name)

  it('counts alerts that the bus does not take as failed, and says so once', async () => {
    await writeFile(file, rule('bus'))
    const broker = createBroker()
    broker.close()
    await open(broker)
    service.event(event)
    service.event(event)
    expect(statsOf('bus')).toMatchObject({ delivered: 0, failed: 2 })
    expect(said.filter(text => /action bus: alert:auth:failure:seen did not arrive/.test(text))).toHaveLength(1)
    expect(alerts).toHaveLength(2)
  })

  it('counts alerts for those who watch as lost where nobody can', async () => {
    await writeFile(file, rule('websocket'))
    await open(createBroker())
    service.event(event)
    expect(statsOf('websocket')).toMatchObject({ delivered: 0, dropped: 1 })
    expect(service.loss.count()).toBe(1)

    await service[Symbol.asyncDispose]()
    const notices: Notice[] = []
    await open(createBroker(), { notify: notice => notices.push(notice) })
    service.event(event)
    expect(statsOf('websocket')).toMatchObject({ delivered: 1, dropped: 0 })
    expect(notices).toHaveLength(1)
    expect(service.loss.count()).toBe(0)
  })

  it('says which file is missing', async () => {
    await open(createBroker())
    expect(said).toEqual([`${file}: there is no such file; its rules are in force as soon as there is`])
  })
})
