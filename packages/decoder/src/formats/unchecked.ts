/** An object from the bus, where anybody may have written anything: the keys are known, the values unchecked. */
export type Unchecked<T> = { readonly [Key in keyof T]?: unknown }

const NOT_BASE64 = /[^A-Za-z0-9+/]/
const utf8 = new TextDecoder('utf-8', { ignoreBOM: true })

export function objectOf<T>(value: unknown): Unchecked<T> | undefined {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? value : undefined
}

export function textOf(value: unknown): string {
  return typeof value === 'string' ? value : ''
}

export function numberOf(value: unknown): number | undefined {
  return typeof value === 'number' && Number.isFinite(value) ? value : undefined
}

export function listOf<T>(value: unknown): Unchecked<T>[] {
  const members: readonly unknown[] = Array.isArray(value) ? value : []
  return members.map(member => objectOf<T>(member)).filter(member => member !== undefined)
}

export function textsOf(value: unknown): string[] {
  const members: readonly unknown[] = Array.isArray(value) ? value : []
  return members.filter(member => typeof member === 'string')
}

/** Bytes of a field that is base64, because Go writes bytes that way; none when it is not. */
export function bytesOf(value: unknown): Uint8Array {
  const digits = textOf(value).replace(/={1,2}$/, '')
  if (digits.length % 4 === 1 || NOT_BASE64.test(digits)) return new Uint8Array(0)
  return Uint8Array.from(atob(digits), character => character.charCodeAt(0))
}

/** The same as text, as DNS names are. */
export function bytesText(value: unknown): string {
  return utf8.decode(bytesOf(value))
}
