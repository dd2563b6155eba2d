import { setTimeout as sleep } from 'node:timers/promises'

/** Holds events back until it is their turn. */
export interface Pace {
  /** Waits until an event is due; at once when it has no time, or one that has passed. */
  wait(timeMs: number | undefined): Promise<void> | undefined
}

/** setTimeout takes no more. */
const longestSleepMs = 2 ** 31 - 1

/**
 * Plays time back from the first event on.
 *
 * @param speed 1 is as it happened, 10 is ten times as fast, Infinity does not wait at all
 */
export function createPace(speed: number, signal: AbortSignal, now: () => number = () => performance.now()): Pace {
  let first: { timeMs: number; startMs: number } | undefined
  return {
    wait: timeMs => {
      if (timeMs === undefined || speed === Number.POSITIVE_INFINITY) return undefined
      first ??= { timeMs, startMs: now() }
      const dueMs = first.startMs + (timeMs - first.timeMs) / speed
      const leftMs = dueMs - now()
      // A timer that is due within the same millisecond costs more than it gives.
      return leftMs < 1 ? undefined : sleepUnless(signal, Math.min(leftMs, longestSleepMs))
    }
  }
}

/** @throws `signal.reason`, and not an error that has it for its cause */
async function sleepUnless(signal: AbortSignal, ms: number): Promise<void> {
  try {
    await sleep(ms, undefined, { signal })
  } catch {
    signal.throwIfAborted()
  }
}
