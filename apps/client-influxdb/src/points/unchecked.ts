/** An object from the bus, where anybody may write anything: the keys are known, the values are not checked. */
export type Unchecked<T> = { readonly [Key in keyof T]?: unknown }

export function objectOf<T>(value: unknown): Unchecked<T> | undefined {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? value : undefined
}

export function textOf(value: unknown): string {
  return typeof value === 'string' ? value : ''
}

/** A number that is written as an integer. */
export function countOf(value: unknown): number | undefined {
  return typeof value === 'number' && Number.isSafeInteger(value) && value >= 0 ? value : undefined
}

export function listOf<T>(value: unknown): readonly Unchecked<T>[] {
  const members: readonly unknown[] = Array.isArray(value) ? value : []
  return members.map(member => objectOf<T>(member)).filter(member => member !== undefined)
}
