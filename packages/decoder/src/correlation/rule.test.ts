import { describe, expect, it } from 'vitest'
import { logged } from '../../test/build.js'
import type { LoggedPacket } from '../logged-packet.js'
import { directionOf } from './direction.js'
import { parseRule } from './rule.js'

describe('parseRule', () => {
  it.each([
    ['drop:input#17 ', { name: 'drop:input', id: '17' }],
    ['wan:out#fw/forward/3', { name: 'wan:out', id: 'fw/forward/3' }],
    ['a#b#c ', { name: 'a#b', id: 'c' }],
    ['#7', { name: '', id: '7' }]
  ])('reads name and identity: %s', (prefix, rule) => {
    expect(parseRule(prefix)).toEqual(rule)
  })

  it.each(['drop:input ', '', '#', 'a# ', 'a#b c', `a#${'x'.repeat(127)}`])('finds no identity in "%s"', prefix => {
    expect(parseRule(prefix)).toBeUndefined()
  })
})

describe('directionOf', () => {
  const of = (prefix: string, more: Partial<LoggedPacket> = {}): string | undefined =>
    directionOf(logged(new Uint8Array(0), { prefix, ...more }))

  it('believes what the rule calls itself', () => {
    const forward = { hook: 2, inDevice: 'lan0', outDevice: 'wan0' }
    for (const prefix of ['wan:out ', 'WAN:OUT#17 ', 'drop:output']) expect(of(prefix, forward)).toBe('out')
    for (const prefix of ['lan:in ', 'drop:input ', 'DRP:INP ']) expect(of(prefix, forward)).toBe('in')
    for (const prefix of ['drop:forward ', 'DRP:FWD ']) expect(of(prefix, { hook: 1 })).toBe('forward')
  })

  it('goes by hook and devices when the rule says nothing', () => {
    expect(of('main ', { hook: 1 })).toBe('in')
    expect(of('', { hook: 2 })).toBe('forward')
    expect(of('', { hook: 3 })).toBe('out')
    expect(of('', { hook: 0, inDevice: 'eth0', outDevice: '' })).toBe('in')
    expect(of('', { hook: 4, outDevice: 'eth0' })).toBe('out')
    expect(of('', { inDevice: 'lan0', outDevice: 'wan0' })).toBe('forward')
    expect(of('', { hook: 1, inDevice: 'lo' })).toBe('local')
    expect(of('', { family: 5, hook: 0 })).toBe('in')
    expect(of('', { family: 5, hook: 1 })).toBe('out')
    expect(of('drop:pfw ')).toBeUndefined()
  })
})
