import ulogdSchema from '../../../schemas/ulogd.json' with { type: 'json' }
import type { RootSchema } from '../../schema/schema.js'
import type { UlogdEvent } from '../ulogd/event.js'
import type { UncheckedEvent } from './read-event.js'
import { checkShape, readObject } from './read-event.js'

const FORMAT = 'ulogd'
const schema: RootSchema = ulogdSchema

/** What other versions and configurations call what ours calls otherwise. */
const RENAMED: ReadonlyMap<string, keyof UlogdEvent> = new Map([
  ['@timestamp', 'timestamp'],
  ['ip.saddr.str', 'src_ip'],
  ['ip.daddr.str', 'dest_ip'],
  ['tcp.sport', 'src_port'],
  ['tcp.dport', 'dest_port'],
  ['udp.sport', 'src_port'],
  ['udp.dport', 'dest_port'],
  ['sctp.sport', 'src_port'],
  ['sctp.dport', 'dest_port']
])
const ENDS_WITH_ZONE = /(Z|[+-]\d\d:?\d\d)$/

/**
 * Reads ulogd 2's JSON: also of versions that leave the zone out on machines in UTC, that print flags as `true` and
 * `false`, that use the `@timestamp` form, or that number what a group stands for. Unknown keys stay.
 * @throws FormatError `FORMAT_TOO_LONG`, `FORMAT_SYNTAX`, `FORMAT_SHAPE`, with the place of what is wrong
 */
export function parseUlogd(text: string): UlogdEvent {
  const { '@version': _version, ...told } = readObject(text, FORMAT)
  const event: UncheckedEvent = { dvc: 'Netfilter', 'raw.pktcount': 1, 'oob.mark': 0, 'oob.in': '', 'oob.out': '' }
  for (const [key, value] of Object.entries(told)) {
    event[RENAMED.get(key) ?? key] = typeof value === 'boolean' ? Number(value) : value
  }
  const { timestamp } = event
  if (typeof timestamp === 'string' && timestamp !== '' && !ENDS_WITH_ZONE.test(timestamp)) {
    event['timestamp'] = `${timestamp}+0000`
  }
  event['action'] ??= event['raw.label'] === 0 ? 'blocked' : 'allowed'
  return checkShape<UlogdEvent>(event, schema, FORMAT)
}
