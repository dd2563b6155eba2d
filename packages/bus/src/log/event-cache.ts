import { parseEvent } from '../newline-json/line-format.js'
import type { SharedEvent } from '../reader.js'
import type { Chunk } from './chunk.js'

/** Bytes of lines whose events are kept, about; twice that in memory. */
const CACHE_BYTES = 8 * 1024 * 1024

/** What an event costs beyond its line. */
const ENTRY_BYTES = 128

/** Remembers the events of the newest lines that were unescaped, so that many readers do it once. Bounded by bytes. */
export class EventCache {
  /** Whether it is worth it: a single reader asks for each line once. */
  isShared = false
  readonly #events = new Map<number, SharedEvent | undefined>()
  #bytes = 0

  eventAt(chunk: Chunk, index: number): SharedEvent | undefined {
    return this.eventsOf(chunk, index, 1)[0]
  }

  eventsOf(chunk: Chunk, first: number, count: number): readonly SharedEvent[] {
    const events: SharedEvent[] = []
    for (let index = first; index < first + count; index += 1) {
      const seq = chunk.seqAt(index)
      let event = this.#events.get(seq)
      if (event === undefined && !this.#events.has(seq)) {
        const from = chunk.startOf(index)
        const to = chunk.endOf(index)
        event = withSeq(parseEvent(chunk.bytes.toString('utf8', from, to)), seq)
        if (this.isShared && seq > 0) this.#remember(seq, event, to - from)
      }
      if (event) events.push(event)
    }
    return events
  }

  #remember(seq: number, event: SharedEvent | undefined, lineBytes: number): void {
    const bytes = lineBytes + ENTRY_BYTES
    this.#bytes += bytes
    // Readers follow the head of the log closely or are so far behind that no cache helps: so all goes at once.
    if (this.#bytes > CACHE_BYTES) {
      this.#events.clear()
      this.#bytes = bytes
    }
    this.#events.set(seq, event)
  }
}

function withSeq(event: { topic: string; value: string } | undefined, seq: number): SharedEvent | undefined {
  return event && { topic: event.topic, value: event.value, seq }
}
