import { ByteReader } from '../../bytes/reader.js'
import type { DecodeError } from '../../errors.js'
import { limited, malformed, truncated } from '../../errors.js'

const NAME = 'DNS'
const MAX_POINTERS = 255
const MAX_SEGMENT_BYTES = 255
const POINTER = 0xc0
const DOT = 0x2e

/**
 * Pointers let a few bytes stand for a long name, many times over. Nothing legal is larger than a question of six
 * bytes that stands for a name of 255, so a message may grow 48-fold and no more; the constant leaves room for the one
 * name of 255 segments that readers of SPR's events have always got.
 */
const GROWTH = 48
const GROWTH_FLOOR_BYTES = 65_536

/** Holds the names of most messages. Pieces are cut from slabs, since an array of its own costs more than its message. */
const PIECE_BYTES = 256
const SLAB_BYTES = 16_384
let slab = new Uint8Array(0)
let taken = 0

function takePiece(): Uint8Array {
  if (taken + PIECE_BYTES > slab.length) {
    slab = new Uint8Array(SLAB_BYTES)
    taken = 0
  }
  taken += PIECE_BYTES
  return slab.subarray(taken - PIECE_BYTES, taken)
}

/** A name of a message, as a range of {@link NameBuffer.bytes}. */
export interface NameRange {
  /** -1 for the root and for a name that is not there. */
  start: number
  end: number
}

/** A name read before: where it stood and where it was allowed to end, pointers followed, and its text. */
interface KnownName extends NameRange {
  at: number
  limit: number
  pointers: number
}

/** Names remembered: the one asked for and those of a few aliases. */
const MAX_KNOWN = 4

const NO_MESSAGE = new ByteReader()

/** Decompresses the names of one message, one after another, into one buffer: dotted, without the trailing dot. */
export class NameBuffer {
  /** Reads the buffer. */
  readonly bytes: ByteReader = new ByteReader()
  /** Where the message goes on behind the name read last. */
  next = 0
  #data = takePiece()
  #length = 0
  /** Bytes of names that share those of another. */
  #shared = 0
  /** The first names of the message, for the pointers that lead to them. */
  readonly #knownNames: KnownName[] = []
  #knownCount = 0
  #allowed = 0
  #message = NO_MESSAGE
  #messageStart = 0

  constructor() {
    this.bytes.reset(this.#data)
  }

  /** Bytes of all names of the message, and the dots before them. */
  get length(): number {
    return this.#length + this.#shared
  }

  /** Forgets all names and takes up the message at `[start, end)`. */
  reset(message: ByteReader, start: number, end: number): void {
    this.#message = message
    this.#messageStart = start
    this.#length = 0
    this.#shared = 0
    this.#knownCount = 0
    this.#allowed = GROWTH_FLOOR_BYTES + (end - start) * GROWTH
  }

  /** Reads the name at `at` into `range` and sets {@link next}. Nothing at or behind `end` is part of it. */
  read(at: number, end: number, range: NameRange): DecodeError | undefined {
    const message = this.#message
    const start = this.#length
    const wasEmpty = start === 0
    range.start = -1
    range.end = -1
    if (at >= end) return truncated(NAME, at, 'a name starts behind the end')
    if (message.u8(at) === 0) {
      this.next = at + 1
      return undefined
    }

    const known = this.#known(at, end)
    if (known !== undefined) {
      const size = known.end - known.start + 1
      if (this.length + size > this.#allowed) return this.#tooLong(at)
      this.#shared += size
      range.start = known.start
      range.end = known.end
      this.next = at + 2
      return undefined
    }

    let index = at
    let segmentStart = at
    let pointers = 0
    let next = -1
    for (let size = message.u8(index); size !== 0; size = message.u8(index)) {
      const kind = size & POINTER
      if (kind === POINTER) {
        if (index + 2 > end) return truncated(NAME, index, 'a name pointer is cut')
        const target = this.#messageStart + (message.u16(index) & 0x3fff)
        if (target >= end) return malformed(NAME, index, 'a name pointer leads behind the end')
        if (next < 0) next = index + 2
        if (++pointers >= MAX_POINTERS) return malformed(NAME, index, `a name has more than ${MAX_POINTERS} segments`)
        index = target
        segmentStart = target
        continue
      }
      if (kind !== 0) return malformed(NAME, index, `label type 0x${kind.toString(16)} is not supported`)
      const labelEnd = index + size + 1
      if (labelEnd - segmentStart > MAX_SEGMENT_BYTES) return malformed(NAME, at, 'a name is longer than 255 bytes')
      if (labelEnd > end) return truncated(NAME, index, `a label of ${size} bytes is cut`)
      if (this.length + size + 1 > this.#allowed) return this.#tooLong(at)
      this.#append(index + 1, labelEnd)
      index = labelEnd
      if (index >= end) return truncated(NAME, index, 'a name has no end')
    }
    this.next = next < 0 ? index + 1 : next
    if (this.#length > start) {
      range.start = start + 1
      range.end = this.#length
      this.#remember(at, end, pointers, range)
    } else if (!wasEmpty) {
      // A pointer to the root: SPR tells it from the root itself once its buffer exists.
      range.start = start
      range.end = start
    }
    return undefined
  }

  /** The name that a pointer at `at` leads to, if it is one read before: most owners are the name asked for. */
  #known(at: number, end: number): KnownName | undefined {
    if (at + 2 > end || (this.#message.u8(at) & POINTER) !== POINTER) return undefined
    const target = this.#messageStart + (this.#message.u16(at) & 0x3fff)
    for (let index = 0; index < this.#knownCount; index++) {
      const known = this.#knownNames[index]
      // Only where reading it again would find what was found then.
      if (known?.at === target && known.limit <= end && known.pointers + 1 < MAX_POINTERS) return known
    }
    return undefined
  }

  #remember(at: number, limit: number, pointers: number, { start, end }: NameRange): void {
    if (this.#knownCount >= MAX_KNOWN) return
    const pooled = this.#knownNames[this.#knownCount]
    if (pooled === undefined) {
      this.#knownNames.push({ at, limit, pointers, start, end })
    } else {
      pooled.at = at
      pooled.limit = limit
      pooled.pointers = pointers
      pooled.start = start
      pooled.end = end
    }
    this.#knownCount++
  }

  #tooLong(at: number): DecodeError {
    return limited(NAME, at, `names grow past ${this.#allowed} bytes when decompressed`)
  }

  /** Whether two names are the same, byte for byte. */
  areEqual(one: NameRange, other: NameRange): boolean {
    const length = one.end - one.start
    if (length !== other.end - other.start) return false
    if (one.start === other.start) return true
    const data = this.#data
    for (let index = 0; index < length; index++) {
      if (data[one.start + index] !== data[other.start + index]) return false
    }
    return true
  }

  #append(from: number, to: number): void {
    const message = this.#message
    let at = this.#length
    const end = at + 1 + to - from
    if (end > this.#data.length) this.#grow(end)
    const data = this.#data
    data[at++] = DOT
    for (let index = from; index < to; index++) data[at++] = message.u8(index)
    this.#length = at
  }

  #grow(needed: number): void {
    const larger = new Uint8Array(Math.max(needed, this.#data.length * 2))
    larger.set(this.#data)
    this.#data = larger
    this.bytes.reset(larger)
  }
}
