export type { ActionFailure, Actions, ActionsOptions } from './actions.js'
export { createActions } from './create-actions.js'
export type {
  ActionDefinition,
  CommandDefinition,
  NtfyDefinition,
  SlackDefinition,
  WebhookDefinition
} from './definition.js'
export type { ActionStats, ActionType } from './stats.js'
