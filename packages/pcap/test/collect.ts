/** Everything an iterable gives, and the error that ended it, if one did. */
export async function collect<T>(source: AsyncIterable<T>): Promise<{ items: T[]; error: unknown }> {
  const items: T[] = []
  try {
    for await (const item of source) items.push(item)
    return { items, error: undefined }
  } catch (error) {
    return { items, error }
  }
}

/** Everything an iterable gives. */
export async function all<T>(source: AsyncIterable<T>): Promise<T[]> {
  const items: T[] = []
  for await (const item of source) items.push(item)
  return items
}
