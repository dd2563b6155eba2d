/** A count that is better zero, and the sentence for what it grew by. */
export interface Loss {
  readonly count: () => number
  readonly describe: (count: number) => string
}

const lookMs = 1000
/** The longest that a loss which goes on is kept from the operator. */
const longestPauseMs = 60_000

/**
 * Tells the operator what is lost: within a second when it begins, and while it goes on after pauses that grow to a minute, so
 * that a night of it fills no disk. The rest is told when it is disposed.
 */
export class LossReport implements Disposable {
  readonly #lines: LossLine[] = []
  readonly #log: (text: string) => void
  readonly #timer: NodeJS.Timeout

  constructor(log: (text: string) => void) {
    this.#log = log
    this.#timer = setInterval(() => this.#look(), lookMs).unref()
  }

  /** Adds losses, of which nothing has been told. */
  add(...losses: readonly Loss[]): void {
    this.#lines.push(...losses.map(loss => new LossLine(loss)))
  }

  [Symbol.dispose](): void {
    clearInterval(this.#timer)
    for (const line of this.#lines) line.tell(this.#log)
  }

  #look(): void {
    for (const line of this.#lines) line.look(this.#log)
  }
}

class LossLine {
  readonly #loss: Loss
  #told = 0
  #pauseMs = 0
  #waitedMs = 0

  constructor(loss: Loss) {
    this.#loss = loss
  }

  /** Called every `lookMs`. */
  look(log: (text: string) => void): void {
    this.#waitedMs += lookMs
    if (this.#waitedMs < this.#pauseMs) return
    this.#waitedMs = 0
    this.#pauseMs = this.tell(log) ? Math.min(Math.max(this.#pauseMs * 2, lookMs), longestPauseMs) : 0
  }

  /** Whether there was something to tell. */
  tell(log: (text: string) => void): boolean {
    const now = this.#loss.count()
    const grown = now - this.#told
    if (grown <= 0) return false
    log(this.#loss.describe(grown))
    this.#told = now
    return true
  }
}
