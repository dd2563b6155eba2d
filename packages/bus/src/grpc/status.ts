import { BusError, type BusErrorCode } from '../errors.js'

/** The status codes of gRPC that a bus uses. */
export const OK = 0
export const INVALID_ARGUMENT = 3
export const NOT_FOUND = 5
export const RESOURCE_EXHAUSTED = 8
export const UNIMPLEMENTED = 12
const INTERNAL = 13
export const UNAVAILABLE = 14

const CODES: { readonly [code in BusErrorCode]?: number } = {
  BUS_CLOSED: UNAVAILABLE,
  BUS_FRAME_TOO_LARGE: RESOURCE_EXHAUSTED,
  BUS_REFUSED: INVALID_ARGUMENT
}

/** How a call ended. */
export interface GrpcStatus {
  readonly code: number
  readonly message: string
}

/** Why a call fails, on its way to the client's trailers. */
export class GrpcStatusError extends Error implements GrpcStatus {
  override readonly name = 'GrpcStatusError'
  readonly code: number

  constructor(code: number, message: string) {
    super(message)
    this.code = code
  }
}

/** The trailers that end a call. The message is percent-encoded UTF-8, as gRPC over HTTP/2 wants it. */
export function statusTrailers({ code, message }: GrpcStatus): Record<string, string> {
  const status = { 'grpc-status': String(code) }
  // By way of a buffer, which leaves no lone surrogate for encodeURI to throw at.
  return message === '' ? status : { ...status, 'grpc-message': encodeURI(Buffer.from(message).toString()) }
}

/** The status in a call's trailers, if there is one. */
export function parseStatus(headers: {
  readonly [name: string]: string | readonly string[] | undefined
}): GrpcStatus | undefined {
  const code = headers['grpc-status']
  if (typeof code !== 'string' || !/^\d{1,3}$/.test(code)) return undefined
  const message = headers['grpc-message']
  return { code: Number(code), message: typeof message === 'string' ? percentDecode(message) : '' }
}

function percentDecode(text: string): string {
  try {
    return decodeURIComponent(text)
  } catch {
    return text
  }
}

/** What to tell a client of something that went wrong. */
export function statusOf(error: unknown): GrpcStatus {
  if (error instanceof GrpcStatusError) return error
  const message = error instanceof Error ? error.message : String(error)
  if (error instanceof TypeError || error instanceof RangeError) return { code: INVALID_ARGUMENT, message }
  if (!(error instanceof BusError)) return { code: INTERNAL, message }
  return { code: CODES[error.code] ?? INTERNAL, message }
}
