/** What an expression gives. `undefined` stands for an absent field and for every failure: neither ever makes a match. */
export type Value = boolean | number | string | null | undefined | readonly Value[] | JsonObject

/** An object of an event's JSON. */
export interface JsonObject {
  readonly [key: string]: unknown
}

export function isObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/** A value as JSON; undefined where it is nested so deeply that it cannot be written, which any event may be. */
export function jsonText(value: unknown): string | undefined {
  try {
    return JSON.stringify(value)
  } catch (error) {
    if (error instanceof RangeError) return undefined
    throw error
  }
}

/** Static types. `dyn` is what stands in another program's event: known only when it comes. */
export type Type = 'bool' | 'int' | 'double' | 'string' | 'null' | 'dyn' | ListType

export interface ListType {
  readonly list: Exclude<Type, ListType>
}

/** How a type is called in messages and in the documentation. */
export function typeName(type: Type): string {
  if (typeof type === 'object') return `list of ${typeName(type.list)}`
  switch (type) {
    case 'bool':
      return 'true or false'
    case 'int':
      return 'number'
    case 'double':
      return 'decimal number'
    case 'string':
      return 'text'
    case 'null':
      return 'null'
    case 'dyn':
      return 'value of an event'
  }
}
