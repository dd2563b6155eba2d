import type { JSONPathEnvironment, JSONPathQuery } from 'json-p3'
import { FunctionExpressionType, jsonpath } from 'json-p3'
import type { Budget } from './budget.js'
import { PaidSelector } from './budget.js'
import { FieldExpression } from './field.js'

type FilterExpression = jsonpath.expressions.FilterExpression
const { FilterQuery, FunctionExtension, LogicalExpression } = jsonpath.expressions
const { FilterSelector } = jsonpath.selectors

/**
 * Lets every selector of a query pay for what it looks at – but for those of a path to a single value, which takes as many
 * steps as it is long – and has fields read the short way.
 */
export function prepareQuery(query: JSONPathQuery, budget: Budget): void {
  const isFree = query.singularQuery()
  for (const segment of query.segments) {
    const { selectors } = segment
    // The library keeps the class of these to itself.
    const isDescent = segment.toString().startsWith('..')
    for (const [at, selector] of selectors.entries()) {
      if (selector instanceof FilterSelector) prepareExpression(selector.expression, query.environment, budget)
      if (!isFree) selectors[at] = new PaidSelector(selector, budget, isDescent)
    }
  }
}

function prepareExpression(expression: FilterExpression, environment: JSONPathEnvironment, budget: Budget): void {
  if (expression instanceof LogicalExpression) prepareExpression(expression.expression, environment, budget)
  else if (expression instanceof FilterQuery) prepareQuery(expression.path, budget)
  else if (expression instanceof FunctionExtension) {
    const types = environment.functionRegister.get(expression.name)?.argTypes ?? []
    for (const [at, argument] of expression.args.entries()) {
      const field = types[at] === FunctionExpressionType.ValueType ? FieldExpression.of(argument) : undefined
      if (field === undefined) prepareExpression(argument, environment, budget)
      else expression.args[at] = field
    }
  }
}
