import type { LoggedPacket } from './logged-packet.js'

// An NFLOG record numbers its devices and cannot name them, nor can it say how long a packet was that the kernel cut
// (a record that is itself cut could, but Wireshark does not look into the payload of one). Both travel in a pcapng
// comment such as "in=eth0 out=wlan0 length=1500", which Wireshark shows beside the packet.
const DEVICES = [
  ['in', 'inDevice'],
  ['out', 'outDevice'],
  ['physin', 'physInDevice'],
  ['physout', 'physOutDevice']
] as const
const LENGTH = 'length'

type DeviceNames = Pick<LoggedPacket, (typeof DEVICES)[number][1]>

/** The comment that names a packet's devices and its length before it was cut; undefined if there is nothing to say. */
export function formatPacketComment(names: DeviceNames, uncutLength?: number): string | undefined {
  const words: string[] = []
  for (const [key, field] of DEVICES) {
    const name = names[field]
    // The kernel allows no white space in a name; a name with it came from elsewhere and could not be read back.
    if (name !== undefined && name !== '' && !/\s/.test(name)) words.push(`${key}=${name}`)
  }
  if (uncutLength !== undefined) words.push(`${LENGTH}=${uncutLength}`)
  return words.length === 0 ? undefined : words.join(' ')
}

/** Reads such a comment; undefined if it says anything else. */
export function parsePacketComment(comment: string): (DeviceNames & Pick<LoggedPacket, 'originalLength'>) | undefined {
  const fields: DeviceNames & Pick<LoggedPacket, 'originalLength'> = {}
  for (const word of comment.split(' ')) {
    const equals = word.indexOf('=')
    const key = word.slice(0, Math.max(0, equals))
    const value = word.slice(equals + 1)
    const field = DEVICES.find(([name]) => name === key)?.[1]
    if (field !== undefined && value !== '' && fields[field] === undefined) fields[field] = value
    else if (key === LENGTH && /^\d{1,10}$/.test(value) && fields.originalLength === undefined) {
      fields.originalLength = Number(value)
    } else return undefined
  }
  return fields
}
