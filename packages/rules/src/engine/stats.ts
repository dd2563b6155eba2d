/** Alerts that were held back, by reason. */
export interface SuppressedAlerts {
  /** Within the cooldown of one before. */
  readonly cooldown: number
  /** Left for the summary. */
  readonly aggregate: number
  readonly snooze: number
  /** Beyond what one rule may raise in a minute. */
  readonly flood: number
  /** Would have been raised, were it not for `dryRun`. */
  readonly dryRun: number
}

/** What one rule has done since it was put in force. */
export interface RuleStats {
  /** The kind of file it stands in. */
  readonly source: 'rules' | 'alerts' | 'notifications'
  /** The rule's id; of an entry of `notifications.json` its index. */
  readonly id: string
  /** Packets and events that met its condition. */
  readonly hits: number
  /** Alerts raised, or notices sent. */
  readonly alerts: number
  readonly suppressed: SuppressedAlerts
  /** Of an entry of `alerts.json`: conditions that would have had to look at too much of an event, and so did not match. */
  readonly failures?: number
  /** In milliseconds since the epoch; absent before the first. */
  readonly lastHitMs?: number
  /** Of the whole rule; absent where it is not snoozed. */
  readonly snoozedUntilMs?: number
  /** The most that any key came to within the time, of matches or of different values; absent where nothing is counted. */
  readonly reached?: number
  /** Keys remembered. */
  readonly keys: number
  /** Keys forgotten for want of room: what was known of them started over. */
  readonly keysEvicted: number
}

/** What the engine as a whole has done. */
export interface EngineStats {
  readonly packets: number
  readonly events: number
  /** Events that were not looked at because they are alerts about alerts. */
  readonly loopsCut: number
  readonly alerts: number
  readonly notices: number
  /** About what the rules of `rules.yaml` remember together, in bytes. */
  readonly rememberedBytes: number
}
