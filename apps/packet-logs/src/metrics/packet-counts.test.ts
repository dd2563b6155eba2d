import { decodePacket, type LoggedPacket } from '@packet-logs/decoder'
import { describe, expect, it } from 'vitest'
import { PacketCounts } from './packet-counts.js'

const ipv4Udp = Buffer.from('4500001d000040004011b6cdc0a80205c0a802019c40900900090000aa', 'hex')
const ipv6Icmp = Buffer.from(
  `6000000000083a40${'fd000002000000000000000000000005'}${'fd000002000000000000000000000001'}8000000000010001`,
  'hex'
)

function count(counts: PacketCounts, logged: LoggedPacket, action = 'allowed'): void {
  counts.packet(logged, decodePacket(logged), '', { action })
}

describe('packet counts', () => {
  it('tell packets apart by prefix, action, group, protocol and device', () => {
    const counts = new PacketCounts()
    const lan = { group: 0, prefix: 'lan:in ', payload: ipv4Udp, inDevice: 'lan0' }
    count(counts, lan)
    count(counts, { ...lan, originalLength: 1500 })
    count(counts, { ...lan, payload: ipv6Icmp })
    count(counts, { group: 1, prefix: 'drop:out ', payload: ipv4Udp, outDevice: 'wan0' }, 'blocked')
    count(counts, { group: 0, prefix: 'arp ', payload: Buffer.alloc(28), etherType: 0x0806 })
    count(counts, lan)
    expect([...counts.counts]).toEqual([
      { prefix: 'lan:in', action: 'allowed', group: 0, protocol: 'udp', device: 'lan0', packets: 3, bytes: 1558 },
      { prefix: 'lan:in', action: 'allowed', group: 0, protocol: 'icmpv6', device: 'lan0', packets: 1, bytes: 48 },
      { prefix: 'drop:out', action: 'blocked', group: 1, protocol: 'udp', device: 'wan0', packets: 1, bytes: 29 },
      { prefix: 'arp', action: 'allowed', group: 0, protocol: 'arp', device: '', packets: 1, bytes: 28 }
    ])
  })

  it('stay bounded and lose no packet when somebody makes up prefixes, devices and protocols', () => {
    const counts = new PacketCounts()
    const payload = Uint8Array.from(ipv4Udp)
    for (let i = 0; i < 20_000; i++) {
      payload[9] = i
      count(counts, { group: i % 5, prefix: `p${i % 997}`, payload, inDevice: `d${i % 991}` })
    }
    const found = [...counts.counts]
    expect(found.length).toBeLessThanOrEqual(2000 + 5 * 13)
    expect(found.reduce((sum, { packets }) => sum + packets, 0)).toBe(20_000)
    for (const name of ['prefix', 'device', 'protocol'] as const) {
      const values = new Set(found.map(one => one[name]))
      expect(values.size).toBeLessThanOrEqual(65)
      expect(values).toContain('other')
    }
  })
})
