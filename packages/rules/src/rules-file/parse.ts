import type { Rules } from './rule.js'

/**
 * Reads a `rules.yaml`, or the same in JSON.
 * @param options `file`: what the text is called in problems
 * @throws RuleError `RULE_INVALID` with every problem
 */
export function parseRules(_text: string, _options: { readonly file: string }): Rules {
  throw new Error('being built')
}
