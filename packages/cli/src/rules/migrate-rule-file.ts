import { type Migration, migrateAlerts, migrateNotifications } from '@packet-logs/rules'
import type { RuleFile } from './rule-file.js'

/**
 * Makes a rules.yaml of one of SPR's files.
 *
 * @throws RuleError `RULE_INVALID` when the file cannot be read
 */
export function migrateRuleFile({ kind, name, text }: RuleFile, reading: 'strict' | 'spr'): Migration {
  const migrate = kind === 'alerts' ? migrateAlerts : migrateNotifications
  return migrate(text, { file: name, reading })
}
