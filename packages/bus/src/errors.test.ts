import { describe, expect, it, vi } from 'vitest'
import { BusError, osCode } from './errors.js'

describe('BusError', () => {
  it('carries its code, context and cause, and its name', () => {
    const cause = Object.assign(new Error('x'), { code: 'ENOENT' })
    const error = new BusError('BUS_CONNECT', 'message', { path: '/p', topic: 't', cause })
    expect(error).toMatchObject({ name: 'BusError', code: 'BUS_CONNECT', path: '/p', topic: 't', cause })
    expect(String(error)).toBe('BusError: message')
    expect([osCode(cause), osCode('ENOENT'), osCode({ code: 1 })]).toEqual(['ENOENT', undefined, undefined])
  })

  it('is recognised by another copy of the package', async () => {
    vi.resetModules()
    const other = await import('./errors.js')
    expect(other.BusError).not.toBe(BusError)
    expect(new other.BusError('BUS_CLOSED', '')).toBeInstanceOf(BusError)
    expect(new Error('x')).not.toBeInstanceOf(BusError)
    expect(BusError[Symbol.hasInstance](null)).toBe(false)
  })
})
