import { describe, expect, it } from 'vitest'
import { createPace } from './pace.js'

describe('createPace', () => {
  it('waits as long as time passed between events, divided by the speed', async () => {
    const pace = createPace(10, new AbortController().signal)
    expect(pace.wait(5_000)).toBeUndefined()
    const startMs = performance.now()
    await pace.wait(5_500)
    const tookMs = performance.now() - startMs
    expect(tookMs).toBeGreaterThan(45)
    expect(tookMs).toBeLessThan(450)
  })

  it('does not wait for events without time, from the past, or at full speed', () => {
    const { signal } = new AbortController()
    const pace = createPace(1, signal)
    expect(pace.wait(5_000)).toBeUndefined()
    expect(pace.wait(undefined)).toBeUndefined()
    expect(pace.wait(4_000)).toBeUndefined()
    const fastest = createPace(Number.POSITIVE_INFINITY, signal)
    expect(fastest.wait(0)).toBeUndefined()
    expect(fastest.wait(1e12)).toBeUndefined()
  })

  it('ends waiting when told to', async () => {
    const ending = new AbortController()
    const pace = createPace(1, ending.signal)
    void pace.wait(0)
    const waiting = pace.wait(60_000)
    ending.abort()
    await expect(waiting).rejects.toThrow(/abort/i)
  })
})
