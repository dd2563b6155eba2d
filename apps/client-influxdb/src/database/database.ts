import { promisify } from 'node:util'
import { gzip } from 'node:zlib'
import { type Answer, readAnswer } from './answer.js'
import { type Endpoint, endpointOf, type Target } from './endpoint.js'

const compress = promisify(gzip)

/** As much as is needed to tell what is wrong. */
const MAX_BODY_CHARACTERS = 16 * 1024

/** Takes points. */
export interface Database {
  /** Its address, without secrets. */
  readonly description: string
  /**
   * Posts lines once, and tells what became of them; a database that is away is an answer, too.
   *
   * @throws `signal.reason`
   */
  write(lines: readonly string[], signal: AbortSignal): Promise<Answer>
}

/** @throws TypeError when the URL is none */
export function createDatabase(target: Target, { timeoutMs }: { timeoutMs: number }): Database {
  const endpoint = endpointOf(target)
  return {
    description: `${target.kind} at ${endpoint.url.origin}, ${target.bucket}`,
    async write(lines, signal) {
      const body = await compress(lines.join('\n'), { level: 1 })
      signal.throwIfAborted()
      try {
        return readAnswer(await post(endpoint, body, { signal, timeoutMs }), Date.now())
      } catch (error) {
        signal.throwIfAborted()
        return { kind: 'later', afterMs: undefined, reason: describeFailure(error) }
      }
    }
  }
}

async function post(
  { url, headers }: Endpoint,
  body: Buffer,
  { signal, timeoutMs }: { signal: AbortSignal; timeoutMs: number }
): Promise<{ status: number; retryAfter: string | null; body: string }> {
  // Not AbortSignal.any: in Node 20 what it makes lives as long as its longest signal.
  const controller = new AbortController()
  const abort = (): void => controller.abort()
  const timer = setTimeout(() => controller.abort(new Error(`no answer within ${timeoutMs} ms`)), timeoutMs)
  signal.addEventListener('abort', abort, { once: true })
  try {
    const response = await fetch(url, {
      method: 'POST',
      headers,
      body,
      signal: controller.signal,
      // A redirect would repeat the body, or drop it, and carry the token to who knows where.
      redirect: 'manual'
    })
    const text = await readText(response)
    return { status: response.status, retryAfter: response.headers.get('retry-after'), body: text }
  } finally {
    clearTimeout(timer)
    signal.removeEventListener('abort', abort)
  }
}

/** Reads no more of a body than anybody would print; the connection then is good for nothing else. */
async function readText(response: Response): Promise<string> {
  let text = ''
  const decoder = new TextDecoder()
  const reader = (response.body as ReadableStream<Uint8Array> | null)?.getReader()
  if (reader === undefined) return text
  for (;;) {
    const { done, value } = await reader.read()
    if (done) return text
    text += decoder.decode(value, { stream: true })
    if (text.length > MAX_BODY_CHARACTERS) {
      await reader.cancel()
      return text
    }
  }
}

/** What fetch throws says little; its cause says more. */
function describeFailure(error: unknown): string {
  const cause: unknown = error instanceof Error && error.cause !== undefined ? error.cause : error
  if (!(cause instanceof Error)) return String(cause)
  return cause.message || (cause as NodeJS.ErrnoException).code || cause.name
}
