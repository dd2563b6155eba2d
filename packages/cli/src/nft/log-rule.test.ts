import { describe, expect, it } from 'vitest'
import { formatRule } from './format.js'
import { checkDevice, parseLogRule, toRuleBody } from './log-rule.js'

describe('parseLogRule', () => {
  it('reads prefix, hook and every option, and ends the prefix in a blank', () => {
    const text = 'wan:out@forward:iif!=lo,eth1:oif=eth0:family=ip6:group=7:snaplen=128:queue=5:limit=100/minute:burst=9'
    expect(parseLogRule(text)).toEqual({
      hook: 'forward',
      prefix: 'wan:out ',
      group: 7,
      family: 'ip6',
      inDevice: { op: '!=', names: ['lo', 'eth1'] },
      outDevice: { op: '==', names: ['eth0'] },
      snaplen: 128,
      queueThreshold: 5,
      limit: { rate: 100, per: 'minute', burst: 9 }
    })
  })

  it('logs to group 0 when no group is named', () => {
    expect(parseLogRule('lan:in @input')).toEqual({ hook: 'input', prefix: 'lan:in ', group: 0 })
  })

  it.each([
    ['wan:out', 'is not PREFIX[#ID]@HOOK'],
    ['wan:out@ingress', 'HOOK one of'],
    ['@input', 'prefix is empty'],
    ['a"b@input', 'quote'],
    ['a\\b@input', 'backslash'],
    ['a\u001b[2J@input', 'control character'],
    [`${'x'.repeat(127)}@input`, '128 bytes'],
    [`${'é'.repeat(64)}@input`, '129 bytes'],
    ['a#@input', 'the identity behind # is'],
    [`a#${'x'.repeat(33)}@input`, 'the identity behind # is'],
    ['a@input:dir=up', 'is not in or out'],
    ['a@input:dir=in', 'needs to know the uplink'],
    ['a@input:group=65536', 'group is 65536'],
    ['a@input:group=-1', '"group=-1" is not a whole number'],
    ['a@input:group=1.5', '"group=1.5" is not a whole number'],
    ['a@input:group=0x10', '"group=0x10" is not a whole number'],
    ['a@input:snaplen=1e3', '"snaplen=1e3" is not a whole number'],
    ['a@input:group=1:group=2', 'group is given twice'],
    ['a@input:snaplen=0', 'snaplen is 0'],
    ['a@input:snaplen=65536', 'snaplen is 65536'],
    ['a@input:queue=70000', 'queue is 70000'],
    ['a@input:limit=0/second', 'limit is 0'],
    ['a@input:limit=5/fortnight', 'not a rate'],
    ['a@input:burst=5', 'needs a limit'],
    ['a@input:family=arp', 'not ip or ip6'],
    ['a@input:colour=red', 'is not one of'],
    ['a@input:group', 'is not one of'],
    ['a@input:group!=1', 'cannot take !='],
    ['a@input:oif=eth0', 'no output device at input'],
    ['a@output:iif=eth0', 'no input device at output'],
    ['a@input:iif=eth0,', '"" is not the name'],
    ['a@input:iif=@uplinks', 'is not the name']
  ])('refuses %j', (text, message) => {
    expect(() => parseLogRule(text)).toThrow(RangeError)
    expect(() => parseLogRule(text)).toThrow(message)
  })
})

describe('checkDevice', () => {
  it.each(['eth0', 'wlan0.2', 'br-lan', 'ppp*', 'a'.repeat(15), 'ünïcode'])('accepts %j', name => {
    expect(() => checkDevice(name)).not.toThrow()
  })

  it.each(['', '.', '..', '*', 'a b', 'a/b', 'a:b', '"', 'a*b', 'a'.repeat(16), '@set', '{', 'a\nb', 'a\u0000'])(
    'refuses %j',
    name => {
      expect(() => checkDevice(name)).toThrow(RangeError)
    }
  )
})

describe('toRuleBody', () => {
  it('limits the log only: nothing in the rule decides about a packet', () => {
    const body = toRuleBody(parseLogRule('a@forward:oif=eth0:limit=10/second'))
    const kinds = body.expr.flatMap(statement => Object.keys(statement))
    expect(kinds).toEqual(['match', 'limit', 'counter', 'log'])
    expect(body.comment).toBe('packet-logs')
  })

  it('turns several devices into one sorted set without doubles', () => {
    const body = toRuleBody(parseLogRule('a@input:iif=eth1,eth0,eth1'))
    const right = { set: ['eth0', 'eth1'] }
    expect(body.expr[0]).toEqual({ match: { op: '==', left: { meta: { key: 'iifname' } }, right } })
  })
})

describe('a direction', () => {
  it('stands for the uplinks on its side', () => {
    expect(parseLogRule('a@input:dir=in', ['wan0'])).toEqual(parseLogRule('a@input:iif=wan0'))
    expect(parseLogRule('a@forward:dir=out', ['wan0', 'wan1'])).toEqual(parseLogRule('a@forward:oif=wan0,wan1'))
  })

  it('may be narrowed on the other side only', () => {
    expect(parseLogRule('a@forward:dir=out:iif=lan0', ['wan0'])).toEqual(parseLogRule('a@forward:iif=lan0:oif=wan0'))
    expect(() => parseLogRule('a@forward:dir=out:oif=lan0', ['wan0'])).toThrow('on the same side')
    expect(() => parseLogRule('a@input:dir=out', ['wan0'])).toThrow('no output device at input')
  })
})

describe('the identity of a rule', () => {
  it('stands in its prefix, for events, and in its comment, for whoever reads the ruleset', () => {
    const rule = parseLogRule('wan:out#17@forward')
    expect(formatRule(toRuleBody(rule))).toContain('log prefix "wan:out#17 " group 0 comment "packet-logs id=17"')
  })
})
