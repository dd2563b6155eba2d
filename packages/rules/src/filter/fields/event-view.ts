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
  readonly isJson: boolean
}

/** The event a filter looks at. One object takes one event after another; nothing is parsed before a field asks. */
export class EventView {
  #event: FilterEvent = { topic: '', value: '' }
  #read: ReadEvent | undefined
  readonly #known = new WeakMap<FilterEvent, ReadEvent>()
  /** Set when more than one filter looks at events through this view: only then is there anything to remember. */
  isShared = false

  reset(event: FilterEvent): void {
    if (event === this.#event) return
    this.#event = event
    this.#read = undefined
  }

  get topic(): string {
    return this.#event.topic
  }

  /** The JSON of any event; its text where that is none, undefined where it is too long. */
  get json(): unknown {
    return this.#parsed().json
  }

  /** The JSON of any event; undefined where it is none, or too long. */
  get document(): unknown {
    const { json, isJson } = this.#parsed()
    return isJson ? json : undefined
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
    const known = this.isShared ? this.#known.get(this.#event) : undefined
    const read = known ?? readEvent(this.#event.value)
    if (this.isShared && known === undefined) this.#known.set(this.#event, read)
    this.#read = read
    return read
  }

  /** A layer, the one inside of a tunnel or fragment first; an empty object where there is none. */
  layer(key: string): JsonObject {
    const { info } = this
    const { Inner: inner } = info
    const inside = isObject(inner) ? inner[key] : undefined
    const layer = isObject(inside) ? inside : info[key]
    return isObject(layer) && !isMisread(info) ? layer : NOTHING
  }

  /** The innermost IP header, of either version. */
  get ip(): IpHeader | undefined {
    const { info } = this
    if (isMisread(info)) return undefined
    const { Inner: inner } = info
    return (isObject(inner) ? ipOf(inner) : undefined) ?? ipOf(info)
  }
}

export interface IpHeader {
  readonly version: 4 | 6
  readonly header: JsonObject
}

/** Of two headers the inner one is the one that does not carry the other. */
function ipOf({ IP: ipv4, IPv6: ipv6 }: JsonObject): IpHeader | undefined {
  if (isObject(ipv4) && !(isObject(ipv6) && isTunnel(ipv4['Protocol']) && !isTunnel(ipv6['Protocol']))) {
    return { version: 4, header: ipv4 }
  }
  return isObject(ipv6) ? { version: 6, header: ipv6 } : undefined
}

/** SPR's service reads every packet as IPv4; what it says about others is about bytes that mean something else. */
function isMisread({ IP: ip }: JsonObject): boolean {
  return isObject(ip) && ip['Version'] !== 4
}

function readEvent(value: string): ReadEvent {
  if (value.length > MAX_EVENT_CHARACTERS) return { json: undefined, isJson: false }
  try {
    return { json: JSON.parse(value), isJson: true }
  } catch {
    return { json: value, isJson: false }
  }
}
