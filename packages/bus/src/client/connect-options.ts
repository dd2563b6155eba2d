import { BusError } from '../errors.js'
import { type BackoffOptions, backoffMs } from './backoff.js'
import type { Connection } from './connection.js'

/** @throws RangeError naming the option */
export function checkMs(name: string, value: number, min: number): void {
  if (!Number.isInteger(value) || value < min || value > 2 ** 31 - 1) {
    throw new RangeError(`${name}: expected whole milliseconds of at least ${min}, got ${value}`)
  }
}

/** @throws RangeError naming the option */
export function backoffOf(reconnect: boolean | BackoffOptions): Required<BackoffOptions> | undefined {
  if (reconnect === false) return undefined
  const { minDelayMs = 100, maxDelayMs = 5000 } = reconnect === true ? {} : reconnect
  checkMs('reconnect.minDelayMs', minDelayMs, 1)
  checkMs('reconnect.maxDelayMs', maxDelayMs, minDelayMs)
  return { minDelayMs, maxDelayMs }
}

/**
 * The first connection: one attempt, or as many as it takes when there is a `retry`.
 * @throws BusError `BUS_CONNECT`; `signal.reason`
 */
export async function connectFirst(
  attempt: () => Promise<Connection>,
  retry: Required<BackoffOptions> | undefined,
  signal: AbortSignal | undefined
): Promise<Connection> {
  for (let failed = 1; ; failed += 1) {
    try {
      return await attempt()
    } catch (error) {
      if (retry === undefined || !(error instanceof BusError)) throw error
    }
    await pause(backoffMs(failed, retry), signal)
  }
}

/** @throws `signal.reason`, which the promisified timer would wrap */
function pause(delayMs: number, signal: AbortSignal | undefined): Promise<void> {
  return new Promise((resolve, reject) => {
    const onAbort = (): void => {
      clearTimeout(timer)
      reject(signal?.reason as Error)
    }
    const timer = setTimeout(() => {
      signal?.removeEventListener('abort', onAbort)
      resolve()
    }, delayMs)
    signal?.addEventListener('abort', onAbort, { once: true })
  })
}
