export type {
  ActionDefinition,
  CommandDefinition,
  NtfyDefinition,
  SlackDefinition,
  WebhookDefinition
} from './actions/definition.js'
export { actionSchema, actionsSchema } from './actions/definition.js'
export type { AlertEntryStats, AlertEvent, Alerts } from './alerts/alerts.js'
export type { AlertAction, AlertCondition, AlertEntry } from './alerts/entry.js'
export type { Alert, Severity } from './engine/alert.js'
export { createRuleEngine } from './engine/create-rule-engine.js'
export type { RuleEngine, RuleEngineOptions, RuleSets } from './engine/rule-engine.js'
export type { EngineStats, RuleStats, SuppressedAlerts } from './engine/stats.js'
export type { RuleErrorCode, RuleErrorContext, RuleErrorPosition, RuleProblem } from './errors.js'
export { RuleError } from './errors.js'
export type { ExplainedCondition, ExplainedFilter } from './explain/explain-filter.js'
export { explainFilter } from './explain/explain-filter.js'
export type { Filter } from './filter/compile-filter.js'
export { compileFilter, createFilterCompiler } from './filter/compile-filter.js'
export type { FilterEvent } from './filter/fields/event-view.js'
export type { PacketContext } from './filter/fields/packet-view.js'
export { migrateNotifications } from './migrate/migrate-notifications.js'
export type { MigrateOptions, Migration } from './migrate/migration.js'
export { notificationFilter } from './migrate/notification-filter.js'
export type { NotificationConditions, NotificationEntry } from './notifications/entry.js'
export type { NotificationFinding, NotificationFindingCode, NotificationReport } from './notifications/lint.js'
export { lintNotifications } from './notifications/lint.js'
export type { Notice, NotificationReading, Notifications } from './notifications/notifications.js'
export { createNotifications } from './notifications/notifications.js'
export { formatNotifications, parseNotifications } from './notifications/read.js'
export { parseRules } from './rules-file/parse.js'
export type { Distinct, Rule, Rules, Threshold } from './rules-file/rule.js'
