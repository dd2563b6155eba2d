import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { type ConntrackTuple, readConntrack } from '../conntrack.js'
import { writeConntrack } from './conntrack-writer.js'

const u8 = fc.integer({ min: 0, max: 0xff })
const u16 = fc.integer({ min: 0, max: 0xffff })
const u32 = fc.integer({ min: 0, max: 0xffff_ffff })
const required = { requiredKeys: ['source', 'destination', 'protocol'] as const }

function tuple(address: fc.Arbitrary<string>): fc.Arbitrary<ConntrackTuple> {
  const common = { source: address, destination: address, protocol: u8 }
  const ports = { sourcePort: u16, destinationPort: u16 }
  const icmp = { icmpType: u8, icmpCode: u8, icmpId: u16 }
  return fc.oneof(
    fc.record({ ...common, zone: u16 }, { requiredKeys: [...required.requiredKeys] }),
    fc.record({ ...common, ...ports }),
    fc.record({ ...common, ...icmp })
  )
}

// As `URL` writes them, which is RFC 5952's way.
const ipv6 = fc.ipV6().map(text => new URL(`http://[${text}]`).hostname.slice(1, -1))

describe('a connection', () => {
  it('reads as it was written', () => {
    const tuples = fc.oneof(tuple(fc.ipV4()), tuple(ipv6))
    const numbers = { info: u32, status: u32, mark: u32, id: u32, zone: u16, timeoutSeconds: u32 }
    const conntrack = fc.record({ original: tuples, reply: tuples, ...numbers }, { requiredKeys: [] })
    fc.assert(
      fc.property(conntrack, written => {
        expect(readConntrack(writeConntrack(written).buffer as ArrayBuffer, 0)).toEqual(written)
      })
    )
  })

  it('has addresses, or is refused', () => {
    const original = { source: 'localhost', destination: '::1' }
    expect(() => writeConntrack({ original })).toThrow(/conntrack addresses must be IP addresses, not localhost/)
  })
})
