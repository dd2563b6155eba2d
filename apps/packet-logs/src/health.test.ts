import { expect, it } from 'vitest'
import { type HealthSources, healthOf } from './health.js'

const well: HealthSources = {
  isCapturing: () => true,
  isBusConnected: () => true,
  ruleProblems: () => 0,
  outputs: () => [{ name: 'stdout', isOpen: true }]
}

it('is well when everything is', () => {
  expect(healthOf(well)).toEqual({
    ok: true,
    status: 'ok',
    capture: 'running',
    bus: 'connected',
    ruleProblems: 0,
    outputsFailing: []
  })
})

it.each<[string, Partial<HealthSources>, object]>([
  ['without its bus', { isBusConnected: () => false }, { bus: 'away' }],
  ['with a rule file that is broken', { ruleProblems: () => 2 }, { ruleProblems: 2 }],
  [
    'with an output that fails',
    { outputs: () => [{ name: 'tcp:siem:514', isOpen: false, lastError: 'ECONNREFUSED' }] },
    { outputsFailing: ['tcp:siem:514'] }
  ]
])('is degraded %s, which no restart would help', (_, changes, told) => {
  expect(healthOf({ ...well, ...changes })).toMatchObject({ ok: true, status: 'degraded', ...told })
})

it('is well with a FIFO that nobody reads', () => {
  expect(healthOf({ ...well, outputs: () => [{ name: 'fifo:/x', isOpen: false }] })).toMatchObject({ status: 'ok' })
})

it('does not do its work when packets are not read any more', () => {
  expect(healthOf({ ...well, isCapturing: () => false })).toMatchObject({ ok: false, status: 'degraded' })
})
