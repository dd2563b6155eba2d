import type { LoggedPacket, PayloadPolicy } from '@packet-logs/decoder'
import { decodePacket } from '@packet-logs/decoder'
import { describe, expect, it } from 'vitest'
import { START_MS, TestBench } from '../../test/engine.js'
import { arpRequest, eventOf, ping6, query, syn } from '../../test/packets.js'
import type { Alert, Alerts } from '../index.js'
import { createAlerts, createNotifications, createRuleEngine, parseAlerts, parseNotifications } from '../index.js'

/** A rule about logins, keyed by user, with more of it from the test. */
function logins(more: string): TestBench {
  return new TestBench(`
rules:
  - id: logins
    when: event.ok == false
    topics: ["auth:"]
    by: [event.user]
    title: '{{event.user}} {{count}}'
    ${more.replace('\n', '\n    ')}
`)
}

/** Failed logins: the second each comes at, and whose. An `advance` in between raises what is due. */
function play(bench: TestBench, moments: readonly (readonly [seconds: number, user: string])[]): string[] {
  return moments.flatMap(([seconds, user]) => {
    bench.at(seconds)
    bench.engine.advance()
    if (user !== '') bench.event('auth:failure', { ok: false, user })
    return bench.titles().map(title => `${seconds}: ${title}`)
  })
}

describe('a rule', () => {
  it.each([
    [
      'fires for each match',
      '',
      [
        [0, 'a'],
        [0, 'a'],
        [5, 'b']
      ],
      ['0: a 1', '0: a 1', '5: b 1']
    ],
    [
      'with a threshold fires for every so many of one key',
      'threshold: { count: 3, within: 10s }',
      [
        [0, 'a'],
        [1, 'b'],
        [2, 'a'],
        [3, 'a'],
        [4, 'a'],
        [5, 'a'],
        [6, 'a'],
        [7, 'b']
      ],
      ['3: a 3', '6: a 3']
    ],
    [
      'with a threshold forgets what is as old as the time, and not before',
      'threshold: { count: 3, within: 10s }',
      [
        [0, 'a'],
        [9, 'a'],
        [10, 'a'],
        [18.999, 'a'],
        [30, 'a'],
        [39, 'a'],
        [39.999, 'a']
      ],
      ['18.999: a 3', '39.999: a 3']
    ],
    [
      'with a threshold of one fires each time',
      'threshold: { count: 1, within: 10s }',
      [
        [0, 'a'],
        [1, 'a']
      ],
      ['0: a 1', '1: a 1']
    ],
    [
      'with a cooldown is quiet for that long, for each key by itself',
      'cooldown: 10s',
      [
        [0, 'a'],
        [1, 'a'],
        [2, 'b'],
        [9.999, 'a'],
        [10, 'a'],
        [19, 'a']
      ],
      ['0: a 1', '2: b 1', '10: a 1']
    ],
    [
      'with a threshold and a cooldown counts while it is quiet',
      'threshold: { count: 2, within: 10s }\ncooldown: 5s',
      [
        [0, 'a'],
        [1, 'a'],
        [2, 'a'],
        [3, 'a'],
        [4, 'a'],
        [6, 'a']
      ],
      ['1: a 2', '6: a 2']
    ],
    [
      'with aggregate tells the first at once and then sums up, once per time and key',
      'aggregate: 10s',
      [
        [0, 'a'],
        [1, 'a'],
        [2, 'a'],
        [3, 'b'],
        [9, 'a'],
        [10, ''],
        [11, 'a'],
        [13, ''],
        [20, ''],
        [30, ''],
        [40, 'a']
      ],
      ['0: a 1', '3: b 1', '10: a 3', '20: a 1', '40: a 1']
    ],
    [
      'with aggregate sums up before the next match where nobody asked before',
      'aggregate: 10s',
      [
        [0, 'a'],
        [1, 'a'],
        [2, 'a'],
        [35, 'a'],
        [44, 'a'],
        [45, '']
      ],
      ['0: a 1', '35: a 2', '45: a 2']
    ],
    [
      'with aggregate says nothing when nothing came',
      'aggregate: 10s',
      [
        [0, 'a'],
        [10, ''],
        [20, ''],
        [21, 'a'],
        [31, '']
      ],
      ['0: a 1', '21: a 1']
    ],
    [
      'with a threshold and aggregate sums up what the threshold let through',
      'threshold: { count: 2, within: 5s }\naggregate: 10s',
      [
        [0, 'a'],
        [1, 'a'],
        [2, 'a'],
        [3, 'a'],
        [4, 'a'],
        [5, 'a'],
        [6, 'a'],
        [11, '']
      ],
      ['1: a 2', '11: a 4']
    ],
    [
      'that is snoozed says nothing before its time',
      'snoozeUntil: 2026-01-01T00:00:05Z',
      [
        [0, 'a'],
        [4.999, 'a'],
        [5, 'a']
      ],
      ['5: a 1']
    ],
    [
      'in a dry run says nothing',
      'dryRun: true',
      [
        [0, 'a'],
        [1, 'a']
      ],
      []
    ],
    ['that is not enabled does nothing', 'enabled: false', [[0, 'a']], []]
  ] as const)('%s', (_name, more, moments, expected) => {
    expect(play(logins(more), moments)).toEqual(expected)
  })

  it('with distinct fires for so many different values of one key, and tells them', () => {
    const bench = new TestBench(`
rules:
  - id: scan
    when: tcp.syn
    distinct: { field: dst.port, count: 3, within: 10s, by: [src.ip] }
    title: '{{src.ip}} {{distinct}} {{count}}'
`)
    const hit = (seconds: number, source: string, port: number): void => {
      const value = { TCP: { SYN: true, DstPort: port }, IP: { Version: 4, SrcIP: source }, Prefix: 'x' }
      bench.at(seconds).event('nft:x', value)
    }
    hit(0, '10.0.0.1', 22)
    hit(1, '10.0.0.1', 22)
    hit(2, '10.0.0.1', 23)
    hit(2, '10.0.0.2', 24)
    expect(bench.titles()).toEqual([])
    hit(3, '10.0.0.1', 24)
    expect(bench.alerts[0]).toMatchObject({
      count: 4,
      firstMs: START_MS,
      lastMs: START_MS + 3000,
      key: { 'src.ip': '10.0.0.1' }
    })
    expect(JSON.parse(bench.alerts[0]?.value ?? '')).toMatchObject({ Values: ['22', '23', '24'] })
    expect(bench.titles()).toEqual(['10.0.0.1 3 4'])
    hit(11.5, '10.0.0.2', 25)
    hit(12, '10.0.0.2', 26)
    expect(bench.titles()).toEqual([])
    hit(13, '10.0.0.2', 24)
    expect(bench.titles()).toEqual(['10.0.0.2 3 3'])
  })

  it('does not count what lacks the field whose values are counted', () => {
    const bench = new TestBench(`rules: [{ id: a, when: 'true', distinct: { field: dst.port, count: 1, within: 1s } }]`)
    bench.packet(ping6)
    expect(bench.titles()).toEqual([])
    bench.packet(syn)
    expect(bench.titles()).toEqual(['a'])
  })

  it('keeps one key for all that lack its fields', () => {
    const bench = new TestBench(`rules: [{ id: a, when: 'true', by: [dst.port], cooldown: 1m, title: '{{dst.port}}' }]`)
    bench.packet(ping6).packet(arpRequest).packet(syn)
    expect(bench.titles()).toEqual(['-', '443'])
    expect(bench.engine.stats()[0]).toMatchObject({ hits: 3, alerts: 2, suppressed: { cooldown: 1 }, keys: 2 })
  })

  it('tells values apart that look alike', () => {
    const bench = new TestBench(`rules: [{ id: a, when: 'true', topics: [t], by: [event.a, event.b], cooldown: 1m }]`)
    for (const event of [
      { a: 1 },
      { a: '1' },
      { b: 1 },
      { a: true },
      { a: 'true' },
      { a: '1', b: '' },
      { a: [1] },
      { a: 1 }
    ]) {
      bench.event('t', event)
    }
    expect(bench.titles()).toHaveLength(7)
  })

  it('says in JSON what it has to say', () => {
    const bench = new TestBench(`
rules:
  - id: ssh
    when: dst.port == 443
    topics: ["nft:drop:"]
    by: [src.ip, dst.port]
    aggregate: 1m
    severity: high
    suffix: a:b
    title: 'SSH from {{src.ip}} to {{ dst.ip }}:{{dst.port}} by {{rule}}, {{severity}}'
    message: "{{count}} from {{first}} to {{last}}\\n{{dns.name}} {{src.domain}}"
    actions: [bus, phone]
actions:
  phone: { type: ntfy, url: https://ntfy.example/topic }
`)
    bench.packet(syn, { recentDomainSrc: 'me.lan' }).at(5).packet(syn).at(9).packet(syn).at(60)
    bench.engine.advance()
    const [first, summary] = bench.alerts
    expect(first).toMatchObject({
      topic: 'alert:nft:drop:input:a:b',
      source: 'rules',
      ruleId: 'ssh',
      severity: 'high',
      title: 'SSH from 192.168.2.10 to 8.8.8.8:443 by ssh, high',
      body: '1 from 2026-01-01T00:00:00.000Z to 2026-01-01T00:00:00.000Z\n- me.lan',
      timestampMs: START_MS,
      count: 1,
      isSummary: false,
      key: { 'src.ip': '192.168.2.10', 'dst.port': 443 },
      actions: ['bus', 'phone']
    })
    const json = JSON.parse(first?.value ?? '') as Record<string, unknown>
    expect(Object.keys(json)).toEqual(
      'Topic RuleId NotificationType Title Body Event State Severity Count First Last Key'.split(' ')
    )
    expect(json).toMatchObject({
      Topic: 'nft:drop:input',
      RuleId: 'ssh',
      NotificationType: 'error',
      State: '',
      Severity: 'high',
      Count: 1,
      First: '2026-01-01T00:00:00.000Z',
      Key: { 'src.ip': '192.168.2.10', 'dst.port': 443 }
    })
    const { value } = eventOf(syn, { recentDomainSrc: 'me.lan', payload: 'headers' })
    expect(json['Event']).toEqual(JSON.parse(value))
    expect(summary).toMatchObject({
      topic: 'alert:nft:drop:input:a:b',
      body: '2 from 2026-01-01T00:00:05.000Z to 2026-01-01T00:00:09.000Z\n- -',
      timestampMs: START_MS + 60_000,
      count: 2,
      isSummary: true
    })
    expect(JSON.parse(summary?.value ?? '')).toMatchObject({
      Summary: true,
      Count: 2,
      Key: { 'src.ip': '192.168.2.10' }
    })
  })

  it('puts values into its texts that neither drive a terminal nor run on', () => {
    const bench = new TestBench(
      `rules: [{ id: a, when: 'true', topics: [t], title: 'by {{event.a}} {{event.b}}', message: '{{event}}' }]`
    )
    bench.event('t', { a: `\u001b[2J\u202e\nx${'y'.repeat(500)}`, b: ['p', 'q'] })
    const [{ title, body, value } = { title: '', body: '', value: '' }] = bench.alerts
    expect(title).toMatch(/^by \ufffd\[2J\ufffd\ufffdxy+… p, q$/)
    expect(title.length).toBeLessThan(300)
    expect(body.length).toBeLessThan(300)
    expect(JSON.parse(value)).toMatchObject({ Event: { b: ['p', 'q'] } })
  })

  it('leaves an event out that is too long, and takes a text that is no JSON', () => {
    const bench = new TestBench(`rules: [{ id: a, when: 'true', topics: [t] }]`)
    bench.event('t', { text: 'x'.repeat(20_000) }).event('t', '"quoted" {')
    const values = bench.alerts.map(({ value }) => JSON.parse(value) as Record<string, unknown>)
    expect(values[0]).not.toHaveProperty('Event')
    expect(values[1]).toHaveProperty('Event', '"quoted" {')
  })
})

describe('the engine', () => {
  it('fires every rule that matches, in the order of the file, for packets and for their events', () => {
    const bench = new TestBench(`
rules:
  - { id: port, when: dst.port == 443 }
  - { id: any, when: 'true' }
  - { id: net, when: 'inCidr(src.ip, ["192.168.0.0/16", "192.168.2.0/24"])' }
  - { id: dns, when: dns.name == "www.example.com" }
  - { id: other, when: 'true', topics: ["auth:"] }
  - { id: drops, when: 'true', topics: ["nft:drop", "nft:drop:input", "dns:"] }
`)
    bench.packet(syn)
    expect(bench.titles()).toEqual(['port', 'any', 'net', 'drops'])
    bench.engine.event(eventOf(syn))
    expect(bench.titles()).toEqual(['port', 'any', 'net', 'drops'])
    bench.packet(query)
    expect(bench.titles()).toEqual(['any', 'net', 'dns'])
    bench.event('dns:x', {}).event('auth:x', {}).event('x', {})
    expect(bench.titles()).toEqual(['drops', 'other'])
    expect(bench.engine.totals).toEqual({
      rememberedBytes: 0,
      packets: 2,
      events: 4,
      loopsCut: 0,
      alerts: 13,
      notices: 0
    })
    expect(bench.engine.topics).toEqual(['auth:', 'dns:'])
  })

  it('names the topics it needs, none twice', () => {
    const bench = new TestBench()
    expect(bench.engine.topics).toEqual([])
    bench.use(
      `rules: [{ id: a, when: 'true', topics: ["dns:block:", "nft:", "dns:", "auth"] }, { id: b, when: 'true', topics: [zz], enabled: false }]`
    )
    expect(bench.engine.topics).toEqual(['auth', 'dns:'])
    bench.engine.use({ ...bench.engine.sets, notifications: createNotifications([]) })
    expect(bench.engine.topics).toEqual(['auth', 'dns:', 'wifi:auth'])
    bench.engine.use({ notifications: createNotifications(parseNotifications('[{}]')) })
    expect(bench.engine.topics).toEqual([''])
  })

  it('lets rules look at alerts, but never at alerts about alerts', () => {
    const bench = new TestBench(
      `
rules:
  - { id: first, when: 'true', topics: [t] }
  - { id: escalate, when: event.RuleId == "first", topics: ["alert:"], severity: critical }
  - { id: everything, when: 'true', topics: [""] }
`,
      {
        onAlert: alert => {
          seen.push(alert.topic)
          bench.engine.event({ topic: alert.topic, value: alert.value })
        }
      }
    )
    const seen: string[] = []
    bench.event('t', {})
    expect(seen).toEqual([
      'alert:t:first',
      'alert:alert:t:first:escalate',
      'alert:alert:t:first:everything',
      'alert:t:everything',
      'alert:alert:t:everything:everything'
    ])
    expect(bench.engine.totals.loopsCut).toBe(3)
  })

  it('forgets the least recently used keys beyond the limit, having said what it had to', () => {
    const bench = new TestBench(
      `rules: [{ id: a, when: 'true', topics: [t], by: [event.k], aggregate: 1m, title: '{{event.k}} {{count}}' }]`,
      { maxKeys: 2 }
    )
    for (const k of ['a', 'b', 'a', 'c']) bench.event('t', { k })
    expect(bench.titles()).toEqual(['a 1', 'b 1', 'c 1'])
    bench.event('t', { k: 'b' })
    expect(bench.titles()).toEqual(['a 1', 'b 1'])
    expect(bench.engine.stats()[0]).toMatchObject({ keys: 2, keysEvicted: 2, hits: 5 })
    expect(bench.at(60).engine.advance()).toBeUndefined()
  })

  it('says when it wants to be asked again', () => {
    const bench = new TestBench(`rules: [{ id: a, when: 'true', topics: [t], by: [event.k], aggregate: 10s }]`)
    expect(bench.engine.advance()).toBeUndefined()
    bench.event('t', { k: 1 }).at(4).event('t', { k: 2 })
    expect(bench.engine.advance()).toBe(6000)
    bench.at(10)
    expect(bench.engine.advance()).toBe(4000)
    bench.at(14)
    expect(bench.engine.advance()).toBeUndefined()
  })

  it('goes on when the clock is set back, and ends nothing early', () => {
    const bench = logins('aggregate: 10s')
    bench.at(0).event('auth:x', { ok: false, user: 'a' })
    bench.at(4).event('auth:x', { ok: false, user: 'a' })
    bench.at(-3600).event('auth:x', { ok: false, user: 'a' })
    expect(bench.engine.advance()).toBe(6000)
    bench.titles()
    bench.at(-3594.001)
    bench.engine.advance()
    expect(bench.titles()).toEqual([])
    bench.at(-3594)
    bench.engine.advance()
    expect(bench.titles()).toEqual(['a 2'])
  })

  it('is quiet about what is snoozed, the rule or one key, until the time has come', () => {
    const bench = logins('aggregate: 10s')
    expect(bench.engine.snooze('nobody', START_MS)).toBe(false)
    expect(bench.engine.snooze('logins', START_MS + 5000, { 'event.other': 1 })).toBe(false)
    expect(bench.engine.snooze('logins', START_MS + 5000, { 'event.user': 'a' })).toBe(true)
    expect(
      play(bench, [
        [1, 'a'],
        [1, 'b'],
        [5, 'a']
      ])
    ).toEqual(['1: b 1', '5: a 1'])
    expect(bench.engine.snooze('logins', START_MS + 20_000)).toBe(true)
    expect(bench.engine.stats()[0]).toMatchObject({ snoozedUntilMs: START_MS + 20_000, suppressed: { snooze: 1 } })
    expect(
      play(bench, [
        [6, 'a'],
        [6, 'b'],
        [6, 'c'],
        [15, ''],
        [16, '']
      ])
    ).toEqual([])
    expect(bench.engine.snooze('logins', 0)).toBe(true)
    expect(play(bench, [[17, 'c']])).toEqual(['17: c 1'])
    expect(bench.engine.stats()[0]).not.toHaveProperty('snoozedUntilMs')
  })

  it('keeps what it knows of rules that stay the same, and starts over with others', () => {
    const bench = logins('cooldown: 10s')
    bench.event('auth:x', { ok: false, user: 'a' })
    const rule = (title: string, cooldown: string): string =>
      `{ id: logins, when: event.ok == false, topics: ["auth:"], by: [event.user], title: '${title}', cooldown: ${cooldown} }`
    bench.use(`rules: [{ id: new, when: 'false' }, ${rule('{{event.user}} {{count}}', '10s')}]`)
    expect(bench.event('auth:x', { ok: false, user: 'a' }).titles()).toEqual(['a 1'])
    expect(bench.engine.stats()[1]).toMatchObject({ id: 'logins', hits: 2, alerts: 1, suppressed: { cooldown: 1 } })
    bench.engine.snooze('logins', START_MS + 5000)
    bench.use(`rules: [${rule('{{event.user}}', '20s')}]`)
    expect(bench.engine.stats()).toMatchObject([{ id: 'logins', hits: 0, snoozedUntilMs: START_MS + 5000 }])
    bench.at(5).event('auth:x', { ok: false, user: 'a' })
    expect(bench.titles()).toEqual(['a'])
  })

  it('lets go of what waits for a rule that is gone', () => {
    const bench = logins('aggregate: 10s')
    bench.event('auth:x', { ok: false, user: 'a' }).event('auth:x', { ok: false, user: 'a' })
    bench.use('rules: []')
    expect(bench.titles()).toHaveLength(1)
    expect(bench.at(10).engine.advance()).toBeUndefined()
    expect(bench.titles()).toEqual([])
  })

  it('counts what a dry run would have raised', () => {
    const bench = logins('dryRun: true')
    play(bench, [
      [0, 'a'],
      [1, 'b']
    ])
    expect(bench.engine.stats()).toEqual([
      {
        source: 'rules',
        id: 'logins',
        hits: 2,
        alerts: 0,
        suppressed: { cooldown: 0, aggregate: 0, snooze: 0, flood: 0, dryRun: 2 },
        lastHitMs: START_MS + 1000,
        keys: 0,
        keysEvicted: 0
      }
    ])
  })

  it('bears events that are nested deeper than JSON can be written', () => {
    const value = '['.repeat(200_000) + ']'.repeat(200_000)
    for (const fields of [{}, { title: '{{event}}' }, { by: ['event'], cooldown: '1s' }, { by: ['event[0]'] }]) {
      const rule = { id: 'deep', topics: ['a:'], when: 'true', ...fields }
      const bench = new TestBench(JSON.stringify({ rules: [rule] })).event('a:b', value)
      expect(bench.alerts).toMatchObject([{ topic: 'alert:a:b:deep', key: {} }])
      expect(JSON.parse(bench.alerts[0]?.value ?? '')).not.toHaveProperty('Event')
    }
  })

  it('raises so many alerts of a rule in a minute, however new their keys, and counts the rest', () => {
    const bench = new TestBench(
      `rules: [{ id: a, topics: ['a:'], when: 'true', by: [event.user], aggregate: 1h }, { id: b, topics: ['a:'], when: 'true' }]`,
      { maxAlertsPerMinute: 3 }
    )
    for (let user = 0; user < 10; user++) bench.at(user).event('a:b', { user })
    expect(bench.alerts.map(({ ruleId }) => ruleId)).toEqual(['a', 'b', 'a', 'b', 'a', 'b'])
    bench.at(59.999).event('a:b', { user: 10 }).at(60).event('a:b', { user: 11 })
    expect(bench.alerts.slice(6).map(({ timestampMs }) => timestampMs)).toEqual([START_MS + 60_000, START_MS + 60_000])
    expect(bench.engine.stats()).toMatchObject([
      { hits: 12, alerts: 4, suppressed: { flood: 8 } },
      { hits: 12, alerts: 4, suppressed: { flood: 8 } }
    ])
  })

  it('tells very many summaries in turns', () => {
    const bench = logins('aggregate: 10s')
    for (let round = 0; round < 2; round++) {
      for (let user = 0; user < 2500; user++) bench.event('auth:x', { ok: false, user })
    }
    bench.titles()
    const told: number[] = []
    for (let waitMs = bench.at(10).engine.advance(); waitMs === 0; waitMs = bench.engine.advance()) {
      told.push(bench.titles().length)
    }
    expect([...told, bench.titles().length]).toEqual([1000, 1000, 500])
  })

  it('refuses limits that are none', () => {
    for (const limit of [0, -1, 1.5, Number.NaN]) {
      for (const name of ['maxKeys', 'maxBytes', 'maxAlertsPerMinute']) {
        expect(() => createRuleEngine({ onAlert: () => undefined, [name]: limit })).toThrow(RangeError)
      }
    }
  })
})

describe('notifications in the engine', () => {
  const entries = parseNotifications(
    '[{"Conditions":{"Protocol":"tcp","DstPort":1},"Notification":true},{"Conditions":{"Prefix":"nft:DROP:input"},"Notification":true}]'
  )

  it('are sent for a packet as for its event, and counted by entry', () => {
    const bench = new TestBench()
    bench.engine.use({ notifications: createNotifications(entries) })
    bench.packet(syn).packet(query)
    bench.engine.event(eventOf(syn))
    bench.event('wifi:auth:success', { MAC: 'x' }).event('dns:x', {})
    const [ofPacket, ofEvent, other] = bench.notices
    expect({ ...ofPacket, data: JSON.parse(ofPacket?.data ?? '') as unknown }).toEqual({
      ...ofEvent,
      data: JSON.parse(ofEvent?.data ?? '') as unknown
    })
    expect(other).toEqual({ topic: 'wifi:auth:success', data: '{"MAC":"x"}', notification: true })
    expect(bench.notices).toHaveLength(3)
    expect(bench.engine.stats()).toMatchObject([
      { source: 'notifications', id: '0', hits: 0 },
      { source: 'notifications', id: '1', hits: 2, alerts: 2, lastHitMs: START_MS }
    ])
    expect(bench.engine.totals).toMatchObject({ notices: 3, alerts: 0 })
  })

  it('keep their counts when the file is read anew, wherever they stand in it', () => {
    const bench = new TestBench()
    bench.engine.use({ notifications: createNotifications(entries) })
    bench.packet(syn)
    bench.engine.use({ notifications: createNotifications([...entries].reverse()) })
    expect(bench.engine.stats()).toMatchObject([{ hits: 1 }, { hits: 0 }])
  })
})

describe('alerts.json in the engine', () => {
  const entry = {
    TopicPrefix: 'nft:drop',
    Name: 'to 443',
    RuleId: 'id',
    Conditions: [{ JPath: '$[?(@.TCP.DstPort==443)]' }],
    Actions: [{ StoreAlert: true, MessageTitle: 'hello', GrabEvent: true }]
  }
  const alertsOf = (...entries: readonly object[]): Alerts =>
    createAlerts(parseAlerts(JSON.stringify(entries), { file: 'alerts.json' }))

  it('is evaluated on packets and on their events, beside the rules', () => {
    const bench = new TestBench(`rules: [{ id: own, when: 'true', title: own }]`)
    bench.engine.use({ ...bench.engine.sets, alerts: alertsOf(entry) })
    bench.packet(syn).packet(query)
    bench.engine.event(eventOf(syn))
    const [first, second, , fourth, fifth] = bench.alerts
    expect(bench.alerts.map(({ title }) => title)).toEqual(['own', 'hello', 'own', 'own', 'hello'])
    expect(first).toMatchObject({ source: 'rules' })
    expect(second).toMatchObject({ source: 'alerts', ruleId: 'id', timestampMs: START_MS })
    expect(second).toEqual(fifth)
    expect(fourth).toEqual(first)
    expect(bench.engine.stats()).toMatchObject([
      { id: 'own', hits: 3 },
      { source: 'alerts', id: 'id', hits: 2, alerts: 2 }
    ])
  })

  it('is asked of a packet as it is published, and alerts stay short enough for any reader', () => {
    const GrabEvent = { ...entry, TopicPrefix: 'nft:', Conditions: [{ JPath: '$[?(@.UDP.Payload != "")]' }] }
    const GrabValues = { ...GrabEvent, Actions: [{ StoreAlert: true, GrabValues: true }] }
    const valuesOf = (packet: LoggedPacket, published?: PayloadPolicy): string[] => {
      const values: string[] = []
      const onAlert = ({ value }: Alert): number => values.push(value)
      const engine = createRuleEngine({ onAlert, ...(published === undefined ? {} : { published }) })
      engine.use({ alerts: alertsOf(GrabEvent, GrabValues) })
      engine.packet(packet, decodePacket(packet.payload))
      return values
    }
    expect(valuesOf(query, 'headers')).toEqual([])
    expect(valuesOf(query)).toEqual([
      expect.stringContaining('"Payload":"AAcBAAAB') as string,
      expect.stringContaining('"Payload":"AAcBAAAB') as string
    ])
    const large = { ...query, payload: Buffer.concat([query.payload, Buffer.alloc(40_000, 'x')]) }
    large.payload.writeUInt16BE(large.payload.length, 2)
    large.payload.writeUInt16BE(large.payload.length - 20, 24)
    expect(valuesOf(large)).toHaveLength(2)
    for (const value of valuesOf(large)) {
      expect(value.length).toBeLessThan(20_000)
      expect(value).toContain('"Truncated":true')
    }
    const bench = new TestBench()
    bench.engine.use({ alerts: alertsOf({ ...entry, TopicPrefix: 'a:', Conditions: [] }) })
    bench.event('a:b', { text: 'x'.repeat(20_000) })
    expect(bench.alerts[0]?.value).toBe('{"RuleId":"id","State":"","Title":"hello","Topic":"a:b"}')
  })

  it('passes over events that are no JSON, as SPR does, and over none that is', () => {
    const bench = new TestBench()
    bench.engine.use({ alerts: alertsOf({ ...entry, TopicPrefix: 'a:', Conditions: [] }) })
    for (const value of ['', 'text', '{', '{} {}', "{'a': 1}", 'NaN']) bench.engine.event({ topic: 'a:b', value })
    expect(bench.titles()).toEqual([])
    for (const value of ['{}', '[]', '"text"', '0', 'null', ' true ']) bench.engine.event({ topic: 'a:b', value })
    expect(bench.titles()).toHaveLength(6)
  })

  it('keeps counts of entries that stay the same, and snoozes', () => {
    const bench = new TestBench()
    bench.engine.use({ alerts: alertsOf(entry) })
    bench.packet(syn)
    expect(bench.engine.snooze('id', START_MS + 1000)).toBe(true)
    expect(bench.engine.snooze('id', START_MS + 1000, { a: 1 })).toBe(false)
    bench.packet(syn)
    bench.engine.use({ alerts: alertsOf({ ...entry, RuleId: 'other', TopicPrefix: 'dns:' }, entry) })
    bench.packet(syn)
    expect(bench.titles()).toEqual(['hello'])
    expect(bench.engine.topics).toEqual(['dns:'])
    expect(bench.engine.stats()).toMatchObject([
      { id: 'other', hits: 0 },
      { id: 'id', hits: 3, alerts: 1, suppressed: { snooze: 2 }, snoozedUntilMs: START_MS + 1000, lastHitMs: START_MS }
    ])
    bench.at(1).packet(syn)
    expect(bench.titles()).toEqual(['hello'])
  })

  it('counts for each entry what its snooze held back, also when entries share an id or are edited', () => {
    const bench = new TestBench()
    const twin = { ...entry, Conditions: [{ JPath: '$[?(@.TCP.DstPort==1)]' }] }
    bench.engine.use({ alerts: alertsOf(entry, twin) })
    bench.engine.snooze('id', START_MS + 1000)
    bench.packet(syn).packet(syn)
    const held = { hits: 2, alerts: 0, suppressed: { snooze: 2 } }
    const none = { hits: 0, alerts: 0, suppressed: { snooze: 0 } }
    expect(bench.engine.stats()).toMatchObject([held, none])
    bench.engine.use({ alerts: alertsOf({ ...entry, Name: 'edited' }, entry) })
    expect(bench.engine.stats()).toMatchObject([none, held])
  })

  it('counts conditions that would have to look at too much, also before the file was read anew', () => {
    const bench = new TestBench()
    const costly = { ...entry, TopicPrefix: 'a:', Conditions: [{ JPath: '$..x' }] }
    bench.engine.use({ alerts: alertsOf(costly) })
    const wide = Array.from({ length: 20_000 }, () => 0)
    bench.event('a:b', wide)
    bench.engine.use({ alerts: alertsOf(entry, costly) })
    bench.event('a:b', wide)
    expect(bench.engine.stats()).toMatchObject([
      { hits: 0, failures: 0 },
      { hits: 0, failures: 2 }
    ])
  })
})
