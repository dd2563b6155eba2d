import type { Outcome } from '../transport.js'

/** What a server said. */
export interface HttpAnswer {
  readonly status: number
  readonly retryAfter: string | undefined
  /** The beginning of its body, on one line and without secrets. */
  readonly text: string
}

/** Longest wait that a server is obeyed in. */
const MAX_RETRY_AFTER_MS = 600_000

/** Reads an answer: 2xx took the alert, 408, 425, 429 and 5xx may take it later, and nothing else ever will. */
export function readAnswer({ status, retryAfter, text }: HttpAnswer, epochMs: number): Outcome {
  if (status >= 200 && status < 300) return { kind: 'delivered' }
  if (status >= 300 && status < 400) {
    return { kind: 'refused', reason: `answered ${status}, a redirect, which is not followed: use the URL it leads to` }
  }
  const reason = `answered ${status}${text === '' ? '' : `: ${text}`}`
  if (status === 408 || status === 425 || status === 429 || status >= 500) {
    return { kind: 'later', reason, afterMs: retryAfterMs(retryAfter, epochMs) }
  }
  return { kind: 'refused', reason }
}

/** Milliseconds that the header Retry-After asks for, as seconds or as a date; no more than ten minutes. */
export function retryAfterMs(header: string | undefined, epochMs: number): number | undefined {
  if (header === undefined || header.trim() === '') return undefined
  const ms = /^\s*\d+\s*$/.test(header) ? Number(header) * 1000 : Date.parse(header) - epochMs
  return Number.isNaN(ms) ? undefined : Math.min(MAX_RETRY_AFTER_MS, Math.max(0, ms))
}

/** Of a connection that failed or was lost, and of a machine that is short of what it takes. */
const MAY_PASS = new Set([
  'EADDRNOTAVAIL',
  'EAI_AGAIN',
  'ECONNABORTED',
  'ECONNREFUSED',
  'ECONNRESET',
  'EHOSTDOWN',
  'EHOSTUNREACH',
  'EMFILE',
  'ENETDOWN',
  'ENETUNREACH',
  'ENFILE',
  'ENOBUFS',
  'ENOMEM',
  'ENOTFOUND',
  'EPIPE',
  'ETIMEDOUT',
  'UND_ERR_BODY_TIMEOUT',
  'UND_ERR_CONNECT_TIMEOUT',
  'UND_ERR_HEADERS_TIMEOUT',
  'UND_ERR_SOCKET'
])

/** Reads why there was no answer. A certificate that is wrong, or a server that does not speak HTTP, stays so. */
export function readFailure(error: unknown, redacted: (text: string) => string): Outcome {
  if (!(error instanceof Error)) return { kind: 'refused', reason: redacted(String(error)) }
  const { code } = error as NodeJS.ErrnoException
  // Of several addresses tried: what became of each.
  const messages = error instanceof AggregateError ? error.errors.map(part => String((part as Error).message)) : []
  const message = [error.message, ...messages].filter(text => text !== '').join('; ')
  const reason = redacted(message === '' ? (code ?? error.name) : message)
  return { kind: code !== undefined && MAY_PASS.has(code) ? 'later' : 'refused', reason }
}
