/** What was found in a file of SPR's, as notes on each of its entries. */
export function notesByEntry(
  findings: readonly { readonly entry: number; readonly path: string; readonly message: string }[]
): ReadonlyMap<number, readonly string[]> {
  const notes = new Map<number, string[]>()
  for (const { entry, path, message } of findings) {
    const note = `${path} ${message}`
    const others = notes.get(entry)
    if (others === undefined) notes.set(entry, [note])
    else others.push(note)
  }
  return notes
}
