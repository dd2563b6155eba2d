import { expect, it } from 'vitest'
import { createAddressTagger, networkOf } from './address-tags.js'

it.each([
  ['192.168.2.77', '192.168.2.0/24'],
  ['255.255.255.255', '255.255.255.0/24'],
  ['2001:db8:1:2:3::4', '2001:db8:1::/48'],
  ['fe80::1%eth0', 'fe80::/48'],
  ['::ffff:10.1.2.3', '::/48'],
  ['::', '::/48'],
  ['nowhere', undefined],
  ['', undefined]
])('puts %s into %s', (address, network) => {
  expect(networkOf(address, 24, 48)).toBe(network)
})

it.each([
  [0, 0, '0.0.0.0/0', '::/0'],
  [32, 128, '10.1.2.255', '2001:db8:0:0:0:0:0:ff']
])('takes %d and %d bits', (bits4, bits6, ipv4, ipv6) => {
  expect(networkOf('10.1.2.255', bits4, bits6)).toBe(bits4 ? `${ipv4}/32` : ipv4)
  expect(networkOf('2001:db8::ff', bits4, bits6)).toBe(bits6 ? `${ipv6}/128` : ipv6)
})

it('names the busiest, and lets newcomers in slowly', () => {
  let nowMs = 0
  const tag = createAddressTagger({ kind: 'top', count: 10 }, () => nowMs)
  const named = (): Set<string | undefined> => {
    const values = new Set<string | undefined>()
    for (let host = 0; host < 200; host += 1) values.add(tag?.(`10.0.0.${host}`))
    return values
  }
  expect(named().size).toBe(11)
  for (let times = 0; times < 500; times += 1) expect(tag?.('10.0.1.1')).toBe('other')
  nowMs += 600_000
  tag?.('10.0.1.1')
  expect(tag?.('10.0.1.1')).toBe('10.0.1.1')
  expect(named().size).toBe(10)
  expect(tag?.('nowhere')).toBeUndefined()
})

it('counts a bounded number of addresses', () => {
  const tag = createAddressTagger({ kind: 'top', count: 5 })
  const before = process.memoryUsage().heapUsed
  for (let index = 0; index < 200_000; index += 1) tag?.(`10.${index >> 16}.${(index >> 8) & 255}.${index & 255}`)
  expect(process.memoryUsage().heapUsed - before).toBeLessThan(60_000_000)
})
