import { vi } from 'vitest'

/** Waits until a check holds: long on a busy machine, no longer than it takes on an idle one. */
export function eventually<Result>(check: () => Result | Promise<Result>): Promise<Result> {
  return vi.waitFor(check, { timeout: 15_000, interval: 10 })
}
