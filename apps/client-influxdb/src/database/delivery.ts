import { setTimeout as sleep } from 'node:timers/promises'
import type { Answer } from './answer.js'
import type { Database } from './database.js'

/** How long to wait between attempts: doubling, half of it random. */
export interface BackoffOptions {
  minDelayMs: number
  maxDelayMs: number
}

/** What is told while points are delivered. */
export interface DeliveryListener {
  /** A request was made; it took so long, and had this answer. */
  answered(answer: Answer, durationMs: number): void
  /** The database will be asked again, for the `attempt`th time, in `delayMs`. */
  waiting(reason: string, attempt: number, delayMs: number): void
  /** The database does not want `count` of the points, and never will; `line` is one of them. */
  rejected(count: number, reason: string, line: string): void
}

/** What became of a batch. */
export interface Delivered {
  written: number
  rejected: number
}

/**
 * Requests made to find the points a database refuses among those it would take. A batch of which everything is wrong would
 * else cost a request per point.
 */
const MAX_SEARCHES = 64

/** Brings points into a database, for as long as it takes. */
export class Delivery {
  readonly #database: Database
  readonly #listener: DeliveryListener
  readonly #backoff: BackoffOptions

  constructor(database: Database, listener: DeliveryListener, backoff: BackoffOptions) {
    this.#database = database
    this.#listener = listener
    this.#backoff = backoff
  }

  /**
   * Resolves when every point is written, or refused for what it is. Waits out everything else.
   *
   * @throws `signal.reason`
   */
  async deliver(lines: readonly string[], signal: AbortSignal): Promise<Delivered> {
    const delivered: Delivered = { written: 0, rejected: 0 }
    // Parts still to be sent, the next one last. Sending a part again is harmless: a point is its series and its time.
    const parts: (readonly string[])[] = [lines]
    let searches = 0
    for (let part = parts.pop(); part !== undefined; part = parts.pop()) {
      const answer = await this.#write(part, signal)
      if (answer.kind === 'written') {
        delivered.written += part.length
      } else if (answer.kind === 'partial') {
        const dropped = Math.min(answer.dropped, part.length)
        this.#reject(delivered, dropped, answer.reason, answer.badLine ?? suspectOf(part, answer.reason))
        delivered.written += part.length - dropped
      } else {
        const badLine = answer.kind === 'refused' ? answer.badLine : undefined
        const rest = withoutLine(part, badLine)
        searches += 1
        if (rest !== undefined && searches <= MAX_SEARCHES) {
          this.#reject(delivered, part.length - rest.length, answer.reason, badLine ?? '')
          if (rest.length > 0) parts.push(rest)
        } else if (part.length > 1 && (answer.kind === 'too-large' || searches <= MAX_SEARCHES)) {
          const middle = Math.ceil(part.length / 2)
          parts.push(part.slice(middle), part.slice(0, middle))
        } else {
          this.#reject(delivered, part.length, answer.reason, part[0] ?? '')
        }
      }
    }
    return delivered
  }

  /** Asks until the database has an answer about the points. */
  async #write(lines: readonly string[], signal: AbortSignal): Promise<Exclude<Answer, { kind: 'later' }>> {
    for (let attempt = 1; ; attempt += 1) {
      const startedMs = performance.now()
      const answer = await this.#database.write(lines, signal)
      this.#listener.answered(answer, performance.now() - startedMs)
      if (answer.kind !== 'later') return answer
      const delayMs = Math.max(answer.afterMs ?? 0, this.#delayMs(attempt))
      this.#listener.waiting(answer.reason, attempt, delayMs)
      await sleep(delayMs, undefined, { signal }).catch(() => signal.throwIfAborted())
    }
  }

  #delayMs(attempt: number): number {
    const { minDelayMs, maxDelayMs } = this.#backoff
    const ms = Math.min(maxDelayMs, minDelayMs * 2 ** Math.min(attempt - 1, 30))
    return ms / 2 + (Math.random() * ms) / 2
  }

  #reject(delivered: Delivered, count: number, reason: string, line: string): void {
    delivered.rejected += count
    this.#listener.rejected(count, reason, line)
  }
}

/** All but the lines a database quotes; `undefined` when it quotes none of them. */
function withoutLine(lines: readonly string[], badLine: string | undefined): readonly string[] | undefined {
  if (badLine === undefined) return undefined
  const rest = lines.filter(line => line !== badLine)
  return rest.length < lines.length ? rest : undefined
}

/** A line that an error without one can be about: of all, the oldest; of those with a field of another type, the first. */
function suspectOf(lines: readonly string[], reason: string): string {
  if (reason.includes('retention policy')) {
    const timeOf = (line: string): number => Number(line.slice(line.lastIndexOf(' ')))
    return lines.reduce((oldest, line) => (timeOf(line) < timeOf(oldest) ? line : oldest))
  }
  const [, field, measurement] = /input field "([^"]+)" on measurement "([^"]+)"/.exec(reason) ?? []
  const suspect = lines.find(
    line => field !== undefined && line.startsWith(`${measurement},`) && line.includes(`${field}=`)
  )
  return suspect ?? lines[0] ?? ''
}
