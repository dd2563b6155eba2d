import packetInfoSchema from '../../../schemas/packet-info.json' with { type: 'json' }
import type { RootSchema } from '../../schema/schema.js'
import type { PacketInfo } from '../packet-info/packet-info.js'
import { objectOf } from '../unchecked.js'
import type { UncheckedEvent } from './read-event.js'
import { checkShape, readObject } from './read-event.js'

const FORMAT = 'PacketInfo'
const schema: RootSchema = packetInfoSchema

/**
 * Reads PacketInfo, as this package, SPR's service and the versions before and after it write it: what older ones do
 * not tell is empty, what newer ones call or add differently is put right, unknown keys stay.
 * @throws FormatError `FORMAT_TOO_LONG`, `FORMAT_SYNTAX`, `FORMAT_SHAPE`, with the place of what is wrong
 */
export function parsePacketInfo(text: string): PacketInfo {
  const event = readObject(text, FORMAT)
  // Before devices were told, there were none.
  event['InDev'] ??= ''
  event['OutDev'] ??= ''
  modernise(event)
  return checkShape<PacketInfo>(event, schema, FORMAT)
}

/** What versions of gopacket call or leave differently. */
function modernise(event: UncheckedEvent): void {
  const dhcp = objectOf<UncheckedEvent>(event['DHCP'])
  if (dhcp !== undefined && !('HardwareOpts' in dhcp) && 'RelayHops' in dhcp) {
    const { RelayHops, ...rest } = dhcp
    event['DHCP'] = { ...rest, HardwareOpts: RelayHops }
  }
  const tcp = objectOf<UncheckedEvent>(event['TCP'])
  if (tcp?.['Options'] === null) event['TCP'] = { ...tcp, Options: [] }
}
