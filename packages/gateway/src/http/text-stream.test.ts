import { setImmediate } from 'node:timers/promises'
import { describe, expect, it } from 'vitest'
import { streamTexts } from './text-stream.js'

function* slowTexts(count: number, ms: number, size: number): Generator<string, void> {
  for (let index = 0; index < count; index++) {
    const end = performance.now() + ms
    while (performance.now() < end);
    yield String(index % 10).repeat(size)
  }
}

describe('streamTexts', () => {
  it('writes all of them, in order, and ends once', async () => {
    let ends = 0
    const count = (): void => {
      ends += 1
    }
    const text = await new Response(streamTexts(slowTexts(30, 0, 10_000), count)).text()
    expect(text).toBe(Array.from({ length: 30 }, (_, index) => String(index % 10).repeat(10_000)).join(''))
    expect(await new Response(streamTexts(slowTexts(0, 0, 1), count)).text()).toBe('')
    expect(ends).toBe(2)
  })

  it('lets others have their turn, however long a piece takes', async () => {
    const reading = new Response(streamTexts(slowTexts(200, 1, 1), () => undefined)).text()
    let turns = 0
    let isOver = false
    void reading.then(() => {
      isOver = true
    })
    for (; !isOver; turns++) await setImmediate()
    expect(await reading).toHaveLength(200)
    expect(turns).toBeGreaterThan(10)
  })

  it('makes no more than is taken, and nothing once it is cancelled', async () => {
    let made = 0
    let ends = 0
    function* texts(): Generator<string, void> {
      for (;;) {
        made += 1
        yield 'x'.repeat(70_000)
      }
    }
    const reader = streamTexts(texts(), () => {
      ends += 1
    }).getReader()
    await reader.read()
    await setImmediate()
    expect(made).toBeLessThan(4)
    await reader.cancel()
    const before = made
    await setImmediate()
    expect([made, ends]).toEqual([before, 1])
  })

  it('ends, too, when a text cannot be made', async () => {
    let ends = 0
    function* texts(): Generator<string, void> {
      yield 'x'
      throw new RangeError('too deep')
    }
    const reading = new Response(
      streamTexts(texts(), () => {
        ends += 1
      })
    ).text()
    await expect(reading).rejects.toThrow('too deep')
    expect(ends).toBe(1)
  })
})
