import type { PayloadPolicy } from '@packet-logs/decoder'
import { formatPacketInfo } from '@packet-logs/decoder'
import type { EventView } from '../filter/fields/event-view.js'
import type { PacketView } from '../filter/fields/packet-view.js'
import type { Value } from '../filter/value.js'
import { jsonText } from '../filter/value.js'
import type { FieldReader } from '../rules-file/field-reader.js'
import { MAX_EVENT_CHARACTERS } from './alert.js'

/** What rules matched, to be read until the next one comes. */
export interface Subject {
  readonly topic: string
  read(field: FieldReader): Value
  /** As JSON, made once however many rules ask; undefined when it is too long or too deep. */
  event(): string | undefined
}

export class PacketSubject implements Subject {
  readonly #view: PacketView
  readonly #payload: PayloadPolicy
  #event: string | undefined

  constructor(view: PacketView, payload: PayloadPolicy) {
    this.#view = view
    this.#payload = payload
  }

  get topic(): string {
    return this.#view.topic
  }

  read(field: FieldReader): Value {
    return field.fromPacket(this.#view)
  }

  event(): string {
    const { logged, context } = this.#view
    this.#event ??= formatPacketInfo(logged, {
      ...context,
      payload: this.#payload,
      maxLineBytes: MAX_EVENT_CHARACTERS
    })
    return this.#event
  }
}

export class EventSubject implements Subject {
  readonly #view: EventView
  #event: { readonly text: string | undefined } | undefined

  constructor(view: EventView) {
    this.#view = view
  }

  get topic(): string {
    return this.#view.topic
  }

  read(field: FieldReader): Value {
    return field.fromEvent(this.#view)
  }

  event(): string | undefined {
    // Not the text itself: anybody may publish, and this is put into other JSON.
    this.#event ??= { text: shortText(jsonText(this.#view.json)) }
    return this.#event.text
  }
}

function shortText(text: string | undefined): string | undefined {
  return text !== undefined && text.length <= MAX_EVENT_CHARACTERS ? text : undefined
}
