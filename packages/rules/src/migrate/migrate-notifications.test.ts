import type { LoggedPacket } from '@packet-logs/decoder'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { arpRequest, decoded, eventOf, ping6, query, syn, tunnelledHello } from '../../test/packets.js'
import { vectors } from '../../test/vectors.js'
import type { NotificationConditions, NotificationEntry, NotificationReading } from '../index.js'
import {
  createNotifications,
  createRuleEngine,
  formatNotifications,
  migrateNotifications,
  notificationFilter,
  parseRules
} from '../index.js'
import { NO_CONDITIONS } from '../notifications/entry.js'

const readings = ['spr', 'strict'] as const

/** Whether any rule of a migrated file fires. */
function trial(text: string, reading: NotificationReading): { packet: Fires; event: Fires } {
  const { text: migrated } = migrateNotifications(text, { reading })
  let fired = 0
  const engine = createRuleEngine({ onAlert: () => fired++, nowMs: () => 0 })
  engine.use({ rules: parseRules(migrated, { file: 'rules.yaml' }) })
  const fires = (put: () => void): boolean => {
    const before = fired
    put()
    return fired > before
  }
  return {
    packet: logged => fires(() => engine.packet(logged, decoded(logged))),
    event: logged => fires(() => engine.event(eventOf(logged)))
  }
}

type Fires = (logged: LoggedPacket) => boolean

describe('a migrated notifications.json', () => {
  const conditions = fc.record<NotificationConditions>({
    Prefix: fc.constantFrom(
      '',
      '',
      'nft:wan:in',
      'nft:lan:in',
      'nft:WAN:out',
      'wan:out',
      'nft:',
      'nft: x',
      'nft:drop',
      ' nft:wan:in',
      'nft:a"\\\n'
    ),
    Protocol: fc.constantFrom('', '', 'tcp', 'udp', 'TCP', 'icmp', 'any', 'x"y'),
    DstIP: fc.constantFrom('', '', '', '8.8.8.8', '93.184.216.34', '10.0.0.2', '2001:db8::2', '8.0.0.0/8', 'none'),
    DstPort: fc.constantFrom(0, 0, 53, 443, -1, 70_000),
    SrcIP: fc.constantFrom('', '', '', '192.168.2.10', '192.168.2.33', ' 192.168.2.10', '010.0.0.1', '10.0.0.1'),
    SrcPort: fc.constantFrom(0, 0, 40_000),
    InDev: fc.constantFrom('', '', 'eth0', ' eth0', 'br0'),
    OutDev: fc.constantFrom('', '', 'eth0', 'wlan0')
  })
  const entries = fc.array(fc.record<NotificationEntry>({ Conditions: conditions, Notification: fc.boolean() }), {
    maxLength: 4
  })
  const logged = [syn, ping6, query, arpRequest, tunnelledHello, ...vectors.map(vector => vector.logged)]
  const packet = fc
    .tuple(
      fc.constantFrom(...logged),
      fc.option(
        fc.constantFrom('', ' ', 'wan:in ', 'WAN:out ', ' x', 'lan:in\u0085', 'drop:input', 'wan:in\ufeff', 'a"\\\n')
      )
    )
    .map(([one, prefix]) => (prefix === null ? one : { ...one, prefix }))

  it.each(readings)('fires exactly where the %s matcher matches, on packets and on their events', reading => {
    fc.assert(
      fc.property(entries, fc.array(packet, { minLength: 1, maxLength: 8 }), (list, packets) => {
        const matcher = createNotifications(list, { reading })
        const migrated = trial(formatNotifications(list), reading)
        for (const one of packets) {
          const expected = matcher.matchPacket(one, decoded(one)) >= 0
          expect(migrated.packet(one)).toBe(expected)
          expect(migrated.event(one)).toBe(matcher.matchEvent(eventOf(one)) >= 0)
        }
      }),
      { numRuns: 60 }
    )
  })

  it('is seen to fire and not to fire in both readings', () => {
    const text = formatNotifications([
      { Conditions: { ...NO_CONDITIONS, Prefix: 'nft:DROP:input', DstPort: 22 }, Notification: true }
    ])
    expect(trial(text, 'spr').packet(syn)).toBe(true)
    expect(trial(text, 'strict').packet(syn)).toBe(false)
    expect(trial(text, 'spr').packet(query)).toBe(false)
  })

  it('keeps what is switched off, and explains what it does not carry over', () => {
    const text = JSON.stringify(
      [
        { Conditions: { Prefix: 'nft:lan:in' }, Notification: false },
        { Notification: false },
        { Conditions: { DstIP: 'nowhere' }, Notification: true }
      ],
      null,
      1
    )
    const { text: migrated, problems, rules } = migrateNotifications(text, { file: 'n.json' })
    expect(rules).toBe(1)
    expect(parseRules(migrated, { file: 'r' }).rules).toMatchObject([
      { id: 'notification-0', enabled: false, actions: ['websocket'] }
    ])
    expect(problems).toMatchObject([{ file: 'n.json', line: 8, path: '[1]' }])
    expect(migrated).toContain('# Left out: no packet can match it.')
    expect(migrated).toContain('the entry never matches, it does not mute anything')
  })

  it('is a file without rules when there are none', () => {
    expect(parseRules(migrateNotifications('[]').text, { file: 'r' }).rules).toEqual([])
  })

  it('lets nothing of the old file out of its comments', () => {
    const text = JSON.stringify([
      { Conditions: { Protocol: 'x\n- id: evil\n  when: "true"', 'y\nz': 1 }, Notification: true }
    ])
    const { rules } = parseRules(migrateNotifications(text, { file: 'a\nb' }).text, { file: 'r' })
    expect(rules.map(({ id }) => id)).toEqual(['notification-0'])
  })
})

describe('notificationFilter', () => {
  it.each([
    [{}, 'has(spr.prefix)', 'topic.startsWith("nft:")'],
    [{ Prefix: 'drop:input' }, undefined, '(topic == "nft:drop:input" || topic.startsWith("nft:drop:input:"))'],
    [{ Protocol: 'TCP', DstPort: 5 }, 'has(spr.prefix)', 'protocol == "tcp" && dst.port == 5'],
    [
      { Protocol: 'udp', DstPort: 5 },
      'has(spr.prefix) && spr.protocol == "udp" && spr.dst.port == 5',
      'protocol == "udp" && dst.port == 5'
    ]
  ])('says of %j what each reading makes of it', (conditions, spr, strict) => {
    const entry = { Conditions: { ...NO_CONDITIONS, ...conditions }, Notification: true }
    expect(notificationFilter(entry, 'spr')).toBe(spr)
    expect(notificationFilter(entry, 'strict')).toBe(strict)
    expect(notificationFilter({ ...entry, Notification: false }, 'spr')).toBeUndefined()
  })
})
