import fc from 'fast-check'
import { expect, it } from 'vitest'
import { ByteWindow } from './byte-window.js'

const step = fc.oneof(
  fc.record({ append: fc.uint8Array({ maxLength: 30 }) }),
  fc.record({ skip: fc.integer({ min: 0, max: 40 }) })
)

it('gives the same bytes at the same offsets as the plain concatenation of its chunks', () => {
  fc.assert(
    fc.property(fc.array(step, { maxLength: 60 }), steps => {
      const window = new ByteWindow()
      let stream: number[] = []
      let read = 0
      for (const action of steps) {
        if ('append' in action) {
          window.append(action.append)
          stream = [...stream, ...action.append]
        } else {
          window.skip(action.skip)
          read += action.skip
        }
        const unread = stream.slice(read)
        expect(window.length).toBe(unread.length)
        expect(window.offset).toBe(Math.min(read, stream.length))
        expect([...window.copy(0, window.length)]).toEqual(unread)
      }
    })
  )
})

it('hands out copies that later bytes do not change', () => {
  const window = new ByteWindow()
  window.append(Uint8Array.of(1, 2, 3))
  const copy = window.copy(0, 3)
  window.skip(3)
  window.append(Uint8Array.of(9, 9, 9))
  expect([...copy]).toEqual([1, 2, 3])
})

it('takes a million single bytes in linear time', () => {
  const window = new ByteWindow()
  const byte = Uint8Array.of(7)
  const before = performance.now()
  for (let count = 0; count < 1_000_000; count++) {
    window.append(byte)
    if (count % 3 === 0) window.skip(1)
  }
  // Quadratic moving takes minutes.
  expect(performance.now() - before).toBeLessThan(5_000)
  expect(window.length).toBe(1_000_000 - 333_334)
})
