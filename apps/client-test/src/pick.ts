/** What stands at a path of keys in parsed JSON; undefined where there is nothing. */
export function pick(value: unknown, ...path: readonly string[]): unknown {
  let found = value
  for (const key of path) {
    if (typeof found !== 'object' || found === null || !Object.hasOwn(found, key)) return undefined
    found = (found as Record<string, unknown>)[key]
  }
  return found
}

/** The same where only text will do; else empty. */
export function pickText(value: unknown, ...path: readonly string[]): string {
  const found = pick(value, ...path)
  return typeof found === 'string' ? found : ''
}
