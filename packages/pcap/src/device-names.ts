import type { LoggedPacket } from './logged-packet.js'

// An NFLOG record numbers its devices and cannot name them. The names travel in a pcapng comment such as
// "in=eth0 out=wlan0", which Wireshark shows beside the packet.
const KEYS = [
  ['in', 'inDevice'],
  ['out', 'outDevice'],
  ['physin', 'physInDevice'],
  ['physout', 'physOutDevice']
] as const

type DeviceNames = Pick<LoggedPacket, (typeof KEYS)[number][1]>

/** The comment that names a packet's devices, or undefined if it names none. */
export function formatDeviceComment(names: DeviceNames): string | undefined {
  const words: string[] = []
  for (const [key, field] of KEYS) {
    const name = names[field]
    // The kernel allows no white space in a name; a name with it came from elsewhere and could not be read back.
    if (name !== undefined && name !== '' && !/\s/.test(name)) words.push(`${key}=${name}`)
  }
  return words.length === 0 ? undefined : words.join(' ')
}

/** Reads such a comment; undefined if it says anything else. */
export function parseDeviceComment(comment: string): DeviceNames | undefined {
  const names: DeviceNames = {}
  for (const word of comment.split(' ')) {
    const equals = word.indexOf('=')
    const field = KEYS.find(([key]) => key === word.slice(0, equals))?.[1]
    const name = word.slice(equals + 1)
    if (equals === -1 || field === undefined || name === '' || names[field] !== undefined) return undefined
    names[field] = name
  }
  return names
}
