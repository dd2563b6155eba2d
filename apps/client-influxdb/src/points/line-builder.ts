import { escape as escaping } from '@influxdata/influxdb-client'
import { fieldText, tagText } from './line-text.js'

/** Tag values whose written form is remembered: most packets have those of the one before. */
const REMEMBERED = 4096

/** What stands in a string field as it is: printing ASCII but the quotation mark and the backslash. */
const PLAIN = /^[ !#-[\]-~]*$/
/** Longer ones may have to be cut. */
const PLAIN_CHARACTERS = 256

const writtenTags = new Map<string, string>()

/**
 * One line of line protocol, written from left to right: tags, then fields. The InfluxDB client's `Point` sorts and copies,
 * which takes longer than everything else that is done for a packet; so of the client only its escaping is used. Names are ours
 * and need none.
 */
export class LineBuilder {
  #text: string
  #hasFields = false

  constructor(measurement: string) {
    this.#text = measurement
  }

  /** A value without text leaves the tag out. */
  tag(name: string, value: string): this {
    const written = writtenTag(value)
    if (written !== '') this.#text += `,${name}=${written}`
    return this
  }

  int(name: string, value: number): this {
    return this.#field(name, `${value}i`)
  }

  uint(name: string, value: number): this {
    return this.#field(name, `${value}u`)
  }

  string(name: string, value: string): this {
    const isPlain = value.length <= PLAIN_CHARACTERS && PLAIN.test(value)
    return this.#field(name, isPlain ? `"${value}"` : escaping.quoted(fieldText(value)))
  }

  /** The line, at a time in nanoseconds; `undefined` when it has no field, as no point is without. */
  end(time: string): string | undefined {
    return this.#hasFields ? `${this.#text} ${time}` : undefined
  }

  #field(name: string, written: string): this {
    this.#text += `${this.#hasFields ? ',' : ' '}${name}=${written}`
    this.#hasFields = true
    return this
  }
}

function writtenTag(value: string): string {
  const known = writtenTags.get(value)
  if (known !== undefined) return known
  const written = escaping.tag(tagText(value))
  if (writtenTags.size >= REMEMBERED) writtenTags.clear()
  writtenTags.set(value, written)
  return written
}
