import { HttpError } from './http-error.js'

/** Deeper JSON than anything here is made of; parsers of it may recurse. */
const MAX_DEPTH = 32

/**
 * Reads a body, never more of it than may be.
 * @throws HttpError 400, 413
 */
export async function readBody(request: Request, maxBytes: number): Promise<string> {
  const tooLarge = new HttpError(413, `The body is longer than ${maxBytes} bytes.`)
  if (Number(request.headers.get('content-length') ?? 0) > maxBytes) throw tooLarge
  const chunks: Uint8Array[] = []
  let length = 0
  if (request.body !== null) {
    // The global type of a request tells less of its body than undici's does.
    for await (const chunk of request.body as AsyncIterable<Uint8Array>) {
      length += chunk.length
      // Leaving the loop cancels the stream.
      if (length > maxBytes) throw tooLarge
      chunks.push(chunk)
    }
  }
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(Buffer.concat(chunks, length))
  } catch (cause) {
    throw new HttpError(400, 'The body is not UTF-8.', { cause })
  }
}

/**
 * What a JSON body holds.
 * @throws HttpError 400
 */
export function parseJson(text: string): unknown {
  if (text.trim() === '') throw new HttpError(400, 'The body is empty; send JSON.')
  if (isDeep(text)) throw new HttpError(400, `The body is nested deeper than ${MAX_DEPTH} levels.`)
  try {
    return JSON.parse(text)
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause)
    throw new HttpError(400, `The body is not JSON: ${reason.slice(0, 200)}`, { cause })
  }
}

/**
 * A web page may send anybody a POST, as long as it does not say that it is JSON.
 * @throws HttpError 415
 */
export function checkJsonType(request: Request): void {
  const type = request.headers.get('content-type') ?? ''
  if (/^application\/(?:[\w.-]+\+)?json\s*(?:;|$)/i.test(type.trim())) return
  throw new HttpError(415, 'Send JSON, with the header Content-Type: application/json.', {
    headers: { accept: 'application/json' }
  })
}

function isDeep(text: string): boolean {
  let depth = 0
  for (let at = 0; at < text.length; at++) {
    const character = text[at]
    if (character === '"') {
      for (at++; at < text.length && text[at] !== '"'; at++) if (text[at] === '\\') at++
    } else if (character === '[' || character === '{') {
      depth++
      if (depth > MAX_DEPTH) return true
    } else if (character === ']' || character === '}') depth--
  }
  return false
}
