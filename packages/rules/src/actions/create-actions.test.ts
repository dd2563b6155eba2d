import { describe, expect, it, vi } from 'vitest'
import { eventually, openActions, quickClock, statsOf } from '../../test/support/actions.js'
import { makeAlert } from '../../test/support/alert.js'
import { openReceiver } from '../../test/support/receiver.js'
import type { Alert } from '../engine/alert.js'
import type { WebhookDefinition } from './definition.js'
import { createActions } from './index.js'

function webhook(url: string, changes: Partial<WebhookDefinition> = {}): WebhookDefinition {
  return { type: 'webhook', url, allowPrivateAddresses: true, ...changes }
}

function titled(title: string, changes: Partial<Alert> = {}): Alert {
  return makeAlert({ title, ...changes })
}

function titlesOf(requests: readonly { body: string }[]): string[] {
  return requests.map(({ body }) => (JSON.parse(body) as { title: string }).title)
}

describe('the built-in actions', () => {
  it('publish an alert as it is, and show it to who watches', () => {
    const [publish, notify] = [vi.fn(), vi.fn()]
    const actions = createActions({ publish, notify })
    const alert = makeAlert({ actions: ['bus', 'websocket', 'bus'] })
    actions.deliver(alert)
    expect(publish.mock.calls).toEqual([[alert.topic, alert.value]])
    expect(notify.mock.calls).toEqual([[{ topic: alert.topic, data: alert.value, notification: true }]])
    expect(actions.stats()).toMatchObject([
      { name: 'bus', type: 'bus', delivered: 1 },
      { name: 'websocket', type: 'websocket', delivered: 1 }
    ])
  })

  it('count what they cannot do, and hurt neither each other nor the caller', () => {
    const onFailure = vi.fn(() => {
      throw new Error('listeners fail, too')
    })
    const publish = (): never => {
      throw new Error('the bus is\u001b closed')
    }
    const actions = createActions({ publish, onFailure })
    actions.deliver(makeAlert({ actions: ['bus', 'websocket'] }))
    expect(onFailure).toHaveBeenCalledOnce()
    expect(actions.stats()).toMatchObject([
      { failed: 1, lastError: 'the bus is\ufffd closed' },
      { dropped: 1, lastError: 'nobody can watch: there is no gateway' }
    ])
  })

  it('are told from names that nothing defines, of which a hundred are counted', () => {
    const actions = createActions({ publish: () => undefined })
    for (let index = 0; index < 150; index++) actions.deliver(makeAlert({ actions: [`a${index}`] }))
    actions.deliver(makeAlert({ actions: ['a149', 'constructor'] }))
    const unknown = actions.stats().filter(({ type }) => type === 'unknown')
    expect(unknown).toHaveLength(100)
    expect(unknown.find(({ name }) => name === 'a149')).toMatchObject({
      dropped: 2,
      lastError: 'no action of this name is defined'
    })
  })
})

describe('actions side by side', () => {
  it('do not wait for one that hangs, and the caller for none', async () => {
    await using hanging = await openReceiver(() => undefined)
    await using receiver = await openReceiver()
    await using actions = openActions({ clock: quickClock() })
    actions.define({ hanging: webhook(hanging.url, { queueEntries: 3 }), phone: webhook(receiver.url) })
    for (let index = 0; index < 20; index++) {
      actions.deliver(titled(`${index}`, { actions: ['hanging', 'phone', 'nobody'] }))
    }
    await expect(statsOf(actions, 'phone', 20)).resolves.toMatchObject({ delivered: 20, dropped: 0 })
    expect(titlesOf(receiver.requests)).toEqual(Array.from({ length: 20 }, (_, index) => `${index}`))
    expect(actions.stats().find(({ name }) => name === 'hanging')).toMatchObject({
      delivered: 0,
      active: 1,
      queued: 3,
      dropped: 16
    })
  })

  it('drop the oldest when there are too many, or too many bytes', async () => {
    let answer: (() => void) | undefined
    await using receiver = await openReceiver((response, { number }) => {
      if (number > 1) response.end()
      else answer = () => response.end()
    })
    await using actions = openActions({ clock: quickClock() })
    actions.define({ phone: webhook(receiver.url, { queueBytes: 20_000 }) })
    actions.deliver(titled('first'))
    await eventually(() => expect(answer).toBeDefined())
    for (let index = 0; index < 10; index++) actions.deliver(titled(`${index}`, { body: 'x'.repeat(4000) }))
    expect(actions.stats()[2]).toMatchObject({ queued: 4, dropped: 6 })
    expect(actions.stats()[2]?.queuedBytes).toBeLessThanOrEqual(20_000)
    actions.define({ phone: webhook(receiver.url, { queueEntries: 3 }) })
    expect(actions.stats()[2]).toMatchObject({ queued: 3, dropped: 7 })
    answer?.()
    await statsOf(actions, 'phone', 11)
    expect(titlesOf(receiver.requests)).toEqual(['first', '7', '8', '9'])
  })

  it('deliver as many at once as they may, of which Node.js does not warn', async () => {
    const answers: (() => void)[] = []
    await using receiver = await openReceiver(response => answers.push(() => response.end()))
    const warned = vi.fn()
    process.on('warning', warned)
    await using actions = openActions()
    actions.define({ phone: webhook(receiver.url, { concurrency: 16 }) })
    for (let index = 0; index < 17; index++) actions.deliver(makeAlert())
    await eventually(() => expect(answers).toHaveLength(16))
    expect(actions.stats()[2]).toMatchObject({ active: 16, queued: 1 })
    for (const answer of answers.splice(0)) answer()
    await eventually(() => expect(answers).toHaveLength(1))
    answers[0]?.()
    await statsOf(actions, 'phone', 17)
    process.off('warning', warned)
    expect(warned).not.toHaveBeenCalled()
  })

  it('leave time for everybody else, however fast they fail', async () => {
    await using actions = openActions()
    actions.define({
      phone: { type: 'webhook', url: 'http://127.0.0.1:9/', maxPerMinute: 6000 },
      command: { type: 'command', command: ['/no/such/program'], maxPerMinute: 6000 }
    })
    for (const name of ['phone', 'command']) {
      let turns = 0
      const turn = (): void => {
        turns += 1
        immediate = setImmediate(turn)
      }
      let immediate = setImmediate(turn)
      for (let index = 0; index < 30; index++) actions.deliver(makeAlert({ actions: [name] }))
      await expect(statsOf(actions, name, 30)).resolves.toMatchObject({ failed: 30, retries: 0 })
      clearImmediate(immediate)
      expect(turns).toBeGreaterThanOrEqual(30)
    }
  })

  it('drop an alert that is too large for the queue, and not those that wait there', async () => {
    let answer: (() => void) | undefined
    await using receiver = await openReceiver((response, { number }) => {
      if (number > 1) response.end()
      else answer = () => response.end()
    })
    await using actions = openActions({ clock: quickClock() })
    actions.define({ phone: webhook(receiver.url, { queueBytes: 5000 }) })
    for (const title of ['first', 'a', 'b']) actions.deliver(titled(title))
    actions.deliver(titled('huge', { body: 'x'.repeat(5000) }))
    expect(actions.stats()[2]).toMatchObject({ queued: 2, dropped: 1 })
    await eventually(() => expect(answer).toBeDefined())
    answer?.()
    await statsOf(actions, 'phone', 4)
    expect(titlesOf(receiver.requests)).toEqual(['first', 'a', 'b'])
  })

  it('pass over what is not severe enough', async () => {
    await using receiver = await openReceiver()
    await using actions = openActions()
    actions.define({ phone: webhook(receiver.url, { minSeverity: 'high' }) })
    for (const severity of ['info', 'low', 'medium', 'high', 'critical'] as const) {
      actions.deliver(titled(severity, { severity }))
    }
    await expect(statsOf(actions, 'phone', 5)).resolves.toMatchObject({ filtered: 3, delivered: 2 })
    expect(titlesOf(receiver.requests)).toEqual(['high', 'critical'])
  })

  it('begin no more deliveries in any minute than they may', async () => {
    await using receiver = await openReceiver()
    const clock = quickClock()
    await using actions = openActions({ clock })
    actions.define({ phone: webhook(receiver.url, { maxPerMinute: 4 }) })
    for (let index = 0; index < 10; index++) actions.deliver(titled(`${index}`))
    await expect(statsOf(actions, 'phone', 10)).resolves.toMatchObject({ delivered: 10, dropped: 0 })
    expect(clock.waitsMs).toEqual([60_000, 60_000])
  })

  it('wait with one timer, however many alerts come in the meantime', async () => {
    await using receiver = await openReceiver()
    const sleep = vi.fn((_ms: number, signal: AbortSignal): Promise<void> => {
      return new Promise(resolve => signal.addEventListener('abort', () => resolve()))
    })
    await using actions = openActions({ clock: { ...quickClock(), sleep } })
    actions.define({ phone: webhook(receiver.url, { maxPerMinute: 1 }) })
    actions.deliver(makeAlert())
    await statsOf(actions, 'phone')
    for (let index = 0; index < 20; index++) actions.deliver(makeAlert())
    expect(sleep).toHaveBeenCalledOnce()
    expect(actions.stats()[2]).toMatchObject({ queued: 20, delivered: 1 })
  })
})

describe('new definitions', () => {
  it('leave what stays the same alone, connection and all', async () => {
    await using receiver = await openReceiver()
    await using actions = openActions()
    for (let index = 1; index <= 3; index++) {
      actions.define({ phone: webhook(receiver.url, { timeout: '10s' }) })
      actions.deliver(makeAlert())
      await expect(statsOf(actions, 'phone', index)).resolves.toMatchObject({ delivered: index })
    }
    expect(receiver.connections).toBe(1)
  })

  it('take what is queued elsewhere, and end the wait for another attempt', async () => {
    await using broken = await openReceiver(response => response.writeHead(503, { 'retry-after': '600' }).end())
    await using receiver = await openReceiver()
    await using actions = openActions()
    actions.define({ phone: webhook(broken.url, { retryMin: '1h', retryMax: '1h' }) })
    for (const title of ['a', 'b', 'c']) actions.deliver(titled(title))
    await eventually(() => expect(actions.stats()[2]).toMatchObject({ lastError: 'answered 503' }))
    actions.define({ phone: webhook(receiver.url) })
    await expect(statsOf(actions, 'phone', 3)).resolves.toMatchObject({ delivered: 3, retries: 1, failed: 0 })
    expect(titlesOf(receiver.requests)).toEqual(['a', 'b', 'c'])
  })

  it('drop what a removed action has queued, and count on when it comes back', async () => {
    let answer: (() => void) | undefined
    await using receiver = await openReceiver((response, { number }) => {
      if (number > 1) response.end()
      else answer = () => response.end()
    })
    await using actions = openActions()
    actions.define({ phone: webhook(receiver.url) })
    for (let index = 0; index < 5; index++) actions.deliver(makeAlert())
    await eventually(() => expect(answer).toBeDefined())
    actions.define({})
    expect(actions.stats()[2]).toMatchObject({
      name: 'phone',
      type: 'unknown',
      dropped: 4,
      lastError: '4 left over when the action ended'
    })
    answer?.()
    await expect(statsOf(actions, 'phone', 5)).resolves.toMatchObject({ delivered: 1, dropped: 4 })
    actions.define({ phone: webhook(receiver.url) })
    actions.deliver(makeAlert())
    await expect(statsOf(actions, 'phone', 6)).resolves.toMatchObject({ type: 'webhook', delivered: 2, dropped: 4 })
  })

  it('end what a removed action was to try again', async () => {
    await using broken = await openReceiver(response => response.writeHead(503).end())
    await using actions = openActions()
    actions.define({ phone: webhook(broken.url, { retryMin: '1h', retryMax: '1h' }) })
    actions.deliver(makeAlert())
    await eventually(() => expect(actions.stats()[2]).toMatchObject({ lastError: 'answered 503' }))
    actions.define({})
    await expect(statsOf(actions, 'phone')).resolves.toMatchObject({ failed: 1, retries: 0, dropped: 0 })
  })

  it('change nothing when one of them is none', async () => {
    await using receiver = await openReceiver()
    await using actions = openActions()
    actions.define({ phone: webhook(receiver.url) })
    expect(() => actions.define({ pager: webhook('nowhere'), bus: webhook(receiver.url) })).toThrow(
      new TypeError(
        'actions.pager.url must be a URL such as https://example.org/path; actions.bus is built in and needs no definition'
      )
    )
    expect(actions.stats().map(({ name }) => name)).toEqual(['bus', 'websocket', 'phone'])
  })
})

describe('the end of all actions', () => {
  it('waits for what is queued', async () => {
    await using receiver = await openReceiver()
    const actions = openActions({}, { drainMs: 5000 })
    actions.define({ phone: webhook(receiver.url) })
    for (let index = 0; index < 10; index++) actions.deliver(makeAlert())
    await actions[Symbol.asyncDispose]()
    await expect(statsOf(actions, 'phone')).resolves.toMatchObject({ delivered: 10, active: 0, queued: 0 })
    actions.deliver(makeAlert())
    await expect(statsOf(actions, 'phone')).resolves.toMatchObject({ delivered: 10, dropped: 1 })
  })

  it('comes in time, whatever hangs, and counts the rest', async () => {
    await using hanging = await openReceiver(() => undefined)
    await using broken = await openReceiver(response => {
      response.statusCode = 500
      response.end()
    })
    const actions = openActions({}, { drainMs: 100 })
    actions.define({
      hanging: webhook(hanging.url, { timeout: '10m' }),
      broken: webhook(broken.url, { retryMin: '1h', retryMax: '1h' }),
      slow: webhook(hanging.url, { maxPerMinute: 1 }),
      command: { type: 'command', command: ['sleep', '60'] }
    })
    for (let index = 0; index < 3; index++) {
      actions.deliver(makeAlert({ actions: ['hanging', 'broken', 'slow', 'command'] }))
    }
    await eventually(() => expect(broken.requests).toHaveLength(1))
    const startedMs = performance.now()
    await Promise.all([actions[Symbol.asyncDispose](), actions[Symbol.asyncDispose]()])
    expect(performance.now() - startedMs).toBeLessThan(15_000)
    for (const name of ['hanging', 'broken', 'slow', 'command']) {
      const { failed, dropped, active, queued } = await statsOf(actions, name, 3)
      expect({ name, failed, dropped, active, queued }).toEqual({ name, failed: 1, dropped: 2, active: 0, queued: 0 })
    }
  })

  it('ends attempts of removed actions, too, and takes nothing more', async () => {
    await using hanging = await openReceiver(() => undefined)
    await using receiver = await openReceiver()
    const actions = openActions()
    actions.define({ phone: webhook(hanging.url, { timeout: '10m' }) })
    actions.deliver(makeAlert())
    await eventually(() => expect(hanging.requests).toHaveLength(1))
    actions.define({})
    await actions[Symbol.asyncDispose]()
    await expect(statsOf(actions, 'phone')).resolves.toMatchObject({ failed: 1 })
    actions.define({ late: webhook(receiver.url) })
    actions.deliver(makeAlert({ actions: ['late'] }))
    await expect(statsOf(actions, 'late')).resolves.toMatchObject({ dropped: 1, queued: 0, active: 0 })
    expect(receiver.connections).toBe(0)
  })

  it('is given a sensible time', () => {
    for (const drainMs of [-1, Number.NaN, 600_001]) {
      expect(() => createActions({ publish: () => undefined, drainMs })).toThrow(RangeError)
    }
  })
})
