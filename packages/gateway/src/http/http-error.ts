import { STATUS_CODES } from 'node:http'

/** How a route says what went wrong: in plain text as SPR does, or as RFC 9457 wants it. */
export type ErrorStyle = 'text' | 'problem'

/** What is said beside the text. */
export interface HttpErrorDetails {
  /** More members of the problem: `code`, `problems`, … Plain text has none. */
  readonly members?: Readonly<Record<string, unknown>>
  readonly headers?: Readonly<Record<string, string>>
  readonly cause?: unknown
}

/** @internal An answer other than success, thrown by whoever handles a request. */
export class HttpError extends Error {
  override readonly name = 'HttpError'
  readonly status: number
  readonly members: Readonly<Record<string, unknown>>
  readonly headers: Readonly<Record<string, string>>

  constructor(status: number, message: string, { members = {}, headers = {}, cause }: HttpErrorDetails = {}) {
    super(message, cause === undefined ? undefined : { cause })
    this.status = status
    this.members = members
    this.headers = headers
  }

  toResponse(style: ErrorStyle): Response {
    const { status, message, members, headers } = this
    if (style === 'text') {
      return new Response(`${message}\n`, {
        status,
        headers: { 'content-type': 'text/plain; charset=utf-8', ...headers }
      })
    }
    const problem = { type: 'about:blank', title: STATUS_CODES[status] ?? 'Error', status, detail: message, ...members }
    return new Response(`${JSON.stringify(problem)}\n`, {
      status,
      headers: { 'content-type': 'application/problem+json', ...headers }
    })
  }
}
