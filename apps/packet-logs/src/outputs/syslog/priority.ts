/** Numbers of facilities, RFC 5424 section 6.2.1. */
const facilities = {
  kern: 0,
  user: 1,
  mail: 2,
  daemon: 3,
  auth: 4,
  syslog: 5,
  lpr: 6,
  news: 7,
  uucp: 8,
  cron: 9,
  authpriv: 10,
  ftp: 11,
  ntp: 12,
  audit: 13,
  alert: 14,
  clock: 15,
  local0: 16,
  local1: 17,
  local2: 18,
  local3: 19,
  local4: 20,
  local5: 21,
  local6: 22,
  local7: 23
} as const

/** What a message is about, as far as syslog has words for it. */
export type Facility = keyof typeof facilities

export const FACILITIES: Readonly<Record<Facility, number>> = facilities

export const facilityNames: readonly Facility[] = Object.keys(FACILITIES) as Facility[]

/** Numbers of severities, RFC 5424 section 6.2.1. */
export type SyslogSeverity = 'critical' | 'error' | 'warning' | 'notice' | 'info'

export const SEVERITIES: Readonly<Record<SyslogSeverity, number>> = {
  critical: 2,
  error: 3,
  warning: 4,
  notice: 5,
  info: 6
}
