/** Finds the line that the `id` of a rule stands on; the parsed rule no longer knows it. */
export function ruleLines(text: string): (id: string) => number | undefined {
  const lines = new Map<string, number>()
  text.split('\n').forEach((line, index) => {
    const id = /^[\s,{[-]*["']?id["']?\s*:\s*["']?([^"',}\s]+)/.exec(line)?.[1]
    if (id !== undefined && !lines.has(id)) lines.set(id, index + 1)
  })
  return id => lines.get(id)
}
