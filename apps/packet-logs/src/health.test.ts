import { expect, it } from 'vitest'
import { healthOf } from './health.js'

const isCapturing = (): boolean => true

it('is well when packets are read and outputs are open', () => {
  expect(healthOf({ isCapturing, outputs: () => [{ name: 'stdout', isOpen: true }] })).toEqual({
    ok: true,
    degraded: false,
    capture: 'running',
    outputsFailing: []
  })
})

it('is well with a FIFO that nobody reads', () => {
  expect(healthOf({ isCapturing, outputs: () => [{ name: 'fifo:/x', isOpen: false }] })).toMatchObject({
    ok: true,
    degraded: false
  })
})

it('names the outputs that fail', () => {
  const outputs = [
    { name: 'tcp:siem:514', isOpen: false, lastError: 'ECONNREFUSED' },
    { name: 'stdout', isOpen: true, lastError: 'of yesterday' }
  ]
  expect(healthOf({ isCapturing, outputs: () => outputs })).toMatchObject({
    ok: true,
    degraded: true,
    outputsFailing: ['tcp:siem:514']
  })
})

it('is not well when packets are not read any more', () => {
  expect(healthOf({ isCapturing: () => false, outputs: () => [] })).toMatchObject({ ok: false, capture: 'ended' })
})
