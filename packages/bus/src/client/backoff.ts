/** How long to wait between attempts to connect. */
export interface BackoffOptions {
  /** Milliseconds before the second attempt, default 100. */
  minDelayMs?: number
  /** Most milliseconds between attempts, default 5,000. */
  maxDelayMs?: number
}

/**
 * Milliseconds before the `attempt`th retry (from 1): doubling up to the cap, of which half is left to chance, so that clients
 * that lost the same bus do not all come back at once.
 */
export function backoffMs(
  attempt: number,
  options: Required<BackoffOptions>,
  random: () => number = Math.random
): number {
  const { minDelayMs, maxDelayMs } = options
  const delayMs = Math.min(maxDelayMs, minDelayMs * 2 ** Math.min(attempt - 1, 30))
  return Math.round(delayMs * (0.5 + 0.5 * random()))
}
