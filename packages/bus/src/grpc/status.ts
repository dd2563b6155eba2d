import { type StatusObject, status } from '@grpc/grpc-js'
import { BusError, type BusErrorCode } from '../errors.js'

/** How a call ends that fails. */
export type Failure = Pick<StatusObject, 'code' | 'details'>

const CODES: { readonly [code in BusErrorCode]?: status } = {
  BUS_CLOSED: status.UNAVAILABLE,
  BUS_FRAME_TOO_LARGE: status.RESOURCE_EXHAUSTED,
  BUS_FULL: status.RESOURCE_EXHAUSTED,
  BUS_REFUSED: status.INVALID_ARGUMENT
}

/** What to tell a client of something that went wrong. */
export function failureOf(error: unknown): Failure {
  // By way of a buffer, which leaves no half surrogate pair: grpc-js would throw at one where nobody catches it.
  const details = Buffer.from(error instanceof Error ? error.message : String(error)).toString()
  if (error instanceof TypeError || error instanceof RangeError) return { code: status.INVALID_ARGUMENT, details }
  const code = error instanceof BusError ? CODES[error.code] : undefined
  return { code: code ?? status.INTERNAL, details }
}
