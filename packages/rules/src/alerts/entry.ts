/** One thing an entry of `alerts.json` asks of an event. */
export interface AlertCondition {
  /** JSONPath over the list that holds the event alone: `$[?(@.InDev=="wlan1")]`. */
  readonly JPath: string
}

/** What an entry of `alerts.json` does when it is satisfied. Keys as in the file. */
export interface AlertAction {
  /** Send it to those who watch. */
  readonly SendNotification: boolean
  /** Publish it on the bus, where the event store keeps it. */
  readonly StoreAlert: boolean
  /** Last part of the alert's topic; may be empty. */
  readonly BucketSuffix: string
  /** A template; the client fills it in. */
  readonly MessageTitle: string
  /** A template; the client fills it in. */
  readonly MessageBody: string
  /** How the client shows it: `info`, `success`, `warning`, `error`, `danger`; may be empty. */
  readonly NotificationType: string
  readonly ActionType: string
  /** Put the event into the alert. */
  readonly GrabEvent: boolean
  /** Put what the conditions found into the alert. */
  readonly GrabValues: boolean
  /** Of the event only these top-level keys; empty for all. */
  readonly GrabFields: readonly string[]
}

/** An entry of `alerts.json`. Keys as in the file. */
export interface AlertEntry {
  /** What the topics of its events begin with. */
  readonly TopicPrefix: string
  /** One condition is enough; otherwise all have to match. */
  readonly MatchAnyOne: boolean
  /** Satisfied when it would not be. Without conditions it has no effect. */
  readonly InvertRule: boolean
  /** None: every event of the topics. */
  readonly Conditions: readonly AlertCondition[]
  readonly Actions: readonly AlertAction[]
  readonly Name: string
  readonly Disabled: boolean
  /** SPR gives each entry a UUID. */
  readonly RuleId: string
}

export const NO_ACTION: AlertAction = {
  SendNotification: false,
  StoreAlert: false,
  BucketSuffix: '',
  MessageTitle: '',
  MessageBody: '',
  NotificationType: '',
  ActionType: '',
  GrabEvent: false,
  GrabValues: false,
  GrabFields: []
}

export const NO_ENTRY: AlertEntry = {
  TopicPrefix: '',
  MatchAnyOne: false,
  InvertRule: false,
  Conditions: [],
  Actions: [],
  Name: '',
  Disabled: false,
  RuleId: ''
}

/** What the entry is called where a name is needed: SPR's identity, or its name when it has none. */
export function entryId({ RuleId, Name }: AlertEntry): string {
  return RuleId === '' ? Name : RuleId
}
