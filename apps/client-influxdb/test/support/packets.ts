/** A logged TCP packet as the bus carries it: number `index` of many that share source and destination. */
export function tcpEvent(index: number, changes: object = {}): string {
  // A few packets share each microsecond, as they do when they come in a burst.
  const microseconds = Math.floor(index / 3)
  return JSON.stringify({
    TCP: {
      Contents: 'nEABuw==',
      Payload: '',
      SrcPort: 1024 + (index % 50_000),
      DstPort: 443,
      SYN: true,
      Checksum: 6516
    },
    IP: {
      Contents: 'RQAAMA==',
      Payload: '',
      Length: 48,
      TTL: 64,
      Protocol: 6,
      FragOffset: 0,
      SrcIP: '192.168.2.5',
      DstIP: '8.8.8.8'
    },
    Prefix: 'wan:out ',
    Action: 'allowed',
    Timestamp: timestamp(microseconds),
    InDev: 'wlan0',
    OutDev: 'eth0',
    ...changes
  })
}

function timestamp(microseconds: number): string {
  const date = new Date(1_790_000_000_000 + Math.floor(microseconds / 1000)).toISOString()
  return date.replace('Z', `${String(microseconds % 1000).padStart(3, '0')}Z`)
}
