import { execFile } from 'node:child_process'

/** Where packets come from and where events go. */
export interface Ready {
  groups: readonly { group: number; action: string }[]
  /** `serving PATH` or `publishing to PATH`. */
  bus: string
}

/**
 * Says in one line that packets can arrive and readers can subscribe, and tells systemd when it asked for that
 * (`Type=notify` sets `$NOTIFY_SOCKET`; the unit needs `NotifyAccess=all`, because a program of its own sends the word).
 */
export function announceReady({ groups, bus }: Ready, log: (text: string) => void, env: NodeJS.ProcessEnv): void {
  const listed = groups.map(({ group, action }) => `${group} (${action})`).join(', ')
  log(`ready: reading group${groups.length === 1 ? '' : 's'} ${listed}, ${bus}`)
  if (env['NOTIFY_SOCKET'] === undefined) return
  execFile('systemd-notify', ['--ready'], { env }, error => {
    if (error) log(`systemd cannot be told: ${error.message.trim()}`)
  })
}
