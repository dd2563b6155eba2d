/** Those that are there. */
export function present<T>(parts: readonly (T | undefined)[]): T[] {
  return parts.filter(part => part !== undefined)
}
