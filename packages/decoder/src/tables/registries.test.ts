import { expect, it } from 'vitest'
import { ByteReader } from '../bytes/reader.js'
import { dns } from '../protocols/dns/dns.js'
import { strictRegistry } from './registries.js'

const nothing = new ByteReader()
const PORTS = Array.from({ length: 65_536 }, (_, port) => port)

it('does not ask for the source port where SPR knows the destination', () => {
  const registry = strictRegistry()
  expect(PORTS.filter(port => registry.afterUdp(53, port, nothing, 0, 0) !== dns)).toEqual([
    67, 68, 123, 546, 547, 623, 1812, 2152, 3784, 4789, 5060, 6081, 6343
  ])
  expect(PORTS.filter(port => registry.afterTcp(53, port, nothing, 0, 0) !== dns)).toEqual([
    443, 502, 636, 989, 990, 992, 993, 994, 995, 5061
  ])
})

it('reads on behind IPv4 only where SPR does', () => {
  const registry = strictRegistry()
  const numbers = Array.from({ length: 256 }, (_, number) => number)
  expect(numbers.filter(number => registry.afterIpv4(number) !== undefined)).toEqual([4, 6, 17, 94])
})
