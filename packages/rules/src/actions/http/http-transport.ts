import type { LookupFunction } from 'node:net'
import { Agent } from 'undici'
import { durationMs } from '../../duration.js'
import type { CompleteDefinition } from '../definition.js'
import { redact } from '../redact.js'
import { readSecretFile, SecretFileError } from '../secret-file.js'
import type { Target } from '../target.js'
import { readTarget } from '../target.js'
import type { Delivery, Outcome, Transport } from '../transport.js'
import { STOPPED } from '../transport.js'
import { readAnswer, readFailure } from './answer.js'
import { guardedConnector, PrivateAddressError } from './guarded-connector.js'
import { ntfyBody, slackBody, webhookBody } from './payloads.js'
import { signatureHeaders } from './signature.js'

/** An action that sends requests. */
export type HttpDefinition = Exclude<CompleteDefinition, { type: 'command' }>

/** What requests need from around them. */
export interface HttpContext {
  readonly epochMs: () => number
  readonly lookup: LookupFunction
}

/** As much of an answer as is read, and for how long. */
const MAX_ANSWER_BYTES = 4096
const ANSWER_BODY_MS = 1000
/** Informational answers (1xx) before the real one; more of them only keep this program busy. */
const MAX_INFORMATIONAL = 10

/** Posts alerts over connections of its own. Redirects are not followed: they would carry the alert, and the token, elsewhere. */
export class HttpTransport implements Transport {
  readonly target: string
  readonly #definition: HttpDefinition
  readonly #epochMs: () => number
  readonly #agent: Agent
  #sending = 0
  #isClosed = false

  constructor(definition: HttpDefinition, { epochMs, lookup }: HttpContext) {
    const { url, urlFile, type, concurrency, connectTimeout, allowPrivateAddresses } = definition
    const target = url === undefined ? undefined : readTarget(type, url)
    this.target = typeof target === 'object' ? target.origin : `the URL in ${urlFile}`
    this.#definition = definition
    this.#epochMs = epochMs
    this.#agent = new Agent({
      connections: concurrency,
      pipelining: 1,
      // Each attempt has a time limit of its own.
      headersTimeout: 0,
      bodyTimeout: 0,
      connect: guardedConnector({ connectTimeoutMs: durationMs(connectTimeout) ?? 0, allowPrivateAddresses, lookup })
    })
  }

  async send(delivery: Delivery, signal: AbortSignal): Promise<Outcome> {
    this.#sending += 1
    try {
      return await this.#send(delivery, signal)
    } finally {
      this.#sending -= 1
      this.#closeWhenDone()
    }
  }

  close(): void {
    this.#isClosed = true
    this.#closeWhenDone()
  }

  /** Not earlier: an attempt may have yet to make its request. What is left then are requests that nobody waits for. */
  #closeWhenDone(): void {
    if (this.#isClosed && this.#sending === 0) void this.#agent.destroy().catch(() => undefined)
  }

  async #send(delivery: Delivery, signal: AbortSignal): Promise<Outcome> {
    const secrets: string[] = []
    const redacted = (text: string): string => redact(text, secrets)
    // Files on a network that is down are read for ever, and undici aborts no request before it is connected.
    const abortion = new Promise<never>((_, reject) => {
      signal.addEventListener('abort', () => reject(new Error('aborted')))
    })
    try {
      const request = await Promise.race([this.#request(delivery, secrets, signal), abortion])
      if (typeof request === 'string') return { kind: 'refused', reason: request }
      const answer = this.#agent.request({ ...request, method: 'POST', signal, onInfo: countInformational() })
      const { statusCode, headers, body } = await Promise.race([answer, abortion])
      const text = redacted(await readStart(body))
      const retryAfter = headers['retry-after']
      return readAnswer(
        { status: statusCode, retryAfter: typeof retryAfter === 'string' ? retryAfter : undefined, text },
        this.#epochMs()
      )
    } catch (error) {
      if (signal.aborted) {
        if (signal.reason === STOPPED) return { kind: 'refused', reason: 'ended before there was an answer' }
        return { kind: 'later', reason: `no answer within ${this.#definition.timeout}` }
      }
      if (error instanceof SecretFileError || error instanceof PrivateAddressError) {
        return { kind: 'refused', reason: error.message }
      }
      return readFailure(error, redacted)
    }
  }

  /** All of a request, or what it lacks. What nobody may see goes into `secrets` first. */
  async #request(
    delivery: Delivery,
    secrets: string[],
    signal: AbortSignal
  ): Promise<{ origin: string; path: string; headers: Record<string, string>; body: string } | string> {
    const { type, url, urlFile, tokenFile, headers: furtherHeaders } = this.#definition
    const target = readTarget(type, url ?? (urlFile === undefined ? '' : await readSecretFile(urlFile, signal)))
    if (typeof target === 'string') return `the URL in ${urlFile} ${target}`
    const headers: Record<string, string> = {
      'user-agent': 'packet-logs',
      ...lowerCase(furtherHeaders),
      'content-type': 'application/json',
      'idempotency-key': delivery.id
    }
    secrets.push(
      ...target.secrets,
      ...Object.values(furtherHeaders).flatMap(value => [value, ...value.split(/[\s,;]+/)])
    )
    if (target.authorization !== undefined) headers['authorization'] = target.authorization
    if (tokenFile !== undefined) {
      const token = await readSecretFile(tokenFile, signal)
      if (!/^[\x21-\x7e]+$/.test(token)) return `${tokenFile} holds more than a token on one line`
      headers['authorization'] = `Bearer ${token}`
      secrets.push(token)
    }
    const body = this.#body(delivery, target)
    if (this.#definition.type === 'webhook' && this.#definition.secretFile !== undefined) {
      const secret = await readSecretFile(this.#definition.secretFile, signal)
      Object.assign(headers, signatureHeaders(secret, body, this.#epochMs()))
      secrets.push(secret)
    }
    return { origin: target.origin, path: target.path, headers, body }
  }

  #body({ id, alert }: Delivery, { topic }: Target): string {
    switch (this.#definition.type) {
      case 'webhook':
        return webhookBody(id, alert)
      case 'ntfy':
        return ntfyBody(topic, alert)
      case 'slack':
        return slackBody(alert)
    }
  }
}

function lowerCase(headers: Readonly<Record<string, string>>): Record<string, string> {
  return Object.fromEntries(Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value]))
}

function countInformational(): () => void {
  let count = 0
  return () => {
    count += 1
    if (count > MAX_INFORMATIONAL) throw new Error(`more than ${MAX_INFORMATIONAL} informational answers (1xx)`)
  }
}

/** The status is known, so nothing that goes wrong here matters; a body that is left unread costs its connection. */
async function readStart(body: AsyncIterable<Buffer> & { destroy(): unknown }): Promise<string> {
  const parts: Buffer[] = []
  let size = 0
  const timer = setTimeout(() => body.destroy(), ANSWER_BODY_MS)
  try {
    for await (const part of body) {
      parts.push(part)
      size += part.length
      if (size >= MAX_ANSWER_BYTES) break
    }
  } catch {
    // What came is enough.
  } finally {
    clearTimeout(timer)
  }
  return Buffer.concat(parts).subarray(0, MAX_ANSWER_BYTES).toString()
}
