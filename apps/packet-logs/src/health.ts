import type { Health } from '@packet-logs/gateway'

/** What the daemon's health is made of. */
export interface HealthSources {
  /** Whether packets are read from the kernel. */
  readonly isCapturing: () => boolean
  readonly isBusConnected: () => boolean
  /** Problems of rule files that are not in force. */
  readonly ruleProblems: () => number
  readonly outputs: () => readonly { readonly name: string; readonly isOpen: boolean; readonly lastError?: string }[]
}

/**
 * Whether the daemon does its work, and whether all of it. Nothing of this is a secret: probes ask without a token.
 * A restart helps against none of what makes it `degraded`, so `ok` holds all the same.
 */
export function healthOf({ isCapturing, isBusConnected, ruleProblems, outputs }: HealthSources): Health {
  const failing = outputs()
    .filter(({ isOpen, lastError }) => !isOpen && lastError !== undefined)
    .map(({ name }) => name)
  const capture = isCapturing() ? 'running' : 'ended'
  const bus = isBusConnected() ? 'connected' : 'away'
  const problems = ruleProblems()
  const isWhole = capture === 'running' && bus === 'connected' && problems === 0 && failing.length === 0
  return {
    ok: capture === 'running',
    status: isWhole ? 'ok' : 'degraded',
    capture,
    bus,
    ruleProblems: problems,
    outputsFailing: failing
  }
}
