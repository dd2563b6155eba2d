/** What an entry costs beyond its bytes, so that many small ones are bounded too. */
const ENTRY_BYTES = 256

/** What can be queued. */
export interface Sized {
  /** Bytes. */
  readonly length: number
}

/** Entries in order, bounded by their bytes: when there are too many, the oldest go. */
export class BatchQueue<Entry extends Sized> {
  readonly #maxBytes: number
  #entries: (Entry | undefined)[] = []
  #head = 0
  #bytes = 0

  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes
  }

  get isEmpty(): boolean {
    return this.#head >= this.#entries.length
  }

  /** Adds an entry and returns those that had to go for it. The newest always stays. */
  push(entry: Entry): readonly Entry[] {
    this.#entries.push(entry)
    this.#bytes += entry.length + ENTRY_BYTES
    if (this.#bytes <= this.#maxBytes) return []
    const pushedOut: Entry[] = []
    while (this.#bytes > this.#maxBytes && this.#entries.length - this.#head > 1) {
      const oldest = this.shift()
      if (oldest) pushedOut.push(oldest)
    }
    return pushedOut
  }

  shift(): Entry | undefined {
    const entry = this.#entries[this.#head]
    if (entry === undefined) return undefined
    this.#entries[this.#head] = undefined
    this.#head += 1
    this.#bytes -= entry.length + ENTRY_BYTES
    // Array.shift moves everything each time; this moves everything once per doubling.
    if (this.#head * 2 >= this.#entries.length) {
      this.#entries = this.#entries.slice(this.#head)
      this.#head = 0
    }
    return entry
  }

  clear(): void {
    this.#entries = []
    this.#head = 0
    this.#bytes = 0
  }
}
