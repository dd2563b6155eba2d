import { MAX_EVENT_CHARACTERS } from '../limits.js'
import type { JsonObject, Value } from '../value.js'
import { isObject } from '../value.js'
import { isTunnel } from './names.js'

/** What travels on the bus, as a filter sees it. */
export interface FilterEvent {
  /** Colon path, `nft:drop:input`. */
  readonly topic: string
  /** The text as published, usually JSON. */
  readonly value: string
}

const PACKET_TOPIC = 'nft:'
const NOTHING: JsonObject = {}

/** What of an event was read. Kept for as long as the event, which many readers' filters may look at. */
interface ReadEvent {
  /** The JSON; the text itself where it is none; undefined where it is too long. */
  readonly json: unknown
}

/** The event a filter looks at. One object takes one event after another; nothing is parsed before a field asks. */
export class EventView {
  #event: FilterEvent = { topic: '', value: '' }
  #read: ReadEvent | undefined
  readonly #known = new WeakMap<FilterEvent, ReadEvent>()

  reset(event: FilterEvent): void {
    if (event === this.#event) return
    this.#event = event
    this.#read = undefined
  }

  get topic(): string {
    return this.#event.topic
  }

  /** A packet's JSON, or an empty object for another event. */
  get info(): JsonObject {
    if (!this.#event.topic.startsWith(PACKET_TOPIC)) return NOTHING
    const { json } = this.#parsed()
    return isObject(json) ? json : NOTHING
  }

  /** What another program published: JSON, or its text. */
  get event(): Value {
    return this.#event.topic.startsWith(PACKET_TOPIC) ? undefined : (this.#parsed().json as Value)
  }

  #parsed(): ReadEvent {
    if (this.#read !== undefined) return this.#read
    const known = this.#known.get(this.#event)
    if (known !== undefined) {
      this.#read = known
      return known
    }
    const read = { json: parse(this.#event.value) }
    this.#known.set(this.#event, read)
    this.#read = read
    return read
  }

  /** A layer, or an empty object where there is none. */
  layer(key: string): JsonObject {
    const layer = this.info[key]
    return isObject(layer) && !this.#isMisread ? layer : NOTHING
  }

  /** SPR's service reads every packet as IPv4; what it says about others is about bytes that mean something else. */
  get #isMisread(): boolean {
    const { IP: ip } = this.info
    return isObject(ip) && ip['Version'] !== 4
  }

  /** The innermost IP header, if it is IPv4. */
  get ipv4(): JsonObject | undefined {
    const ipv4 = this.layer('IP')
    if (ipv4 === NOTHING) return undefined
    const ipv6 = this.layer('IPv6')
    return ipv6 !== NOTHING && isTunnel(ipv4['Protocol']) && !isTunnel(ipv6['Protocol']) ? undefined : ipv4
  }

  /** The innermost IP header, if it is IPv6. */
  get ipv6(): JsonObject | undefined {
    const ipv6 = this.layer('IPv6')
    return ipv6 !== NOTHING && this.ipv4 === undefined ? ipv6 : undefined
  }
}

function parse(value: string): unknown {
  if (value.length > MAX_EVENT_CHARACTERS) return undefined
  try {
    return JSON.parse(value)
  } catch {
    return value
  }
}
