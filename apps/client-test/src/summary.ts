import { formatEndpoint } from './endpoint.js'
import { pick, pickText } from './pick.js'
import { safeText } from './safe-text.js'

const MAX_LENGTH = 400
const TCP_FLAGS = ['SYN', 'ACK', 'FIN', 'RST', 'PSH', 'URG']

/** A value as one line for people: a packet in short, anything else as it is, cut when it is long. Safe for a terminal. */
export function summarise(value: unknown): string {
  const isPacket = pickText(value, 'Prefix') !== '' || pickText(value, 'Action') !== ''
  const text = isPacket ? describePacket(value) : typeof value === 'string' ? value : JSON.stringify(value)
  return safeText(text.length > MAX_LENGTH ? `${text.slice(0, MAX_LENGTH)}…` : text)
}

function describePacket(packet: unknown): string {
  const words = [pickText(packet, 'Action'), protocolOf(packet), `${end(packet, 'Src')} > ${end(packet, 'Dst')}`]
  const flags = TCP_FLAGS.filter(flag => pick(packet, 'TCP', flag) === true)
  if (flags.length > 0) words.push(`[${flags.join(' ')}]`)
  const length = pick(packet, 'IP', 'Length')
  if (typeof length === 'number') words.push(`${length} bytes`)
  const inDevice = pickText(packet, 'InDev')
  const outDevice = pickText(packet, 'OutDev')
  if (inDevice !== '') words.push(`in ${inDevice}`)
  if (outDevice !== '') words.push(`out ${outDevice}`)
  const failure = pickText(packet, 'DecodeError', 'Reason')
  if (failure !== '') words.push(`(not decoded: ${failure})`)
  return words.filter(word => word !== '').join(' ')
}

/** One end of a packet, `Src` or `Dst`: name if known, else address, and port. */
function end(packet: unknown, side: 'Src' | 'Dst'): string {
  const address = pickText(packet, 'IP', `${side}IP`) || pickText(packet, 'IPv6', `${side}IP`)
  const host = pickText(packet, `RecentDomain${side}`) || address || '?'
  return formatEndpoint(host, pick(packet, 'TCP', `${side}Port`) ?? pick(packet, 'UDP', `${side}Port`))
}

function protocolOf(packet: unknown): string {
  const layer = ['DNS', 'DHCP', 'TCP', 'UDP', 'ICMPv4', 'ICMPv6', 'ARP'].find(key => pick(packet, key) != null)
  if (layer !== undefined) return layer
  const number = pick(packet, 'IP', 'Protocol')
  return typeof number === 'number' ? `protocol ${number}` : ''
}
