import { createBroker } from '@packet-logs/bus'
import type { LoggedPacket, Packet } from '@packet-logs/decoder'
import type { LoggedPacket as NflogPacket } from '@packet-logs/nflog-native'
import type { PacketContext } from '@packet-logs/rules'
import { describe, expect, expectTypeOf, it } from 'vitest'
import { configSchema } from './config/config.js'
import { publishPackets } from './publish-packets.js'

const ipv4Udp = Buffer.from('4500001d000040004011b6cdc0a80205c0a802019c40000900090000aa', 'hex')
const ipv6Icmp = Buffer.from(
  `6000000000083a40${'fd000002000000000000000000000005'}${'fd000002000000000000000000000001'}8000000000010001`,
  'hex'
)

/** Publishes packets on a broker and gives what a reader of everything sees. */
async function publish(
  packets: readonly LoggedPacket[],
  config = configSchema.parse({})
): Promise<{ events: { topic: string; value: Record<string, unknown> }[]; withheld: object }> {
  const broker = createBroker()
  const subscription = broker.subscribe('')
  const batches = (async function* () {
    yield packets
  })()
  const withheld = await publishPackets(batches, broker, config)
  broker.close()
  const events = []
  for await (const { topic, value } of subscription) {
    events.push({ topic, value: JSON.parse(value) as Record<string, unknown> })
  }
  return { events, withheld }
}

describe('publishing packets', () => {
  it('gives one event per packet, in order, its topic from the prefix', async () => {
    const { events } = await publish([
      { group: 0, prefix: 'wan:out ', payload: ipv4Udp },
      { group: 1, prefix: 'DROP:input ', payload: ipv6Icmp }
    ])
    expect(events.map(({ topic }) => topic)).toEqual(['nft:wan:out', 'nft:drop:input'])
    expect(events[0]?.value).toMatchObject({ Prefix: 'wan:out ', Action: 'allowed', IP: { SrcIP: '192.168.2.5' } })
    expect(events[1]?.value).toMatchObject({ Action: 'blocked', IPv6: { DstIP: 'fd00:2::1' }, ICMPv6: { Type: 128 } })
  })

  it('gives a group the action that it is configured to have', async () => {
    const config = configSchema.parse({ groups: [{ group: 7, action: 'seen' }, { group: 1 }] })
    const packets = [7, 1, 0].map(group => ({ group, prefix: '', payload: ipv4Udp }))
    const { events } = await publish(packets, config)
    expect(events.map(({ value }) => value['Action'])).toEqual(['seen', 'blocked', 'allowed'])
  })

  it('makes an event of bytes that are no packet at all', async () => {
    const { events } = await publish([{ group: 1, prefix: 'drop:input ', payload: Uint8Array.of(1, 2, 3) }])
    expect(events[0]?.value).toMatchObject({ Prefix: 'drop:input ', Action: 'blocked', DecodeError: {} })
  })

  it('counts the packets that strict mode drops, as SPR does', async () => {
    const config = configSchema.parse({ events: { extended: false } })
    const { events, withheld } = await publish(
      [
        { group: 0, prefix: 'a', payload: ipv6Icmp },
        { group: 0, prefix: 'a', payload: ipv4Udp }
      ],
      config
    )
    expect(events).toHaveLength(1)
    expect(withheld).toEqual({ dropped: 1, tooLarge: 0, late: 0 })
  })

  it('counts a packet whose strict event is larger than the bus takes, and goes on', async () => {
    const config = configSchema.parse({ events: { extended: false } })
    // One 64 KiB question to port 53, whose bytes strict mode repeats four times in base64.
    const huge = Buffer.alloc(65_500)
    Buffer.from('4500ffdc00004000401100000a0000010a00000230390035ffc80000', 'hex').copy(huge)
    Buffer.from('000701000001000000000000', 'hex').copy(huge, 28)
    huge.set([3, 0x77, 0x77, 0x77, 0, 0, 1, 0, 1], 40)
    const { events, withheld } = await publish(
      [
        { group: 0, prefix: 'a', payload: huge },
        { group: 0, prefix: 'b', payload: ipv4Udp }
      ],
      config
    )
    expect(withheld).toEqual({ dropped: 0, tooLarge: 1, late: 0 })
    expect(events.map(({ topic }) => topic)).toEqual(['nft:b'])
  })

  it('tells readers that ask for gaps what was lost, where it was lost', async () => {
    const broker = createBroker()
    const subscription = broker.subscribe('alert:', { gaps: true })
    const packets = [{ group: 3, prefix: 'a', payload: ipv4Udp }]
    const batches = (async function* () {
      yield Object.assign([...packets], { gap: { group: 3, lost: 17 } })
      yield Object.assign([...packets], { gap: {} })
    })()
    await publishPackets(batches, broker, configSchema.parse({}))
    broker.close()
    const gaps = []
    for await (const { topic, value } of subscription) {
      if (topic === 'bus:gap') gaps.push(JSON.parse(value) as unknown)
    }
    expect(gaps).toMatchObject([
      { lost: 17, where: 'kernel', group: 3 },
      { lost: null, where: 'kernel' }
    ])
  })

  it('shows each packet to the stations, decoded, with what its event says', async () => {
    const seen: unknown[] = []
    const options = {
      ...configSchema.parse({ groups: [{ group: 7, action: 'seen' }, { group: 1 }] }),
      domains: { sourceOf: () => '', destinationOf: () => 'www.example.org' },
      stations: [
        {
          packet(logged: LoggedPacket, packet: Packet, topic: string, context: PacketContext): void {
            const { action, recentDomainSrc, recentDomainDst } = context
            seen.push([topic, logged.group, packet.ip?.source, action, recentDomainSrc, recentDomainDst])
          }
        }
      ]
    }
    const packets = [
      { group: 7, prefix: 'LAN:in ', payload: ipv4Udp },
      { group: 1, prefix: 'drop ', payload: ipv6Icmp },
      { group: 9, prefix: '', payload: Uint8Array.of(1) }
    ]
    const batches = (async function* () {
      yield packets
    })()
    await publishPackets(batches, createBroker(), options)
    expect(seen).toEqual([
      ['nft:lan:in', 7, '192.168.2.5', 'seen', '', 'www.example.org'],
      ['nft:drop', 1, 'fd00:2::5', 'blocked', '', 'www.example.org'],
      ['nft:', 9, undefined, 'allowed', '', 'www.example.org']
    ])
  })

  it('shows stations a packet as it is where SPR misreads or drops it', async () => {
    const seen: unknown[] = []
    const options = {
      ...configSchema.parse({ events: { extended: false } }),
      domains: { sourceOf: () => 'of.spr.example', destinationOf: () => '' },
      stations: [
        {
          packet(_: LoggedPacket, packet: Packet, __: string, { recentDomainSrc }: PacketContext): void {
            seen.push([packet.ip?.source, recentDomainSrc])
          }
        }
      ]
    }
    const batches = (async function* () {
      yield [ipv4Udp, ipv6Icmp].map(payload => ({ group: 0, prefix: 'a', payload }))
    })()
    expect(await publishPackets(batches, createBroker(), options)).toEqual({ dropped: 1, tooLarge: 0, late: 0 })
    expect(seen).toEqual([
      ['192.168.2.5', 'of.spr.example'],
      ['fd00:2::5', '']
    ])
  })

  it('lets timers and sockets have their turn, however many packets come at once', async () => {
    let turns = 0
    const timer = setInterval(() => (turns += 1), 0)
    const startMs = performance.now()
    const packets = {
      // Ends by the clock: whoever does not yield within one batch is caught on a machine of any speed.
      get length(): number {
        return performance.now() - startMs < 300 ? Number.MAX_SAFE_INTEGER : 0
      },
      at: () => ({ group: 0, prefix: 'a', payload: ipv4Udp })
    }
    const batches = (async function* () {
      yield packets
    })()
    await publishPackets(batches, createBroker(), configSchema.parse({}))
    clearInterval(timer)
    expect(turns).toBeGreaterThan(2)
  })

  it('counts what comes when there is no time any more, and tells readers of it', async () => {
    const end = new AbortController()
    const broker = createBroker()
    const subscription = broker.subscribe('nft:', { gaps: true })
    const logged = { group: 0, prefix: 'a', payload: ipv4Udp }
    const batches = (async function* () {
      yield [logged]
      end.abort()
      yield [logged, logged]
      yield [logged]
    })()
    const options = { ...configSchema.parse({}), until: end.signal }
    expect(await publishPackets(batches, broker, options)).toEqual({ dropped: 0, tooLarge: 0, late: 3 })
    broker.close()
    const seen = []
    for await (const { topic, value } of subscription) seen.push([topic, (JSON.parse(value) as { lost?: number }).lost])
    expect(seen).toEqual([
      ['nft:a', undefined],
      ['bus:gap', 3]
    ])
  })

  it('takes the packets that nflog-native gives as they are', () => {
    expectTypeOf<NflogPacket>().toExtend<LoggedPacket>()
  })
})
