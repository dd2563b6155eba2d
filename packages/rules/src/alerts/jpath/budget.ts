import type { JSONPathNode } from 'json-p3'
import { jsonpath } from 'json-p3'

const { IndexSelector, NameSelector } = jsonpath.selectors

/** A condition that had to look at too much of an event. */
class CostlyEventError extends Error {}

/** Nodes of an event that one condition may look at. */
const MAX_CONDITION_STEPS = 10_000
/** Nodes that all conditions together may look at, so that no event holds up those behind it. */
const MAX_EVENT_STEPS = 250_000

/** What may still be spent on the event at hand. */
export class Budget {
  #condition = 0
  #event = 0

  beginEvent(): void {
    this.#event = MAX_EVENT_STEPS
  }

  beginCondition(): void {
    this.#condition = Math.min(MAX_CONDITION_STEPS, Math.max(0, this.#event))
    this.#event -= this.#condition
  }

  /** What was looked at beyond what a condition may is paid by those that follow. */
  endCondition(): void {
    this.#event += this.#condition
    this.#condition = 0
  }

  /** @throws CostlyEventError when there is no more */
  spend(steps: number): void {
    this.#condition -= steps
    if (this.#condition < 0) throw new CostlyEventError('looks at too much of the event')
  }

  /**
   * Pays for a look at the children of a value. Counting them is the first look, which is not had for nothing either.
   * @throws CostlyEventError when there is no more
   */
  spendOnChildren(value: unknown): void {
    this.spend(1)
    this.spend(childCount(value))
  }

  /**
   * Pays for a look at all that is in a value.
   * @throws CostlyEventError when there is no more
   */
  spendOnAll(value: unknown): void {
    const open = [value]
    for (let one = open.pop(); one !== undefined; one = open.pop()) {
      if (typeof one !== 'object' || one === null) continue
      this.spendOnChildren(one)
      for (const child of Object.values(one)) if (typeof child === 'object') open.push(child)
    }
  }
}

function childCount(value: unknown): number {
  if (Array.isArray(value)) return value.length
  return typeof value === 'object' && value !== null ? Object.keys(value).length : 0
}

/** A selector that pays for what it looks at before it does. */
export class PaidSelector extends jsonpath.JSONPathSelector {
  readonly #selector: jsonpath.JSONPathSelector
  readonly #budget: Budget
  readonly #takesOne: boolean

  /** @param isDescent whether the path goes on to the children, whatever is selected */
  constructor(selector: jsonpath.JSONPathSelector, budget: Budget, isDescent: boolean) {
    super(selector.environment, selector.token)
    this.#selector = selector
    this.#budget = budget
    this.#takesOne = !isDescent && (selector instanceof NameSelector || selector instanceof IndexSelector)
  }

  resolve(node: JSONPathNode): JSONPathNode[] {
    if (this.#takesOne) this.#budget.spend(1)
    else this.#budget.spendOnChildren(node.value)
    return this.#selector.resolve(node)
  }

  lazyResolve(node: JSONPathNode): Generator<JSONPathNode> {
    return this.#selector.lazyResolve(node)
  }

  toString(): string {
    return this.#selector.toString()
  }
}
