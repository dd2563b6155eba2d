/** Longest event that goes into an alert, in characters: readers of the bus that follow lines give up on long ones. */
export const MAX_EVENT_CHARACTERS = 16_384

/** How much it matters, the least first. */
export type Severity = 'info' | 'low' | 'medium' | 'high' | 'critical'

/** What a rule has to say. */
export interface Alert {
  /** Where it is published: `alert:<topic of the event>:<suffix>`. */
  readonly topic: string
  /**
   * JSON as it is published. SPR's keys `Topic`, `RuleId`, `NotificationType`, `Title`, `Body`, `Event`, `Values` and `State`, so
   * that whatever shows alerts of SPR shows these too; alerts of `rules.yaml` add `Severity`, `Count`, `First`, `Last` and `Key`.
   */
  readonly value: string
  /** The kind of file the rule stands in. */
  readonly source: 'rules' | 'alerts'
  readonly ruleId: string
  readonly severity: Severity
  /** One line for people. */
  readonly title: string
  /** More for people; may be empty. */
  readonly body: string
  /** When it was raised, in milliseconds since the epoch. */
  readonly timestampMs: number
  /** How many matches it stands for. */
  readonly count: number
  /** When the first and the last of them came, in milliseconds since the epoch. */
  readonly firstMs: number
  readonly lastMs: number
  /** Whether it sums up what came after an earlier alert. */
  readonly isSummary: boolean
  /** What the matches have in common: the rule's `by` fields and their values. */
  readonly key: Readonly<Record<string, string | number | boolean>>
  /** Names of the actions it goes to; `bus` and `websocket` need no definition. */
  readonly actions: readonly string[]
}
