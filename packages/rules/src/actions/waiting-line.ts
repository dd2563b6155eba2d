import type { Delivery } from './transport.js'

interface Waiting {
  readonly delivery: Delivery
  readonly bytes: number
}

/** What an alert takes beside its texts, roughly. */
const ENTRY_BYTES = 512

/** Deliveries that wait, bounded in number and bytes: the oldest make room for the newest. */
export class WaitingLine {
  #waiting: (Waiting | undefined)[] = []
  #head = 0
  #bytes = 0

  get length(): number {
    return this.#waiting.length - this.#head
  }

  get bytes(): number {
    return this.#bytes
  }

  push(delivery: Delivery): void {
    const { value, title, body } = delivery.alert
    const bytes = ENTRY_BYTES + Buffer.byteLength(value) + Buffer.byteLength(title) + Buffer.byteLength(body)
    this.#waiting.push({ delivery, bytes })
    this.#bytes += bytes
  }

  /** Takes the oldest. */
  shift(): Delivery | undefined {
    const first = this.#waiting[this.#head]
    if (first === undefined) return undefined
    this.#waiting[this.#head] = undefined
    this.#head += 1
    this.#bytes -= first.bytes
    // Moved together now and then: Array.shift would move all of them each time.
    if (this.#head * 2 > this.#waiting.length) {
      this.#waiting = this.#waiting.slice(this.#head)
      this.#head = 0
    }
    return first.delivery
  }

  /** Drops the oldest until what remains is within bounds; tells how many. */
  trim(maxEntries: number, maxBytes: number): number {
    let dropped = 0
    // One that is too large by itself does not push out all others first.
    const newest = this.#waiting.at(-1)
    if (newest !== undefined && newest.bytes > maxBytes) {
      this.#waiting.pop()
      this.#bytes -= newest.bytes
      dropped += 1
    }
    while (this.length > maxEntries || this.#bytes > maxBytes) {
      this.shift()
      dropped += 1
    }
    return dropped
  }
}
