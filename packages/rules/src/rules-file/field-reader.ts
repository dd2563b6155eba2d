import type { Step } from '../filter/compile.js'
import { Compiler } from '../filter/compile.js'
import type { EventView } from '../filter/fields/event-view.js'
import type { PacketView } from '../filter/fields/packet-view.js'
import type { CheckedFilter } from '../filter/read-filter.js'
import { readField } from '../filter/read-filter.js'
import { eventReader, packetReader } from '../filter/readers.js'
import type { Value } from '../filter/value.js'

/** One field of the filter language, or a path into an event, for reading it. */
export class FieldReader {
  readonly name: string
  /** The fields it asks for: itself, or `event`. */
  readonly fields: ReadonlySet<string>
  readonly #checked: CheckedFilter
  #onPacket: Step<PacketView> | undefined
  #onEvent: Step<EventView> | undefined

  /** @throws RuleError when there is no such field */
  constructor(name: string) {
    this.name = name
    this.#checked = readField(name)
    this.fields = this.#checked.fields
  }

  fromPacket(view: PacketView): Value {
    const { expression, variables } = this.#checked
    this.#onPacket ??= new Compiler(packetReader, variables).compile(expression)
    return this.#onPacket(view)
  }

  fromEvent(view: EventView): Value {
    const { expression, variables } = this.#checked
    this.#onEvent ??= new Compiler(eventReader, variables).compile(expression)
    return this.#onEvent(view)
  }
}
