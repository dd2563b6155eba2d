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

it('takes single bytes in linear time, however many are unread', () => {
  const window = new ByteWindow()
  // The second chunk doubles the buffer, the third fills it.
  for (const length of [1_000_000, 1, 999_999]) window.append(new Uint8Array(length))
  const byte = Uint8Array.of(7)
  const before = performance.now()
  for (let count = 0; count < 100_000; count++) {
    window.skip(1)
    window.append(byte)
  }
  // Moving what is unread for each of them takes many seconds.
  expect(performance.now() - before).toBeLessThan(2_000)
  expect(window.length).toBe(2_000_000)
})
