import type { JsonObject, Type, Value } from '../value.js'
import { isObject } from '../value.js'
import type { EventView } from './event-view.js'
import type { Field, Notation } from './field.js'
import type { PacketView } from './packet-view.js'

/** What a row of the table says beside its name and type; without `fromEvent` the keys alone say how to read an event. */
export type Row = Omit<Field, 'name' | 'type' | 'notation' | 'fromEvent'> & {
  readonly fromEvent?: (view: EventView) => Value
}

export function number(name: string, row: Row): Field {
  return define(name, 'int', undefined, row)
}

export function flag(name: string, row: Row): Field {
  return define(name, 'bool', undefined, row)
}

export function text(name: string, row: Row, notation?: Notation): Field {
  return define(name, 'string', notation, row)
}

export function texts(name: string, row: Row): Field {
  return define(name, { list: 'string' }, undefined, row)
}

function define(name: string, type: Type, notation: Notation | undefined, row: Row): Field {
  const { keys } = row
  const fromEvent = row.fromEvent ?? firstOf(keys, type)
  const inCase = notation === 'name' ? lowerCased(row.fromPacket, fromEvent) : { fromPacket: row.fromPacket, fromEvent }
  return { ...row, name, type, ...(notation === undefined ? {} : { notation }), ...inCase }
}

function lowerCased(
  fromPacket: Field['fromPacket'],
  fromEvent: Field['fromEvent']
): Pick<Field, 'fromPacket' | 'fromEvent'> {
  return {
    fromPacket: (view: PacketView): Value => lowerAscii(fromPacket(view)),
    fromEvent: (view: EventView): Value => lowerAscii(fromEvent(view))
  }
}

const CAPITALS = /[A-Z]+/g

/** Names are compared without regard to the case of ASCII letters, and of no others. */
export function lowerAscii<T extends Value>(value: T): T | string {
  return typeof value === 'string' ? value.replace(CAPITALS, capitals => capitals.toLowerCase()) : value
}

function firstOf(keys: readonly string[], type: Type): (view: EventView) => Value {
  const [first, ...others] = keys.map(key => at(key, type))
  if (first === undefined) return () => undefined
  if (others.length === 0) return first
  return view => first(view) ?? others.map(read => read(view)).find(value => value !== undefined)
}

function at(key: string, type: Type): (view: EventView) => Value {
  const [top = '', name, inner] = key.split('.')
  const check = type === 'bool' ? asFlag : type === 'int' ? asNumber : asText
  if (name === undefined) return view => check(view.info, top)
  if (inner === undefined) return view => check(view.layer(top), name)
  return view => {
    const object = view.layer(top)[name]
    return isObject(object) ? check(object, inner) : undefined
  }
}

/** What is of another type than it should be is as good as absent: anybody may publish a packet's topic. */
export function asNumber(object: JsonObject, key: string): number | undefined {
  const value = object[key]
  return typeof value === 'number' && Number.isSafeInteger(value) && value >= 0 ? value : undefined
}

function asFlag(object: JsonObject, key: string): boolean | undefined {
  const value = object[key]
  return typeof value === 'boolean' ? value : undefined
}

/** The empty text is how events say that something is not known. */
export function asText(object: JsonObject, key: string): string | undefined {
  const value = object[key]
  return typeof value === 'string' && value !== '' ? value : undefined
}

/** The same rule for what comes with a packet. */
export function known(value: string | undefined): string | undefined {
  return value === '' ? undefined : value
}
