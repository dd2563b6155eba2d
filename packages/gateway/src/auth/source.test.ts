import { describe, expect, it } from 'vitest'
import { isLoopback, LOCAL_SOURCE, lastForwarded, sourceOf } from './source.js'

describe('where a request comes from', () => {
  it.each([
    ['192.0.2.1', '192.0.2.1'],
    ['::ffff:192.0.2.1', '192.0.2.1'],
    ['2001:db8:1:2:3:4:5:6', '2001:db8:1:2::/64'],
    ['2001:DB8:1:2::ffff', '2001:db8:1:2::/64'],
    ['2001:0db8:0001:0002::', '2001:db8:1:2::/64'],
    ['2001:db8::5', '2001:db8:0:0::/64'],
    ['fe80::1%eth0', 'fe80:0:0:0::/64'],
    ['::1', '0:0:0:0::/64'],
    ['64:ff9b::192.0.2.1', '64:ff9b:0:0::/64'],
    ['', LOCAL_SOURCE],
    [undefined, LOCAL_SOURCE]
  ])('%s counts as %s', (address, source) => {
    expect(sourceOf(address)).toBe(source)
  })

  it('is this machine for loopback addresses alone', () => {
    const local = ['127.0.0.1', '127.255.0.9', '::1', '0:0:0:0:0:0:0:1', '::ffff:127.0.0.1']
    const others = ['128.0.0.1', '0.0.0.0', '::', '::2', '::ffff:10.0.0.1', 'fe80::1', 'localhost', '']
    expect(local.filter(isLoopback)).toEqual(local)
    expect(others.filter(isLoopback)).toEqual([])
  })

  it.each([
    ['1.1.1.1', '1.1.1.1'],
    ['spoofed, 1.1.1.1 ,  2001:db8::1 ', '2001:db8::1'],
    ['1.1.1.1, unknown', undefined],
    ['1.1.1.1:80', undefined],
    ['', undefined],
    [undefined, undefined]
  ])('is, behind a proxy that tells %j, %s', (header, address) => {
    expect(lastForwarded(header)).toBe(address)
  })
})
