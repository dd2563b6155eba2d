import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { decoded, eventOf, query, syn } from '../../test/packets.js'
import { createAlerts, createRuleEngine, migrateAlerts, parseAlerts, parseRules } from '../index.js'

const file = JSON.stringify(
  [
    {
      TopicPrefix: 'nft:',
      Conditions: [{ JPath: '$[?(@.TCP.DstPort==443)]' }, { JPath: '$[?(@.UDP.DstPort==53)]' }],
      MatchAnyOne: true,
      Actions: [
        {
          SendNotification: true,
          StoreAlert: true,
          BucketSuffix: 'seen',
          MessageTitle: 'From {{IP.SrcIP#Device}} {{DNS.ID}}',
          MessageBody: '{{InDev}}',
          NotificationType: 'error'
        },
        { StoreAlert: true, BucketSuffix: 'no ending' },
        { GrabEvent: true }
      ],
      Name: 'Ports',
      RuleId: '6f1c-11'
    },
    { TopicPrefix: 'auth:', Actions: [{ StoreAlert: true }], Name: 'Äny {{auth}}', Disabled: true },
    { TopicPrefix: 'dns:', Conditions: [{ JPath: '$..Name' }], Actions: [{ StoreAlert: true }], Name: 'Deep' }
  ],
  null,
  1
)

describe('a migrated alerts.json', () => {
  const { text, problems, rules } = migrateAlerts(file, { file: 'alerts.json' })
  const migrated = parseRules(text, { file: 'rules.yaml' }).rules

  it('has a rule for each action, under the id or the name, and loads', () => {
    expect(rules).toBe(3)
    expect(migrated).toMatchObject([
      {
        id: '6f1c-11',
        topics: ['nft:'],
        title: 'From {{src.ip}} ',
        message: '{{inDevice}}',
        severity: 'high',
        suffix: 'seen',
        actions: ['bus', 'websocket']
      },
      { id: '6f1c-11-2', actions: ['bus'], title: 'Ports', suffix: '6f1c-11-2' },
      { id: 'A-ny-auth', topics: ['auth:'], when: 'true', enabled: false, suffix: '' }
    ])
  })

  it('says with file, line and path what it could not carry over, and keeps it in a comment', () => {
    expect(problems).toMatchObject([
      {
        file: 'alerts.json',
        line: 14,
        path: '[0].Actions[0]',
        message: expect.stringContaining('{{DNS.ID}}') as string
      },
      { path: '[0].Actions[1]', message: expect.stringContaining('BucketSuffix') as string },
      { path: '[2].Conditions[0]', message: expect.stringContaining('every depth') as string }
    ])
    expect(text).toContain('#   $..Name')
  })

  it('loads, whatever its texts are', () => {
    const text = fc.oneof(
      fc.constantFrom(
        '',
        '{{x}}',
        '{{ x }}',
        '{{{a.0.b}}',
        '{{1a..b#Device}}',
        '{{a__b}}',
        '"\n- id: x',
        '🐟\ud83d\0\u2028',
        'é'.repeat(5000)
      ),
      fc.string({ maxLength: 20 })
    )
    const entries = fc.record({ TopicPrefix: fc.constantFrom('nft:', 'auth:'), Name: text, title: text, suffix: text })
    fc.assert(
      fc.property(entries, ({ TopicPrefix, Name, title: MessageTitle, suffix: BucketSuffix }) => {
        const action = { StoreAlert: true, MessageTitle, MessageBody: MessageTitle, BucketSuffix }
        const old = JSON.stringify([{ TopicPrefix, Name: `x${Name}`, Actions: [action] }])
        expect(parseRules(migrateAlerts(old).text, { file: 'rules.yaml' }).rules).toHaveLength(1)
      }),
      { numRuns: 30 }
    )
  })

  it('tells and leaves out what no rule file may hold', () => {
    const old = [{ TopicPrefix: `auth:${'x'.repeat(300)}`, Name: 'Long', Actions: [{ StoreAlert: true }] }]
    const long = migrateAlerts(JSON.stringify(old))
    expect(long).toMatchObject({
      rules: 0,
      problems: [{ path: '[0].Actions[0]', message: 'topics must have 256 characters at most' }]
    })
    expect(long.text).toContain('# Left out: topics must have 256 characters at most.')
    expect(parseRules(long.text, { file: 'rules.yaml' }).rules).toEqual([])
  })

  it('fires where the old file did', () => {
    const before = createAlerts(parseAlerts(file))
    const topics: string[] = []
    const engine = createRuleEngine({ onAlert: ({ topic }) => topics.push(topic), nowMs: () => 0 })
    engine.use({ rules: { rules: migrated, actions: {} } })
    for (const logged of [syn, query, { ...query, payload: syn.payload.subarray(0, 20) }]) {
      const event = eventOf(logged)
      const old: string[] = []
      before.evaluate({ topic: event.topic, json: () => JSON.parse(event.value) as unknown }, 0, ({ topic }) => {
        old.push(topic)
      })
      engine.packet(logged, decoded(logged))
      expect(topics.splice(0).length).toBe(old.length)
    }
    engine.event({ topic: 'auth:failure', value: '{}' })
    expect(topics).toEqual([])
  })
})
