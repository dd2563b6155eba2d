import type { LoggedPacket } from '@packet-logs/decoder'

const prefixes = ['wan:out ', 'lan:in ', 'drop:input ', 'wan:in ']

/** One of many UDP packets of 60 bytes: several prefixes and devices, many addresses and ports. */
export function logged(index: number): LoggedPacket {
  const payload = Buffer.alloc(60, 'x')
  Buffer.from('4500003c0000400040110000c0a80205c0a80201', 'hex').copy(payload)
  payload[15] = index & 0xff
  payload[19] = (index * 7) & 0xff
  payload.writeUInt16BE(40_000 + index, 20)
  payload.writeUInt16BE(9000 + (index % 50), 22)
  payload.writeUInt16BE(40, 24)
  payload.writeUInt16BE(0, 26)
  const prefix = prefixes[index & 3] ?? ''
  return {
    group: prefix.startsWith('drop') ? 1 : 0,
    prefix,
    payload,
    etherType: 0x0800,
    family: 2,
    hook: 1,
    timestampUs: 1_700_000_000_000_000 + index,
    timestampSource: 'kernel',
    inDevice: index % 3 === 0 ? 'lan0' : 'wlan1',
    inIndex: 3,
    seq: index
  }
}

/** What SPR's resolver says it answered. */
export function served(index: number): string {
  return JSON.stringify({
    Q: [{ Name: `host${index}.example.org.`, Qtype: 1, Qclass: 1 }],
    A: [{ Hdr: { Name: `host${index}.example.org.`, Rrtype: 1, Class: 1, Ttl: 300 }, A: `198.51.100.${index}` }],
    Remote: `192.168.2.${index}:5000`
  })
}
