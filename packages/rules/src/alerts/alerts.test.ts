import { describe, expect, it } from 'vitest'
import type { Alert } from '../engine/alert.js'
import { createAlerts } from './alerts.js'
import type { AlertAction, AlertEntry } from './entry.js'
import { NO_ACTION, NO_ENTRY } from './entry.js'

const NOW_MS = 1_700_000_000_000
const SEND: AlertAction = { ...NO_ACTION, SendNotification: true }

function entry(fields: Partial<AlertEntry>, ...paths: string[]): AlertEntry {
  return {
    ...NO_ENTRY,
    TopicPrefix: 'a:',
    Name: 'name',
    Actions: [SEND],
    Conditions: paths.map(JPath => ({ JPath })),
    ...fields
  }
}

function raise(entries: readonly AlertEntry[], topic: string, json: unknown): Alert[] {
  const raised: Alert[] = []
  createAlerts(entries).evaluate({ topic, json: () => json }, NOW_MS, alert => raised.push(alert))
  return raised
}

function value(alert: Alert | undefined): Record<string, unknown> {
  return JSON.parse(alert?.value ?? 'null') as Record<string, unknown>
}

const MATCHES = '$[?(@.x=="y")]'
const MISSES = '$[?(@.x=="z")]'
const ERRS = '$[?(@.absent.deeper!="z")]'

describe('An entry is satisfied', () => {
  it.each([
    // MatchAnyOne, InvertRule, conditions, satisfied
    [false, false, [], true],
    [false, true, [], true],
    [true, false, [], true],
    [true, true, [], true],
    [false, false, [MATCHES], true],
    [false, true, [MATCHES], false],
    [false, false, [MISSES], false],
    [false, true, [MISSES], true],
    [false, false, [ERRS], false],
    [false, true, [ERRS], true],
    [false, false, [MATCHES, MISSES], false],
    [false, true, [MATCHES, MISSES], true],
    [true, false, [MATCHES, MISSES], true],
    [true, false, [MISSES, MATCHES], true],
    [true, true, [MISSES, MATCHES], false],
    [true, false, [MISSES, ERRS], false],
    [true, true, [MISSES, ERRS], true],
    [true, false, [ERRS, MATCHES], true]
  ])('with MatchAnyOne %j, InvertRule %j and conditions %j: %j', (MatchAnyOne, InvertRule, conditions, isSatisfied) => {
    const alerts = raise([entry({ MatchAnyOne, InvertRule }, ...conditions)], 'a:b', { x: 'y' })
    expect(alerts).toHaveLength(isSatisfied ? 1 : 0)
  })

  it.each([
    ['a:', 'a:b', true],
    ['a:b', 'a:b', true],
    ['a:b', 'a:bc', true],
    ['a:bc', 'a:b', false],
    ['A:b', 'a:b', false]
  ])('with TopicPrefix %j by an event of %j: %j', (TopicPrefix, topic, isSatisfied) => {
    const alerts = createAlerts([entry({ TopicPrefix })])
    expect(alerts.matches(topic)).toBe(isSatisfied)
    expect(raise([entry({ TopicPrefix })], topic, {})).toHaveLength(isSatisfied ? 1 : 0)
  })

  it('never, when it is Disabled', () => {
    const off = entry({ Disabled: true })
    expect(createAlerts([off])).toMatchObject({ topicPrefixes: [], entries: [off] })
    expect(createAlerts([off]).matches('a:b')).toBe(false)
    expect(raise([off], 'a:b', {})).toEqual([])
  })

  it('by any JSON, and not by an event that has none', () => {
    for (const json of [{}, [], 'text', 0, false, null]) expect(raise([entry({})], 'a:b', json)).toHaveLength(1)
    expect(raise([entry({})], 'a:b', undefined)).toEqual([])
  })
})

describe('A condition', () => {
  const event = {
    zero: 0,
    no: false,
    empty: '',
    none: null,
    list: [],
    object: {},
    text: 'x',
    items: [{ n: 1 }, { n: 2 }]
  }

  it.each([
    ['$[0].text', true],
    // Numbers, true and false are found, whatever they are.
    ['$[0].zero', true],
    ['$[0].no', true],
    ['$[0].zero == 1', true],
    ['$[0].text == "other"', true],
    ['$[0].empty', false],
    ['$[0].none', false],
    ['$[0].list', false],
    ['$[0].object', false],
    ['$[0].absent', false],
    ['$[0].absent == 1', false],
    // A list of what a path leads to is found when there is anything in it.
    ['$[0].items[*].n', true],
    ['$[0].items[*].absent', false],
    ['$[?(@.zero==0)].empty', true],
    ['$[?(@.zero==1)]', false],
    ['$..absent', false]
  ])('%s matches: %j', (path, isMatch) => {
    expect(raise([entry({}, path)], 'a:b', event)).toHaveLength(isMatch ? 1 : 0)
  })
})

describe('An alert', () => {
  const event = {
    IP: { SrcIP: '192.0.2.1', DstIP: '192.0.2.2' },
    Prefix: 'drop:input ',
    list: [1],
    text: 'a\u001b[31m',
    __proto: 1
  }

  it('has the keys and the topic that SPR gives it', () => {
    const [alert] = raise([entry({ RuleId: 'id' })], 'a:b', event)
    expect(alert).toEqual({
      topic: 'alert:a:b:',
      value: '{"RuleId":"id","State":"","Topic":"a:b"}',
      source: 'alerts',
      ruleId: 'id',
      severity: 'medium',
      title: 'name',
      body: '',
      timestampMs: NOW_MS,
      count: 1,
      firstMs: NOW_MS,
      lastMs: NOW_MS,
      isSummary: false,
      key: {},
      actions: ['websocket']
    })
  })

  it('goes where its action says, with the suffix of the action', () => {
    const Actions = [
      { ...SEND, BucketSuffix: 'one' },
      { ...NO_ACTION, StoreAlert: true, BucketSuffix: 'two:x' },
      { ...SEND, StoreAlert: true },
      { ...NO_ACTION, BucketSuffix: 'nobody' }
    ]
    const alerts = raise([entry({ Actions })], 'a:b', event)
    expect(alerts.map(({ topic, actions }) => [topic, ...actions])).toEqual([
      ['alert:a:b:one', 'websocket'],
      ['alert:a:b:two:x', 'bus'],
      ['alert:a:b:', 'bus', 'websocket']
    ])
  })

  it.each([
    [{ GrabEvent: true }, { Event: event }],
    [{ GrabEvent: true, GrabFields: ['Prefix', 'absent', 'IP'] }, { Event: { Prefix: event.Prefix, IP: event.IP } }],
    // Only keys of the event itself, and no patterns: SPR leaves the slashes in them.
    [{ GrabEvent: true, GrabFields: ['IP.SrcIP', '/P.*/', 'toString'] }, { Event: {} }],
    [{ GrabFields: ['Prefix'] }, {}],
    [{ GrabValues: true }, { Values: [[event], [event.IP.SrcIP]] }],
    [
      { NotificationType: 'warning', MessageTitle: 'T', MessageBody: '{{Prefix}}' },
      { NotificationType: 'warning', Title: 'T', Body: '{{Prefix}}' }
    ],
    [{ ActionType: 'x' }, {}]
  ])('of %j holds %j', (fields, expected) => {
    const conditions = ['$[?(@.Prefix=="drop:input ")]', '$[?(@.Prefix!="")].IP.SrcIP']
    const [alert] = raise([entry({ RuleId: 'id', Actions: [{ ...SEND, ...fields }] }, ...conditions)], 'a:b', event)
    expect(value(alert)).toEqual({ RuleId: 'id', State: '', Topic: 'a:b', ...expected })
  })

  it('holds the values of the conditions that matched, and of MatchAnyOne the first', () => {
    const grab = [{ ...SEND, GrabValues: true }]
    const of = (fields: Partial<AlertEntry>, ...paths: string[]): unknown => {
      return value(raise([entry({ Actions: grab, ...fields }, ...paths)], 'a:b', { x: 'y' })[0])['Values']
    }
    expect(of({})).toEqual([])
    expect(of({ MatchAnyOne: true }, MISSES, '$[0].x', MATCHES)).toEqual(['y'])
    expect(of({ InvertRule: true }, MISSES, '$[0].x')).toEqual(['y'])
    expect(of({ InvertRule: true }, '$[0].x', MISSES)).toEqual(['y'])
  })

  it.each([
    ['{{IP.SrcIP#Device}} to {{IP.DstIP}}', '192.0.2.1 to 192.0.2.2'],
    ['{{list.0}}{{list.1}}{{list}}{{IP}}', '1'],
    ['[{{absent.x}}]', '[]'],
    ['{{__proto}}|{{IP.constructor}}', '|'],
    ['{{ IP.SrcIP }} {{}} {{{{', '{{ IP.SrcIP }} {{}} {{{{'],
    ['{{text}}', 'a\ufffd[31m']
  ])('tells people %s as %j', (template, text) => {
    const [alert] = raise(
      [entry({ Actions: [{ ...SEND, MessageTitle: `t${template}`, MessageBody: template }] })],
      'a:b',
      event
    )
    expect(alert).toMatchObject({ title: `t${text}`, body: text })
  })

  it.each([
    ['danger', 'high'],
    ['error', 'high'],
    ['warning', 'medium'],
    ['info', 'info'],
    ['success', 'info'],
    ['', 'medium'],
    ['other', 'medium']
  ])('of NotificationType %j matters as %j', (NotificationType, severity) => {
    const Actions = [{ ...SEND, NotificationType }]
    expect(raise([entry({ Actions })], 'a:b', event)[0]?.severity).toBe(severity)
  })
})

describe('Alerts', () => {
  it('raise in the order of the file, whatever the prefixes and however the entries are found', () => {
    const entries = [
      entry({ Name: '0' }, MATCHES),
      entry({ Name: '1', TopicPrefix: 'a:b' }),
      entry({ Name: '2' }, MISSES),
      entry({ Name: '3', TopicPrefix: 'a' }, '$[?(@.x in ["q", "y", "y"])]'),
      entry({ Name: '4' })
    ]
    expect(raise(entries, 'a:b', { x: 'y' }).map(({ ruleId }) => ruleId)).toEqual(['0', '1', '3', '4'])
  })

  it('count per entry what became of it', () => {
    const alerts = createAlerts([
      entry({ Name: 'n', RuleId: 'r', Actions: [SEND, { ...NO_ACTION, StoreAlert: true }] }, MATCHES),
      entry({ Name: 'n' }, MISSES)
    ])
    const before = { hits: 0, alerts: 0, failures: 0, lastHitMs: undefined }
    expect(alerts.stats()).toEqual([
      { index: 0, ruleId: 'r', ...before },
      { index: 1, ruleId: 'n', ...before }
    ])
    for (const x of ['y', 'n', 'y']) alerts.evaluate({ topic: 'a:b', json: () => ({ x }) }, NOW_MS, () => undefined)
    expect(alerts.stats()).toEqual([
      { index: 0, ruleId: 'r', hits: 2, alerts: 4, failures: 0, lastHitMs: NOW_MS },
      { index: 1, ruleId: 'n', ...before }
    ])
  })

  it('ask for the JSON once, and only when an entry is about the topic', () => {
    const alerts = createAlerts([entry({}, MATCHES), entry({}, MISSES), entry({ TopicPrefix: 'a:b' })])
    let asked = 0
    const event = (topic: string): void => alerts.evaluate({ topic, json: () => ++asked }, NOW_MS, () => undefined)
    event('b:')
    expect(asked).toBe(0)
    event('a:b')
    expect(asked).toBe(1)
  })

  it('do not remember topics without end', () => {
    const alerts = createAlerts([entry({})])
    for (let n = 0; n < 1000; n++) expect(alerts.matches(`a:${n}`)).toBe(true)
    expect(alerts.matches('b:')).toBe(false)
  })

  it('are refused whole when a condition does not compile, with its place', () => {
    expect(() => createAlerts([entry({}, MATCHES), entry({}, MATCHES, '$[?(@.x=~"(")]')], { file: 'f' })).toThrow(
      expect.objectContaining({
        code: 'RULE_INVALID',
        message: expect.stringContaining('f: [1].Conditions[1].JPath this regular expression cannot be used') as string,
        problems: [expect.objectContaining({ file: 'f', path: '[1].Conditions[1].JPath' })]
      })
    )
  })
})
