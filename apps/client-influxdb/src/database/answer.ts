/** What became of a request. */
export type Answer =
  | { kind: 'written' }
  /** The database kept all but some of the points. */
  | { kind: 'partial'; dropped: number; reason: string; badLine: string | undefined }
  /** Nothing was written, and will not be as it stands. */
  | { kind: 'refused'; reason: string; badLine: string | undefined }
  | { kind: 'too-large'; reason: string }
  /** Later may be better. */
  | { kind: 'later'; afterMs: number | undefined; reason: string }

/** A database's answer: status, the header Retry-After, and the beginning of the body. */
export interface HttpAnswer {
  status: number
  retryAfter: string | null
  body: string
}

const MAX_REASON_CHARACTERS = 300
/** Longest wait that a database is obeyed in. */
const MAX_RETRY_AFTER_MS = 3_600_000

const DROPPED = /\bdropped=(\d+)/
const UNPARSED = /unable to parse '((?:[^'\\]|\\.|'(?!: ))*)': /g

/** Reads an answer. Codes that say nothing about the points (no access, no such bucket) are for a person to mend: until then points wait. */
export function readAnswer({ status, retryAfter, body }: HttpAnswer, nowMs: number): Answer {
  const isSuccess = status >= 200 && status < 300
  if (isSuccess && (status === 204 || !/^\s*[<{]/.test(body))) return { kind: 'written' }
  const reason = reasonOf(status, body)
  // A gateway's page, and InfluxDB's word for a request that needs TLS, are about no point.
  if (/^\s*<|HTTP request to an HTTPS server/i.test(body) && (isSuccess || status === 400)) {
    const asked = 'this is no database; see the URL, and whether it needs https://'
    return { kind: 'later', afterMs: undefined, reason: `${reason} (${asked})` }
  }
  if (isSuccess && errorOf(body) === undefined) return { kind: 'written' }
  if (status === 413) return { kind: 'too-large', reason }
  if (!isSuccess && status !== 400 && status !== 422) {
    return { kind: 'later', afterMs: retryAfterMs(retryAfter, nowMs), reason: reason + hint(status) }
  }
  const unparsed = [...messageOf(body).matchAll(UNPARSED)].map(match => match[1])
  const badLine = unparsed[0]
  if (!/partial write/i.test(body)) return { kind: 'refused', reason, badLine }
  const told = DROPPED.exec(body)?.[1]
  // A line that could not be parsed is not counted as dropped.
  const dropped = Math.max(1, Number(told ?? 0) + unparsed.length)
  return { kind: 'partial', dropped, reason, badLine }
}

/** Milliseconds that the header Retry-After asks for: seconds, or a date. */
export function retryAfterMs(header: string | null, nowMs: number): number | undefined {
  if (header === null || header.trim() === '') return undefined
  const seconds = Number(header)
  const ms = Number.isFinite(seconds) ? seconds * 1000 : Date.parse(header) - nowMs
  return Number.isNaN(ms) ? undefined : Math.min(MAX_RETRY_AFTER_MS, Math.max(0, ms))
}

function reasonOf(status: number, body: string): string {
  // Nothing a terminal obeys gets into the log.
  const message = messageOf(body)
    .replace(/[\s\p{Cc}]+/gu, ' ')
    .trim()
  return `${status}${message === '' ? '' : ` ${message.slice(0, MAX_REASON_CHARACTERS)}`}`
}

/** A proxy says what it likes. */
function messageOf(body: string): string {
  return errorOf(body) ?? body
}

/** InfluxDB 1.x says `error`, 2.x `message`. */
function errorOf(body: string): string | undefined {
  try {
    const { error, message } = JSON.parse(body) as Record<string, unknown>
    const said = message ?? error
    return typeof said === 'string' ? said : undefined
  } catch {
    return undefined
  }
}

function hint(status: number): string {
  if (status === 401 || status === 403) return ' (see the token, and what it may write to)'
  if (status === 404) return ' (see the bucket; InfluxDB 1.x wants --database influxdb1, and CREATE DATABASE)'
  return ''
}
