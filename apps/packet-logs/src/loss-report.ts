/** A count that is better zero, and the sentence for what it grew by. */
export interface Loss {
  readonly count: () => number
  readonly describe: (count: number) => string
}

const reportMs = 1000

/** Tells the operator what was lost: at most a sentence a second for each kind. */
export function reportLosses(losses: readonly Loss[], log: (text: string) => void): Disposable {
  const reported = losses.map(() => 0)
  const report = (): void => {
    for (const [index, { count, describe }] of losses.entries()) {
      const now = count()
      const grown = now - (reported[index] ?? 0)
      if (grown > 0) log(describe(grown))
      reported[index] = now
    }
  }
  const timer = setInterval(report, reportMs).unref()
  return {
    [Symbol.dispose]: () => {
      clearInterval(timer)
      report()
    }
  }
}
