const MIN_BATCH_BYTES = 4096
const MAX_BATCH_BYTES = 65_536
const BATCHES_PER_QUEUE = 16
/** While writing lags behind, batches grow to so many times the usual: each costs who writes a way to the kernel and back. */
const MAX_GROWTH = 8
const MIN_BATCHES_PER_QUEUE = 8
const SPARE_BUFFERS = 2
/** What a UTF-16 unit takes at most in UTF-8. */
const BYTES_PER_CHARACTER = 3
const NEWLINE = 0x0a

/** Events behind each other in one buffer, each of them whole. */
export class EventBatch {
  readonly bytes: Buffer
  length = 0
  /** Where each event ends. */
  readonly ends: number[] = []
  /** How many of the events need no writing any more. */
  done = 0
  /** Set for a notice of a loss, which stands for no event: how many events it tells of. */
  readonly tellsLoss: number

  constructor(bytes: Buffer, tellsLoss = 0) {
    this.bytes = bytes
    this.tellsLoss = tellsLoss
  }

  /** A batch of one event that tells of a loss. */
  static notice(bytes: Buffer, lost: number): EventBatch {
    const batch = new EventBatch(bytes, lost)
    batch.length = bytes.length
    batch.ends.push(bytes.length)
    return batch
  }

  /** Where the first event that still needs writing begins. */
  get start(): number {
    return this.startOf(this.done)
  }

  /** Where event `index` begins. */
  startOf(index: number): number {
    return index === 0 ? 0 : (this.ends[index - 1] ?? 0)
  }

  /** Where the events end that take no more than so many bytes together; at least one, if any needs writing. */
  upTo(maxBytes: number): number {
    const limit = this.start + maxBytes
    let upTo = Math.min(this.done + 1, this.ends.length)
    while (upTo < this.ends.length && this.startOf(upTo + 1) <= limit) upTo += 1
    return upTo
  }

  /** Bytes and events that still need writing. */
  get pendingBytes(): number {
    return this.length - this.start
  }

  get pendingEvents(): number {
    return this.ends.length - this.done
  }

  /** Appends an event; false when it does not fit. */
  append(head: string, body: string | Uint8Array, isLine: boolean): boolean {
    const { bytes, length } = this
    const room = bytes.length - length - head.length - (isLine ? 1 : 0)
    if (typeof body === 'string') {
      if (body.length * BYTES_PER_CHARACTER > room && Buffer.byteLength(body) > room) return false
    } else if (body.length > room) return false
    let at = length
    if (head !== '') at += bytes.write(head, at, 'latin1')
    if (typeof body === 'string') at += bytes.write(body, at)
    else {
      bytes.set(body, at)
      at += body.length
    }
    if (isLine) bytes[at++] = NEWLINE
    this.length = at
    this.ends.push(at)
    return true
  }
}

/**
 * Events that wait to be written, bounded in bytes. Who writes takes a batch at a time; when there is no room for another event
 * the oldest batch that nobody has taken goes.
 */
export class EventQueue {
  readonly #maxBytes: number
  readonly #batchBytes: number
  readonly #batches: EventBatch[] = []
  readonly #spare: Buffer[] = []
  /** Of the batches that wait. */
  #bytes = 0
  #events = 0
  #taken: EventBatch | undefined
  #dropped = 0
  #untold = 0

  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes
    this.#batchBytes = Math.max(MIN_BATCH_BYTES, Math.min(MAX_BATCH_BYTES, Math.floor(maxBytes / BATCHES_PER_QUEUE)))
  }

  /** Bytes that need writing, those of the batch that was taken among them. */
  get bytes(): number {
    return this.#bytes + (this.#taken?.pendingBytes ?? 0)
  }

  /** Events that need writing, likewise. */
  get events(): number {
    return this.#events + (this.#taken?.pendingEvents ?? 0)
  }

  get isEmpty(): boolean {
    return this.#batches.length === 0
  }

  /** Whether so much waits that it should not wait any longer. */
  get isPressing(): boolean {
    return this.#batches.length > 2
  }

  /** Events lost so far, told or not. */
  get dropped(): number {
    return this.#dropped
  }

  /** Events lost since `takeLoss` was called last. */
  takeLoss(): number {
    const untold = this.#untold
    this.#untold = 0
    return untold
  }

  /** Events that were lost elsewhere, or a loss that could not be told. */
  addUntold(count: number): void {
    this.#untold += count
  }

  /**
   * Appends an event: `head` in ASCII, `body`, and a newline where `isLine`. False, and nothing is done, for an event that the
   * whole queue has no room for.
   */
  push(head: string, body: string | Uint8Array, isLine: boolean): boolean {
    let tail = this.#batches.at(-1)
    const before = tail?.length ?? 0
    if (tail?.append(head, body, isLine)) this.#bytes += tail.length - before
    else {
      const bodyBytes = typeof body === 'string' ? Buffer.byteLength(body) : body.length
      const needed = head.length + bodyBytes + (isLine ? 1 : 0)
      if (needed > this.#maxBytes) return false
      tail = new EventBatch(this.#buffer(needed))
      tail.append(head, body, isLine)
      this.#batches.push(tail)
      this.#bytes += needed
    }
    this.#events += 1
    while (this.bytes > this.#maxBytes && this.#batches.length > 1) this.#dropOldest()
    // What was taken cannot be let go, and alone it may leave too little room.
    if (this.bytes > this.#maxBytes && this.#taken !== undefined) this.#dropOldest()
    return true
  }

  /** The oldest events, to be written now; ended by `finish` or `putBack`. */
  take(): EventBatch | undefined {
    const batch = this.#shift()
    this.#taken = batch
    return batch
  }

  /** A batch that was taken needs nothing more. */
  finish(batch: EventBatch): void {
    this.#taken = undefined
    if (batch.bytes.length === this.#batchBytes && this.#spare.length < SPARE_BUFFERS) this.#spare.push(batch.bytes)
  }

  /** A batch that was taken has to be written later, as far as it is not done. */
  putBack(batch: EventBatch): void {
    this.#taken = undefined
    if (batch.pendingEvents === 0) return
    this.#batches.unshift(batch)
    this.#bytes += batch.pendingBytes
    this.#events += batch.pendingEvents
  }

  /** Lets everything go. */
  clear(): void {
    while (this.#batches.length > 0) this.#dropOldest()
  }

  #dropOldest(): void {
    const { pendingEvents = 0 } = this.#shift() ?? {}
    this.#dropped += pendingEvents
    this.#untold += pendingEvents
  }

  #shift(): EventBatch | undefined {
    const batch = this.#batches.shift()
    if (batch === undefined) return undefined
    this.#bytes -= batch.pendingBytes
    this.#events -= batch.pendingEvents
    return batch
  }

  /** A buffer for a new batch whose first event needs so many bytes. */
  #buffer(needed: number): Buffer {
    const lag = Math.min(MAX_GROWTH, 2 ** this.#batches.length) * this.#batchBytes
    const usual = Math.max(this.#batchBytes, Math.min(lag, Math.floor(this.#maxBytes / MIN_BATCHES_PER_QUEUE)))
    if (needed <= usual && usual === this.#batchBytes) return this.#spare.pop() ?? Buffer.allocUnsafeSlow(usual)
    return Buffer.allocUnsafeSlow(Math.max(needed, usual))
  }
}
