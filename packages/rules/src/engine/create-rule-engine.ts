import type { RuleEngine, RuleEngineOptions } from './rule-engine.js'

/** Makes an engine without rules; {@link RuleEngine.use} puts some in force. */
export function createRuleEngine(_options: RuleEngineOptions): RuleEngine {
  throw new Error('being built')
}
