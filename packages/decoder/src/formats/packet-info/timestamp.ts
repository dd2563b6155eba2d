import { Fragment } from '../../bytes/fragment.js'
import type { JsonWriter } from '../../bytes/json-writer.js'

const DOT = 0x2e

/** Writes RFC 3339 in UTC with trailing zeros of the fraction cut, without the final `Z`. */
export class TimestampWriter {
  #second = Number.NaN
  #text = new Fragment('')

  write(out: JsonWriter, timestampUs: number | undefined): void {
    const us = timestampUs !== undefined && Number.isSafeInteger(timestampUs) ? timestampUs : Date.now() * 1000
    const second = Math.floor(us / 1_000_000)
    if (second !== this.#second) {
      // A packet a second makes a new text; the 19 characters up to the seconds are the same in every year Go writes.
      this.#text = new Fragment(new Date(second * 1000).toISOString().slice(0, 19))
      this.#second = second
    }
    out.fragment(this.#text)
    const fraction = us - second * 1_000_000
    if (fraction > 0) {
      out.byte(DOT)
      out.fraction(fraction)
    }
  }
}
