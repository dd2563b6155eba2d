import { isIPv4, isIPv6 } from 'node:net'
import type { Conntrack, ConntrackTuple } from '../conntrack.js'
import { conntrackAt, conntrackBytes, conntrackField, tupleAt, tupleField } from '../packet-layout.js'

/** The record that the addon would make of a connection. */
export function writeConntrack(conntrack: Conntrack): Uint8Array {
  const bytes = new Uint8Array(conntrackBytes)
  const view = new DataView(bytes.buffer)
  const { info, status, mark, id, zone, timeoutSeconds, original, reply } = conntrack
  let fields = 0
  const write32 = (bit: number, at: number, value: number | undefined): void => {
    if (value === undefined) return
    fields |= bit
    view.setUint32(at, value)
  }
  write32(conntrackField.info, conntrackAt.info, info)
  write32(conntrackField.status, conntrackAt.status, status)
  write32(conntrackField.mark, conntrackAt.mark, mark)
  write32(conntrackField.id, conntrackAt.id, id)
  write32(conntrackField.timeout, conntrackAt.timeout, timeoutSeconds)
  if (zone !== undefined) {
    fields |= conntrackField.zone
    view.setUint16(conntrackAt.zone, zone)
  }
  view.setUint32(conntrackAt.fields, fields)
  if (original) writeTuple(view, conntrackAt.original, original)
  if (reply) writeTuple(view, conntrackAt.reply, reply)
  return bytes
}

function writeTuple(view: DataView, at: number, tuple: ConntrackTuple): void {
  const { source, destination, protocol, sourcePort, destinationPort, icmpType, icmpCode, icmpId, zone } = tuple
  let fields = 0
  if (source !== undefined && destination !== undefined) {
    fields |= tupleField.addresses
    view.setUint8(at + tupleAt.addressBytes, writeAddress(view, at + tupleAt.source, source))
    writeAddress(view, at + tupleAt.destination, destination)
  }
  if (protocol !== undefined) {
    fields |= tupleField.protocol
    view.setUint8(at + tupleAt.protocol, protocol)
  }
  if (sourcePort !== undefined || destinationPort !== undefined) {
    fields |= tupleField.ports
    view.setUint16(at + tupleAt.sourcePort, sourcePort ?? 0)
    view.setUint16(at + tupleAt.destinationPort, destinationPort ?? 0)
  }
  if (icmpType !== undefined || icmpCode !== undefined || icmpId !== undefined) {
    fields |= tupleField.icmp
    view.setUint8(at + tupleAt.icmpType, icmpType ?? 0)
    view.setUint8(at + tupleAt.icmpCode, icmpCode ?? 0)
    view.setUint16(at + tupleAt.icmpId, icmpId ?? 0)
  }
  if (zone !== undefined) {
    fields |= tupleField.zone
    view.setUint16(at + tupleAt.zone, zone)
  }
  view.setUint16(at + tupleAt.fields, fields)
}

/** @returns the size of an address of this kind. */
function writeAddress(view: DataView, at: number, address: string): 4 | 16 {
  if (isIPv4(address)) {
    for (const [i, part] of address.split('.').entries()) view.setUint8(at + i, Number(part))
    return 4
  }
  if (!isIPv6(address)) throw new TypeError(`conntrack addresses must be IP addresses, not ${address}`)
  // A URL's host has no dotted part any more.
  const [head = '', tail] = new URL(`http://[${address}]`).hostname.slice(1, -1).split('::')
  const groups = (text: string): string[] => (text === '' ? [] : text.split(':'))
  for (const [i, group] of groups(head).entries()) view.setUint16(at + i * 2, Number.parseInt(group, 16))
  const last = groups(tail ?? '')
  for (const [i, group] of last.entries()) view.setUint16(at + 16 - (last.length - i) * 2, Number.parseInt(group, 16))
  return 16
}
