import type { Fragment } from '../../bytes/fragment.js'
import type { ByteReader } from '../../bytes/reader.js'
import type { FieldWriter } from '../../formats/field-writer.js'
import { ITEM } from '../../formats/json-names.js'
import { formatIpv4, formatIpv6 } from '../../text/ip-address.js'

/** A field of record data: its name in objects, and its key in JSON. */
export interface DetailField {
  readonly name: string
  readonly key: Fragment
}

/** Stands where a field has its name: for items of a list. */
export const LIST_ITEM: DetailField = { name: '', key: ITEM }

/** What is done with the fields of a record while they are walked. Offsets are the packet's. */
export interface DetailSink {
  uint(field: DetailField, value: number): void
  /** A number of any sign. */
  int(field: DetailField, value: number): void
  flag(field: DetailField, value: boolean): void
  string(field: DetailField, value: string): void
  text(field: DetailField, start: number, end: number): void
  hex(field: DetailField, start: number, end: number): void
  base64(field: DetailField, start: number, end: number): void
  ipv4(field: DetailField, at: number): void
  ipv6(field: DetailField, at: number): void
  beginObject(field: DetailField): void
  endObject(): void
  beginList(field: DetailField): void
  endList(): void
}

const utf8 = new TextDecoder()
const nothing = (): void => {}

/** Only the walk itself matters: whether the data is well-formed. */
export const CHECK: DetailSink = {
  uint: nothing,
  int: nothing,
  flag: nothing,
  string: nothing,
  text: nothing,
  hex: nothing,
  base64: nothing,
  ipv4: nothing,
  ipv6: nothing,
  beginObject: nothing,
  endObject: nothing,
  beginList: nothing,
  endList: nothing
}

export type DetailValue = number | boolean | string | Uint8Array | DetailValue[] | { [name: string]: DetailValue }

/** Makes objects. Bytes are views of the packet. */
export class ObjectSink implements DetailSink {
  readonly #bytes: ByteReader
  readonly #open: (DetailValue[] | { [name: string]: DetailValue })[] = []
  readonly result: { [name: string]: DetailValue }

  constructor(bytes: ByteReader, kind: string) {
    this.#bytes = bytes
    this.result = { kind }
    this.#open.push(this.result)
  }

  #add({ name }: DetailField, value: DetailValue): void {
    const open = this.#open.at(-1)
    if (Array.isArray(open)) open.push(value)
    else if (open !== undefined) open[name] = value
  }

  #begin(field: DetailField, value: DetailValue[] | { [name: string]: DetailValue }): void {
    this.#add(field, value)
    this.#open.push(value)
  }

  uint(field: DetailField, value: number): void {
    this.#add(field, value)
  }

  int(field: DetailField, value: number): void {
    this.#add(field, value)
  }

  flag(field: DetailField, value: boolean): void {
    this.#add(field, value)
  }

  string(field: DetailField, value: string): void {
    this.#add(field, value)
  }

  text(field: DetailField, start: number, end: number): void {
    this.#add(field, utf8.decode(this.#bytes.view(start, end)))
  }

  hex(field: DetailField, start: number, end: number): void {
    this.#add(field, this.#bytes.view(start, end))
  }

  base64(field: DetailField, start: number, end: number): void {
    this.#add(field, this.#bytes.view(start, end))
  }

  ipv4(field: DetailField, at: number): void {
    this.#add(field, formatIpv4(this.#bytes, at))
  }

  ipv6(field: DetailField, at: number): void {
    this.#add(field, formatIpv6(this.#bytes, at))
  }

  beginObject(field: DetailField): void {
    this.#begin(field, {})
  }

  endObject(): void {
    this.#open.pop()
  }

  beginList(field: DetailField): void {
    this.#begin(field, [])
  }

  endList(): void {
    this.#open.pop()
  }
}

/** Writes JSON. */
export class JsonSink implements DetailSink {
  readonly #bytes: ByteReader
  readonly #out: FieldWriter

  constructor(bytes: ByteReader, out: FieldWriter) {
    this.#bytes = bytes
    this.#out = out
  }

  uint({ key }: DetailField, value: number): void {
    this.#out.uint(key, value)
  }

  int({ key }: DetailField, value: number): void {
    this.#out.int(key, value)
  }

  flag({ key }: DetailField, value: boolean): void {
    this.#out.boolean(key, value)
  }

  string({ key }: DetailField, value: string): void {
    this.#out.text(key, value)
  }

  text({ key }: DetailField, start: number, end: number): void {
    this.#out.text(key, utf8.decode(this.#bytes.view(start, end)))
  }

  hex({ key }: DetailField, start: number, end: number): void {
    this.#out.hex(key, start, end)
  }

  base64({ key }: DetailField, start: number, end: number): void {
    this.#out.base64(key, start, end)
  }

  ipv4({ key }: DetailField, at: number): void {
    this.#out.ipv4(key, at)
  }

  ipv6({ key }: DetailField, at: number): void {
    this.#out.ipv6(key, at)
  }

  beginObject({ key }: DetailField): void {
    this.#out.beginObject(key)
  }

  endObject(): void {
    this.#out.endObject()
  }

  beginList({ key }: DetailField): void {
    this.#out.beginList(key)
  }

  endList(): void {
    this.#out.endList()
  }
}
