import { conntrackAt, conntrackField, tupleAt, tupleField } from './packet-layout.js'

/** One direction of a connection, as the kernel tracks it. */
export interface ConntrackTuple {
  /** Addresses as text. */
  readonly source?: string
  readonly destination?: string
  /** IP protocol: 6 TCP, 17 UDP, 1 ICMP, 58 ICMPv6. */
  readonly protocol?: number
  /** Ports, of protocols that have them. */
  readonly sourcePort?: number
  readonly destinationPort?: number
  /** Type, code and identifier, of ICMP and ICMPv6. */
  readonly icmpType?: number
  readonly icmpCode?: number
  readonly icmpId?: number
  /** Zone of this direction only. */
  readonly zone?: number
}

/** The connection that a packet belongs to. What the kernel did not say is absent. */
export interface Conntrack {
  /** The way the first packet went. */
  readonly original?: ConntrackTuple
  /** The way back, which network address translation makes different. */
  readonly reply?: ConntrackTuple
  /** What the packet is to the connection: 0 established, 1 related, 2 new, 3 and 4 the first two as a reply. */
  readonly info?: number
  /** Bits of `enum ip_conntrack_status`: 1 expected, 2 seen reply, 4 assured, 8 confirmed, 16 source NAT, 32 destination NAT, … */
  readonly status?: number
  /** Connection mark; absent when it is 0. */
  readonly mark?: number
  readonly id?: number
  readonly zone?: number
  /** Seconds until the entry expires without further packets. */
  readonly timeoutSeconds?: number
}

/** Reads the record that the addon made of a connection. */
export function readConntrack(buffer: ArrayBuffer, at: number): Conntrack {
  const view = new DataView(buffer, at)
  const fields = view.getUint32(conntrackAt.fields)
  const original = readTuple(view, conntrackAt.original)
  const reply = readTuple(view, conntrackAt.reply)
  return {
    ...(original && { original }),
    ...(reply && { reply }),
    ...(fields & conntrackField.info && { info: view.getUint32(conntrackAt.info) }),
    ...(fields & conntrackField.status && { status: view.getUint32(conntrackAt.status) }),
    ...(fields & conntrackField.mark && { mark: view.getUint32(conntrackAt.mark) }),
    ...(fields & conntrackField.id && { id: view.getUint32(conntrackAt.id) }),
    ...(fields & conntrackField.zone && { zone: view.getUint16(conntrackAt.zone) }),
    ...(fields & conntrackField.timeout && { timeoutSeconds: view.getUint32(conntrackAt.timeout) })
  }
}

function readTuple(view: DataView, at: number): ConntrackTuple | undefined {
  const fields = view.getUint16(at + tupleAt.fields)
  if (fields === 0) return undefined
  const size = view.getUint8(at + tupleAt.addressBytes)
  const port = (which: number): number => view.getUint16(at + which)
  return {
    ...(fields & tupleField.addresses && {
      source: addressText(view, at + tupleAt.source, size),
      destination: addressText(view, at + tupleAt.destination, size)
    }),
    ...(fields & tupleField.protocol && { protocol: view.getUint8(at + tupleAt.protocol) }),
    ...(fields & tupleField.ports && {
      sourcePort: port(tupleAt.sourcePort),
      destinationPort: port(tupleAt.destinationPort)
    }),
    ...(fields & tupleField.icmp && {
      icmpType: view.getUint8(at + tupleAt.icmpType),
      icmpCode: view.getUint8(at + tupleAt.icmpCode),
      icmpId: port(tupleAt.icmpId)
    }),
    ...(fields & tupleField.zone && { zone: port(tupleAt.zone) })
  }
}

function addressText(view: DataView, at: number, size: number): string {
  if (size === 4) return [0, 1, 2, 3].map(i => view.getUint8(at + i)).join('.')
  const groups = [0, 2, 4, 6, 8, 10, 12, 14].map(i => view.getUint16(at + i).toString(16))
  const text = groups.join(':')
  // RFC 5952: the first of the longest runs of zeros, if it is longer than one.
  const [longest = ''] = [...text.matchAll(/\b0(?::0)+\b/g)].map(([run]) => run).sort((a, b) => b.length - a.length)
  if (longest === '') return text
  const start = text.search(new RegExp(`\\b${longest}\\b`))
  return `${text.slice(0, start).replace(/:$/, '')}::${text.slice(start + longest.length).replace(/^:/, '')}`
}
