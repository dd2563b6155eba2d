import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { RuleError } from '../errors.js'
import { lintNotifications } from './lint.js'
import { formatNotifications, parseNotifications } from './read.js'

const one = (conditions: object, notification = true): string =>
  JSON.stringify([{ Conditions: conditions, Notification: notification }])

const codesOf = (text: string): string[] => lintNotifications(text).findings.map(({ code }) => code)

describe('lintNotifications', () => {
  it.each([
    [{ Prefix: 'nft:drop:input', Protocol: 'tcp', DstPort: 22, SrcIP: '10.0.0.1' }, []],
    [{}, ['everything-shown']],
    [{ Prefix: 'drop:input' }, ['without-nft']],
    [{ Prefix: 'nft:drop:input ' }, ['prefix-not-whole']],
    [{ Prefix: 'nft:' }, ['prefix-not-whole']],
    [{ Prefix: 'nft:DRP:INP' }, ['other-prefix-case']],
    [{ Protocol: 'TCP' }, ['ignored-protocol']],
    [{ Protocol: 'icmp', Prefix: 'nft:lan:in' }, ['ignored-protocol']],
    [{ DstPort: 22 }, ['ignored-port']],
    [{ Protocol: 'Tcp', SrcPort: 1, DstPort: 22 }, ['ignored-protocol', 'ignored-port', 'ignored-port']],
    [{ Protocol: 'tcp', DstPort: 70000 }, ['impossible-port']],
    [{ SrcIP: '10.0.0.0/8' }, ['address-not-exact']],
    [{ DstIP: '2001:db8::1' }, ['address-not-exact']],
    [{ DstIP: ' 10.0.0.1' }, ['address-not-exact']],
    [{ DstIP: '010.0.0.1' }, ['impossible-address']],
    [{ DestIp: '10.0.0.1', Prefix: 'nft:lan:in' }, ['old-key']],
    [{ DestPort: 1, srcip: '10.0.0.1' }, ['old-key']],
    [{ Destination: 'a', Prefix: 'nft:lan:in' }, ['unknown-key']]
  ])('finds in %j: %j', (conditions, codes) => {
    expect(codesOf(one(conditions))).toEqual(codes)
  })

  it.each([
    [{}, 'everything-sent', 'without conditions'],
    [{ DstPort: 22 }, 'everything-sent', 'does not look at the other conditions'],
    [{ Prefix: 'nft:lan:in' }, 'switched-off', 'does not mute']
  ])('explains Notification false with %j', (conditions, code, words) => {
    const [finding] = lintNotifications(one(conditions, false)).findings
    expect(finding?.code).toBe(code)
    expect(finding?.message).toContain(words)
  })

  it('finds entries that an earlier one keeps from being asked', () => {
    const entries = [
      { Conditions: { Protocol: 'icmp', DstPort: 5, Prefix: 'nft:wan:in' }, Notification: true },
      { Conditions: { Protocol: 'tcp', DstPort: 22, Prefix: 'nft:wan:in' }, Notification: true },
      { Conditions: { Protocol: 'tcp', DstPort: 22, Prefix: 'nft:lan:in' }, Notification: true }
    ]
    const { findings } = lintNotifications(JSON.stringify(entries))
    expect(findings.filter(({ code }) => code === 'unreachable-entry')).toMatchObject([{ entry: 1, path: '[1]' }])
  })

  it('takes no longer than the file is long', () => {
    const took = [4000, 16_000].map(length => {
      const entries = Array.from({ length }, (_, index) => ({
        Conditions: { Protocol: 'tcp', DstPort: index + 1, typo: 1 },
        Notification: true
      }))
      const start = performance.now()
      expect(lintNotifications(JSON.stringify(entries)).findings.length).toBe(length)
      return performance.now() - start
    })
    // Four times the entries: 16 times the time would be each looked at with each.
    expect(took[1]).toBeLessThan(12 * (took[0] ?? 0))
  })

  it('names line and path, and gives each entry as a filter', () => {
    const text =
      '[\n {"Conditions":{"Prefix":"nft:lan:in"},"Notification":true},\n\n {"Conditions":{"DstPort":22},\n"Notification":true}\n]'
    const { findings, filters } = lintNotifications(text)
    expect(findings).toMatchObject([{ line: 4, entry: 1, path: '[1].Conditions.DstPort' }])
    expect(filters).toEqual(['(topic == "nft:lan:in" || topic.startsWith("nft:lan:in:"))', 'dst.port == 22'])
  })

  it('says nothing to the terminal it is printed on', () => {
    const { findings } = lintNotifications(one({ Prefix: '\u001b[31m', Protocol: '\u009b', SrcIP: '\u202e' }))
    expect(findings.length).toBe(3)
    expect(findings.map(({ message }) => message).join()).not.toMatch(/\p{Cc}|\p{Cf}/u)
  })
})

describe('parseNotifications', () => {
  it('reads keys in any case, and null for nothing', () => {
    const text = '[{"conditions":{"dstip":"1.2.3.4","DSTPORT":null,"Prefix":null},"NOTIFICATION":true},null,{}]'
    const [first, second, third] = parseNotifications(text)
    expect(first).toMatchObject({ Conditions: { DstIP: '1.2.3.4', DstPort: 0, Prefix: '' }, Notification: true })
    expect(second).toEqual(third)
    expect(second?.Notification).toBe(false)
    expect(parseNotifications('null')).toEqual([])
  })

  it.each([
    ['{}', 1, '', 'must be a list'],
    ['[\n{"Notification":true},\n', 3, '', 'is not JSON'],
    ['[\n\n{"Conditions":{"DstPort":"22"}}]', 3, '[0].Conditions.DstPort', 'whole number, without quotes'],
    ['[{"Conditions":{"DstPort":2.5}}]', 1, '[0].Conditions.DstPort', 'whole number'],
    ['[{},\n{"Conditions":{"SrcIP":1}}]', 2, '[1].Conditions.SrcIP', 'must be a text'],
    ['[{"Notification":"true"}]', 1, '[0].Notification', 'true or false'],
    ['[{"Conditions":[]}]', 1, '[0].Conditions', 'must be an object'],
    ['[7]', 1, '[0]', 'must be an object']
  ])('refuses %j and says where', (text, line, path, message) => {
    let error: unknown
    try {
      parseNotifications(text, 'n.json')
    } catch (thrown) {
      error = thrown
    }
    expect(error).toBeInstanceOf(RuleError)
    expect(error).toMatchObject({ code: 'RULE_INVALID', problems: [{ file: 'n.json', line, path }] })
    expect((error as RuleError).message).toContain(message)
    expect((error as RuleError).message).toContain(`n.json:${line}: `)
  })

  it('reads what it wrote, and never throws anything else', () => {
    fc.assert(
      fc.property(fc.oneof(fc.json(), fc.string({ unit: 'binary' })), text => {
        try {
          const entries = parseNotifications(text)
          expect(parseNotifications(formatNotifications(entries))).toEqual(entries)
        } catch (error) {
          expect(error).toBeInstanceOf(RuleError)
        }
      })
    )
  })

  it('writes as SPR does', () => {
    const [entry] = parseNotifications(one({ Prefix: 'nft:lan:in' }))
    expect(entry && formatNotifications([entry])).toBe(
      '[\n {\n  "Conditions": {\n   "Prefix": "nft:lan:in",\n   "Protocol": "",\n   "DstIP": "",\n   "DstPort": 0,\n   "SrcIP": "",\n   "SrcPort": 0,\n   "InDev": "",\n   "OutDev": ""\n  },\n  "Notification": true\n }\n]'
    )
  })
})
