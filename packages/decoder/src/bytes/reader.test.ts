import { describe, expect, it } from 'vitest'
import { ByteReader } from './reader.js'

function over(...bytes: number[]): ByteReader {
  const reader = new ByteReader()
  reader.reset(Uint8Array.from(bytes))
  return reader
}

describe('ByteReader', () => {
  it('reads big-endian numbers', () => {
    const reader = over(0xff, 0xfe, 0xfd, 0xfc)
    expect([reader.u8(0), reader.u16(0), reader.u24(0), reader.u32(0)]).toEqual([0xff, 0xfffe, 0xfffefd, 0xfffefdfc])
  })

  it('gives 0 for every byte outside', () => {
    const reader = over(0xff)
    expect([reader.u8(1), reader.u8(-1), reader.u16(0), reader.u24(0), reader.u32(0)]).toEqual([
      0, 0, 0xff00, 0xff0000, 0xff000000
    ])
  })

  it('clamps views to what is there', () => {
    const reader = over(1, 2, 3)
    expect([...reader.view(1, 99)]).toEqual([2, 3])
    expect([...reader.view(-5, 1)]).toEqual([1])
    expect([...reader.view(2, 1)]).toEqual([])
    expect([...reader.view(9, 12)]).toEqual([])
  })

  it('holds nothing before the first reset', () => {
    expect(new ByteReader().length).toBe(0)
  })
})
