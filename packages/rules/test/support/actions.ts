import { setImmediate } from 'node:timers/promises'
import { vi } from 'vitest'
import type { Actions, ActionsOptions } from '../../src/actions/actions.js'
import { type Clock, systemClock } from '../../src/actions/clock.js'
import type { Surroundings } from '../../src/actions/create-actions.js'
import { createActionsIn } from '../../src/actions/create-actions.js'
import type { ActionStats } from '../../src/actions/stats.js'

/** A clock on which every wait is over at once; `waitsMs` tells how long it would have been. */
export interface QuickClock extends Clock {
  readonly waitsMs: number[]
}

export function quickClock(): QuickClock {
  const waitsMs: number[] = []
  let nowMs = 1_000_000
  return {
    waitsMs,
    epochMs: () => 1_700_000_000_000,
    nowMs: () => nowMs,
    async sleep(ms) {
      waitsMs.push(ms)
      nowMs += ms
      await setImmediate()
    },
    random: () => 1
  }
}

/** Actions on a clock of the test's, with the real one where it does not matter. */
export function openActions(surroundings: Partial<Surroundings> = {}, options: Partial<ActionsOptions> = {}): Actions {
  const defaults = { publish: () => undefined, drainMs: 0 }
  return createActionsIn({ clock: systemClock, killAfterMs: 100, ...surroundings }, { ...defaults, ...options })
}

/** Waits until a check passes; long enough for a machine that is busy with something else. */
export function eventually<Result>(check: () => Result): Promise<Result> {
  return vi.waitFor(check, { timeout: 15_000, interval: 5 })
}

/** What became of the alerts of one action, as soon as it has become of so many. */
export function statsOf(actions: Actions, name: string, settled = 1): Promise<ActionStats> {
  return eventually(() => {
    const stats = actions.stats().find(row => row.name === name)
    if (stats !== undefined && stats.delivered + stats.failed + stats.dropped + stats.filtered >= settled) return stats
    throw new Error(`${name} has nothing to tell: ${JSON.stringify(stats)}`)
  })
}
