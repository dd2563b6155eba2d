import { MAX_NODES } from '../filter/limits.js'

/** Why a condition cannot be said by a filter. */
export class UntranslatableError extends Error {
  override readonly name = 'UntranslatableError'
}

/** A condition in the making. Where a field is absent, what is said of it counts as not met. */
export type Formula =
  | {
      readonly op: 'atom'
      /** As the filter language writes it. */
      readonly text: string
      /** Fields without which it is neither true nor false. */
      readonly needs: readonly string[]
    }
  | { readonly op: 'and' | 'or'; readonly of: readonly Formula[]; readonly size: number }

export function atom(text: string, needs: readonly string[] = []): Formula {
  return { op: 'atom', text, needs }
}

export function allOf(of: readonly Formula[]): Formula {
  return joined('and', of)
}

export function anyOf(of: readonly Formula[]): Formula {
  return joined('or', of)
}

function joined(op: 'and' | 'or', of: readonly Formula[]): Formula {
  const parts = of.flatMap(one => (one.op === op ? one.of : [one]))
  const [first, ...others] = parts
  if (first !== undefined && others.length === 0) return first
  // What is asked once stands in many places: a condition that is deeply nested would grow without end.
  const size = parts.reduce((sum, part) => sum + (part.op === 'atom' ? 1 : part.size), 0)
  if (size > MAX_NODES) throw new UntranslatableError('it is too long for a filter')
  return { op, of: parts, size }
}

/** True wherever the formula is not: an absent field, about which nothing can be said, makes it true. */
export function contraryOf(formula: Formula): Formula {
  switch (formula.op) {
    case 'atom':
      return anyOf([...formula.needs.map(name => atom(`!has(${name})`)), atom(negated(formula.text), formula.needs)])
    case 'and':
      return anyOf(formula.of.map(contraryOf))
    case 'or':
      return allOf(formula.of.map(contraryOf))
  }
}

/** The contrary of an atom, where its fields are there. */
export function negated(text: string): string {
  const bare = /^!(\w[\w.]*(?:\(.*\))?)$/s.exec(text)?.[1]
  if (bare !== undefined) return bare
  return /^\w[\w.]*(?:\([\w.]*\))?$/.test(text) ? `!${text}` : `!(${text})`
}

/** The formula as a filter; no formula at all is true of everything. */
export function formatFormula(formula: Formula): string {
  if (formula.op === 'atom') return formula.text
  if (formula.of.length === 0) return String(formula.op === 'and')
  const parts = formula.of.map(one => (one.op === 'atom' ? one.text : `(${formatFormula(one)})`))
  return parts.join(formula.op === 'and' ? ' && ' : ' || ')
}
