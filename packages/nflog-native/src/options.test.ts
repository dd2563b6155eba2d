import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { type NflogOptions, parseChanges, parseOptions, toNativeConfig } from './options.js'

describe('options', () => {
  it('have defaults that batch in the kernel, and wait for its next tick at most', () => {
    const settings = parseOptions({ groups: 5 })
    expect(settings.groups).toEqual([5])
    expect(toNativeConfig(settings)).toEqual({
      groups: Uint16Array.of(5),
      copyMode: 2,
      copyRange: 65531,
      netlinkBufferBytes: 65024,
      flushCentiseconds: 0,
      queueThreshold: 256,
      flags: 1,
      receiveBufferBytes: 32 * 1024 * 1024,
      receiveBufferMaxBytes: 64 * 1024 * 1024,
      silenceOverruns: false,
      reportOverruns: false
    })
  })

  it.each<[NflogOptions, object]>([
    [
      { groups: 1, copyBytes: 0 },
      { copyMode: 1, copyRange: 0 }
    ],
    [
      { groups: 1, copyBytes: 128 },
      { copyMode: 2, copyRange: 128 }
    ],
    [{ groups: 1, flushMs: 0 }, { flushCentiseconds: 0 }],
    [{ groups: 1, flushMs: 11 }, { flushCentiseconds: 2 }],
    [{ groups: 1, sequence: false }, { flags: 0 }],
    [{ groups: 1, sequence: 'global' }, { flags: 3 }],
    [{ groups: 1, conntrack: true }, { flags: 5 }],
    [
      { groups: 1, overrun: 'ignore' },
      { silenceOverruns: true, reportOverruns: false }
    ],
    [
      { groups: 1, overrun: 'throw' },
      { silenceOverruns: false, reportOverruns: true }
    ],
    [
      { groups: 1, receiveBufferBytes: 2 ** 27 },
      { receiveBufferBytes: 2 ** 27, receiveBufferMaxBytes: 2 ** 27 }
    ],
    [
      { groups: 1, receiveBufferMaxBytes: 2 ** 20 },
      { receiveBufferBytes: 2 ** 20, receiveBufferMaxBytes: 2 ** 20 }
    ]
  ])('%j become %j', (options, native) => {
    expect(toNativeConfig(parseOptions(options))).toMatchObject(native)
  })

  it.each<[keyof NflogOptions, unknown]>([
    ['groups', 65536],
    ['groups', -1],
    ['groups', 0.5],
    ['groups', []],
    ['groups', [3, 3]],
    ['copyBytes', 65532],
    ['queueThreshold', 0],
    ['flushMs', 3_600_001],
    ['netlinkBufferBytes', 8191],
    ['netlinkBufferBytes', 131073],
    ['receiveBufferBytes', 2 ** 30],
    ['receiveBufferMaxBytes', 4095],
    ['flushMs', Number.NaN]
  ])('refuse %s: %j with a RangeError that names it', (name, value) => {
    expect(() => parseOptions({ groups: 1, [name]: value })).toThrow(RangeError)
    expect(() => parseOptions({ groups: 1, [name]: value })).toThrow(name)
  })

  it.each([
    ['groups', '1'],
    ['groups', undefined],
    ['copyBytes', '1'],
    ['sequence', 'local'],
    ['overrun', 'drop'],
    ['conntrack', 1],
    ['signal', {}],
    ['queueTreshold', 1]
  ])('refuse %s: %j with a TypeError that names it', (name, value) => {
    const options = { groups: 1, [name]: value } as unknown as NflogOptions
    expect(() => parseOptions(options)).toThrow(TypeError)
    expect(() => parseOptions(options)).toThrow(name)
  })

  it.each([undefined, null, 5, 'groups'])('are refused that are no object: %j', options => {
    expect(() => parseOptions(options as unknown as NflogOptions)).toThrow(TypeError)
    expect(() => parseOptions(options as unknown as NflogOptions)).toThrow('options must be an object')
  })

  it('accept what the kernel accepts and nothing else', () => {
    fc.assert(
      fc.property(fc.integer({ min: -10, max: 140_000 }), bytes => {
        const isFine = bytes >= 8192 && bytes <= 131_072
        const parse = (): unknown => parseOptions({ groups: 0, netlinkBufferBytes: bytes })
        if (isFine) parse()
        else expect(parse).toThrow(RangeError)
      })
    )
  })

  it('are what the kernel makes of them', () => {
    expect(parseOptions({ groups: 1, flushMs: 11 }).flushMs).toBe(20)
    expect(() => parseOptions({ groups: 1, receiveBufferBytes: 10_000, receiveBufferMaxBytes: 9999 })).toThrow(
      /receiveBufferMaxBytes must not be less than receiveBufferBytes/
    )
  })

  it('change only what a change names', () => {
    const settings = parseOptions({ groups: 1, copyBytes: 100 })
    expect(parseChanges(settings, { flushMs: 50, queueThreshold: undefined })).toEqual({ ...settings, flushMs: 50 })
    expect(parseChanges(settings, { groups: [2, 3], conntrack: true })).toEqual({
      ...settings,
      groups: [2, 3],
      conntrack: true
    })
    const more = parseChanges(settings, { receiveBufferBytes: 2 ** 28 })
    expect(more).toMatchObject({ receiveBufferBytes: 2 ** 28, receiveBufferMaxBytes: 2 ** 28 })
    expect(() => parseChanges(settings, { groups: [] })).toThrow(RangeError)
    expect(() => parseChanges(settings, { signal: AbortSignal.abort() } as object)).toThrow(/unknown option signal/)
  })
})
