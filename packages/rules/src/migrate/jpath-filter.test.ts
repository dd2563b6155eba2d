import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { decoded, eventOf, ping6, query, syn, tunnelledHello } from '../../test/packets.js'
import { vectors } from '../../test/vectors.js'
import type { AlertEntry } from '../alerts/entry.js'
import { NO_ACTION, NO_ENTRY } from '../alerts/entry.js'
import { compileFilter, createAlerts } from '../index.js'
import { alertFilter } from './migrate-alerts.js'

function entry(paths: readonly string[], changes: Partial<AlertEntry> = {}): AlertEntry {
  return {
    ...NO_ENTRY,
    TopicPrefix: 'nft:',
    Name: 'test',
    Conditions: paths.map(JPath => ({ JPath })),
    Actions: [{ ...NO_ACTION, StoreAlert: true }],
    ...changes
  }
}

/** Whether SPR's reading of an entry is satisfied. */
function isSatisfied(one: AlertEntry, { topic, value }: { topic: string; value: string }): boolean {
  let count = 0
  createAlerts([one]).evaluate({ topic, json: () => JSON.parse(value) as unknown }, 0, () => count++)
  return count > 0
}

describe('a condition of alerts.json as a filter', () => {
  it.each([
    ['$[?(@.InDev=="wlan1")]', 'inDevice == "wlan1"', 'inDevice == "wlan1"'],
    ['$[?("wlan1"==@.InDev)]', 'inDevice == "wlan1"', 'inDevice == "wlan1"'],
    ['$[?(@.TCP.DstPort==22)]', 'spr.protocol == "tcp" && spr.dst.port == 22', 'protocol == "tcp" && dst.port == 22'],
    ['$[?(@.TCP.DstPort=="22")]', 'spr.protocol == "tcp" && spr.dst.port == 22', 'protocol == "tcp" && dst.port == 22'],
    ['$[?(@["IP"]["SrcIP"]=="10.0.0.1")]', 'spr.src.ip == "10.0.0.1"', 'ip.version == 4 && src.ip == "10.0.0.1"'],
    ['$[?(@.InDev=~"^wlan")]', 'inDevice.matches("^wlan")', 'inDevice.matches("^wlan")'],
    ['$[?(@.OutDev!="lan0")]', '!has(outDevice) || outDevice != "lan0"', '!has(outDevice) || outDevice != "lan0"'],
    ['$[?(@.OutDev=="")]', '!has(outDevice) || outDevice == ""', '!has(outDevice) || outDevice == ""'],
    [
      '$[?(@.TCP.SYN && !@.TCP.ACK)]',
      'spr.protocol == "tcp" && tcp.syn && spr.protocol == "tcp" && !tcp.ack',
      'tcp.syn && !tcp.ack'
    ],
    ['$[0].TCP.DstPort', 'spr.protocol == "tcp" && has(spr.dst.port)', 'protocol == "tcp" && has(dst.port)'],
    ['$[?(@.Prefix=="drop:input ")]', undefined, 'prefix == "drop:input"'],
    ['$[?(@.IP.TTL<5)]', undefined, 'ip.version == 4 && ip.ttl < 5'],
    ['$[?(@.DNS.ID==5)]', undefined, undefined],
    ['$..SrcIP', undefined, undefined],
    ['$[0].InDev=="x"', undefined, undefined],
    ['$[?(@.InDev==@.OutDev)]', undefined, undefined],
    ['$[?(@.TCP.SrcPort+1==5)]', undefined, undefined]
  ])('%s is %j to the letter, and means %j', (path, spr, strict) => {
    const filterOf = (reading: 'spr' | 'strict'): string | undefined => {
      try {
        return alertFilter(entry([path]), { reading })
      } catch {
        return undefined
      }
    }
    expect(filterOf('spr')).toBe(spr)
    expect(filterOf('strict')).toBe(strict)
    for (const filter of [spr, strict]) if (filter !== undefined) compileFilter(filter)
  })

  const test = fc.letrec<{ test: string }>(tie => ({
    test: fc.oneof(
      { maxDepth: 3, withCrossShrink: true },
      fc.constantFrom(
        ...[
          '@.InDev=="eth0"',
          '@.InDev!="eth0"',
          '@.OutDev==""',
          '@.OutDev!=""',
          '@.InDev=~"^(eth|$)"',
          '@.InDev!~"0$"'
        ],
        ...[
          '@.TCP.DstPort==443',
          '@.TCP.DstPort>=443',
          '@.UDP.DstPort==53',
          '53!=@.UDP.DstPort',
          '@.TCP.SrcPort in [40000, 1]'
        ],
        ...[
          '@.IP.SrcIP=="192.168.2.10"',
          '@.IP.DstIP!="8.8.8.8"',
          '@.TCP.SYN',
          '@.TCP.ACK==false',
          '@.Action=="blocked"'
        ],
        ...['@.Meta.Mark==7', '@.IP.DstIP=~"^8[.]"', '@.IP.SrcIP in ["10.0.0.1", "192.168.2.10"]']
      ),
      fc.tuple(tie('test'), fc.constantFrom('&&', '||'), tie('test')).map(([one, operator, other]) => {
        return `(${one} ${operator} ${other})`
      }),
      tie('test').map(one => `!(${one})`)
    )
  })).test
  const events = [syn, ping6, query, tunnelledHello, ...vectors.map(({ logged }) => logged)].map(logged => ({
    logged,
    packet: decoded(logged),
    event: eventOf(logged)
  }))

  it('matches exactly what satisfies SPR, whatever is combined with what', () => {
    const entries = fc.record({
      tests: fc.array(test, { maxLength: 3 }),
      MatchAnyOne: fc.boolean(),
      InvertRule: fc.boolean()
    })
    const some = fc.array(fc.constantFrom(...events), { minLength: 1, maxLength: 8 })
    fc.assert(
      fc.property(entries, some, ({ tests, ...flags }, chosen) => {
        const one = entry(
          tests.map(text => `$[?(${text})]`),
          flags
        )
        const filter = compileFilter(alertFilter(one, { reading: 'spr' }))
        for (const { logged, packet, event } of chosen) {
          const expected = isSatisfied(one, event)
          expect(filter.matchesEvent(event)).toBe(expected)
          expect(filter.matchesPacket(logged, packet)).toBe(expected)
        }
      }),
      { numRuns: 60 }
    )
  })

  it('says what stands in its way', () => {
    const messageOf = (one: AlertEntry, reading: 'strict' | 'spr' = 'spr'): string => {
      try {
        return alertFilter(one, { reading })
      } catch (error) {
        return String(error)
      }
    }
    expect(messageOf(entry(['$[?(@.user=~"^x")]'], { TopicPrefix: 'auth:' }))).toContain('patterns in numbers')
    expect(messageOf(entry(['$[?(@.user==5)]'], { TopicPrefix: 'auth:' }))).toContain('other values for 5')
    expect(messageOf(entry(['$[?(@.a=="x")]'], { TopicPrefix: 'nf' }))).toContain('name them apart')
    expect(messageOf(entry(['$[?(@.DNS.ID==5)]']))).toContain('no field for @.DNS.ID')
    expect(messageOf(entry(['$[?(@.IP.SrcIP=="010.0.0.1")]']), 'strict')).toContain('leave out the leading zeros')
    expect(messageOf(entry(['$[?(@.InDev=~"(")]']))).toContain('missing closing )')
    const deep = Array.from({ length: 12 }).reduce<string>(
      inner => `((${inner} || @.TCP.SYN) && @.TCP.ACK)`,
      '@.TCP.FIN'
    )
    expect(messageOf(entry([`$[?(${deep})]`]))).toContain('too long for a filter')
    expect(messageOf(entry([], { InvertRule: true }))).toBe('true')
  })

  const values = fc.constantFrom<unknown>(undefined, null, '', 'password', 'Password', 'x', 5, true)

  it('matches exactly what satisfies SPR on events of other programs', () => {
    const tests = fc.constantFrom(
      '@.reason=="password"',
      '@.reason!="password"',
      '@.user.name=="x"',
      '@.user.name!=""',
      '!(@.reason=="x")'
    )
    const pairs = fc
      .tuple(tests, fc.constantFrom('&&', '||'), tests)
      .map(([one, operator, other]) => `${one} ${operator} ${other}`)
    fc.assert(
      fc.property(pairs, fc.boolean(), values, values, (text, InvertRule, reason, name) => {
        const one = entry([`$[?(${text})]`], { TopicPrefix: 'auth:', InvertRule })
        const filter = compileFilter(alertFilter(one, { reading: 'spr' }))
        const event = { topic: 'auth:failure', value: JSON.stringify({ reason, user: { name } }) }
        expect(filter.matchesEvent(event)).toBe(isSatisfied(one, event))
      })
    )
  })
})
