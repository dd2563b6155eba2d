/** Time and chance, so that tests need neither. */
export interface Clock {
  /** Milliseconds since the epoch, for people. */
  readonly epochMs: () => number
  /** Milliseconds on a clock that is never set. */
  readonly nowMs: () => number
  /** Resolves after so long, or when the signal is aborted; never rejects. */
  readonly sleep: (ms: number, signal: AbortSignal) => Promise<void>
  /** From 0 to below 1. */
  readonly random: () => number
}

export const systemClock: Clock = {
  epochMs: Date.now,
  nowMs: () => performance.now(),
  sleep(ms, signal) {
    return new Promise(resolve => {
      const end = (): void => {
        clearTimeout(timer)
        signal.removeEventListener('abort', end)
        resolve()
      }
      const timer = setTimeout(end, ms)
      if (signal.aborted) end()
      else signal.addEventListener('abort', end)
    })
  },
  random: Math.random
}
