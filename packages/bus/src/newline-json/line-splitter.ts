const NEWLINE = 0x0a
const NOTHING: Buffer = Buffer.alloc(0)

/** What a splitter hands out, in the order of the stream. */
export interface LineSink {
  /** One or more whole lines, each with its newline; usually a view of the chunk that was pushed. */
  lines(bytes: Buffer): void
  /** A line longer than the limit is going by and is left out; told as soon as that is certain. */
  overlong(): void
}

/**
 * Cuts a byte stream into whole lines without looking at each: most chunks leave as one view of many lines. Lines are cut
 * at the newline byte, which no UTF-8 character contains, so a character split between two chunks is whole again here.
 */
export class LineSplitter {
  readonly #maxLineBytes: number
  readonly #sink: LineSink
  /** The beginning of a line, in a buffer that grows: many small pieces cost no more than their bytes. */
  #held = NOTHING
  #heldBytes = 0
  #skipping = false

  /** `maxLineBytes` counts the newline. */
  constructor(maxLineBytes: number, sink: LineSink) {
    this.#maxLineBytes = maxLineBytes
    this.#sink = sink
  }

  push(chunk: Buffer): void {
    let from = 0
    if (this.#heldBytes > 0 || this.#skipping) {
      const newline = chunk.indexOf(NEWLINE)
      if (newline === -1) {
        this.#hold(chunk)
        return
      }
      from = newline + 1
      this.#finish(chunk.subarray(0, from))
    }
    const end = chunk.lastIndexOf(NEWLINE) + 1
    if (end > from) this.#emit(chunk.subarray(from, end))
    if (Math.max(end, from) < chunk.length) this.#hold(chunk.subarray(Math.max(end, from)))
  }

  /** What came after the last newline when the stream ended, if anything. */
  end(): Buffer | undefined {
    const rest = this.#heldBytes > 0 ? this.#held.subarray(0, this.#heldBytes) : undefined
    this.#clear()
    return rest
  }

  #hold(part: Buffer): void {
    if (this.#skipping) return
    const neededBytes = this.#heldBytes + part.length
    if (neededBytes >= this.#maxLineBytes) {
      this.#clear()
      this.#skipping = true
      this.#sink.overlong()
      return
    }
    // A copy, so that a few bytes do not keep a whole receive buffer alive.
    if (neededBytes > this.#held.length) {
      const held = Buffer.allocUnsafe(Math.max(neededBytes, 2 * this.#held.length))
      this.#held.copy(held, 0, 0, this.#heldBytes)
      this.#held = held
    }
    part.copy(this.#held, this.#heldBytes)
    this.#heldBytes = neededBytes
  }

  #finish(tail: Buffer): void {
    const alreadyTold = this.#skipping
    const head = this.#held.subarray(0, this.#heldBytes)
    const line = head.length + tail.length > this.#maxLineBytes ? undefined : Buffer.concat([head, tail])
    this.#clear()
    if (alreadyTold) return
    if (line) this.#sink.lines(line)
    else this.#sink.overlong()
  }

  #emit(region: Buffer): void {
    if (region.length <= this.#maxLineBytes) {
      this.#sink.lines(region)
      return
    }
    let goodFrom = 0
    for (let from = 0; from < region.length; ) {
      const end = region.indexOf(NEWLINE, from) + 1
      if (end - from > this.#maxLineBytes) {
        if (from > goodFrom) this.#sink.lines(region.subarray(goodFrom, from))
        this.#sink.overlong()
        goodFrom = end
      }
      from = end
    }
    if (goodFrom < region.length) this.#sink.lines(region.subarray(goodFrom))
  }

  #clear(): void {
    this.#held = NOTHING
    this.#heldBytes = 0
    this.#skipping = false
  }
}

/** How many lines these bytes hold. */
export function countLines(bytes: Buffer): number {
  let count = 0
  for (let at = bytes.indexOf(NEWLINE); at !== -1; at = bytes.indexOf(NEWLINE, at + 1)) count += 1
  return count
}

/** Calls `visit` with the text of each line, newline excluded. */
export function forEachLine(bytes: Buffer, visit: (line: string) => void): void {
  // One conversion for all of them: cheaper than one per line, and newlines never split a character.
  const text = bytes.toString('utf8')
  for (let from = 0; from < text.length; ) {
    const newline = text.indexOf('\n', from)
    const end = newline === -1 ? text.length : newline
    visit(text.slice(from, end))
    from = end + 1
  }
}
