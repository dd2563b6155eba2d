/** Aborted with the signal, or when the time is up. (`AbortSignal.any` of Node 20 lets go of a time-out that nobody else holds.) */
export function endingSignal(signal: AbortSignal, seconds: number): { signal: AbortSignal } & Disposable {
  const ending = new AbortController()
  const end = (): void => ending.abort()
  const timer = seconds === 0 ? undefined : setTimeout(end, Math.ceil(seconds * 1_000))
  signal.addEventListener('abort', end, { once: true })
  if (signal.aborted) end()
  return {
    signal: ending.signal,
    [Symbol.dispose]: () => {
      clearTimeout(timer)
      signal.removeEventListener('abort', end)
    }
  }
}
