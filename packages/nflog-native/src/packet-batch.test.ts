import { describe, expect, it } from 'vitest'
import { createFakeNflog } from './testing/index.js'

/** What a packet of these bytes says about its length when only `copyBytes` of it were copied. */
async function originalLength(payload: Uint8Array, copyBytes: number, etherType?: number): Promise<number | undefined> {
  const fake = createFakeNflog()
  await using socket = fake.openNflog({ groups: 1, copyBytes })
  fake.log({ group: 1, payload, ...(etherType !== undefined && { etherType }) })
  fake.flush()
  return socket.tryRead()?.originalLength
}

function bytes(size: number, start: string): Uint8Array {
  const all = new Uint8Array(size)
  all.set(Buffer.from(start.replaceAll(' ', ''), 'hex'))
  return all
}

const addresses = '00'.repeat(32)

describe('the original length', () => {
  it.each([
    ['IPv4', bytes(100, '4500 0064'), 20, 100],
    ['IPv4, of which only four bytes were copied', bytes(100, '4500 0064'), 4, 100],
    ['IPv4, of which fewer were copied', bytes(100, '4500 0064'), 3, undefined],
    ['IPv4, padded by Ethernet', bytes(46, '4500 001c'), 46, 46],
    ['IPv4 beyond 16 bits', bytes(100, '4500 0000'), 60, undefined],
    ['IPv6', bytes(100, '6000 0000 003c 11'), 40, 100],
    ['IPv6, of which fewer than six bytes were copied', bytes(100, '6000 0000 003c 11'), 5, undefined],
    ['IPv6 with nothing behind its header', bytes(40, '6000 0000 0000 3b'), 40, 40],
    ['IPv6 beyond 16 bits', bytes(100, '6000 0000 0000 06'), 60, undefined],
    ['IPv6 jumbo', bytes(100, `6000 0000 0000 00 40 ${addresses} 0600 c204 0002 0000`), 60, 131_112],
    [
      'IPv6 jumbo, cut before its length',
      bytes(100, `6000 0000 0000 00 40 ${addresses} 0600 c204 0002 0000`),
      47,
      undefined
    ]
  ])('of %s', async (_, payload, copyBytes, expected) => {
    expect(await originalLength(payload, copyBytes)).toBe(expected)
  })

  it('is not known of another protocol', async () => {
    expect(await originalLength(bytes(28, '0001 0800'), 28, 0x0806)).toBeUndefined()
  })
})
