import type { FilterFunction, JSONPathQuery, JSONValue } from 'json-p3'
import { FunctionExpressionType, JSONPathEnvironment, Nothing } from 'json-p3'
import type { Pattern } from '../../filter/pattern.js'
import { errorAt } from '../../filter/source-text.js'
import { Budget } from './budget.js'
import { gvalFunctions, ofValues } from './functions.js'
import { parseJPath } from './parse.js'
import { prepareQuery } from './prepare-query.js'
import type { Expression } from './syntax.js'
import { isSingular } from './syntax.js'
import { Translator } from './translate.js'
import { isFound, toText } from './values.js'

/** A compiled condition. */
export interface Condition {
  readonly expression: Expression
  /**
   * What it finds in the list that holds the event; undefined when it does not match.
   * @throws when the event holds too much to look at
   */
  find(root: readonly unknown[]): unknown
}

/** Lists and objects within each other that a path goes into. */
const MAX_EVENT_DEPTH = 100
/** So many instructions of a regular expression take as long as a look at a node. */
const INSTRUCTIONS_PER_STEP = 64

/** Compiles conditions for json-p3. One for each set: it keeps their texts, lists and regular expressions. */
export class ConditionLanguage {
  readonly budget: Budget = new Budget()
  readonly #environment = new JSONPathEnvironment({ maxRecursionDepth: MAX_EVENT_DEPTH })
  /** Function names of constants and regular expressions, so that each is kept once. */
  readonly #names = new Map<string, string>()
  #kept: unknown

  constructor() {
    const functions = this.#environment.functionRegister
    functions.clear()
    for (const [name, one] of gvalFunctions(this.budget)) functions.set(name, one)
    // Of an expression that is no filter: keeps what it gives.
    functions.set('keep', {
      argTypes: [FunctionExpressionType.ValueType],
      returnType: FunctionExpressionType.LogicalType,
      call: value => {
        this.#kept = value === Nothing ? undefined : value
        return false
      }
    })
  }

  /** @throws RuleError that shows the place of what cannot be compiled */
  compile(source: string): Condition {
    const expression = parseJPath(source)
    const translator = new Translator(source, {
      constant: value => this.#constant(value),
      pattern: (pattern, takesAny) => this.#pattern(pattern, takesAny)
    })
    if (expression.kind === 'path') {
      if (expression.from === '@') {
        throw errorAt('RULE_INVALID', '@ stands only within a filter: $[?(@.InDev=="wlan1")]', source, expression)
      }
      const query = this.#compile(translator.path(expression), source)
      const isOne = isSingular(expression.segments)
      return {
        expression,
        find: root => {
          const values = query.query(root as JSONValue).values()
          return found(isOne ? values[0] : values)
        }
      }
    }
    const query = this.#compile(`$[?keep(${translator.value(expression)})]`, source)
    return {
      expression,
      find: root => {
        this.#kept = undefined
        query.query(root as JSONValue)
        return found(this.#kept)
      }
    }
  }

  #compile(text: string, source: string): JSONPathQuery {
    try {
      const query = this.#environment.compile(text)
      prepareQuery(query, this.budget)
      return query
    } catch (error) {
      // The library has limits of its own, such as control characters in keys.
      const reason = error instanceof Error ? error.message : String(error)
      throw errorAt('RULE_INVALID', `cannot be evaluated: ${reason}`, source, { start: 0, end: source.length })
    }
  }

  #constant(value: unknown): string {
    return this.#named(`constant ${JSON.stringify(value)}`, () => ofValues(this.budget, 0, () => value))
  }

  #pattern(pattern: Pattern, takesAny: boolean): string {
    return this.#named(`pattern ${takesAny} ${pattern.source}`, () => {
      return ofValues(this.budget, 1, value => {
        const text = takesAny || typeof value === 'string' ? toText(value) : undefined
        if (text === undefined) return undefined
        this.budget.spend(1 + Math.floor((text.length * pattern.instructions) / INSTRUCTIONS_PER_STEP))
        return pattern.find(text)
      })
    })
  }

  #named(key: string, make: () => FilterFunction): string {
    let name = this.#names.get(key)
    if (name === undefined) {
      name = `k${this.#names.size}`
      this.#names.set(key, name)
      this.#environment.functionRegister.set(name, make())
    }
    return name
  }
}

function found(value: unknown): unknown {
  return isFound(value) ? value : undefined
}
