import type { PayloadPolicy } from '@packet-logs/decoder'
import { formatPacketInfo } from '@packet-logs/decoder'
import type { EventView } from '../filter/fields/event-view.js'
import type { PacketView } from '../filter/fields/packet-view.js'
import type { Value } from '../filter/value.js'
import type { FieldReader } from '../rules-file/field-reader.js'

/** Longest event that goes into an alert, in characters. */
const MAX_EVENT_CHARACTERS = 16_384

/** What a rule matched, to be read until the next one comes. */
export interface Subject {
  readonly topic: string
  read(field: FieldReader): Value
  /** As JSON; undefined when it is too long. */
  event(): string | undefined
}

export class PacketSubject implements Subject {
  readonly #view: PacketView
  readonly #payload: PayloadPolicy

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
    return formatPacketInfo(logged, {
      ...context,
      payload: this.#payload,
      maxLineBytes: MAX_EVENT_CHARACTERS
    })
  }
}

export class EventSubject implements Subject {
  readonly #view: EventView

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
    const text = JSON.stringify(this.#view.json)
    return text !== undefined && text.length <= MAX_EVENT_CHARACTERS ? text : undefined
  }
}
