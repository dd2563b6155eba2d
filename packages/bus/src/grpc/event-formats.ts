import type { SharedEvent } from '../reader.js'
import { formatEvent } from './message.js'

/** The two messages an event can be, each made once, however many readers there are. */
export class EventFormats {
  readonly #split = new WeakMap<SharedEvent, Buffer>()
  readonly #joined = new WeakMap<SharedEvent, Buffer>()

  /** For SubscribeTopic: topic and value as they were published. */
  readonly split = (event: SharedEvent): Buffer => {
    let frame = this.#split.get(event)
    if (frame === undefined) {
      frame = formatEvent(event.topic, event.value)
      this.#split.set(event, frame)
    }
    return frame
  }

  /** For SubscribeTopic with numbers. */
  readonly numbered = (event: SharedEvent): Buffer => formatEvent(event.topic, event.value, event.seq)

  /** For Subscribe: `topic:value` as the value of a message without a topic. */
  readonly joined = (event: SharedEvent): Buffer => {
    let frame = this.#joined.get(event)
    if (frame === undefined) {
      frame = formatEvent('', `${event.topic}:${event.value}`)
      this.#joined.set(event, frame)
    }
    return frame
  }
}
