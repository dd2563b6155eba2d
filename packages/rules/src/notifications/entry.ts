/** What an entry of `notifications.json` asks of a packet; an empty text and 0 ask nothing. Keys as in the file. */
export interface NotificationConditions {
  readonly Prefix: string
  readonly Protocol: string
  readonly DstIP: string
  readonly DstPort: number
  readonly SrcIP: string
  readonly SrcPort: number
  readonly InDev: string
  readonly OutDev: string
}

/** An entry of `notifications.json`. */
export interface NotificationEntry {
  readonly Conditions: NotificationConditions
  readonly Notification: boolean
}

export const NO_CONDITIONS: NotificationConditions = {
  Prefix: '',
  Protocol: '',
  DstIP: '',
  DstPort: 0,
  SrcIP: '',
  SrcPort: 0,
  InDev: '',
  OutDev: ''
}

/** Whether an entry turns on the sending of every event of the bus. */
export function wantsEverything({ Notification, Conditions }: NotificationEntry): boolean {
  return !Notification && Conditions.Prefix === ''
}
