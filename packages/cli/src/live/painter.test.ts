import { describe, expect, it } from 'vitest'
import { Painter } from './painter.js'

describe('Painter', () => {
  it('draws everything first, then only the rows that changed, and nothing when none did', () => {
    const painter = new Painter()
    expect(painter.paint({ lines: ['a', 'b'] })).toContain('\x1b[2J')
    expect(painter.paint({ lines: ['a', 'b'] })).toBe('')
    const change = painter.paint({ lines: ['a', 'c'] })
    expect(change).toContain('\x1b[2;1H')
    expect(change).not.toContain('\x1b[1;1H')
    painter.forget()
    expect(painter.paint({ lines: ['a', 'c'] })).toContain('\x1b[1;1H')
  })

  it('shows the cursor where something is typed, and hides it again', () => {
    const painter = new Painter()
    const lines = ['/a']
    expect(painter.paint({ lines, cursor: { row: 0, column: 2 } })).toMatch(/\[1;3H.\[\?25h$/)
    expect(painter.paint({ lines, cursor: { row: 0, column: 1 } })).toMatch(/^.\[1;2H.\[\?25h$/)
    expect(painter.paint({ lines })).toMatch(/\[\?25l$/)
  })
})
