import { type AlertEntry, alertFilter } from '@packet-logs/rules'

/** What an entry is called: SPR's identity, or its name when it has none. */
export function alertId({ RuleId, Name }: AlertEntry): string {
  return RuleId === '' ? Name : RuleId
}

/** The filter that says what an entry says, or why no filter does. */
export function findAlertFilter(
  entry: AlertEntry,
  reading: 'spr' | 'strict'
): { filter: string; reason?: undefined } | { filter?: undefined; reason: string } {
  try {
    return { filter: alertFilter(entry, { reading }) }
  } catch (error) {
    return { reason: error instanceof Error ? error.message : String(error) }
  }
}
