import type { LoggedPacket, Packet } from '@packet-logs/decoder'
import { decodePacket } from '@packet-logs/decoder'
import { describe, expect, it } from 'vitest'
import { START_MS, TestBench } from '../engine.js'
import { syn } from '../packets.js'

const DAY_SECONDS = 86_400

/** The same numbers each time. */
function randomNumbers(seed: number): () => number {
  let state = seed
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0
    return state / 2 ** 32
  }
}

/** The packet with another source address and destination port. */
function packetFrom(source: number, port: number): LoggedPacket {
  const payload = Uint8Array.from(syn.payload)
  const view = new DataView(payload.buffer)
  view.setUint32(12, source >>> 0)
  view.setUint16(22, port)
  return { ...syn, payload }
}

function decoded(logged: LoggedPacket): { logged: LoggedPacket; packet: Packet } {
  return { logged, packet: decodePacket(logged.payload) }
}

/** 30 ports in 30 seconds, at noon. */
function scan(bench: TestBench): void {
  for (let port = 1; port <= 30; port++) bench.at(DAY_SECONDS / 2 + port).packet(packetFrom(1, port))
}

const RULES = `
rules:
  - { id: ssh, when: dst.port == 22, threshold: { count: 20, within: 60s, by: [src.ip] }, cooldown: 10m }
  - { id: scan, when: tcp.syn, distinct: { field: dst.port, count: 20, within: 60s, by: [src.ip] }, aggregate: 1h }
  - { id: blocked, when: action == "blocked", by: [src.ip], aggregate: 1h }
  - { id: trial, when: dst.port == 443, by: [src.ip], cooldown: 1h, dryRun: true }
`

describe('a day', () => {
  it('of a quarter of a million packets takes seconds, and is told in few words', () => {
    const random = randomNumbers(1)
    const bench = new TestBench(RULES)
    const packets = Array.from({ length: 1000 }, (_, index) => {
      return decoded(packetFrom(0xc0a80200 + (index % 50), [22, 80, 443][index % 3] ?? 0))
    })
    const quiet = decoded(packetFrom(0x0a000001, 22))
    const count = 250_000
    let isOverdue = false
    for (let index = 0; index < count; index++) {
      bench.at((index * DAY_SECONDS) / count)
      if (index % 1000 === 0) isOverdue ||= (bench.engine.advance() ?? 0) < 0
      const { logged, packet } = packets[Math.floor(random() * packets.length)] ?? quiet
      bench.engine.packet(logged, packet)
      if (index === count / 2) scan(bench)
    }
    expect(isOverdue).toBe(false)
    bench.at(2 * DAY_SECONDS)
    for (let next = bench.engine.advance(); next !== undefined; )
      next = bench.at(2 * DAY_SECONDS + 3600).engine.advance()
    const by = (id: string): number => bench.alerts.filter(({ ruleId }) => ruleId === id).length
    expect(bench.alerts.filter(({ ruleId }) => ruleId === 'scan')).toMatchObject([
      {
        key: { 'src.ip': '0.0.0.1' },
        count: 20,
        timestampMs: START_MS + (DAY_SECONDS / 2 + 20) * 1000,
        isSummary: false
      }
    ])
    // 50 sources, each told at once and then at most once an hour.
    expect(by('blocked')).toBeLessThanOrEqual(51 + 50 * 25)
    expect(by('blocked')).toBeGreaterThan(1200)
    const told = bench.alerts.filter(({ ruleId }) => ruleId === 'blocked').reduce((sum, alert) => sum + alert.count, 0)
    expect(told).toBe(count + 30)
    const [, , , trial] = bench.engine.stats()
    expect(trial).toMatchObject({ alerts: 0 })
    expect(trial?.suppressed.dryRun).toBeGreaterThan(1000)
  })

  it('gives the same alerts each time', () => {
    const play = (): string[] => {
      const random = randomNumbers(7)
      const bench = new TestBench(RULES)
      for (let index = 0; index < 20_000; index++) {
        bench.at(index / 10)
        if (index % 100 === 0) bench.engine.advance()
        bench.packet(packetFrom(Math.floor(random() * 20), Math.floor(random() * 40)))
      }
      return bench.alerts.map(({ value }) => value)
    }
    const first = play()
    expect(first.length).toBeGreaterThan(20)
    expect(play()).toEqual(first)
  })
})

describe('hostile traffic', () => {
  it('of ever new addresses takes no more memory than the limit of keys', () => {
    const bench = new TestBench(
      `
rules:
  - { id: count, when: tcp.syn, threshold: { count: 100, within: 1d, by: [src.ip] } }
  - { id: ports, when: tcp.syn, distinct: { field: dst.port, count: 1000, within: 1d, by: [src.ip] } }
  - { id: sum, when: tcp.syn, by: [src.ip], aggregate: 1d, dryRun: true }
`,
      { maxKeys: 1000 }
    )
    const logged = packetFrom(0, 1)
    const view = new DataView(logged.payload.buffer)
    const count = 20_000
    let most = 0
    for (let source = 0; source < count; source++) {
      view.setUint32(12, source)
      bench.packet(logged)
      most = Math.max(most, bench.engine.totals.rememberedBytes)
    }
    expect(most).toBeLessThan(3000 * 1024)
    for (const stats of bench.engine.stats()) {
      expect(stats).toMatchObject({ hits: count, keys: 1000, keysEvicted: count - 1000 })
    }
    expect(bench.alerts).toEqual([])
  })
})
