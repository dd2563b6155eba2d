import { PassThrough, Writable } from 'node:stream'
import { describe, expect, it } from 'vitest'
import { OutputError, takesColor, write } from './io.js'

describe('takesColor', () => {
  const terminal = { isTTY: true }
  it.each([
    [terminal, {}, true],
    [{}, {}, false],
    [terminal, { NO_COLOR: '1' }, false],
    [terminal, { NO_COLOR: '' }, true],
    [terminal, { TERM: 'dumb' }, false],
    [{}, { FORCE_COLOR: '1' }, true],
    [{}, { FORCE_COLOR: '' }, true],
    [terminal, { FORCE_COLOR: '0' }, false],
    [{}, { FORCE_COLOR: '1', NO_COLOR: '1' }, false]
  ])('for %j under %j is %j', (stream, env, expected) => {
    expect(takesColor(stream, env)).toBe(expected)
  })
})

describe('write', () => {
  it('waits for a slow reader', async () => {
    const stream = new PassThrough({ highWaterMark: 4 })
    let written = false
    const writing = write(stream, 'more than four').then(() => {
      written = true
    })
    await new Promise(resolve => setImmediate(resolve))
    expect(written).toBe(false)
    stream.resume()
    await writing
    expect(written).toBe(true)
  })

  it('fails when the output cannot be written, unless its reader has seen enough', async () => {
    const failing = (code: string): Writable => {
      const stream = new Writable({
        write: (_chunk, _encoding, done) => done(Object.assign(new Error(code), { code }))
      })
      return stream.on('error', () => undefined)
    }
    await expect(write(failing('ENOSPC'), 'text')).rejects.toThrow(OutputError)
    await write(failing('EPIPE'), 'text')
  })

  it('waits no longer once the command ends or the reader is gone', async () => {
    const stuck = (): Writable => new Writable({ highWaterMark: 1, write: () => undefined })
    const ending = new AbortController()
    const aborted = write(stuck(), 'text', ending.signal)
    ending.abort()
    await aborted
    await write(stuck(), 'text', ending.signal)
    const gone = stuck()
    const broken = write(gone, 'text')
    gone.on('error', () => undefined).destroy(new Error('EPIPE'))
    await broken
    await write(gone, 'text')
    expect(gone.listenerCount('drain')).toBe(0)
  })
})
