import { describe, expect, it } from 'vitest'
import { readConntrack } from './conntrack.js'
import { conntrackAt, conntrackBytes, tupleAt } from './packet-layout.js'

// What native/test/message_test.cc packs: TCP over IPv4 with source NAT.
const natted =
  '0000003f000000030000019e00000009deadbeef0000007800050000' +
  '0017060000040a00000100000000000000000000000001010101000000000000000000000000c35001bb00000007' +
  '001706000004010101010000000000000000000000000506070800000000000000000000000001bbc35100000007'

function memory(...parts: Uint8Array[]): ArrayBuffer {
  return Uint8Array.from(Buffer.concat(parts)).buffer
}

function addressOf(bytes: readonly number[]): string | undefined {
  const record = new Uint8Array(conntrackBytes)
  const tuple = record.subarray(conntrackAt.reply)
  tuple.set([0, 1], tupleAt.fields)
  tuple[tupleAt.addressBytes] = 16
  tuple.set(bytes, tupleAt.source)
  return readConntrack(memory(record), 0).reply?.source
}

describe('a connection', () => {
  it('has both ways and all that the kernel says', () => {
    const record = Buffer.from(natted, 'hex')
    expect(readConntrack(memory(Buffer.alloc(3), record), 3)).toEqual({
      original: {
        source: '10.0.0.1',
        destination: '1.1.1.1',
        protocol: 6,
        sourcePort: 50000,
        destinationPort: 443,
        zone: 7
      },
      reply: {
        source: '1.1.1.1',
        destination: '5.6.7.8',
        protocol: 6,
        sourcePort: 443,
        destinationPort: 50001,
        zone: 7
      },
      info: 3,
      status: 0x19e,
      mark: 9,
      id: 0xdeadbeef,
      zone: 5,
      timeoutSeconds: 120
    })
  })

  it('has nothing that was not said', () => {
    expect(readConntrack(new ArrayBuffer(conntrackBytes), 0)).toEqual({})
  })

  it('has IPv6 addresses in their canonical form', () => {
    const at = (bytes: Record<number, number>): number[] => Array.from({ length: 16 }, (_, i) => bytes[i] ?? 0)
    expect(addressOf(at({}))).toBe('::')
    expect(addressOf(at({ 15: 1 }))).toBe('::1')
    expect(addressOf(at({ 0: 0x20, 1: 1, 2: 0x0d, 3: 0xb8 }))).toBe('2001:db8::')
    expect(addressOf(at({ 1: 1, 7: 2, 15: 3 }))).toBe('1:0:0:2::3')
    expect(addressOf(at({ 0: 0x10, 3: 1, 5: 2, 7: 3, 9: 4, 11: 5, 13: 6, 15: 7 }))).toBe('1000:1:2:3:4:5:6:7')
    expect(addressOf(at({ 1: 1, 5: 2, 9: 3, 13: 4 }))).toBe('1:0:2:0:3:0:4:0')
  })
})
