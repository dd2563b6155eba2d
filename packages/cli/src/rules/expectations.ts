/** What `--expect` asks of a trial. */
export interface Expectation {
  readonly rule: string
  /** How many alerts exactly; absent: at least one. */
  readonly count?: number
}

/** Reads `RULE` or `RULE=COUNT`; an id may hold `=` itself. */
export function parseExpectation(text: string, ids: readonly string[]): Expectation | undefined {
  if (ids.includes(text)) return { rule: text }
  const [, rule = '', digits = ''] = /^(.*)=(\d{1,15})$/s.exec(text) ?? []
  return ids.includes(rule) ? { rule, count: Number(digits) } : undefined
}

export function isExpected({ count }: Expectation, alerts: number): boolean {
  return count === undefined ? alerts > 0 : alerts === count
}
