import { BlockList, isIP } from 'node:net'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { Address, isInNetwork, parseNetwork } from './address.js'

const address = new Address()
const anyAddress = fc.oneof(fc.ipV4(), fc.ipV6())

/** Texts that are nearly addresses: the hard ones. */
const nearAddress = fc.array(fc.constantFrom('0', '1', '255', '256', '00', 'ff', 'fffff', '.', ':', '::', '/', 'x'), {
  maxLength: 17
})

describe('an address', () => {
  it('is read when Node reads it, and not otherwise', () => {
    fc.assert(
      fc.property(
        fc.oneof(
          anyAddress,
          nearAddress.map(parts => parts.join(''))
        ),
        text => {
          expect(address.readText(text)).toBe(isIP(text) !== 0)
          expect(address.version).toBe(isIP(text))
        }
      ),
      { numRuns: 1000 }
    )
  })

  it('is in a network when Node says so', () => {
    fc.assert(
      fc.property(anyAddress, anyAddress, fc.nat(128), fc.boolean(), (one, other, length, isNear) => {
        const version = isIP(other)
        const bits = length % (version === 4 ? 33 : 129)
        const network = parseNetwork(`${other}/${bits}`)
        const tested = isNear ? other : one
        const list = new BlockList()
        list.addSubnet(other, bits, version === 4 ? 'ipv4' : 'ipv6')
        address.readText(tested)
        const expected = isIP(tested) === version && list.check(tested, version === 4 ? 'ipv4' : 'ipv6')
        expect(network !== undefined && isInNetwork(address, network)).toBe(expected)
      }),
      { numRuns: 1000 }
    )
  })

  it.each([
    '010.0.0.1',
    '1.2.3',
    '1.2.3.4.5',
    '1.2.3.4/',
    '1.2.3.4/33',
    '1.2.3.4/08',
    '::/129',
    '::%eth0',
    '1:::2',
    ':1',
    '1:'
  ])('is not %s', text => {
    expect(parseNetwork(text)).toBeUndefined()
  })
})
