import type { Health } from '@packet-logs/gateway'

/** What the daemon's health is made of. */
export interface HealthSources {
  /** Whether packets are read from the kernel. */
  readonly isCapturing: () => boolean
  readonly outputs: () => readonly { readonly name: string; readonly isOpen: boolean; readonly lastError?: string }[]
}

/** Whether the daemon does its work; of the bus and of rule files the gateway knows. Nothing of it is a secret: probes need no token. */
export function healthOf({ isCapturing, outputs }: HealthSources): Health {
  const failing = outputs()
    .filter(({ isOpen, lastError }) => !isOpen && lastError !== undefined)
    .map(({ name }) => name)
  const isRunning = isCapturing()
  return {
    ok: isRunning,
    degraded: failing.length > 0,
    capture: isRunning ? 'running' : 'ended',
    outputsFailing: failing
  }
}
