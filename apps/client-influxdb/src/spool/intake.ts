import type { BusPosition } from '@packet-logs/bus'
import type { Spool } from './spool.js'

/** Lines that are written at once, and milliseconds that they may be waited for. */
const GATHERED_LINES = 2000
const GATHER_MS = 20

/**
 * Gathers points for a moment before they are written, because a write costs more than making a hundred points. Only where the
 * bus numbers its events: what a crash takes from here is asked for again. Other points are written before more are read.
 */
export class Intake {
  readonly #spool: Spool
  #lines: string[] = []
  #position: BusPosition | undefined
  #timer: NodeJS.Timeout | undefined
  #failure: { error: unknown } | undefined

  constructor(spool: Spool) {
    this.#spool = spool
    this.#position = spool.position
  }

  /** How far the bus was read. */
  get position(): BusPosition | undefined {
    return this.#position
  }

  /** Points that are not written yet. */
  get waiting(): number {
    return this.#lines.length
  }

  async take(lines: readonly string[], position: BusPosition | undefined): Promise<void> {
    if (this.#failure) throw this.#failure.error
    for (const line of lines) this.#lines.push(line)
    this.#position = position
    if (position === undefined || this.#lines.length >= GATHERED_LINES) await this.flush()
    else this.#timer ??= setTimeout(() => this.#flushLater(), GATHER_MS)
  }

  /** Writes what was gathered. */
  async flush(): Promise<void> {
    clearTimeout(this.#timer)
    this.#timer = undefined
    const lines = this.#lines
    this.#lines = []
    await this.#spool.append(lines, this.#position)
  }

  #flushLater(): void {
    this.flush().catch((error: unknown) => {
      this.#failure = { error }
    })
  }
}
