import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { addedMark, isOwned, originalOf, rewrittenMark } from './marker.js'

describe('rewrittenMark', () => {
  it('reads like a note and holds no quote, whatever the rule held', () => {
    expect(rewrittenMark({ log: { prefix: 'DRP:INP ' } })).toBe('packet-logs was=DRP:INP%20')
    const log = { prefix: 'DRP:INP ', level: 'info', flags: ['tcp sequence', 'ether'] }
    expect(rewrittenMark({ log, comment: 'my "own"' })).toBe(
      'packet-logs was=DRP:INP%20 level=info flags=tcp%20sequence,ether comment=my%20%22own%22'
    )
  })

  it('gives up when the original does not fit into a comment, or says something it cannot hold', () => {
    expect(rewrittenMark({ log: { prefix: 'a' }, comment: '#'.repeat(100) })).toBeUndefined()
    expect(rewrittenMark({ log: { prefix: 'a', snaplen: 7 } })).toBeUndefined()
  })

  it('is undone by originalOf', () => {
    const text = fc.string({ maxLength: 12, unit: 'grapheme' })
    const original = fc.record(
      {
        log: fc.record(
          { prefix: text, level: text, flags: fc.constantFrom('all', ['ether', 'skuid']) },
          { requiredKeys: ['prefix'] }
        ),
        comment: text
      },
      { requiredKeys: ['log'] }
    )
    fc.assert(
      fc.property(original, value => {
        const comment = rewrittenMark(value)
        if (comment === undefined) return
        expect(comment).toMatch(/^[\x20-\x7e]{1,127}$/)
        expect(comment).not.toContain('"')
        expect(originalOf({ expr: [], comment })).toEqual(value)
      })
    )
  })
})

describe('isOwned', () => {
  it('knows its own comments and no others', () => {
    expect(isOwned({ expr: [], comment: addedMark() })).toBe(true)
    expect(isOwned({ expr: [], comment: 'packet-logs was=x' })).toBe(true)
    expect(isOwned({ expr: [], comment: 'packet-logsd' })).toBe(false)
    expect(isOwned({ expr: [], comment: 'for packet-logs' })).toBe(false)
    expect(isOwned({ expr: [] })).toBe(false)
  })

  it('does not own a rule whose note was damaged: what stood there is not known any more', () => {
    expect(isOwned({ expr: [], comment: 'packet-logs was=%zz' })).toBe(false)
    expect(originalOf({ expr: [], comment: 'packet-logs' })).toBeUndefined()
  })

  it('does not own a rule that decides, nor one that only mentions it', () => {
    const expr = [{ log: { prefix: 'ssh ', group: 0 } }, { accept: null }]
    expect(isOwned({ expr, comment: addedMark() })).toBe(false)
    expect(isOwned({ expr, comment: addedMark('7') })).toBe(false)
    expect(isOwned({ expr: [], comment: 'packet-logs should not see this' })).toBe(false)
  })
})
