import {
  createAlerts,
  createNotifications,
  parseAlerts,
  parseNotifications,
  parseRules,
  type RuleSets
} from '@packet-logs/rules'
import type { RuleFile } from './rule-file.js'

/**
 * Puts a rule file in force, as the service would.
 *
 * @throws RuleError `RULE_INVALID` when it does not load
 */
export function loadRuleSets({ name, text, kind }: RuleFile, reading: 'spr' | 'strict'): RuleSets {
  switch (kind) {
    case 'notifications':
      return { notifications: createNotifications(parseNotifications(text, name), { reading }) }
    case 'alerts':
      return { alerts: createAlerts(parseAlerts(text, { file: name }), { file: name }) }
    case 'rules':
      return { rules: parseRules(text, { file: name }) }
  }
}
